// SPDX-License-Identifier: Apache-2.0
package io.millrace.zstd;

import io.millrace.core.Buffer;
import io.millrace.sys.Zstd;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Compresses contents, one after the other, into frames of zstd. For one thread at a time. Holds native memory until
 * {@link #close}: about 1 MB at level 3.
 */
public final class ZstdCompressor implements AutoCloseable {
    /** A window of 1 MiB: what decoders on the web must take is 8 MiB, and each takes as much memory as the window. */
    private static final int WINDOW_LOG = 20;

    private static final int SLICE = 64 * 1024;
    private static final int STRUCT = 24;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment input = arena.allocate(SLICE, 8);
    private final MemorySegment output = arena.allocate(SLICE, 8);
    private final MemorySegment in = arena.allocate(STRUCT, 8);
    private final MemorySegment out = arena.allocate(STRUCT, 8);
    private final long context;
    private boolean closed;

    /**
     * Makes a compressor.
     *
     * @param level 1, the fastest, to 19
     * @throws UnsupportedOperationException if the library is not there, saying why
     * @throws IllegalArgumentException for another level
     */
    public ZstdCompressor(int level) {
        if (level < 1 || level > 19) {
            throw new IllegalArgumentException("a level of zstd is 1 to 19, not " + level);
        }
        String whyNot = whyNot();
        if (whyNot != null) {
            arena.close();
            throw new UnsupportedOperationException(whyNot);
        }
        context = Zstd.create();
        if (context == 0) {
            arena.close();
            throw new OutOfMemoryError("no memory for a compressor");
        }
        Zstd.set(context, Zstd.ZSTD_C_COMPRESSION_LEVEL, level);
        Zstd.set(context, Zstd.ZSTD_C_WINDOW_LOG, WINDOW_LOG);
    }

    /** Returns why there is no zstd on this machine, or {@code null} if there is. Looks for the library once. */
    public static @Nullable String whyNot() {
        return Zstd.whyNot();
    }

    /** Forgets what it has begun: the next bytes begin a frame. */
    public void reset() {
        Zstd.reset(context);
    }

    /** Takes bytes and appends what they amount to by now, perhaps nothing. */
    public void compress(byte[] bytes, int offset, int length, Buffer to) {
        for (int at = offset, end = offset + length; at < end; ) {
            int count = Math.min(SLICE, end - at);
            MemorySegment.copy(bytes, at, input, ValueLayout.JAVA_BYTE, 0, count);
            work(count, Zstd.ZSTD_E_CONTINUE, to);
            at += count;
        }
    }

    /** Appends all that the bytes so far amount to. */
    public void flush(Buffer to) {
        work(0, Zstd.ZSTD_E_FLUSH, to);
    }

    /** Appends the rest of the frame. The next bytes begin another one. */
    public void finish(Buffer to) {
        work(0, Zstd.ZSTD_E_END, to);
    }

    private void work(int count, int end, Buffer to) {
        Zstd.buffer(in, input.address(), count, 0);
        long waiting;
        do {
            Zstd.buffer(out, output.address(), SLICE, 0);
            waiting = Zstd.compress(context, out, in, end);
            append((int) Zstd.position(out), to);
        } while (end == Zstd.ZSTD_E_CONTINUE ? Zstd.position(in) < count : waiting > 0);
    }

    private void append(int count, Buffer to) {
        to.reserve(count);
        MemorySegment.copy(output, ValueLayout.JAVA_BYTE, 0, to.array(), to.tail(), count);
        to.wrote(count);
    }

    /** Gives the native memory back. A second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Zstd.free(context);
            arena.close();
        }
    }
}
