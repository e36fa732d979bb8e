// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * libzstd, as far as compressing streams needs it. The library is looked for when this class is first used; where it is
 * not there {@link #whyNot} says why, and no other method may be called.
 *
 * <pre>
 *   ZSTD_inBuffer, ZSTD_outBuffer    address u64 | size u64 | position u64      24
 * </pre>
 */
public final class Zstd {
    private Zstd() {}

    public static final int ZSTD_C_COMPRESSION_LEVEL = 100;
    public static final int ZSTD_C_WINDOW_LOG = 101;
    public static final int ZSTD_E_CONTINUE = 0;
    public static final int ZSTD_E_FLUSH = 1;
    public static final int ZSTD_E_END = 2;
    public static final int ZSTD_RESET_SESSION_ONLY = 1;

    private static final String LIBRARY = "libzstd.so.1";

    private static final @Nullable SymbolLookup SYMBOLS;
    private static final @Nullable String WHY_NOT;

    static {
        SymbolLookup symbols = null;
        String why = null;
        try {
            symbols = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
            if (symbols.find("ZSTD_compressStream2").isEmpty()) {
                why = LIBRARY + " is older than 1.4 and cannot compress streams";
            }
        } catch (IllegalArgumentException | IllegalCallerException e) {
            why = LIBRARY + " cannot be loaded: " + e.getMessage();
        }
        SYMBOLS = symbols;
        WHY_NOT = why;
    }

    private static final @Nullable MethodHandle CREATE = function("ZSTD_createCCtx");
    private static final @Nullable MethodHandle FREE = function("ZSTD_freeCCtx");
    private static final @Nullable MethodHandle SET = function("ZSTD_CCtx_setParameter");
    private static final @Nullable MethodHandle RESET = function("ZSTD_CCtx_reset");
    private static final @Nullable MethodHandle COMPRESS = function("ZSTD_compressStream2");
    private static final @Nullable MethodHandle IS_ERROR = function("ZSTD_isError");

    private static @Nullable MethodHandle function(String name) {
        return SYMBOLS == null || WHY_NOT != null ? null : Native.functionIfAny(SYMBOLS, name);
    }

    /** Returns why compressing is not possible on this machine, or {@code null} if it is. */
    public static @Nullable String whyNot() {
        return WHY_NOT;
    }

    /** Returns a new context, 0 if there is no memory for it. {@link #free} gives it back. */
    public static long create() {
        return call(CREATE, 0, 0, 0, 0);
    }

    /** Frees a context. */
    public static void free(long context) {
        call(FREE, context, 0, 0, 0);
    }

    /** Sets a parameter of a context that has begun nothing. Returns whether the library takes the value. */
    public static boolean set(long context, int parameter, int value) {
        return !isError(call(SET, context, parameter, value, 0));
    }

    /** Makes a context forget what it has begun; parameters stay. */
    public static void reset(long context) {
        call(RESET, context, ZSTD_RESET_SESSION_ONLY, 0, 0);
    }

    /**
     * Compresses from one buffer into another and moves the positions of both.
     *
     * @param out a ZSTD_outBuffer
     * @param in a ZSTD_inBuffer
     * @param end one of ZSTD_E_
     * @return how many bytes wait inside, at least; 0 if a flush or the end is complete
     * @throws IllegalStateException for an error of the library, which only a bug leads to
     */
    public static long compress(long context, MemorySegment out, MemorySegment in, int end) {
        long result = call(COMPRESS, context, out.address(), in.address(), end);
        if (isError(result)) {
            throw new IllegalStateException("libzstd failed: error " + -result);
        }
        return result;
    }

    /** Writes a ZSTD_inBuffer or ZSTD_outBuffer. */
    public static void buffer(MemorySegment struct, long address, long size, long position) {
        struct.set(ValueLayout.JAVA_LONG, 0, address);
        struct.set(ValueLayout.JAVA_LONG, 8, size);
        struct.set(ValueLayout.JAVA_LONG, 16, position);
    }

    /** Returns the position of a ZSTD_inBuffer or ZSTD_outBuffer. */
    public static long position(MemorySegment struct) {
        return struct.get(ValueLayout.JAVA_LONG, 16);
    }

    private static boolean isError(long result) {
        return (int) call(IS_ERROR, result, 0, 0, 0) != 0;
    }

    private static long call(@Nullable MethodHandle function, long a, long b, long c, long d) {
        if (function == null) {
            throw new UnsupportedOperationException(WHY_NOT);
        }
        try {
            return (long) function.invokeExact(Native.Scratch.mine().errno, a, b, c, d, 0L, 0L);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }
}
