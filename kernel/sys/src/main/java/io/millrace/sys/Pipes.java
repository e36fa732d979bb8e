// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/** Pipes: pipe2(2), and splice(2), which moves bytes between a pipe and a socket within the kernel. */
public final class Pipes {
    private Pipes() {}

    public static final int F_SETPIPE_SZ = 1031;
    public static final int F_GETPIPE_SZ = 1032;
    public static final int SPLICE_F_MOVE = 1;
    public static final int SPLICE_F_NONBLOCK = 2;
    public static final int SPLICE_F_MORE = 4;

    private static final MethodHandle PIPE2 = Native.function("pipe2");
    private static final MethodHandle SPLICE = Native.function("splice");

    /** Not final: see {@link Native#outOfLine}. */
    private static MethodHandle move = Native.outOfLine(MethodHandles.lookup(), "move", Native.FOUR_LONGS);

    /** Opens a pipe: {@code ends[0]} is to read from, {@code ends[1]} to write to. Returns 0 or -errno. */
    public static int pipe2(int[] ends, int flags) {
        MemorySegment struct = Scratch.mine().struct;
        int result = Native.call(PIPE2, struct.address(), flags, 0, 0, 0);
        if (result == 0) {
            ends[0] = struct.get(ValueLayout.JAVA_INT, 0);
            ends[1] = struct.get(ValueLayout.JAVA_INT, Integer.BYTES);
        }
        return result;
    }

    /**
     * Moves up to {@code count} bytes between two descriptors, one of which is a pipe. Returns the number of bytes, 0
     * at the end of the input, or -errno.
     */
    public static long splice(int from, int to, long count, int flags) {
        try {
            return (long) move.invokeExact((long) from, (long) to, count, (long) flags);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Of the six parameters of splice(2), the two offsets are null. */
    static long move(long from, long to, long count, long flags) {
        Scratch mine = Scratch.mine();
        try {
            return mine.result((long) SPLICE.invokeExact(mine.errno, from, 0L, to, 0L, count, flags));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }
}
