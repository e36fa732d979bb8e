// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Buffer;
import io.millrace.http.FieldBlock;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a request step by step, whether its length was announced or it comes in chunks (RFC 9112 section
 * 6.3). Used for one request after the other, on the loop.
 */
final class BodyReader {
    /** {@link #step} needs more input. */
    static final int NEED_MORE = ChunkedDecoder.NEED_MORE;

    private final int mostTrailerBytes;
    private final int mostTrailers;

    // Made for the first request that needs it: most have no body in chunks.
    private @Nullable ChunkedDecoder decoder;

    private long left;
    private boolean done;
    private int dataStart;
    private int dataLength;

    /** A reader that refuses more bytes of trailers, and more of them, than these. */
    BodyReader(int mostTrailerBytes, int mostTrailers) {
        this.mostTrailerBytes = mostTrailerBytes;
        this.mostTrailers = mostTrailers;
    }

    /** Begins a body of {@code length} bytes, or of chunks if that is {@link MessageFraming#CHUNKED}. */
    void begin(long length) {
        left = length;
        done = length == 0;
        dataLength = 0;
        if (length == MessageFraming.CHUNKED && decoder != null) {
            decoder.begin();
        }
    }

    /** Whether all of the body has been read. */
    boolean isDone() {
        return done;
    }

    /** Bytes of an announced length that have not been read; negative for chunks. */
    long left() {
        return left;
    }

    /**
     * Reads the next part, which is not to be called without input, and consumes it. Returns {@link #NEED_MORE}, the
     * negative of a status that refuses the body, or something else: then {@link #dataLength} bytes of the body lie in
     * the array of {@code in} at {@link #dataStart}, perhaps none.
     */
    int step(Buffer in, FieldBlock trailers) {
        dataLength = 0;
        return left == MessageFraming.CHUNKED ? chunk(in, trailers) : plain(in);
    }

    private int plain(Buffer in) {
        dataStart = in.head();
        dataLength = (int) Math.min(left, in.readable());
        in.consume(dataLength);
        left -= dataLength;
        done = left == 0;
        return 0;
    }

    private int chunk(Buffer in, FieldBlock trailers) {
        if (decoder == null) {
            decoder = new ChunkedDecoder(mostTrailerBytes, mostTrailers);
            decoder.begin();
        }
        int result = decoder.step(in.array(), in.head(), in.tail(), trailers);
        if (result == ChunkedDecoder.NEED_MORE || result >= 0) {
            in.consume(decoder.consumed());
        }
        if (result == ChunkedDecoder.DATA) {
            dataStart = decoder.dataStart();
            dataLength = decoder.dataLength();
        }
        done = result == ChunkedDecoder.END;
        return result;
    }

    int dataStart() {
        return dataStart;
    }

    int dataLength() {
        return dataLength;
    }
}
