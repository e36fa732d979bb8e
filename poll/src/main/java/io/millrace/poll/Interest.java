// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/**
 * What a poller watches a descriptor for and what it reports, as bits of an int. The first group is asked for and reported, the
 * second is only reported and always, the third is only asked for.
 */
public final class Interest {
    private Interest() {}

    /** There is something to read, a connection to accept, or the end of the stream. */
    public static final int READ = 1;

    /** There is room to write, or an attempt to connect has ended. */
    public static final int WRITE = 1 << 1;

    /** The peer has closed its direction (EPOLLRDHUP): a hint, the truth is what recv returns. */
    public static final int PEER_CLOSED = 1 << 2;

    /** There is urgent data (EPOLLPRI). */
    public static final int PRIORITY = 1 << 3;

    /** An error is pending. Reported without being asked for. */
    public static final int ERROR = 1 << 8;

    /** Both directions are closed. Reported without being asked for. */
    public static final int HANGUP = 1 << 9;

    /** Report changes only: once per arrival, not as long as something is there. */
    public static final int EDGE = 1 << 16;

    /** Of several pollers that watch the same descriptor wake one, not all. Cannot be modified later. */
    public static final int EXCLUSIVE = 1 << 17;

    /** Report once, then nothing at all, errors included, until the next {@link Poller#modify}. */
    public static final int ONE_SHOT = 1 << 18;

    /** The bits in words, for logs: {@code "READ|WRITE|EDGE"}. */
    public static String describe(int bits) {
        StringBuilder text = new StringBuilder();
        String[] names = {"READ", "WRITE", "PEER_CLOSED", "PRIORITY", "ERROR", "HANGUP", "EDGE", "EXCLUSIVE"};
        int[] values = {READ, WRITE, PEER_CLOSED, PRIORITY, ERROR, HANGUP, EDGE, EXCLUSIVE};
        for (int i = 0; i < names.length; i++) {
            if ((bits & values[i]) != 0) {
                text.append(text.isEmpty() ? "" : "|").append(names[i]);
            }
        }
        return text.isEmpty() ? "NONE" : text.toString();
    }
}
