// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * Reads the value of a Priority field or a PRIORITY_UPDATE frame (RFC 9218 sections 4 and 7): a dictionary of which
 * {@code u} and {@code i} are known. What cannot be read leaves the defaults, as what is not known does. Allocates
 * nothing.
 */
final class Priority {
    /** The urgency of what says nothing; 0 is the most urgent and 7 the least. */
    static final int USUAL_URGENCY = 3;

    /** The number of urgencies. */
    static final int URGENCIES = 8;

    private static final int INCREMENTAL = 0x8;

    /** What says nothing. */
    static final int USUAL = USUAL_URGENCY;

    private Priority() {}

    /** Returns the urgency of a priority. */
    static int urgency(int priority) {
        return priority & 0x7;
    }

    /** Returns whether its answer is of use piece by piece. */
    static boolean isIncremental(int priority) {
        return (priority & INCREMENTAL) != 0;
    }

    /** Returns the priority that a value says. */
    static int parse(byte[] bytes, int from, int to) {
        int urgency = USUAL_URGENCY;
        int incremental = 0;
        int at = from;
        while (at < to) {
            at = skipBlanks(bytes, at, to);
            int keyEnd = key(bytes, at, to);
            if (keyEnd == at) {
                return USUAL;
            }
            boolean single = keyEnd - at == 1;
            int valueEnd = member(bytes, keyEnd, to);
            if (single && bytes[at] == 'u' && isDigit(bytes, keyEnd, to)) {
                urgency = bytes[keyEnd + 1] - '0';
            } else if (single && bytes[at] == 'i') {
                incremental = flag(bytes, keyEnd, to, incremental);
            }
            at = skipBlanks(bytes, valueEnd, to);
            if (at < to && bytes[at++] != ',') {
                return USUAL;
            }
        }
        return urgency | incremental;
    }

    private static int skipBlanks(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && (bytes[at] == ' ' || bytes[at] == '\t')) {
            at++;
        }
        return at;
    }

    private static int key(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to
                && ((bytes[at] >= 'a' && bytes[at] <= 'z')
                        || bytes[at] == '*'
                        || (at > from && ((bytes[at] >= '0' && bytes[at] <= '9') || "_-.".indexOf(bytes[at]) >= 0)))) {
            at++;
        }
        return at;
    }

    // The end of a value and its parameters: what is quoted may hold anything.
    private static int member(byte[] bytes, int from, int to) {
        boolean quoted = false;
        int at = from;
        while (at < to && (quoted || bytes[at] != ',')) {
            if (bytes[at] == '"') {
                quoted = !quoted;
            } else if (bytes[at] == '\\' && quoted) {
                at++;
            }
            at++;
        }
        return Math.min(at, to);
    }

    private static boolean isDigit(byte[] bytes, int at, int to) {
        return at + 1 < to
                && bytes[at] == '='
                && bytes[at + 1] >= '0'
                && bytes[at + 1] < '0' + URGENCIES
                && isEnd(bytes, at + 2, to);
    }

    private static boolean isEnd(byte[] bytes, int at, int to) {
        return at == to || ",; \t".indexOf(bytes[at]) >= 0;
    }

    // A key without a value is true; ?1 and ?0 say so.
    private static int flag(byte[] bytes, int at, int to, int before) {
        if (isEnd(bytes, at, to)) {
            return INCREMENTAL;
        }
        boolean value = at + 2 < to && bytes[at] == '=' && bytes[at + 1] == '?' && isEnd(bytes, at + 3, to);
        return value && bytes[at + 2] == '1' ? INCREMENTAL : value && bytes[at + 2] == '0' ? 0 : before;
    }
}
