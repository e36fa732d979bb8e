// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.ZipException;

/** Decompresses a body as it is read, by a thread that may wait. */
final class DecodedInput extends InputStream {
    private static final int PIECE = 8 * 1024;

    private final InputStream body;
    private final long limit;
    private final GzipDecoder decoder = new GzipDecoder();
    private final byte[] input = new byte[PIECE];
    private final byte[] piece = new byte[PIECE];
    private int from;
    private int to;
    private long size;
    private boolean ended;
    private boolean closed;

    DecodedInput(InputStream body, long limit) {
        this.body = body;
        this.limit = limit;
    }

    @Override
    public int read() throws IOException {
        return fill() ? piece[from++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, to - from);
        System.arraycopy(piece, from, into, offset, count);
        from += count;
        return count;
    }

    /** Makes sure that there is something to read; {@code false} at the end. */
    private boolean fill() throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
        try {
            while (from == to && !ended) {
                decode();
            }
        } catch (ZipException e) {
            throw new UndecodableBodyException(400, e.getMessage());
        }
        return from < to;
    }

    private void decode() throws IOException {
        from = 0;
        to = decoder.read(piece);
        size += to;
        if (size > limit) {
            to = 0;
            throw new UndecodableBodyException(
                    413, "the body has more than " + limit + " bytes when it is decompressed");
        }
        if (to == 0) {
            more();
        }
    }

    private void more() throws IOException {
        int count = body.read(input);
        if (count >= 0) {
            decoder.input(input, 0, count);
        } else if (decoder.isComplete()) {
            ended = true;
        } else {
            throw new ZipException("the body cannot be decompressed: it ends in the middle");
        }
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            decoder.close();
            body.close();
        }
    }
}
