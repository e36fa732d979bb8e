// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import java.lang.foreign.MemorySegment;

/**
 * A wait at an epoll with a timeout in nanoseconds: epoll_pwait2(2) where there is one (Linux 5.11), epoll_wait(2) with
 * milliseconds where there is none and where the timeout is so long that a millisecond does not matter.
 */
final class EpollWait {
    private static final int MILLION = 1_000_000;

    /** Nanoseconds from which on a timeout is rounded to milliseconds. */
    private static final long COARSE = 100L * MILLION;

    /** Until the kernel says otherwise. */
    private boolean hasPwait2 = true;

    /** Returns the number of events, 0 when the time is up, or -errno. Blocks. */
    int await(int epoll, MemorySegment events, int capacity, long nanos) {
        if (nanos > 0 && nanos < COARSE && hasPwait2) {
            int n = Epoll.waitNanos(epoll, events, capacity, nanos);
            // A seccomp filter that is older than the call answers EPERM.
            if (n != -Errno.ENOSYS && n != -Errno.EPERM) {
                return n;
            }
            hasPwait2 = false;
        }
        return Epoll.wait(epoll, events, capacity, millis(nanos));
    }

    /**
     * Rounds up, since a wait that ends too early becomes a busy loop. epoll_wait(2) takes at most some 24 days; -1 is
     * no limit.
     */
    static int millis(long nanos) {
        if (nanos < 0) {
            return -1;
        }
        long millis = nanos / MILLION + (nanos % MILLION == 0 ? 0 : 1);
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }
}
