// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.http.FieldBlock;

/**
 * Reads the head of a response where it lies (RFC 9112 sections 2, 4 and 5). Keeps offsets, makes no strings, remembers
 * where it stopped and looks at no byte of an earlier call again. Knows the form of a head; {@link ResponseFraming}
 * knows what the fields mean.
 *
 * <pre>
 *                      SP            CR              LF
 *   ─► STATUS ─► CODE_END ─► REASON ────► STATUS_LF ────► LINE
 *
 *          token        blank            ':'         blanks         CR           LF
 *   LINE ────────► NAME ─────► NAME_BLANK ───► BLANK ──────► VALUE ────► VALUE_LF ────► LINE
 *    │ │ CR          └──────────── ':' ──────────▲
 *    │ └────► LAST_LF ──LF──► done               │
 *    └─ blank: the value before goes on ─────────┘
 *
 *   A bare LF does what CR LF does.
 * </pre>
 *
 * <p>{@link ResponseParser} says what is accepted beyond the grammar and why. Limits are checked where a byte goes
 * beyond them, so that the outcome does not depend on how the bytes were cut.
 */
final class ResponseHeadParser {
    /** All bytes were looked at and the end was not among them. */
    static final int NEED_MORE = ResponseParser.NEED_MORE;

    private static final int STATUS = 0;
    private static final int CODE_END = 1;
    private static final int REASON = 2;
    private static final int STATUS_LF = 3;
    private static final int LINE = 4;
    private static final int NAME = 5;
    private static final int NAME_BLANK = 6;
    private static final int BLANK = 7;
    private static final int VALUE = 8;
    private static final int VALUE_LF = 9;
    private static final int LAST_LF = 10;
    private static final int WRONG = -1;

    /** Length of {@code HTTP/1.1 200}. */
    private static final int CODE_LENGTH = 12;

    private static final int REASON_START = CODE_LENGTH + 1;

    private final int mostHead;
    private final int mostFields;
    private final boolean strict;

    @SuppressWarnings("NullAway.Init") // begin
    private FieldBlock fields;

    private int state;
    private int position;
    private int version;
    private int status;
    private int reasonEnd;
    private boolean folded;

    /** Beside the folded values, something was accepted that the grammar does not have. */
    private boolean loose;

    // The field line that has been read and may go on in the next line; nameStart is -1 if there is none.
    private int nameStart;
    private int nameEnd;
    private int valueStart;
    private int valueEnd;

    /** A parser with those limits: bytes of a head, and field lines; strict if it takes the grammar at its word. */
    ResponseHeadParser(int mostHead, int mostFields, boolean strict) {
        this.strict = strict;
        this.mostHead = mostHead;
        this.mostFields = mostFields;
    }

    /** A new head, whose field lines go to {@code into}. */
    void begin(FieldBlock into) {
        fields = into;
        into.clear();
        state = STATUS;
        position = 0;
        folded = false;
        loose = false;
        nameStart = -1;
    }

    /** Whether any byte of the head has been looked at. */
    boolean begun() {
        return position > 0;
    }

    /**
     * Goes on with a head that begins at {@code from}.
     *
     * @return the length of the head, {@link #NEED_MORE}, or one of the errors of {@link ResponseParser}
     */
    int parse(byte[] bytes, int from, int to) {
        int end = to - from > mostHead ? from + mostHead : to;
        int result = state < LINE ? statusLine(bytes, from, end) : NEED_MORE;
        if (result == NEED_MORE && state >= LINE) {
            result = fields(bytes, from, end);
        }
        return result == NEED_MORE && end - from == mostHead ? ResponseParser.TOO_LARGE : result;
    }

    // ---- the status line

    private int statusLine(byte[] bytes, int from, int end) {
        int at = from + position;
        while (at < end && state < LINE) {
            switch (state) {
                case STATUS -> {
                    int failed = status(bytes, from, end);
                    if (failed != 0) {
                        return failed;
                    }
                    at = from + position;
                }
                case CODE_END -> {
                    // A reason phrase may be missing, and the blank before it with it.
                    reasonEnd = REASON_START;
                    state = bytes[at] == ' ' ? REASON : lineEnd(bytes[at], STATUS_LF);
                    at++;
                }
                case REASON -> {
                    at = ByteScanner.skipValue(bytes, at, end);
                    reasonEnd = at - from;
                    if (at < end) {
                        state = lineEnd(bytes[at++], STATUS_LF);
                    }
                }
                default -> state = bytes[at++] == '\n' ? LINE : WRONG;
            }
            if (state == WRONG) {
                return ResponseParser.MALFORMED;
            }
        }
        position = at - from;
        return NEED_MORE;
    }

    // What follows a byte that can only be the end of a line.
    private int lineEnd(byte value, int afterCr) {
        loose |= value == '\n';
        return value == '\r' ? afterCr : value == '\n' ? LINE : WRONG;
    }

    // Version and code, as far as the bytes go: 0 or an error.
    private int status(byte[] bytes, int from, int end) {
        int stop = Math.min(end, from + CODE_LENGTH);
        int at = from + position;
        if (position == 0 && stop - from >= Long.BYTES && ByteScanner.eight(bytes, from) == ByteScanner.HTTP_1_1) {
            at += Long.BYTES;
        }
        for (; at < stop; at++) {
            if (!fits(bytes[at], at - from)) {
                return ResponseParser.MALFORMED;
            }
        }
        position = at - from;
        if (position < CODE_LENGTH) {
            return 0;
        }
        status = 100 * (bytes[from + 9] - '0') + 10 * (bytes[from + 10] - '0') + bytes[from + 11] - '0';
        // A higher minor version is understood as the highest that is known (RFC 9110 section 2.5).
        version = bytes[from + 7] == '0' ? 10 : 11;
        state = CODE_END;
        return bytes[from + 5] == '1' ? 0 : ResponseParser.UNKNOWN_VERSION;
    }

    // HTTP-version = "HTTP/" DIGIT "." DIGIT, then a blank and three digits.
    private static boolean fits(byte value, int index) {
        char pattern = "HTTP/0.0 000".charAt(index);
        return pattern == '0' ? value >= '0' && value <= '9' : value == pattern;
    }

    // ---- the fields

    private int fields(byte[] bytes, int from, int end) {
        int at = from + position;
        while (at < end) {
            switch (state) {
                case LINE -> {
                    byte first = bytes[at];
                    if (first == ' ' || first == '\t') {
                        if (nameStart < 0) {
                            return ResponseParser.MALFORMED;
                        }
                        folded = true;
                        // A value that was empty up to here begins in this line.
                        state = valueEnd == valueStart ? BLANK : VALUE;
                    } else {
                        keepLine();
                        if (first == '\n') {
                            loose = true;
                            return done(bytes, from, at + 1);
                        }
                        if (first == '\r') {
                            state = LAST_LF;
                            at++;
                        } else if (fields.size() == mostFields) {
                            return ResponseParser.TOO_LARGE;
                        } else {
                            int next = wholeLine(bytes, from, at, end);
                            if (next > 0) {
                                at = next;
                            } else {
                                nameStart = at - from;
                                state = NAME;
                            }
                        }
                    }
                }
                case NAME -> {
                    at = ByteScanner.skipToken(bytes, at, end);
                    if (at < end) {
                        nameEnd = at - from;
                        if (nameEnd == nameStart) {
                            return ResponseParser.MALFORMED;
                        }
                        state = bytes[at] == ':' ? BLANK : NAME_BLANK;
                        loose |= state == NAME_BLANK;
                        at += state == BLANK ? 1 : 0;
                    }
                }
                case NAME_BLANK -> {
                    at = ByteScanner.skipBlanks(bytes, at, end);
                    if (at < end) {
                        if (bytes[at++] != ':') {
                            return ResponseParser.MALFORMED;
                        }
                        state = BLANK;
                    }
                }
                case BLANK -> {
                    at = ByteScanner.skipBlanks(bytes, at, end);
                    if (at < end) {
                        valueStart = at - from;
                        state = VALUE;
                    }
                }
                case VALUE -> {
                    at = ByteScanner.skipValue(bytes, at, end);
                    if (at < end) {
                        valueEnd = trimEnd(bytes, from + valueStart, at) - from;
                        state = lineEnd(bytes[at++], VALUE_LF);
                        if (state == WRONG) {
                            return ResponseParser.MALFORMED;
                        }
                    }
                }
                case VALUE_LF -> {
                    if (bytes[at++] != '\n') {
                        return ResponseParser.MALFORMED;
                    }
                    state = LINE;
                }
                default -> {
                    return bytes[at] == '\n' ? done(bytes, from, at + 1) : ResponseParser.MALFORMED;
                }
            }
        }
        position = at - from;
        return NEED_MORE;
    }

    // Of a folded value the ends of line count as blanks, too: nothing else below a blank is let into a value but tabs.
    private static int trimEnd(byte[] bytes, int from, int to) {
        int end = to;
        while (end > from && bytes[end - 1] <= ' ' && bytes[end - 1] >= 0) {
            end--;
        }
        return end;
    }

    // A line as nearly all are: whole, ended by CR LF, and the byte behind it shows that it does not go on. Index after
    // it, or 0 if it has to be read step by step.
    private int wholeLine(byte[] bytes, int from, int at, int end) {
        int colon = ByteScanner.skipToken(bytes, at, end);
        if (colon == at || colon >= end || bytes[colon] != ':') {
            return 0;
        }
        int value = ByteScanner.skipBlanks(bytes, colon + 1, end);
        int stop = ByteScanner.skipValue(bytes, value, end);
        int next = stop + 2;
        if (next >= end
                || bytes[stop] != '\r'
                || bytes[stop + 1] != '\n'
                || bytes[next] == ' '
                || bytes[next] == '\t') {
            return 0;
        }
        fields.add(at - from, colon - from, value - from, ByteScanner.trimEnd(bytes, value, stop) - from);
        return next;
    }

    private void keepLine() {
        if (nameStart >= 0) {
            fields.add(nameStart, nameEnd, valueStart, valueEnd);
            nameStart = -1;
        }
    }

    private int done(byte[] bytes, int from, int end) {
        if (strict && (folded || loose)) {
            return ResponseParser.MALFORMED;
        }
        if (folded) {
            unfold(bytes, from, end);
        }
        return end - from;
    }

    // RFC 9112 section 5.2: blanks in place of the ends of line within a value, where they stand.
    private static void unfold(byte[] bytes, int from, int end) {
        for (int at = from + CODE_LENGTH; at < end - 1; at++) {
            if (bytes[at] == '\n' && (bytes[at + 1] == ' ' || bytes[at + 1] == '\t')) {
                bytes[at] = ' ';
                if (bytes[at - 1] == '\r') {
                    bytes[at - 1] = ' ';
                }
            }
        }
    }

    // ---- what was found

    /** The version times ten: 10 or 11. */
    int version() {
        return version;
    }

    /** The three digits of the status code. */
    int status() {
        return status;
    }

    /** Offset of the reason phrase. */
    int reasonStart() {
        return REASON_START;
    }

    /** Offset after the reason phrase. */
    int reasonEnd() {
        return reasonEnd;
    }
}
