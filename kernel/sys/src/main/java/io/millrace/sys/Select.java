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

    /** Number of descriptors that an fd_set has room for. */
    public static final int FD_SETSIZE = 1024;

    /** Bits in a word of a set. */
    public static final int WORD = 64;

    private static final MethodHandle SELECT = Native.function("select");

    /** Returns the bytes of a set for descriptors below {@code nfds}. */
    public static long bytes(int nfds) {
        return ((long) nfds + WORD - 1) / WORD * Long.BYTES;
    }

    /**
     * Waits until a descriptor in one of the sets is ready, and leaves in the sets those that are. Blocks for up to
     * {@code nanos} nanoseconds, rounded up to microseconds; negative is no limit. Returns the number of bits that are
     * set in all three, 0 when the time is up, or -errno, and then the sets are not to be used.
     *
     * @param nfds one more than the highest descriptor in the sets
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

    /** Returns word number {@code index} of a set. */
    public static long word(MemorySegment set, int index) {
        return set.getAtIndex(ValueLayout.JAVA_LONG, index);
    }

    /** Adds a descriptor to a set (FD_SET). */
    public static void set(MemorySegment set, int fd) {
        set.setAtIndex(ValueLayout.JAVA_LONG, fd / WORD, word(set, fd / WORD) | 1L << fd % WORD);
    }

    /** Removes a descriptor from a set (FD_CLR). */
    public static void clear(MemorySegment set, int fd) {
        set.setAtIndex(ValueLayout.JAVA_LONG, fd / WORD, word(set, fd / WORD) & ~(1L << fd % WORD));
    }

    /** Tells whether a descriptor is in a set (FD_ISSET). */
    public static boolean isSet(MemorySegment set, int fd) {
        return (word(set, fd / WORD) & 1L << fd % WORD) != 0;
    }
}
