// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Buffer;
import java.util.zip.Deflater;

/**
 * Compresses messages (RFC 7692 section 7.2.1). The JDK's compressor always has a window of 32 KiB; a smaller one is
 * kept to by forgetting everything after each so many bytes of input, a full flush, so that no distance is larger.
 */
final class MessageDeflater {
    private static final int ROOM = 1024;
    private static final int KEPT = 64 * 1024;
    private static final int TAIL = 4;

    private final Deflater deflater;
    private Buffer out = new Buffer();
    private int sinceFlush;

    MessageDeflater(int level) {
        deflater = new Deflater(level, true);
    }

    /**
     * Compresses a message that is not empty; the result is valid until the next call.
     *
     * @param bits the window as a power of two
     * @param takeover whether it may refer to the messages before, and later ones to it
     */
    Buffer deflate(byte[] bytes, int offset, int length, int bits, boolean takeover) {
        if (out.capacity() > KEPT) {
            out = new Buffer();
        }
        out.clear();
        if (!takeover) {
            deflater.reset();
            sinceFlush = 0;
        }
        int window = bits == DeflateParameters.MOST_BITS ? Integer.MAX_VALUE : 1 << bits;
        for (int at = offset, end = offset + length; at < end; ) {
            int count = Math.min(end - at, window - sinceFlush);
            deflater.setInput(bytes, at, count);
            at += count;
            sinceFlush = window == Integer.MAX_VALUE ? 0 : sinceFlush + count;
            boolean full = sinceFlush == window;
            sinceFlush = full ? 0 : sinceFlush;
            if (full || at == end) {
                flush(full ? Deflater.FULL_FLUSH : Deflater.SYNC_FLUSH);
            }
        }
        // Both kinds of flush end with an empty block of which the last four bytes are left away.
        out.unwrite(TAIL);
        return out;
    }

    private void flush(int kind) {
        int count;
        int room;
        do {
            out.reserve(ROOM);
            room = out.writable();
            count = deflater.deflate(out.array(), out.tail(), room, kind);
            out.wrote(count);
        } while (count == room);
    }

    /** Gives the native memory back. */
    void end() {
        deflater.end();
    }
}
