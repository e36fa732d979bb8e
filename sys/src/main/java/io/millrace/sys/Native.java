// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Binds C functions by hand, all in one of three shapes: linking a new shape costs some 20 ms at start-up, one more function
 * of a known shape next to nothing.
 *
 * <pre>
 *   call       long f(long, long, long, long, long, long)      may block; pointers are addresses of native memory
 *   critical   long f(int, pointer, long, int)                 recv and send, straight on a heap array
 *   syscall    long f(long, long, long, long, long, long, long)   syscall(2) with six arguments, linked by those who need it
 * </pre>
 *
 * <p>A function that has fewer or narrower parameters is called in the wide shape all the same: on Linux, x86-64 (System V) and
 * AArch64 (AAPCS64) alike, the first six integers travel in registers of their own, a callee reads those that it has, and of an int the low
 * half; variadic functions take them from the same registers. Of an int result only the low half counts.
 */
final class Native {
    private Native() {}

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final FunctionDescriptor WIDE = FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG);
    private static final FunctionDescriptor SEVEN = FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG);
    private static final FunctionDescriptor ON_HEAP =
            FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG, INT);

    /**
     * A thread's native memory: where errno is left, for the JVM may overwrite the real one before Java code could ask, and room for
     * what calls read and write.
     */
    static final class Scratch {
        private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);
        static final int PATH_MAX = 4096;
        static final int BYTES = 64 * 1024;

        final MemorySegment errno = Arena.ofAuto().allocate(Linker.Option.captureStateLayout());
        final MemorySegment path = Arena.ofAuto().allocate(PATH_MAX, 8);
        final MemorySegment struct = Arena.ofAuto().allocate(256, 8);

        /** Only threads that read files or folders need it. */
        private MemorySegment bytes;

        static Scratch mine() {
            return MINE.get();
        }

        MemorySegment bytes() {
            if (bytes == null) {
                bytes = Arena.ofAuto().allocate(BYTES, 8);
            }
            return bytes;
        }
    }

    /** A function in the wide shape. */
    static MethodHandle function(String name) {
        return LINKER.downcallHandle(symbol(name), WIDE, ERRNO);
    }

    /**
     * syscall(2) with the number and up to six arguments: on x86-64 the seventh integer travels on the stack, where the wide shape has none.
     */
    static MethodHandle syscall() {
        return LINKER.downcallHandle(symbol("syscall"), SEVEN, ERRNO);
    }

    /** A function that never blocks and whose work is bounded, on a heap array. */
    static MethodHandle critical(String name) {
        return LINKER.downcallHandle(symbol(name), ON_HEAP, ERRNO, Linker.Option.critical(true));
    }

    private static MemorySegment symbol(String name) {
        return LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no " + name));
    }

    /** Calls a function whose result is an int: the result, or -errno. */
    static int call(MethodHandle function, long a, long b, long c, long d, long e) {
        MemorySegment errno = Scratch.mine().errno;
        try {
            int result = (int) (long) function.invokeExact(errno, a, b, c, d, e, 0L);
            return result >= 0 ? result : -errno.get(INT, 0);
        } catch (Throwable t) {
            throw bug(t);
        }
    }

    /** Calls a function whose result is a long: the result, or -errno. */
    static long callLong(MethodHandle function, long a, long b, long c, long d, long e) {
        MemorySegment errno = Scratch.mine().errno;
        try {
            long result = (long) function.invokeExact(errno, a, b, c, d, e, 0L);
            return result >= 0 ? result : -errno.get(INT, 0);
        } catch (Throwable t) {
            throw bug(t);
        }
    }

    /** Calls what {@link #syscall} gave: the result, or -errno. */
    static long callSyscall(MethodHandle syscall, long number, long a, long b, long c, long d, long e, long f) {
        MemorySegment errno = Scratch.mine().errno;
        try {
            long result = (long) syscall.invokeExact(errno, number, a, b, c, d, e, f);
            return result != -1 ? result : -errno.get(INT, 0);
        } catch (Throwable t) {
            throw bug(t);
        }
    }

    /** Calls splice(2), the one with six parameters, its two offsets being null: the result, or -errno. */
    static long callSplice(MethodHandle function, long from, long to, long count, long flags) {
        MemorySegment errno = Scratch.mine().errno;
        try {
            long result = (long) function.invokeExact(errno, from, 0L, to, 0L, count, flags);
            return result >= 0 ? result : -errno.get(INT, 0);
        } catch (Throwable t) {
            throw bug(t);
        }
    }

    /** Calls recv or send on part of a heap array: bytes, or -errno. */
    static int callCritical(MethodHandle function, int fd, byte[] array, int offset, int length, int flags) {
        MemorySegment errno = Scratch.mine().errno;
        try {
            MemorySegment part = MemorySegment.ofArray(array).asSlice(offset, length);
            long result = (long) function.invokeExact(errno, fd, part, (long) length, flags);
            return result >= 0 ? (int) result : -errno.get(INT, 0);
        } catch (Throwable t) {
            throw bug(t);
        }
    }

    /** What a handle throws can only be a bug of ours: the C functions themselves throw nothing. */
    private static AssertionError bug(Throwable thrown) {
        return new AssertionError("a system call was bound wrongly", thrown);
    }
}
