// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Kqueue;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The EVFILT_USER by which other threads end a wait at a kqueue, as {@link WakeupEvent} does elsewhere. */
final class KqueueWakeup {
    /** The identifier of our EVFILT_USER; those of other filters are descriptors. */
    private static final int WAKE = 0;

    private final int queue;
    private final MemorySegment trigger = Arena.ofAuto().allocate(Kqueue.KEVENT_SIZE, 8);
    private boolean closed;

    /** Registers the filter, or closes the queue and throws. */
    KqueueWakeup(int queue, KqueueFilters filters) throws SysException {
        this.queue = queue;
        int result = filters.submit(WAKE, Kqueue.EVFILT_USER, Kqueue.EV_ADD | Kqueue.EV_CLEAR);
        if (result < 0) {
            Descriptors.close(queue);
            throw new SysException("kevent", result, "for wake-ups");
        }
        Kqueue.fill(trigger, 0, WAKE, Kqueue.EVFILT_USER, 0, 0);
        Kqueue.filterFlags(trigger, 0, Kqueue.NOTE_TRIGGER);
    }

    /**
     * Ends the wait. Any thread. The lock keeps the number of a closed queue from being used: it may be another file's
     * by then.
     */
    synchronized void signal() {
        if (!closed) {
            Kqueue.kevent(queue, trigger, 1, trigger, 0, 0);
        }
    }

    /** Makes later signals do nothing. Returns whether this is the first call; then the queue is to be closed. */
    synchronized boolean close() {
        boolean first = !closed;
        closed = true;
        return first;
    }
}
