// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Epoll;
import io.millrace.sys.Poll;

/**
 * Translates {@link Interest} to the bits of poll(2) and epoll(7) and back. Those for what can happen have the same
 * values in both; those for how to report are epoll's own.
 */
public final class PollBits {
    private PollBits() {}

    /** Returns the bits to ask poll(2) for; those for how to report are left out. */
    public static int toPoll(int interest) {
        int bits = 0;
        bits |= (interest & Interest.READ) != 0 ? Poll.POLLIN : 0;
        bits |= (interest & Interest.WRITE) != 0 ? Poll.POLLOUT : 0;
        bits |= (interest & Interest.PEER_CLOSED) != 0 ? Poll.POLLRDHUP : 0;
        bits |= (interest & Interest.PRIORITY) != 0 ? Poll.POLLPRI : 0;
        return bits;
    }

    /** Returns what poll(2) or epoll_wait(2) found, as {@link Interest} bits. */
    public static int fromPoll(int bits) {
        int found = 0;
        found |= (bits & Poll.POLLIN) != 0 ? Interest.READ : 0;
        found |= (bits & Poll.POLLOUT) != 0 ? Interest.WRITE : 0;
        found |= (bits & Poll.POLLRDHUP) != 0 ? Interest.PEER_CLOSED : 0;
        found |= (bits & Poll.POLLPRI) != 0 ? Interest.PRIORITY : 0;
        found |= (bits & Poll.POLLERR) != 0 ? Interest.ERROR : 0;
        found |= (bits & Poll.POLLHUP) != 0 ? Interest.HANGUP : 0;
        found |= (bits & Poll.POLLNVAL) != 0 ? Interest.INVALID : 0;
        return found;
    }

    /** Returns the bits for epoll_ctl(2). */
    static int toEpoll(int interest) {
        int bits = toPoll(interest);
        bits |= (interest & Interest.EDGE) != 0 ? Epoll.EPOLLET : 0;
        bits |= (interest & Interest.EXCLUSIVE) != 0 ? Epoll.EPOLLEXCLUSIVE : 0;
        bits |= (interest & Interest.ONE_SHOT) != 0 ? Epoll.EPOLLONESHOT : 0;
        bits |= (interest & Interest.WAKEUP) != 0 ? Epoll.EPOLLWAKEUP : 0;
        return bits;
    }

    /** Returns the {@link Interest} that bits for epoll_ctl(2) stand for. */
    static int fromEpoll(int bits) {
        int interest = fromPoll(bits & (Poll.POLLIN | Poll.POLLOUT | Poll.POLLRDHUP | Poll.POLLPRI));
        interest |= (bits & Epoll.EPOLLET) != 0 ? Interest.EDGE : 0;
        interest |= (bits & Epoll.EPOLLEXCLUSIVE) != 0 ? Interest.EXCLUSIVE : 0;
        interest |= (bits & Epoll.EPOLLONESHOT) != 0 ? Interest.ONE_SHOT : 0;
        interest |= (bits & Epoll.EPOLLWAKEUP) != 0 ? Interest.WAKEUP : 0;
        return interest;
    }
}
