// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import static io.millrace.sys.Native.INT;
import static io.millrace.sys.Native.LONG;
import static io.millrace.sys.Native.POINTER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** What all descriptors have in common: close(2), fcntl(2), dup(2), eventfd(2), getrlimit(2). */
public final class Descriptors {
    private Descriptors() {}

    public static final int EFD_CLOEXEC = 0x80000;
    public static final int EFD_NONBLOCK = 0x800;
    public static final int F_GETFD = 1;
    public static final int F_SETFD = 2;
    public static final int F_GETFL = 3;
    public static final int F_SETFL = 4;
    public static final int FD_CLOEXEC = 1;
    public static final int O_NONBLOCK = 0x800;
    public static final int RLIMIT_NOFILE = 7;

    private static final MethodHandle CLOSE = Native.call("close", INT, INT);
    private static final MethodHandle FCNTL = Native.variadic("fcntl", 2, INT, INT, INT, INT);
    private static final MethodHandle DUP = Native.call("dup", INT, INT);
    private static final MethodHandle EVENTFD = Native.call("eventfd", INT, INT, INT);
    private static final MethodHandle WRITE = Native.critical("write", LONG, INT, POINTER, LONG);
    private static final MethodHandle GETRLIMIT = Native.critical("getrlimit", INT, INT, POINTER);
    private static final long[] ONE = {1};

    /** Closes a descriptor. Never to be repeated, not even after -EINTR: on Linux it is closed then, too. */
    public static int close(int fd) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) CLOSE.invokeExact(errno, fd), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Asks or changes flags of a descriptor. */
    public static int fcntl(int fd, int command, int argument) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) FCNTL.invokeExact(errno, fd, command, argument), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** A second descriptor for the same open file. */
    public static int dup(int fd) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) DUP.invokeExact(errno, fd), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** A descriptor that counts: readable when something has been added to it. */
    public static int eventfd(int initial, int flags) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) EVENTFD.invokeExact(errno, initial, flags), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Adds one to a non-blocking eventfd. Critical. */
    public static int signal(int eventfd) {
        MemorySegment errno = Errno.slot();
        try {
            long n = (long) WRITE.invokeExact(errno, eventfd, MemorySegment.ofArray(ONE), (long) Long.BYTES);
            return (int) Errno.result(n, errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** A limit of this process: {@code limits[0]} the soft one in force, {@code limits[1]} the hard one; -1 is none. Critical. */
    public static int getrlimit(int resource, long[] limits) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) GETRLIMIT.invokeExact(errno, resource, MemorySegment.ofArray(limits)), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }
}
