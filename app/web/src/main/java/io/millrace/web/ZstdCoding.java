// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.compress.ContentCoding;
import io.millrace.compress.ContentEncoder;
import io.millrace.core.Buffer;
import io.millrace.zstd.ZstdCompressor;
import java.util.ArrayDeque;

/**
 * Compression by zstd (RFC 8878), by the system's libzstd: about as small as gzip at the same place of its scale, two
 * to five times as fast. Some compressors that have been used are kept.
 */
public final class ZstdCoding implements ContentCoding {
    /** The level at which a text becomes about as small as by gzip at 4. */
    public static final int USUAL_LEVEL = 3;

    private static final int MOST_KEPT = 16;
    /** A block of no bytes (RFC 8878 section 3.1.1.2). */
    private static final byte[] NOTHING = {0, 0, 0};

    private final int level;
    private final ArrayDeque<ZstdCompressor> kept = new ArrayDeque<>();

    /**
     * Compresses at a level.
     *
     * @param level 1, the fastest, to 19
     * @throws UnsupportedOperationException if the library is not there, saying why
     * @throws IllegalArgumentException for another level
     */
    public ZstdCoding(int level) {
        this.level = level;
        giveBack(new ZstdCompressor(level));
    }

    /** Returns why there is no zstd on this machine, or {@code null} if there is. */
    public static String whyNot() {
        return ZstdCompressor.whyNot();
    }

    @Override
    public String token() {
        return "zstd";
    }

    @Override
    public String suffix() {
        return "-zst";
    }

    @Override
    public ContentEncoder open() {
        return new Encoder(take());
    }

    private ZstdCompressor take() {
        synchronized (kept) {
            ZstdCompressor compressor = kept.poll();
            if (compressor != null) {
                return compressor;
            }
        }
        return new ZstdCompressor(level);
    }

    private void giveBack(ZstdCompressor compressor) {
        synchronized (kept) {
            if (kept.size() < MOST_KEPT) {
                compressor.reset();
                kept.push(compressor);
                return;
            }
        }
        compressor.close();
    }

    /** One content, a frame. */
    private final class Encoder implements ContentEncoder {
        private final ZstdCompressor compressor;
        private boolean closed;

        Encoder(ZstdCompressor compressor) {
            this.compressor = compressor;
        }

        @Override
        public void encode(byte[] bytes, int offset, int length, Buffer out) {
            compressor.compress(bytes, offset, length, out);
        }

        @Override
        public void flush(Buffer out) {
            compressor.flush(out);
        }

        @Override
        public void finish(Buffer out) {
            compressor.finish(out);
        }

        @Override
        public byte[] filler() {
            return NOTHING.clone();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                giveBack(compressor);
            }
        }
    }
}
