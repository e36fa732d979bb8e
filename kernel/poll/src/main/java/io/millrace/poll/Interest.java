// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/**
 * What a poller watches a descriptor for and what it reports, as bits of an int. There are three groups: what can be
 * asked for and is then reported; what is reported without being asked for; and how to report.
 */
public final class Interest {
    private Interest() {}

    /** There is something to read, a connection to accept, or the end of the stream (EPOLLIN). */
    public static final int READ = 1;

    /** There is room to write, or an attempt to connect has ended (EPOLLOUT). */
    public static final int WRITE = 1 << 1;

    /** The peer has closed its direction (EPOLLRDHUP). What came before is still to be read. */
    public static final int PEER_CLOSED = 1 << 2;

    /** There is urgent data (EPOLLPRI). */
    public static final int PRIORITY = 1 << 3;

    /** An error is pending (EPOLLERR). Reported without being asked for. */
    public static final int ERROR = 1 << 8;

    /** Both directions are closed (EPOLLHUP). Reported without being asked for. */
    public static final int HANGUP = 1 << 9;

    /**
     * The descriptor is not open, since it was closed without {@link Poller#remove} (POLLNVAL). Reported without being
     * asked for, once; the descriptor is no longer watched. Only select and poll find out, which pass all descriptors
     * with every wait; epoll and kqueue drop a closed descriptor by themselves.
     */
    public static final int INVALID = 1 << 10;

    /** Report each arrival once, and not for as long as something is there (EPOLLET). */
    public static final int EDGE = 1 << 16;

    /** Wake one of the pollers that watch the same descriptor, not all (EPOLLEXCLUSIVE). Cannot be modified later. */
    public static final int EXCLUSIVE = 1 << 17;

    /** Report once, then nothing, errors included, until the next {@link Poller#modify} (EPOLLONESHOT). */
    public static final int ONE_SHOT = 1 << 18;

    /**
     * Keep the machine awake from a report until the next wait (EPOLLWAKEUP). The kernel drops this bit without an
     * error if the process may not; {@link Poller#registeredInterest} tells.
     */
    public static final int WAKEUP = 1 << 19;

    /** What can be asked for. */
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

    /** Returns the names of the bits, such as {@code "READ|WRITE|EDGE"}; {@code "NONE"} for 0. */
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
