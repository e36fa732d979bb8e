// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Kqueue;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * kqueue(2): a filter each for reading and for writing, which the kernel keeps; EV_CLEAR makes them report changes
 * only. Reading and writing of one descriptor are two events of the kernel and one of ours.
 *
 * <p>The end of the stream is a flag (EV_EOF) beside the number of bytes that are still to be read: whoever sees it
 * reads on until recv returns 0. There is no filter for nothing: of a descriptor without READ and WRITE nothing is
 * told.
 */
public final class KqueuePoller extends Poller {
    private static final int SUPPORTED =
            Interest.READ | Interest.WRITE | Interest.PEER_CLOSED | Interest.EDGE | Interest.ONE_SHOT;

    /** The identifier of our EVFILT_USER, whose numbers are a world of their own. */
    private static final int WAKE = 0;

    private final int queue;
    private final MemorySegment change = Arena.ofAuto().allocate(Kqueue.KEVENT_SIZE, 8);
    private final MemorySegment trigger = Arena.ofAuto().allocate(Kqueue.KEVENT_SIZE, 8);
    private final MemorySegment events;
    private final int capacity;

    /** Marked with the place of its event, plus one, is who has one in this call. */
    private final InterestList watches = new InterestList();

    private boolean closed;

    private KqueuePoller(int capacity) throws SysException {
        this.capacity = capacity;
        this.events = Arena.ofAuto().allocate((long) capacity * Kqueue.KEVENT_SIZE, 8);
        this.queue = Kqueue.kqueue();
        if (queue < 0) {
            throw new SysException("kqueue", queue, "for a poller");
        }
        // A child that inherited it could take our events; some systems have it so by themselves.
        Descriptors.fcntl(queue, Descriptors.F_SETFD, Descriptors.FD_CLOEXEC);
        int result = submit(WAKE, Kqueue.EVFILT_USER, Kqueue.EV_ADD | Kqueue.EV_CLEAR);
        if (result < 0) {
            Descriptors.close(queue);
            throw new SysException("kevent", result, "for wake-ups");
        }
        Kqueue.fill(trigger, 0, WAKE, Kqueue.EVFILT_USER, 0, 0);
        Kqueue.filterFlags(trigger, 0, Kqueue.NOTE_TRIGGER);
    }

    /** A new instance that reports up to {@code capacity} events a call. */
    public static KqueuePoller open(int capacity) throws SysException {
        return new KqueuePoller(capacity);
    }

    @Override
    public String name() {
        return "kqueue";
    }

    @Override
    public int supports() {
        return SUPPORTED;
    }

    @Override
    public int add(int fd, int interest, long token) {
        if ((interest & ~SUPPORTED) != 0) {
            return -Errno.EINVAL;
        }
        int result = Descriptors.fcntl(fd, Descriptors.F_GETFD, 0);
        if (result < 0) {
            return result;
        }
        int place = watches.find(fd);
        result = change(fd, place < 0 ? 0 : watches.interests[place], interest);
        if (result == 0) {
            watches.put(fd, interest, token);
        } else if (place < 0) {
            change(fd, interest, 0);
        }
        return result;
    }

    /** Brings the filters of a descriptor from one interest to another. */
    private int change(int fd, int old, int interest) {
        int flags = Kqueue.EV_ADD | Kqueue.EV_ENABLE;
        flags |= (interest & Interest.EDGE) != 0 ? Kqueue.EV_CLEAR : 0;
        flags |= (interest & Interest.ONE_SHOT) != 0 ? Kqueue.EV_DISPATCH : 0;
        // A filter keeps whether it clears itself: what changes that makes a new one.
        boolean anew = ((old ^ interest) & (Interest.EDGE | Interest.ONE_SHOT)) != 0;
        int result = filter(fd, Kqueue.EVFILT_READ, reads(old), reads(interest), anew, flags);
        return result < 0 ? result : filter(fd, Kqueue.EVFILT_WRITE, writes(old), writes(interest), anew, flags);
    }

    private static boolean reads(int interest) {
        return (interest & (Interest.READ | Interest.PEER_CLOSED)) != 0;
    }

    private static boolean writes(int interest) {
        return (interest & Interest.WRITE) != 0;
    }

    private int filter(int fd, int filter, boolean had, boolean wanted, boolean anew, int flags) {
        if (had && (!wanted || anew)) {
            // A descriptor that was closed meanwhile has lost its filters: ENOENT is no failure.
            submit(fd, filter, Kqueue.EV_DELETE);
        }
        return wanted ? submit(fd, filter, flags) : 0;
    }

    private int submit(int ident, int filter, int flags) {
        Kqueue.fill(change, 0, ident, filter, flags, 0);
        return Kqueue.kevent(queue, change, 1, change, 0, 0);
    }

    @Override
    public int modify(int fd, int interest, long token) {
        return add(fd, interest, token);
    }

    @Override
    public int remove(int fd) {
        int place = watches.find(fd);
        if (place < 0) {
            return -Errno.ENOENT;
        }
        change(fd, watches.interests[place], 0);
        watches.remove(fd);
        return 0;
    }

    @Override
    public int registeredInterest(int fd) {
        int place = watches.find(fd);
        return place < 0 ? -Errno.ENOENT : watches.interests[place];
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        int n = Kqueue.kevent(queue, change, 0, events, Math.min(capacity, ready.capacity()), timeoutNanos);
        if (n < 0) {
            return unlessInterrupted(n);
        }
        for (int i = 0; i < n; i++) {
            int place = Kqueue.filter(events, i) == Kqueue.EVFILT_USER ? -1 : watches.find(Kqueue.ident(events, i));
            if (place >= 0) {
                report(place, found(i) & (watches.interests[place] | Interest.ALWAYS), ready);
            }
        }
        forgetMarks(n);
        return ready.count();
    }

    private int found(int index) {
        int flags = Kqueue.flags(events, index);
        boolean end = (flags & Kqueue.EV_EOF) != 0;
        boolean error = (flags & Kqueue.EV_ERROR) != 0 || end && Kqueue.filterFlags(events, index) != 0;
        int found = error ? Interest.ERROR : 0;
        if (Kqueue.filter(events, index) == Kqueue.EVFILT_READ) {
            return found | Interest.READ | (end ? Interest.PEER_CLOSED : 0);
        }
        // Nobody reads what would be written: both directions are closed.
        return found | Interest.WRITE | (end ? Interest.HANGUP : 0);
    }

    private void report(int place, int found, Ready ready) {
        int mark = watches.marks[place];
        if (mark > 0) {
            ready.events[mark - 1] |= found;
            return;
        }
        ready.add(watches.tokens[place], found);
        watches.marks[place] = ready.count();
        int interest = watches.interests[place];
        if ((interest & Interest.ONE_SHOT) != 0 && reads(interest) && writes(interest)) {
            // The kernel has disabled the filter that reported, we the other one.
            submit(watches.fds[place], Kqueue.EVFILT_READ, Kqueue.EV_DISABLE);
            submit(watches.fds[place], Kqueue.EVFILT_WRITE, Kqueue.EV_DISABLE);
        }
    }

    private void forgetMarks(int n) {
        for (int i = 0; i < n; i++) {
            int place = watches.find(Kqueue.ident(events, i));
            if (place >= 0) {
                watches.marks[place] = 0;
            }
        }
    }

    /** The lock keeps the number of a closed queue, which may belong to someone else by then, from being used. */
    @Override
    public synchronized void wakeup() {
        if (!closed) {
            Kqueue.kevent(queue, trigger, 1, trigger, 0, 0);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Descriptors.close(queue);
        }
    }
}
