// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;

/**
 * Finds where one HTTP/1.1 answer ends and the next begins (RFC 9112 section 6.3); of the answer itself only the status
 * is kept, the rest is counted and dropped. Allocates nothing.
 */
final class ResponseReader {
    static final int NEED_MORE = 0;
    static final int DONE = 1;
    static final int BAD = -1;

    private static final int LONGEST_HEAD = 64 * 1024;
    private static final int LONGEST_CHUNK_LINE = 4096;
    private static final long UNKNOWN = -1;

    private enum State {
        HEAD,
        LENGTH,
        UNTIL_CLOSE,
        CHUNK_LINE,
        CHUNK,
        CHUNK_END,
        TRAILER
    }

    private State state = State.HEAD;
    private boolean bodiless;
    private int status;
    private boolean closes;
    private boolean chunked;
    private long length;
    private long left;

    /** Begins a connection; {@code head} says that answers come without their bodies (RFC 9110 section 9.3.2). */
    void begin(boolean head) {
        bodiless = head;
        state = State.HEAD;
        closes = false;
    }

    /** Status of the answer that was read last. */
    int status() {
        return status;
    }

    /** Whether the server closes the connection after the answer that was read last. */
    boolean closes() {
        return closes;
    }

    /** Whether some of an answer has been read, or its end is the end of the connection. */
    boolean endsWithConnection() {
        return state == State.UNTIL_CLOSE;
    }

    /** Consumes up to one answer: {@link #DONE} with {@link #status}, {@link #NEED_MORE} or {@link #BAD}. */
    int read(Buffer in) {
        int result = NEED_MORE;
        boolean moves = true;
        while (moves && result == NEED_MORE) {
            int before = in.readable();
            State was = state;
            result = step(in);
            moves = in.readable() != before || state != was;
        }
        if (result == DONE) {
            state = State.HEAD;
        }
        return result;
    }

    private int step(Buffer in) {
        return switch (state) {
            case HEAD -> head(in);
            case LENGTH -> body(in, DONE);
            case UNTIL_CLOSE -> drop(in);
            case CHUNK_LINE -> chunkLine(in);
            case CHUNK -> body(in, NEED_MORE);
            case CHUNK_END -> chunkEnd(in);
            case TRAILER -> trailer(in);
        };
    }

    private int head(Buffer in) {
        int end = endOfHead(in);
        if (end < 0) {
            return in.readable() > LONGEST_HEAD ? BAD : NEED_MORE;
        }
        if (!statusLine(in)) {
            return BAD;
        }
        closes = in.peek(7) == '0';
        chunked = false;
        length = UNKNOWN;
        if (!fields(in.array(), in.head() + 12, in.head() + end)) {
            return BAD;
        }
        in.consume(end);
        if (status < 200) {
            return NEED_MORE; // an interim answer: the real one follows (RFC 9110 section 15.2)
        }
        return framed();
    }

    private int framed() {
        if (bodiless || status == 204 || status == 304 || !chunked && length == 0) {
            return DONE;
        }
        if (chunked) {
            state = State.CHUNK_LINE;
        } else if (length > 0) {
            left = length;
            state = State.LENGTH;
        } else {
            closes = true;
            state = State.UNTIL_CLOSE;
        }
        return NEED_MORE;
    }

    /** Length of the head with its empty line, or -1. */
    private static int endOfHead(Buffer in) {
        byte[] bytes = in.array();
        for (int i = in.head() + 3, end = in.tail(); i < end; ) {
            byte b = bytes[i];
            if (b == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n' && bytes[i - 3] == '\r') {
                return i + 1 - in.head();
            }
            // Only an end of line can be the last of four: everything else skips ahead.
            i += b == '\n' || b == '\r' ? 1 : 2;
        }
        return -1;
    }

    private boolean statusLine(Buffer in) {
        if (in.peek(0) != 'H' || in.peek(4) != '/' || in.peek(5) != '1' || in.peek(8) != ' ') {
            return false;
        }
        status = digit(in, 9) * 100 + digit(in, 10) * 10 + digit(in, 11);
        return status >= 100 && status <= 599;
    }

    private static int digit(Buffer in, int index) {
        int value = in.peek(index) - '0';
        return value >= 0 && value <= 9 ? value : -1000;
    }

    private boolean fields(byte[] bytes, int from, int end) {
        for (int i = from; i < end; i++) {
            if (bytes[i] == '\n' && i + 1 < end && !field(bytes, i + 1, end)) {
                return false;
            }
        }
        return true;
    }

    private boolean field(byte[] bytes, int at, int end) {
        switch (bytes[at] | 0x20) {
            case 'c' -> {
                if (named("content-length:", bytes, at, end)) {
                    return contentLength(bytes, at + 15, end);
                }
                if (named("connection:", bytes, at, end)) {
                    closes |= contains("close", bytes, at + 11, end);
                }
            }
            case 't' -> {
                if (named("transfer-encoding:", bytes, at, end)) {
                    chunked = contains("chunked", bytes, at + 18, end);
                }
            }
            default -> {}
        }
        return true;
    }

    private boolean contentLength(byte[] bytes, int from, int end) {
        long value = 0;
        int digits = 0;
        for (int i = from; i < end && bytes[i] != '\r'; i++) {
            if (bytes[i] >= '0' && bytes[i] <= '9') {
                value = value * 10 + (bytes[i] - '0');
                digits++;
            } else if (bytes[i] != ' ' && bytes[i] != '\t') {
                return false;
            }
        }
        length = value;
        return digits > 0 && digits <= 18;
    }

    private static boolean named(String name, byte[] bytes, int at, int end) {
        if (end - at < name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            byte b = bytes[at + i];
            if (b != name.charAt(i) && (b | 0x20) != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean contains(String word, byte[] bytes, int from, int end) {
        for (int i = from; i < end && bytes[i] != '\r'; i++) {
            if (named(word, bytes, i, end)) {
                return true;
            }
        }
        return false;
    }

    private int body(Buffer in, int whenDone) {
        int n = (int) Math.min(left, in.readable());
        in.consume(n);
        left -= n;
        if (left > 0) {
            return NEED_MORE;
        }
        if (whenDone == NEED_MORE) {
            state = State.CHUNK_END;
        }
        return whenDone;
    }

    private static int drop(Buffer in) {
        in.consume(in.readable());
        return NEED_MORE;
    }

    private int chunkLine(Buffer in) {
        int end = endOfLine(in);
        if (end < 0) {
            return in.readable() > LONGEST_CHUNK_LINE ? BAD : NEED_MORE;
        }
        long size = 0;
        int digits = 0;
        while (digits < end && Character.digit(in.peek(digits), 16) >= 0) {
            size = size << 4 | Character.digit(in.peek(digits), 16);
            digits++;
        }
        if (digits == 0 || digits > 15) {
            return BAD;
        }
        in.consume(end);
        left = size;
        state = size == 0 ? State.TRAILER : State.CHUNK;
        return NEED_MORE;
    }

    private int chunkEnd(Buffer in) {
        if (in.readable() < 2) {
            return NEED_MORE;
        }
        if (in.peek(0) != '\r' || in.peek(1) != '\n') {
            return BAD;
        }
        in.consume(2);
        state = State.CHUNK_LINE;
        return NEED_MORE;
    }

    private int trailer(Buffer in) {
        int end = endOfLine(in);
        if (end < 0) {
            return in.readable() > LONGEST_HEAD ? BAD : NEED_MORE;
        }
        boolean empty = end <= 2;
        in.consume(end);
        return empty ? DONE : NEED_MORE;
    }

    /** Length of the first line with its end, or -1. */
    private static int endOfLine(Buffer in) {
        byte[] bytes = in.array();
        for (int i = in.head(); i < in.tail(); i++) {
            if (bytes[i] == '\n') {
                return i + 1 - in.head();
            }
        }
        return -1;
    }
}
