// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    public static final int F_DUPFD_CLOEXEC = 1030;
    public static final int FD_CLOEXEC = 1;
    public static final int O_NONBLOCK = 0x800;
    public static final int RLIMIT_NOFILE = 7;

    private static final MethodHandle CLOSE = Native.function("close");
    private static final MethodHandle FCNTL = Native.function("fcntl");
    private static final MethodHandle DUP = Native.function("dup");
    private static final MethodHandle EVENTFD = Native.function("eventfd");
    private static final MethodHandle WRITE = Native.function("write");
    private static final MethodHandle GETRLIMIT = Native.function("getrlimit");

    /** Closes a descriptor. Never to be repeated, not even after -EINTR: on Linux it is closed then, too. */
    public static int close(int fd) {
        return Native.call(CLOSE, fd, 0, 0, 0, 0);
    }

    /** Asks or changes flags of a descriptor. */
    public static int fcntl(int fd, int command, int argument) {
        return Native.call(FCNTL, fd, command, argument, 0, 0);
    }

    /** A second descriptor for the same open file. */
    public static int dup(int fd) {
        return Native.call(DUP, fd, 0, 0, 0, 0);
    }

    /** A descriptor that counts: readable when something has been added to it. */
    public static int eventfd(int initial, int flags) {
        return Native.call(EVENTFD, initial, flags, 0, 0, 0);
    }

    /** Adds one to a non-blocking eventfd. */
    public static int signal(int eventfd) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_LONG, 0, 1);
        return (int) Native.callLong(WRITE, eventfd, struct.address(), Long.BYTES, 0, 0);
    }

    /** A limit of this process: {@code limits[0]} the soft one in force, {@code limits[1]} the hard one; -1 is none. */
    public static int getrlimit(int resource, long[] limits) {
        MemorySegment struct = Scratch.mine().struct;
        int result = Native.call(GETRLIMIT, resource, struct.address(), 0, 0, 0);
        limits[0] = struct.get(ValueLayout.JAVA_LONG, 0);
        limits[1] = struct.get(ValueLayout.JAVA_LONG, Long.BYTES);
        return result;
    }
}
