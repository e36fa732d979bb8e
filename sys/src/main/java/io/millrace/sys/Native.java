// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** Binds C functions by hand. Every handle takes the errno slot first (see {@link Errno#slot}). */
final class Native {
    private Native() {}

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final AddressLayout POINTER = ValueLayout.ADDRESS;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

    /** A call that may block or take long. */
    static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
        return bind(name, FunctionDescriptor.of(result, arguments), ERRNO);
    }

    /** A call that never blocks and whose work is bounded; takes heap segments. */
    static MethodHandle critical(String name, MemoryLayout result, MemoryLayout... arguments) {
        return bind(name, FunctionDescriptor.of(result, arguments), ERRNO, Linker.Option.critical(true));
    }

    /** A call whose arguments from {@code fixed} on are variadic: another calling convention on some processors. */
    static MethodHandle variadic(String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
        return bind(name, FunctionDescriptor.of(result, arguments), ERRNO, Linker.Option.firstVariadicArg(fixed));
    }

    /** A system call that the C library has no function for, through syscall(2); the first argument is its number. */
    static MethodHandle syscall(MemoryLayout... arguments) {
        List<MemoryLayout> all = new ArrayList<>();
        all.add(LONG);
        all.addAll(List.of(arguments));
        return variadic("syscall", 1, LONG, all.toArray(MemoryLayout[]::new));
    }

    private static MethodHandle bind(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment function = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("the C library has no " + name));
        return LINKER.downcallHandle(function, descriptor, options);
    }

    /** What a handle throws can only be a bug of ours: the C functions themselves throw nothing. */
    static AssertionError bug(Throwable thrown) {
        return new AssertionError("a system call was bound wrongly", thrown);
    }
}
