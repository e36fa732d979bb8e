// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.Buffer;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes one gzip member (RFC 1952): a head of ten bytes, deflated data, and the checksum and size of the content. */
final class GzipEncoder implements ContentEncoder {
    private static final byte[] HEAD = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};
    /** A stored block of no bytes, where a flush has ended at a byte. */
    private static final byte[] NOTHING = {0, 0, 0, (byte) 0xff, (byte) 0xff};

    private static final int ROOM = 4 * 1024;

    private final Deflater deflater;
    private final Consumer<Deflater> giveBack;
    private final CRC32 checksum = new CRC32();
    private long size;
    private boolean begun;
    private boolean closed;

    GzipEncoder(Deflater deflater, Consumer<Deflater> giveBack) {
        this.deflater = deflater;
        this.giveBack = giveBack;
    }

    @Override
    public void encode(byte[] bytes, int offset, int length, Buffer out) {
        begin(out);
        checksum.update(bytes, offset, length);
        size += length;
        deflater.setInput(bytes, offset, length);
        deflate(out, Deflater.NO_FLUSH);
    }

    private void begin(Buffer out) {
        if (!begun) {
            begun = true;
            out.append(HEAD);
        }
    }

    private void deflate(Buffer out, int flush) {
        int room;
        int count;
        do {
            out.reserve(ROOM);
            room = out.writable();
            count = deflater.deflate(out.array(), out.tail(), room, flush);
            out.wrote(count);
        } while (count == room);
    }

    @Override
    public void flush(Buffer out) {
        begin(out);
        deflate(out, Deflater.SYNC_FLUSH);
    }

    @Override
    public void finish(Buffer out) {
        begin(out);
        deflater.finish();
        deflate(out, Deflater.NO_FLUSH);
        appendReversed(out, (int) checksum.getValue());
        appendReversed(out, (int) size);
    }

    // gzip has the least significant byte first.
    private static void appendReversed(Buffer out, int value) {
        out.appendInt(Integer.reverseBytes(value));
    }

    @Override
    public byte[] filler() {
        return NOTHING.clone();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            giveBack.accept(deflater);
        }
    }
}
