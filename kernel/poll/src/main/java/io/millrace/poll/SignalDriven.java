// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Files;
import org.jspecify.annotations.Nullable;

/** Signal-driven I/O of one descriptor: the flag O_ASYNC, and which signal goes to which thread (fcntl(2)). */
final class SignalDriven {
    private SignalDriven() {}

    /**
     * Has the kernel send {@code signal} to a thread whenever something happens on a descriptor. Returns 0, -EBUSY if
     * another thread has its signals, -EPERM for a file that sends none, or another -errno.
     */
    static int enable(int fd, int signal, int thread) {
        int flags = Descriptors.fcntl(fd, Descriptors.F_GETFL, 0);
        if (flags < 0) {
            return flags;
        }
        int other = Descriptors.ownerThread(fd);
        if ((flags & Descriptors.O_ASYNC) != 0 && other > 0 && other != thread) {
            return -Errno.EBUSY;
        }
        // The owner first: a signal without one would be lost.
        int result = Descriptors.ownByThread(fd, thread);
        result = result < 0 ? result : Descriptors.fcntl(fd, Descriptors.F_SETSIG, signal);
        result = result < 0 ? result : Descriptors.fcntl(fd, Descriptors.F_SETFL, flags | Descriptors.O_ASYNC);
        return result < 0 || sendsSignals(fd) ? result : -Errno.EPERM;
    }

    /** Ends the signals of a descriptor. Returns 0 or -errno. */
    static int disable(int fd) {
        int flags = Descriptors.fcntl(fd, Descriptors.F_GETFL, 0);
        return flags < 0 ? flags : Descriptors.fcntl(fd, Descriptors.F_SETFL, flags & ~Descriptors.O_ASYNC);
    }

    /** Explains why a descriptor cannot be enabled, or returns {@code null}. */
    static @Nullable String whyNot(int fd) {
        return Descriptors.fcntl(fd, Descriptors.F_GETFL, 0) < 0 || sendsSignals(fd)
                ? null
                : "signals are sent for sockets, pipes and terminals, not for a file of the kind of descriptor " + fd;
    }

    /**
     * Tells whether the kernel sends signals for a file of this kind. One that cannot, such as an eventfd or a process,
     * does not keep the flag (fcntl(2)). A regular file has no signals to send, since it is always ready.
     */
    private static boolean sendsSignals(int fd) {
        if ((Descriptors.fcntl(fd, Descriptors.F_GETFL, 0) & Descriptors.O_ASYNC) != 0) {
            return true;
        }
        long[] values = new long[Files.STAT_VALUES];
        return Files.statx(fd, "", Files.AT_EMPTY_PATH, values) == 0
                && (values[Files.MODE] & Files.S_IFMT) == Files.S_IFREG;
    }
}
