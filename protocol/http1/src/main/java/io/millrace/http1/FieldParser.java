// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.http.FieldBlock;

/**
 * Reads field lines up to the empty line that ends them (RFC 9112 section 5), strictly: no white space before the
 * colon, no line folding, every line ended by CRLF, no control characters. Lines that have come whole are read in one
 * go; of one that has not it remembers where it stopped, so that a byte is looked at twice at most.
 *
 * <pre>
 *          ┌──────────────────────────────────────────────────┐
 *          ▼        token        ':'       blanks        CR   │ LF
 *   ─►   LINE ─────► NAME ─────► BLANK ─────► VALUE ─────► VALUE_LF
 *          │ CR
 *          └─────► LAST_LF ──LF──► done
 * </pre>
 */
final class FieldParser {
    /** All bytes were looked at and the end was not among them. */
    static final int NEED_MORE = -1;

    private static final int LINE = 0;
    private static final int NAME = 1;
    private static final int BLANK = 2;
    private static final int VALUE = 3;
    private static final int VALUE_LF = 4;
    private static final int LAST_LF = 5;

    private final int most;

    @SuppressWarnings("NullAway.Init") // begin
    private FieldBlock into;

    private int state;
    private int position;
    private int nameStart;
    private int nameEnd;
    private int valueStart;

    /** A parser that takes up to {@code most} lines. */
    FieldParser(int most) {
        this.most = most;
    }

    /** New lines begin {@code position} bytes behind the place from which offsets count. */
    void begin(FieldBlock block, int start) {
        into = block;
        position = start;
        state = LINE;
    }

    /** How many bytes have been looked at. */
    int position() {
        return position;
    }

    /**
     * Goes on in {@code bytes}; offsets count from {@code from}.
     *
     * @return the offset after the empty line, {@link #NEED_MORE}, or the negative of a status
     */
    int parse(byte[] bytes, int from, int to) {
        int at = from + position;
        if (state == LINE) {
            at = wholeLines(bytes, from, at, to);
            if (to - at >= 2 && bytes[at] == '\r' && bytes[at + 1] == '\n') {
                position = at + 2 - from;
                return position;
            }
        }
        return step(bytes, from, at, to);
    }

    // Goes on byte by byte, from the middle of a line or where the input is cut or wrong.
    private int step(byte[] bytes, int from, int start, int to) {
        int at = start;
        while (at < to) {
            switch (state) {
                case LINE -> {
                    if (bytes[at] == '\r') {
                        state = LAST_LF;
                        at++;
                    } else if (into.size() == most) {
                        return -431;
                    } else {
                        nameStart = at - from;
                        state = NAME;
                    }
                }
                case NAME -> {
                    at = ByteScanner.skipToken(bytes, at, to);
                    if (at < to) {
                        if (bytes[at] != ':' || at - from == nameStart) {
                            return -400;
                        }
                        nameEnd = at++ - from;
                        state = BLANK;
                    }
                }
                case BLANK -> {
                    at = ByteScanner.skipBlanks(bytes, at, to);
                    if (at < to) {
                        valueStart = at - from;
                        state = VALUE;
                    }
                }
                case VALUE -> {
                    at = ByteScanner.skipValue(bytes, at, to);
                    if (at < to) {
                        if (bytes[at++] != '\r') {
                            return -400;
                        }
                        state = VALUE_LF;
                    }
                }
                case VALUE_LF -> {
                    if (bytes[at++] != '\n') {
                        return -400;
                    }
                    int valueEnd = ByteScanner.trimEnd(bytes, from + valueStart, at - 2) - from;
                    into.add(nameStart, nameEnd, valueStart, valueEnd);
                    state = LINE;
                }
                default -> {
                    if (bytes[at] != '\n') {
                        return -400;
                    }
                    position = at + 1 - from;
                    return position;
                }
            }
        }
        position = at - from;
        return NEED_MORE;
    }

    // Takes the lines that have come whole, and returns where the first begins that has not, is the last, or is wrong.
    private int wholeLines(byte[] bytes, int from, int start, int to) {
        int at = start;
        while (into.size() < most) {
            int nameStop = ByteScanner.skipToken(bytes, at, to);
            if (nameStop == at || nameStop == to || bytes[nameStop] != ':') {
                return at;
            }
            int value = ByteScanner.skipBlanks(bytes, nameStop + 1, to);
            int valueStop = ByteScanner.skipValue(bytes, value, to);
            if (to - valueStop < 2 || bytes[valueStop] != '\r' || bytes[valueStop + 1] != '\n') {
                return at;
            }
            int trimmed = ByteScanner.trimEnd(bytes, value, valueStop);
            into.add(at - from, nameStop - from, value - from, trimmed - from);
            at = valueStop + 2;
        }
        return at;
    }
}
