// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.http.FieldBlock;

/**
 * Reads the head of a request where it lies (RFC 9112 sections 2 to 5), strictly. Keeps offsets, makes no strings,
 * remembers where it stopped and never looks at a byte twice. Knows the form of a head; what the fields mean is for
 * {@link MessageFraming}.
 *
 * <pre>
 *         SP           SP              CRLF
 *   METHOD ──► TARGET ──► VERSION ──► FIELDS ──► done
 * </pre>
 *
 * <p>Limits are checked where a byte goes beyond them and not at the end, so that an answer does not depend on how the
 * bytes were cut.
 */
final class RequestParser {
    /** All bytes were looked at and the end was not among them. */
    static final int NEED_MORE = FieldParser.NEED_MORE;

    /** No known method is longer. */
    static final int LONGEST_METHOD = 32;

    private static final int METHOD = 0;
    private static final int TARGET = 1;
    private static final int VERSION = 2;
    private static final int FIELDS = 3;
    private static final int VERSION_LENGTH = 10;

    private final int mostTarget;
    private final int mostHead;
    private final FieldParser fieldParser;

    @SuppressWarnings("NullAway.Init") // begin
    private FieldBlock fields;

    private int state;
    private int position;
    private int methodEnd;
    private int targetEnd;
    private int version;

    /** A parser with those limits, in bytes and lines. */
    RequestParser(int mostTarget, int mostHead, int mostFields) {
        this.mostTarget = mostTarget;
        this.mostHead = mostHead;
        this.fieldParser = new FieldParser(mostFields);
    }

    /** A new head, whose field lines go to {@code into}. */
    void begin(FieldBlock into) {
        fields = into;
        state = METHOD;
        position = 0;
    }

    /**
     * Goes on with a head that begins at {@code from}.
     *
     * @return the length of the head, {@link #NEED_MORE}, or the negative of a status
     */
    int parse(byte[] bytes, int from, int to) {
        int end = to - from > mostHead ? from + mostHead : to;
        if (state == FIELDS) {
            return fields(bytes, from, end);
        }
        int failed = line(bytes, from, end);
        if (failed != 0) {
            return failed;
        }
        return state == FIELDS ? fields(bytes, from, end) : beyond(from, end, -414);
    }

    // NEED_MORE, unless the limit of the whole head has been reached.
    private int beyond(int from, int end, int status) {
        return end - from == mostHead ? status : NEED_MORE;
    }

    private int fields(byte[] bytes, int from, int end) {
        int result = fieldParser.parse(bytes, from, end);
        return result == NEED_MORE ? beyond(from, end, -431) : result;
    }

    // As far as the bytes go: 0, or the negative of a status.
    private int line(byte[] bytes, int from, int end) {
        int failed = 0;
        if (state == METHOD) {
            failed = method(bytes, from, end);
        }
        if (state == TARGET && failed == 0) {
            failed = target(bytes, from, end);
        }
        if (state == VERSION && failed == 0) {
            failed = version(bytes, from, end);
        }
        return failed;
    }

    private int method(byte[] bytes, int from, int end) {
        int bound = Math.min(end, from + LONGEST_METHOD + 1);
        int at = ByteScanner.skipToken(bytes, from + position, bound);
        position = at - from;
        if (position > LONGEST_METHOD) {
            return -501;
        }
        if (at < end) {
            if (bytes[at] != ' ' || position == 0) {
                return -400;
            }
            methodEnd = position++;
            state = TARGET;
        }
        return 0;
    }

    private int target(byte[] bytes, int from, int end) {
        int start = from + methodEnd + 1;
        int bound = end - start > mostTarget ? start + mostTarget + 1 : end;
        int at = ByteScanner.skipTarget(bytes, from + position, bound);
        position = at - from;
        if (at - start > mostTarget) {
            return -414;
        }
        if (at < end) {
            if (bytes[at] != ' ' || at == start) {
                return -400;
            }
            targetEnd = position++;
            state = VERSION;
        }
        return 0;
    }

    private int version(byte[] bytes, int from, int end) {
        int start = from + targetEnd + 1;
        if (position == targetEnd + 1
                && end - start >= VERSION_LENGTH
                && ByteScanner.eight(bytes, start) == ByteScanner.HTTP_1_1
                && bytes[start + 8] == '\r'
                && bytes[start + 9] == '\n') {
            return lineDone(11, start + VERSION_LENGTH - from);
        }
        for (int at = from + position; at < end; at++) {
            if (!fits(bytes[at], at - start)) {
                return -400;
            }
            position = at + 1 - from;
            if (at - start == VERSION_LENGTH - 1) {
                return numbered(bytes[start + 5] - '0', bytes[start + 7] - '0');
            }
        }
        return 0;
    }

    // HTTP-version = "HTTP/" DIGIT "." DIGIT, then CRLF.
    private static boolean fits(byte value, int index) {
        char pattern = "HTTP/0.0\r\n".charAt(index);
        return pattern == '0' ? value >= '0' && value <= '9' : value == pattern;
    }

    // A higher minor version is understood as the highest that is known (RFC 9110 section 2.5).
    private int numbered(int major, int minor) {
        return major == 1 ? lineDone(minor == 0 ? 10 : 11, position) : -505;
    }

    private int lineDone(int number, int length) {
        version = number;
        position = length;
        state = FIELDS;
        fieldParser.begin(fields, length);
        return 0;
    }

    /** Offset after the method, which begins the head. */
    int methodEnd() {
        return methodEnd;
    }

    /** Offset of the target. */
    int targetStart() {
        return methodEnd + 1;
    }

    /** Offset after the target. */
    int targetEnd() {
        return targetEnd;
    }

    /** The version times ten: 10 or 11. */
    int version() {
        return version;
    }
}
