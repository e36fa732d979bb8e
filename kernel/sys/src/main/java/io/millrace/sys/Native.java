// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * Binds C functions by hand, each in one of a few shapes: linking a new shape costs some 20 ms at start-up, one more
 * function of a known shape next to nothing.
 *
 * <pre>
 *   call       long f(long, long, long, long, long, long)      may block; pointers are addresses of native memory
 *   critical   long f(int, pointer, long, int)                 recv and send, straight on a heap array
 *   syscall    long f(long, long, long, long, long, long, long)   syscall(2) with six arguments, linked by those who need it
 *   OpenSSL    long f(long, pointer, long), long f(long, long)      critical, linked with the library
 *              long f(long, pointer, long, pointer, long), the wide shape    likewise
 * </pre>
 *
 * <p>A function that has fewer or narrower parameters is called in the wide shape all the same: on Linux, x86-64
 * (System V) and AArch64 (AAPCS64) alike, the first six integers travel in registers of their own, a callee reads those
 * that it has, and of an int the low half; variadic functions take them from the same registers. Of an int result only
 * the low half counts.
 */
final class Native {
    private Native() {}

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final FunctionDescriptor WIDE = FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG);
    private static final FunctionDescriptor SEVEN =
            FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG);
    private static final FunctionDescriptor SHORT = FunctionDescriptor.of(LONG, LONG, LONG);
    private static final FunctionDescriptor WITH_HEAP = FunctionDescriptor.of(LONG, LONG, ValueLayout.ADDRESS, LONG);
    private static final FunctionDescriptor ON_TWO_HEAPS =
            FunctionDescriptor.of(LONG, LONG, ValueLayout.ADDRESS, LONG, ValueLayout.ADDRESS, LONG);
    private static final FunctionDescriptor ON_HEAP = FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG, INT);

    /** The shape of methods that are called out of line, but for those on a heap array. */
    static final MethodType FOUR_LONGS =
            MethodType.methodType(long.class, long.class, long.class, long.class, long.class);

    /**
     * A thread's native memory: room for what calls read and write, and a copy of errno, which the call makes itself
     * since the JVM may overwrite errno before Java code could read it.
     */
    static final class Scratch {
        private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);
        static final int PATH_MAX = 4096;
        static final int BYTES = 64 * 1024;

        final MemorySegment errno = Arena.ofAuto().allocate(Linker.Option.captureStateLayout());
        final MemorySegment path = Arena.ofAuto().allocate(PATH_MAX, 8);
        final MemorySegment struct = Arena.ofAuto().allocate(256, 8);
        final long[] values = new long[Files.STAT_VALUES];
        final Whole received = new Whole();
        final Whole sent = new Whole();

        /** Made for threads that speak TLS by OpenSSL. */
        private HeapSegments.@Nullable OfThread segments;

        HeapSegments.OfThread segments() {
            if (segments == null) {
                segments = new HeapSegments.OfThread();
            }
            return segments;
        }

        /** Allocated for threads that read files or folders. */
        private @Nullable MemorySegment bytes;

        static Scratch mine() {
            return Thread.currentThread() instanceof CallingThread caller ? caller.scratch : MINE.get();
        }

        /** Returns the result of a call whose errno is kept here, or -errno. */
        long result(long result) {
            return result >= 0 ? result : -errno.get(INT, 0);
        }

        MemorySegment bytes() {
            if (bytes == null) {
                bytes = Arena.ofAuto().allocate(BYTES, 8);
            }
            return bytes;
        }
    }

    /**
     * Keeps the segment of the array that was used last: a loop receives into one array and sends from a few. A segment
     * made for each call costs an allocation unless the JIT compiler removes it, which it does not always do.
     */
    static final class Whole {
        private byte[] array = {};
        private MemorySegment segment = MemorySegment.ofArray(array);

        /** Returns a segment of the array from an index on. */
        MemorySegment from(byte[] wanted, int offset) {
            if (wanted != array) {
                array = wanted;
                segment = MemorySegment.ofArray(wanted);
            }
            return offset == 0 ? segment : segment.asSlice(offset);
        }
    }

    /** Binds a function in the wide shape. */
    static MethodHandle function(String name) {
        return LINKER.downcallHandle(symbol(name), WIDE, ERRNO);
    }

    /**
     * Binds syscall(2) with the number and up to six arguments: on x86-64 the seventh integer is passed on the stack,
     * which the wide shape does not do.
     */
    static MethodHandle syscall() {
        return LINKER.downcallHandle(symbol("syscall"), SEVEN, ERRNO);
    }

    /** Binds a function that not every C library has, or returns {@code null}. */
    static @Nullable MethodHandle optional(String name) {
        return LINKER.defaultLookup().find(name).isPresent() ? function(name) : null;
    }

    /** Returns the symbols of the C library. */
    static SymbolLookup symbols() {
        return LINKER.defaultLookup();
    }

    /** Binds a function of another library in the wide shape, or returns {@code null}. */
    static @Nullable MethodHandle functionIfAny(SymbolLookup library, String name) {
        return library.find(name)
                .map(symbol -> LINKER.downcallHandle(symbol, WIDE, ERRNO))
                .orElse(null);
    }

    /** Binds a function that never blocks and whose work is bounded, on a heap array. */
    static MethodHandle critical(String name) {
        return LINKER.downcallHandle(symbol(name), ON_HEAP, ERRNO, Linker.Option.critical(true));
    }

    /**
     * Binds a function of another library that works on a heap array, {@code long f(long, pointer, long)}, and never
     * blocks, calls nothing back and whose work is bounded.
     */
    static MethodHandle criticalOnHeap(MemorySegment symbol) {
        return LINKER.downcallHandle(symbol, WITH_HEAP, Linker.Option.critical(true));
    }

    /**
     * Binds a function of another library that works on two heap arrays, {@code long f(long, pointer, long, pointer,
     * long)}, and never blocks, calls nothing back and whose work is bounded.
     */
    static MethodHandle criticalOnTwoArrays(MemorySegment symbol) {
        return LINKER.downcallHandle(symbol, ON_TWO_HEAPS, Linker.Option.critical(true));
    }

    /** Binds a function of another library of up to two arguments that never blocks and does next to nothing. */
    static MethodHandle criticalShort(MemorySegment symbol) {
        return LINKER.downcallHandle(symbol, SHORT, Linker.Option.critical(false));
    }

    /** Binds a function of another library in the wide shape that never blocks and does little. */
    static MethodHandle criticalWide(MemorySegment symbol) {
        return LINKER.downcallHandle(symbol, WIDE, Linker.Option.critical(false));
    }

    /** Binds a function of another library that has eight arguments. */
    static MethodHandle eight(MemorySegment symbol) {
        return LINKER.downcallHandle(
                symbol, FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG));
    }

    /** Makes a function that C code calls. It lives as long as the program. */
    static long callback(MethodHandle target, FunctionDescriptor shape) {
        return LINKER.upcallStub(target, shape, Arena.global()).address();
    }

    /**
     * Returns a handle of a static method of {@code caller}'s class, to be kept in a static field that is <em>not</em>
     * final: the JIT compiler does not know where a call by it leads and so never inlines the method, but compiles it
     * by itself.
     *
     * <p>For methods that invoke a C function, that is what keeps them from allocating. The JDK slices the errno
     * segment in each call, some nine calls below the method. Where the compiler inlines all of them, the slice never
     * exists; where it stops half way, because their caller lies deep below another or is large already, the slice is
     * an allocation for each call. Compiled by itself, the method always has all of them.
     */
    static MethodHandle outOfLine(MethodHandles.Lookup caller, String method, MethodType type) {
        try {
            return caller.findStatic(caller.lookupClass(), method, type);
        } catch (ReflectiveOperationException e) {
            throw bug(e);
        }
    }

    private static MemorySegment symbol(String name) {
        return LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no " + name));
    }

    /**
     * Calls a function whose result is an int. Returns the result, or -errno.
     *
     * <p>A function that a server calls all the time is invoked where its handle is a constant. When the JIT compiler
     * compiles this method by itself it does not know the handle; each call is slow then and allocates.
     */
    static int call(MethodHandle function, long a, long b, long c, long d, long e) {
        return call(function, a, b, c, d, e, 0);
    }

    /** Calls a function with six arguments whose result is an int. Returns the result, or -errno. */
    static int call(MethodHandle function, long a, long b, long c, long d, long e, long f) {
        Scratch mine = Scratch.mine();
        try {
            return (int) mine.result((int) (long) function.invokeExact(mine.errno, a, b, c, d, e, f));
        } catch (Throwable t) {
            throw bug(t);
        }
    }

    /** Calls a function whose result is a long. Returns the result, or -errno. */
    static long callLong(MethodHandle function, long a, long b, long c, long d, long e) {
        Scratch mine = Scratch.mine();
        try {
            return mine.result((long) function.invokeExact(mine.errno, a, b, c, d, e, 0L));
        } catch (Throwable t) {
            throw bug(t);
        }
    }

    /** Calls what {@link #syscall} has bound. Returns the result, or -errno. */
    static long callSyscall(MethodHandle syscall, long number, long a, long b, long c, long d, long e, long f) {
        MemorySegment errno = Scratch.mine().errno;
        try {
            long result = (long) syscall.invokeExact(errno, number, a, b, c, d, e, f);
            return result != -1 ? result : -errno.get(INT, 0);
        } catch (Throwable t) {
            throw bug(t);
        }
    }

    /** Wraps what a handle has thrown. C functions throw nothing, so it is a bug of this room. */
    static AssertionError bug(Throwable thrown) {
        return new AssertionError("a system call was bound wrongly", thrown);
    }
}
