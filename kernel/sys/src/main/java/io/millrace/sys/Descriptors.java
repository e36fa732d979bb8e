// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * What all descriptors have in common: close(2), fcntl(2), dup(2), dup3(2), eventfd(2), pipe2(2), poll(2) on two of
 * them, getrlimit(2), setrlimit(2).
 */
public final class Descriptors {
    private Descriptors() {}

    public static final int EFD_CLOEXEC = 0x80000;
    public static final int EFD_NONBLOCK = 0x800;
    public static final int F_GETFD = 1;
    public static final int F_SETFD = 2;
    public static final int F_GETFL = 3;
    public static final int F_SETFL = 4;
    public static final int F_SETSIG = 10;
    public static final int F_SETOWN_EX = 15;
    public static final int F_GETOWN_EX = 16;
    public static final int F_OWNER_TID = 0;
    public static final int F_DUPFD_CLOEXEC = 1030;
    public static final int FD_CLOEXEC = 1;
    public static final int O_CLOEXEC = 0x80000;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_ASYNC = 0x2000;
    public static final int RLIMIT_NOFILE = 7;
    public static final int RLIMIT_SIGPENDING = 11;

    private static final MethodHandle CLOSE = Native.function("close");
    private static final MethodHandle FCNTL = Native.function("fcntl");
    private static final MethodHandle DUP = Native.function("dup");
    private static final MethodHandle DUP3 = Native.function("dup3");
    private static final MethodHandle EVENTFD = Native.function("eventfd");
    private static final MethodHandle WRITE = Native.function("write");
    private static final MethodHandle READ = Native.function("read");
    private static final MethodHandle GETRLIMIT = Native.function("getrlimit");
    private static final MethodHandle SETRLIMIT = Native.function("setrlimit");

    /**
     * Closes a descriptor. Not to be repeated after -EINTR: on Linux the descriptor is closed then as well, and its
     * number may be another file's. Returns 0 or -errno.
     */
    public static int close(int fd) {
        return Native.call(CLOSE, fd, 0, 0, 0, 0);
    }

    /** Reads or changes flags of a descriptor. Returns what the command gives, or -errno. */
    public static int fcntl(int fd, int command, int argument) {
        return Native.call(FCNTL, fd, command, argument, 0, 0);
    }

    /**
     * Has the signals of a descriptor sent to one thread (struct f_owner_ex: type, identifier). Returns 0 or -errno.
     */
    public static int ownByThread(int fd, int thread) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_INT, 0, F_OWNER_TID);
        struct.set(ValueLayout.JAVA_INT, Integer.BYTES, thread);
        return Native.call(FCNTL, fd, F_SETOWN_EX, struct.address(), 0, 0);
    }

    /** Returns the identifier of the thread that gets the signals of a descriptor, 0 if no thread does, or -errno. */
    public static int ownerThread(int fd) {
        MemorySegment struct = Scratch.mine().struct;
        int result = Native.call(FCNTL, fd, F_GETOWN_EX, struct.address(), 0, 0);
        if (result < 0) {
            return result;
        }
        return struct.get(ValueLayout.JAVA_INT, 0) == F_OWNER_TID ? struct.get(ValueLayout.JAVA_INT, Integer.BYTES) : 0;
    }

    /** Makes a second descriptor for the same open file. Returns it or -errno. */
    public static int dup(int fd) {
        return Native.call(DUP, fd, 0, 0, 0, 0);
    }

    /**
     * Lets the descriptor {@code to}, open or not, stand for the same open file as {@code from}, in one step: a call
     * under way with {@code to} goes on with what that stood for before.
     */
    public static int dup3(int from, int to, int flags) {
        return Native.call(DUP3, from, to, flags, 0, 0);
    }

    /** Makes a counter as a descriptor, which is readable while the count is not 0. Returns it or -errno. */
    public static int eventfd(int initial, int flags) {
        return Native.call(EVENTFD, initial, flags, 0, 0, 0);
    }

    /** Adds 1 to a non-blocking eventfd. Returns 8, or -EAGAIN if the counter is at its maximum. */
    public static int signal(int eventfd) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_LONG, 0, 1);
        return (int) Native.callLong(WRITE, eventfd, struct.address(), Long.BYTES, 0, 0);
    }

    /** Sets a non-blocking eventfd to 0. Returns 8, or -EAGAIN if it was 0. */
    public static int clear(int eventfd) {
        return (int) Native.callLong(READ, eventfd, Scratch.mine().struct.address(), Long.BYTES, 0, 0);
    }

    /**
     * Reads up to 256 bytes from a descriptor of any kind. May block. Returns their number, 0 at the end, or -errno.
     */
    public static int read(int fd, byte[] into, int length) {
        MemorySegment struct = Scratch.mine().struct;
        int n = (int) Native.callLong(READ, fd, struct.address(), Math.min(length, struct.byteSize()), 0, 0);
        if (n > 0) {
            MemorySegment.copy(struct, ValueLayout.JAVA_BYTE, 0, into, 0, n);
        }
        return n;
    }

    /** Reads into native memory. Returns the number of bytes, 0 at the end, or -errno. */
    static int readInto(int fd, MemorySegment into) {
        return (int) Native.callLong(READ, fd, into.address(), into.byteSize(), 0, 0);
    }

    /** Writes up to 256 bytes to a descriptor of any kind. May block. Returns the number taken, or -errno. */
    public static int write(int fd, byte[] from, int length) {
        MemorySegment struct = Scratch.mine().struct;
        int count = (int) Math.min(length, struct.byteSize());
        MemorySegment.copy(from, 0, struct, ValueLayout.JAVA_BYTE, 0, count);
        return (int) Native.callLong(WRITE, fd, struct.address(), count, 0, 0);
    }

    /**
     * Reads a limit of this process: {@code limits[0]} is the soft one, which is in force, {@code limits[1]} the hard
     * one; -1 is no limit. Returns 0 or -errno.
     */
    public static int getrlimit(int resource, long[] limits) {
        MemorySegment struct = Scratch.mine().struct;
        int result = Native.call(GETRLIMIT, resource, struct.address(), 0, 0, 0);
        limits[0] = struct.get(ValueLayout.JAVA_LONG, 0);
        limits[1] = struct.get(ValueLayout.JAVA_LONG, Long.BYTES);
        return result;
    }

    /** Sets the soft and the hard limit of this process; -1 is no limit. Returns 0 or -errno. */
    public static int setrlimit(int resource, long soft, long hard) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_LONG, 0, soft);
        struct.set(ValueLayout.JAVA_LONG, Long.BYTES, hard);
        return Native.call(SETRLIMIT, resource, struct.address(), 0, 0, 0);
    }
}
