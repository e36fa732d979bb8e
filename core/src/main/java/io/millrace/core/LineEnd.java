// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/** What ends a line, for {@link Buffer#lineEnd} and {@link Buffer#readLine}. */
public enum LineEnd {

    /**
     * Any run of CR and LF, taken together: blank lines vanish. A run that is cut by the network counts as two, so an
     * empty line may come where there was none: callers ignore empty lines.
     */
    ANY,

    /** LF, with or without one CR before it: what most protocols accept. */
    CRLF,

    /** CR followed by LF; either alone is part of the line. */
    CRLF_STRICT,

    /** LF alone; a CR is part of the line. */
    LF,

    /** A zero byte. */
    NUL;

    /**
     * Where in {@code bytes} the first end at or behind {@code from} begins, or -1; {@code start} is where the line
     * begins.
     */
    int find(byte[] bytes, int start, int from, int to) {
        for (int i = from; i < to; i++) {
            switch (bytes[i]) {
                case '\n' -> {
                    if (this == LF || this == ANY) {
                        return i;
                    }
                    boolean cr = i > start && bytes[i - 1] == '\r';
                    if (this == CRLF || (this == CRLF_STRICT && cr)) {
                        return cr ? i - 1 : i;
                    }
                }
                case '\r' -> {
                    if (this == ANY) {
                        return i;
                    }
                }
                case 0 -> {
                    if (this == NUL) {
                        return i;
                    }
                }
                default -> {}
            }
        }
        return -1;
    }

    /** How many bytes the end takes that begins at {@code at}. */
    int width(byte[] bytes, int at, int to) {
        if (this == ANY) {
            int end = at;
            while (end < to && (bytes[end] == '\r' || bytes[end] == '\n')) {
                end++;
            }
            return end - at;
        }
        return bytes[at] == '\r' ? 2 : 1;
    }
}
