// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.SysException;

/** The eventfd(2) by which other threads end a wait: a counter that is readable while it is not 0. */
final class WakeupEvent {
    /** The token under which pollers watch it; those of callers are not negative. */
    static final long TOKEN = -1;

    final int fd;
    private boolean closed;

    WakeupEvent() throws SysException {
        fd = Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC | Descriptors.EFD_NONBLOCK);
        if (fd < 0) {
            throw new SysException("eventfd", fd, "for wake-ups");
        }
    }

    private WakeupEvent(int fd) {
        this.fd = fd;
        this.closed = true;
    }

    /** Returns the same event for a sibling poller, which can neither signal nor close it. */
    WakeupEvent another() {
        return new WakeupEvent(fd);
    }

    /**
     * Ends the wait. Any thread. The lock keeps the number of a closed eventfd from being written to: it may be another
     * file's by then.
     */
    synchronized void signal() {
        if (!closed) {
            // EAGAIN says that the counter is at its maximum; then it is readable as well.
            Descriptors.signal(fd);
        }
    }

    /** Sets the counter to 0. An edge-triggered poller need not: each write is a new edge. */
    void reset() {
        Descriptors.clear(fd);
    }

    /** Closes it and returns whether it was open. */
    synchronized boolean close() {
        if (closed) {
            return false;
        }
        closed = true;
        Descriptors.close(fd);
        return true;
    }
}
