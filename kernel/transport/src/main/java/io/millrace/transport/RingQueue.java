// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.loop.Source;
import io.millrace.ring.Ring;
import io.millrace.ring.Sqe;
import io.millrace.sys.Errno;

/**
 * What a loop hands to its ring: entries, each with the data by which its completion is known, and the one system call.
 *
 * <p>The data of an operation is its source's token with the kind of operation in the upper four bits of the slot.
 */
final class RingQueue {
    private static final int KIND_SHIFT = 28;
    private static final long KIND_MASK = 0xfL << KIND_SHIFT;

    // Kinds of operations; 1 << kind in Source.underWay while one is.
    static final int RECEIVE = 0;
    static final int SEND = 1;
    static final int ROOM = 2;
    static final int HANGUP = 3;
    static final int READY = 4;
    static final int ACCEPT = 5;

    /** Polls of what is no connection: they take turns, so that what is left of one is not taken for the next. */
    static final int FIRST_POLL = 8;

    static final int LAST_POLL = 15;

    /** Data that are no token: those are never negative. */
    static final long WAKE = -1;

    static final long NOBODY = -2;

    /** How often entries are handed over before the kernel is taken not to want them. */
    private static final int TRIES = 200;

    /**
     * The one system call: submits everything and waits for {@code least} completions. Returns -errno for a failure.
     */
    interface Call {
        int enter(int least, long timeoutNanos);
    }

    final Ring ring;
    final SendArea area;
    private final Call call;

    RingQueue(Ring ring, SendArea area, Call call) {
        this.ring = ring;
        this.area = area;
        this.call = call;
    }

    /** Returns the token of the source that an operation is of. */
    static long token(long data) {
        return data & ~KIND_MASK;
    }

    /** Returns what kind of operation it is. */
    static int kind(long data) {
        return (int) data >>> KIND_SHIFT;
    }

    /** Submits everything, and waits for completions or lets come about what can. */
    void enter(int least, long timeoutNanos) {
        int result = call.enter(least, timeoutNanos);
        if (result < 0 && !passes(result)) {
            throw new IllegalStateException("io_uring_enter: " + Errno.describe(result));
        }
        if (ring.submissions().pending() == 0) {
            area.clear();
        }
    }

    /**
     * Errors that the next call may not have: time is up, a signal came, the kernel is short of memory or has
     * completions to get rid of.
     */
    private static boolean passes(int result) {
        return switch (-result) {
            case Errno.ETIME, Errno.EINTR, Errno.EAGAIN, Errno.EBUSY -> true;
            default -> false;
        };
    }

    /**
     * Makes room for an entry and so many bytes of the area. Both before the bytes are put there: handing over what was
     * written before gives the whole area back.
     */
    void reserve(int length) {
        if (!area.fits(length) || ring.submissions().isFull()) {
            flush();
        }
    }

    Sqe next() {
        if (ring.submissions().isFull()) {
            flush();
        }
        return ring.submissions().next();
    }

    Sqe next(Source source, int kind) {
        source.underWay |= 1 << kind;
        return next();
    }

    static long data(Source source, int kind) {
        return source.token | (long) kind << KIND_SHIFT;
    }

    void cancel(Source source, int kind) {
        next().cancel(data(source, kind), NOBODY);
    }

    /** Hands over what has been written, so that there is room for more. */
    void flush() {
        ring.enable();
        for (int tries = 0; ring.submissions().pending() > 0; tries++) {
            enter(0, 0);
            if (tries > TRIES) {
                throw new IllegalStateException("the kernel takes no more entries");
            }
        }
    }
}
