// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.http.FieldBlock;
import org.jspecify.annotations.Nullable;

/**
 * Reads a chunked body (RFC 9112 section 7.1), strictly: hexadecimal digits and nothing else before the extensions,
 * extensions as {@link ChunkExtensions} reads them, every line ended by CRLF, extensions and trailers up to a limit, no
 * trailer that would change what the message is.
 *
 * <pre>
 *        digits        ';'          CR        LF, size > 0            all
 *   ─►  SIZE ────┬───► EXTENSION ─────► SIZE_LF ──────────► DATA ────────► DATA_CR ─CR─► DATA_LF ─LF─► SIZE
 *                └──────── CR ────────────▲ │ LF, size 0
 *                                           └────────────► TRAILERS ──► done
 * </pre>
 */
final class ChunkedDecoder {
    /** All bytes were looked at and the end was not among them. */
    static final int NEED_MORE = -1;

    /** There is some data: {@link #dataStart} and {@link #dataLength}. */
    static final int DATA = 1;

    /** The body is complete, trailers included. */
    static final int END = 2;

    private static final int SIZE = 0;
    private static final int EXTENSION = 1;
    private static final int SIZE_LF = 2;
    private static final int IN_DATA = 3;
    private static final int DATA_CR = 4;
    private static final int DATA_LF = 5;
    private static final int TRAILERS = 6;
    private static final int MOST_DIGITS = 16;

    private final int mostExtra;
    private final ChunkExtensions extensions = new ChunkExtensions();
    private final FieldParser trailerParser;
    private final FieldBlock trailerView = new FieldBlock();

    private int state;
    private int digits;
    private long left;
    private int extra;
    private int consumed;
    private int dataStart;
    private int dataLength;

    /** A decoder that takes up to {@code mostExtra} bytes of extensions and trailers, and so many trailer lines. */
    ChunkedDecoder(int mostExtra, int mostTrailers) {
        this.mostExtra = mostExtra;
        this.trailerParser = new FieldParser(mostTrailers);
    }

    /** A new body. */
    void begin() {
        extra = 0;
        trailerView.clear();
        nextChunk();
    }

    private void nextChunk() {
        state = SIZE;
        digits = 0;
        left = 0;
    }

    /** Number of bytes that the last step used up. */
    int consumed() {
        return consumed;
    }

    /** Index of the data that the last step found. */
    int dataStart() {
        return dataStart;
    }

    /** Length of the data that the last step found. */
    int dataLength() {
        return dataLength;
    }

    /** The trailers that the step to the end has found, as a view of the bytes. */
    FieldBlock trailers() {
        return trailerView;
    }

    /**
     * Goes on up to the next piece of data or the end.
     *
     * @param trailers takes copies of the trailer fields at the end, or {@code null} for none
     * @return {@link #DATA}, {@link #END}, {@link #NEED_MORE}, or the negative of a status
     */
    int step(byte[] bytes, int from, int to, @Nullable FieldBlock trailers) {
        for (int at = from; at < to; at++) {
            if (state == IN_DATA) {
                return data(from, at, to);
            }
            if (state == TRAILERS) {
                return trailers(bytes, from, at, to, trailers);
            }
            int failed = framing(bytes[at]);
            if (failed != 0) {
                return failed;
            }
        }
        consumed = to - from;
        return NEED_MORE;
    }

    private int data(int from, int at, int to) {
        dataStart = at;
        dataLength = (int) Math.min(left, to - at);
        left -= dataLength;
        if (left == 0) {
            state = DATA_CR;
        }
        consumed = at + dataLength - from;
        return DATA;
    }

    // One byte of what stands between the data: 0, or the negative of a status.
    private int framing(byte value) {
        return switch (state) {
            case SIZE -> size(value);
            case EXTENSION -> extension(value);
            case SIZE_LF -> value == '\n' ? sizeDone() : -400;
            case DATA_CR -> expect(value, '\r', DATA_LF);
            default -> value == '\n' ? dataDone() : -400;
        };
    }

    private int expect(byte value, char wanted, int next) {
        state = next;
        return value == wanted ? 0 : -400;
    }

    private int dataDone() {
        nextChunk();
        return 0;
    }

    private int size(byte value) {
        int digit = digit(value);
        if (digit >= 0) {
            left = left << 4 | digit;
            // The sign bit: more than any length can be. More than sixteen digits are zeros at best, and a trick.
            return ++digits > MOST_DIGITS || left < 0 ? -400 : 0;
        }
        if (digits == 0 || (value != ';' && value != '\r')) {
            return -400;
        }
        if (value == '\r') {
            state = SIZE_LF;
            return 0;
        }
        state = EXTENSION;
        extensions.begin();
        return countExtra();
    }

    private static int digit(byte value) {
        if (value >= '0' && value <= '9') {
            return value - '0';
        }
        int letter = value | 0x20;
        return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
    }

    // No extension is known here, so each is ignored (RFC 9112 section 7.1.1), once it has been read as one.
    private int extension(byte value) {
        if (value == '\r') {
            state = SIZE_LF;
            return extensions.mayEnd() ? 0 : -400;
        }
        return extensions.next(value) ? countExtra() : -400;
    }

    private int countExtra() {
        return ++extra <= mostExtra ? 0 : -431;
    }

    private int sizeDone() {
        if (left > 0) {
            state = IN_DATA;
        } else {
            state = TRAILERS;
            trailerView.clear();
            trailerParser.begin(trailerView, 0);
        }
        return 0;
    }

    // Trailers are read when they are there as a whole, like a head; up to then they stay where they are.
    private int trailers(byte[] bytes, int from, int at, int to, @Nullable FieldBlock trailers) {
        int room = mostExtra - extra;
        int end = to - at > room ? at + room : to;
        int result = trailerParser.parse(bytes, at, end);
        consumed = at - from;
        if (result == NEED_MORE) {
            return end - at == room ? -431 : NEED_MORE;
        }
        if (result < 0) {
            return result;
        }
        consumed += result;
        trailerView.view(bytes, at);
        return keep(trailers);
    }

    private int keep(@Nullable FieldBlock trailers) {
        for (int i = 0; i < trailerView.size(); i++) {
            if (isForbidden(i)) {
                return -400;
            }
            if (trailers != null) {
                trailers.append(trailerView, i);
            }
        }
        return END;
    }

    // Fields that frame or route a message must not come after it (RFC 9110 section 6.5.1).
    private boolean isForbidden(int line) {
        return trailerView.isNamed(line, "Content-Length")
                || trailerView.isNamed(line, "Transfer-Encoding")
                || trailerView.isNamed(line, "Host");
    }
}
