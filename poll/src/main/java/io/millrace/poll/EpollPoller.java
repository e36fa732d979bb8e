// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * epoll(7), level and edge triggered: the kernel keeps the list of what is watched, and a wait costs by what is ready and not by what
 * is watched.
 */
public final class EpollPoller extends Poller {
    private static final int MILLION = 1_000_000;

    /** The token of our own eventfd: no generation of a slot ever gives it. */
    private static final long WAKE = -1;

    private final MemorySegment events;
    private final MemorySegment change = Arena.ofAuto().allocate(Epoll.EVENT_SIZE, 8);
    private final int capacity;
    private final int epoll;
    private final int eventfd;
    private boolean closed;

    private EpollPoller(int capacity) throws SysException {
        this.capacity = capacity;
        this.events = Arena.ofAuto().allocate((long) capacity * Epoll.EVENT_SIZE, 8);
        this.epoll = opened("epoll_create1", Epoll.create1(Epoll.EPOLL_CLOEXEC));
        this.eventfd = Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC | Descriptors.EFD_NONBLOCK);
        if (eventfd < 0) {
            Descriptors.close(epoll);
            throw new SysException("eventfd", eventfd, "for wake-ups");
        }
        // Edge-triggered: each write reports once, so the counter never has to be read back.
        int result = add(eventfd, Interest.READ | Interest.EDGE, WAKE);
        if (result < 0) {
            Descriptors.close(eventfd);
            Descriptors.close(epoll);
            throw new SysException("epoll_ctl", result, "for wake-ups");
        }
    }

    /** A new instance that reports up to {@code capacity} events a call. */
    public static EpollPoller open(int capacity) throws SysException {
        return new EpollPoller(capacity);
    }

    /** Another poller of the same epoll instance, for one more thread that takes events from it. Lives as long as this one. */
    public EpollPoller sibling() {
        return new EpollPoller(this);
    }

    private EpollPoller(EpollPoller first) {
        this.capacity = first.capacity;
        this.events = Arena.ofAuto().allocate((long) capacity * Epoll.EVENT_SIZE, 8);
        this.epoll = first.epoll;
        this.eventfd = first.eventfd;
        this.closed = true;
    }

    private static int opened(String call, int fd) throws SysException {
        if (fd < 0) {
            throw new SysException(call, fd, "for a poller");
        }
        return fd;
    }

    @Override
    public String name() {
        return "epoll";
    }

    /** As {@link Poller#add}; a descriptor that is watched already is modified (epoll_ctl(2) EEXIST). */
    @Override
    public int add(int fd, int interest, long token) {
        int result = control(Epoll.EPOLL_CTL_ADD, fd, interest, token);
        return result == -Errno.EEXIST ? control(Epoll.EPOLL_CTL_MOD, fd, interest, token) : result;
    }

    /** As {@link Poller#modify}; a descriptor that is not watched, its number having been closed, is added (ENOENT). */
    @Override
    public int modify(int fd, int interest, long token) {
        int result = control(Epoll.EPOLL_CTL_MOD, fd, interest, token);
        return result == -Errno.ENOENT ? control(Epoll.EPOLL_CTL_ADD, fd, interest, token) : result;
    }

    @Override
    public int remove(int fd) {
        return Epoll.ctl(epoll, Epoll.EPOLL_CTL_DEL, fd, MemorySegment.NULL);
    }

    private int control(int operation, int fd, int interest, long token) {
        Epoll.fill(change, toEpoll(interest), token);
        return Epoll.ctl(epoll, operation, fd, change);
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        int n = Epoll.wait(epoll, events, Math.min(capacity, ready.capacity()), millis(timeoutNanos));
        if (n < 0) {
            return n == -Errno.EINTR ? 0 : n;
        }
        for (int i = 0; i < n; i++) {
            long token = Epoll.data(events, i);
            if (token != WAKE) {
                ready.add(token, fromEpoll(Epoll.events(events, i)));
            }
        }
        return ready.count();
    }

    /** Rounded up, for a wait that ends too early is a busy loop; epoll_wait(2) takes no more than some 24 days. */
    static int millis(long nanos) {
        if (nanos < 0) {
            return -1;
        }
        long millis = nanos / MILLION + (nanos % MILLION == 0 ? 0 : 1);
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }

    /** The lock keeps the number of a closed eventfd, which may belong to someone else by then, from being written to. */
    @Override
    public synchronized void wakeup() {
        if (!closed) {
            Descriptors.signal(eventfd);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Descriptors.close(eventfd);
            Descriptors.close(epoll);
        }
    }

    private static int toEpoll(int interest) {
        int bits = 0;
        bits |= (interest & Interest.READ) != 0 ? Epoll.EPOLLIN : 0;
        bits |= (interest & Interest.WRITE) != 0 ? Epoll.EPOLLOUT : 0;
        bits |= (interest & Interest.PEER_CLOSED) != 0 ? Epoll.EPOLLRDHUP : 0;
        bits |= (interest & Interest.PRIORITY) != 0 ? Epoll.EPOLLPRI : 0;
        bits |= (interest & Interest.EDGE) != 0 ? Epoll.EPOLLET : 0;
        bits |= (interest & Interest.EXCLUSIVE) != 0 ? Epoll.EPOLLEXCLUSIVE : 0;
        bits |= (interest & Interest.ONE_SHOT) != 0 ? Epoll.EPOLLONESHOT : 0;
        return bits;
    }

    private static int fromEpoll(int bits) {
        int found = 0;
        found |= (bits & Epoll.EPOLLIN) != 0 ? Interest.READ : 0;
        found |= (bits & Epoll.EPOLLOUT) != 0 ? Interest.WRITE : 0;
        found |= (bits & Epoll.EPOLLRDHUP) != 0 ? Interest.PEER_CLOSED : 0;
        found |= (bits & Epoll.EPOLLPRI) != 0 ? Interest.PRIORITY : 0;
        found |= (bits & Epoll.EPOLLERR) != 0 ? Interest.ERROR : 0;
        found |= (bits & Epoll.EPOLLHUP) != 0 ? Interest.HANGUP : 0;
        return found;
    }
}
