// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.SysException;

/** The eventfd(2) by which other threads end a wait: counts, and is readable while the count is not 0. */
final class WakeupEvent {
    /** What pollers watch it under: tokens of callers are not negative. */
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

    /** The same for somebody who neither signals nor closes it. */
    WakeupEvent another() {
        return new WakeupEvent(fd);
    }

    /**
     * Any thread. The lock keeps the number of a closed eventfd, which may belong to someone else by then, from being
     * written to.
     */
    synchronized void signal() {
        if (!closed) {
            // EAGAIN says that the count is at its end: it is readable all right.
            Descriptors.signal(fd);
        }
    }

    /** Back to 0. An edge-triggered poller need not: each signal is a new edge. */
    void reset() {
        Descriptors.clear(fd);
    }

    /** Closes it; returns whether it was open. */
    synchronized boolean close() {
        if (closed) {
            return false;
        }
        closed = true;
        Descriptors.close(fd);
        return true;
    }
}
