// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Kqueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * {@link Interest} as filters of a kqueue and back. There is one filter for reading and one for writing: what is one
 * registration elsewhere is up to two here.
 */
final class KqueueFilters {
    private final int queue;
    private final MemorySegment change = Arena.ofAuto().allocate(Kqueue.KEVENT_SIZE, 8);

    KqueueFilters(int queue) {
        this.queue = queue;
    }

    /** Brings the filters of a descriptor from one interest to another; 0 is none. Returns 0 or -errno. */
    int change(int fd, int old, int interest) {
        int flags = Kqueue.EV_ADD | Kqueue.EV_ENABLE;
        flags |= (interest & Interest.EDGE) != 0 ? Kqueue.EV_CLEAR : 0;
        flags |= (interest & Interest.ONE_SHOT) != 0 ? Kqueue.EV_DISPATCH : 0;
        // A filter keeps these flags for life: to change them it is made anew.
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

    /** Disables both filters of a one-shot descriptor that has reported; the kernel has disabled one of them. */
    void silence(int fd, int interest) {
        if (reads(interest) && writes(interest)) {
            submit(fd, Kqueue.EVFILT_READ, Kqueue.EV_DISABLE);
            submit(fd, Kqueue.EVFILT_WRITE, Kqueue.EV_DISABLE);
        }
    }

    /** Submits one change (kevent(2)). Returns 0 or -errno. */
    int submit(int ident, int filter, int flags) {
        Kqueue.fill(change, 0, ident, filter, flags, 0);
        return Kqueue.kevent(queue, change, 1, change, 0, 0);
    }

    /** Returns what event number {@code index} says, as {@link Interest} bits. */
    static int found(MemorySegment events, int index) {
        int flags = Kqueue.flags(events, index);
        boolean end = (flags & Kqueue.EV_EOF) != 0;
        boolean error = (flags & Kqueue.EV_ERROR) != 0 || (end && Kqueue.filterFlags(events, index) != 0);
        int found = error ? Interest.ERROR : 0;
        if (Kqueue.filter(events, index) == Kqueue.EVFILT_READ) {
            return found | Interest.READ | (end ? Interest.PEER_CLOSED : 0);
        }
        // The peer does not read what would be written: both directions are closed.
        return found | Interest.WRITE | (end ? Interest.HANGUP : 0);
    }
}
