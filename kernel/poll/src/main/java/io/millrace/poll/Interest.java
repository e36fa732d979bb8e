// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/**
 * What a poller watches a descriptor for and what it reports, as bits of an int. The first group is asked for and
 * reported, the second is only reported and always, the third is only asked for.
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

    /**
     * The descriptor is not open: it was closed without {@link Poller#remove} (POLLNVAL). Reported without being asked
     * for, and the watch ends with it. Only pollers that hand in their descriptors with every wait find out; epoll and
     * kqueue forget it by themselves.
     */
    public static final int INVALID = 1 << 10;

    /** Report changes only: once per arrival, not as long as something is there. */
    public static final int EDGE = 1 << 16;

    /** Of several pollers that watch the same descriptor wake one, not all. Cannot be modified later. */
    public static final int EXCLUSIVE = 1 << 17;

    /** Report once, then nothing at all, errors included, until the next {@link Poller#modify}. */
    public static final int ONE_SHOT = 1 << 18;

    /**
     * Keep the machine awake from a report until the next wait (EPOLLWAKEUP); what came of it,
     * {@link Poller#registeredInterest} says.
     */
    public static final int WAKEUP = 1 << 19;

    /** What can be waited for. */
    static final int KINDS = READ | WRITE | PEER_CLOSED | PRIORITY;

    /** What is reported without being asked for. */
    static final int ALWAYS = ERROR | HANGUP | INVALID;

    private static final String[] NAMES = {
        "READ",
        "WRITE",
        "PEER_CLOSED",
        "PRIORITY",
        "ERROR",
        "HANGUP",
        "INVALID",
        "EDGE",
        "EXCLUSIVE",
        "ONE_SHOT",
        "WAKEUP"
    };
    private static final int[] BITS = {
        READ, WRITE, PEER_CLOSED, PRIORITY, ERROR, HANGUP, INVALID, EDGE, EXCLUSIVE, ONE_SHOT, WAKEUP
    };

    /** The bits in words, for logs: {@code "READ|WRITE|EDGE"}. */
    public static String describe(int bits) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < NAMES.length; i++) {
            if ((bits & BITS[i]) != 0) {
                text.append(text.isEmpty() ? "" : "|").append(NAMES[i]);
            }
        }
        return text.isEmpty() ? "NONE" : text.toString();
    }
}
