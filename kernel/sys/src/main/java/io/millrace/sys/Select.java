// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * select(2) and its sets: bitmaps of longs, a bit for each descriptor. The kernel reads as many bits as {@code nfds}
 * says; only the C macros and the type fd_set end at {@link #FD_SETSIZE}.
 */
public final class Select {
    private Select() {}

    /** Descriptors that an fd_set has room for. */
    public static final int FD_SETSIZE = 1024;

    /** Bits of a word of a set. */
    public static final int WORD = 64;

    private static final MethodHandle SELECT = Native.function("select");

    /** Bytes of a set for descriptors below {@code nfds}. */
    public static long bytes(int nfds) {
        return ((long) nfds + WORD - 1) / WORD * Long.BYTES;
    }

    /**
     * Waits until one of the descriptors below {@code nfds} in the sets is ready, up to {@code nanos} (rounded up to
     * microseconds; negative for ever), and leaves those that are in the sets: their number, each set counted, or
     * -errno. Blocks.
     */
    public static int select(
            int nfds, MemorySegment reading, MemorySegment writing, MemorySegment exceptional, long nanos) {
        Scratch mine = Scratch.mine();
        try {
            long limit = Timespec.fillMicros(mine, nanos);
            return (int) mine.result((int) (long) SELECT.invokeExact(
                    mine.errno, (long) nfds, reading.address(), writing.address(), exceptional.address(), limit, 0L));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** The word number {@code index} of a set. */
    public static long word(MemorySegment set, int index) {
        return set.getAtIndex(ValueLayout.JAVA_LONG, index);
    }

    /** Puts a descriptor in (FD_SET). */
    public static void set(MemorySegment set, int fd) {
        set.setAtIndex(ValueLayout.JAVA_LONG, fd / WORD, word(set, fd / WORD) | 1L << fd % WORD);
    }

    /** Takes a descriptor out (FD_CLR). */
    public static void clear(MemorySegment set, int fd) {
        set.setAtIndex(ValueLayout.JAVA_LONG, fd / WORD, word(set, fd / WORD) & ~(1L << fd % WORD));
    }

    /** Whether a descriptor is in (FD_ISSET). */
    public static boolean isSet(MemorySegment set, int fd) {
        return (word(set, fd / WORD) & 1L << fd % WORD) != 0;
    }
}
