// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Ascii;
import io.millrace.http.FieldSyntax;

/** What names and values of fields may look like (RFC 9113 section 8.2.1), and how two of them compare. */
final class FieldRules {
    private FieldRules() {}

    /** Returns whether bytes are a name: a token without upper-case letters. */
    static boolean isName(byte[] bytes, int start, int end) {
        for (int at = start; at < end; at++) {
            byte c = bytes[at];
            if (!FieldSyntax.isToken(c) || (c >= 'A' && c <= 'Z')) {
                return false;
            }
        }
        return end > start;
    }

    /** Returns whether bytes are a value, without the control characters that HTTP/1.1 does not let through either. */
    static boolean isValue(byte[] bytes, int start, int end) {
        for (int at = start; at < end; at++) {
            if (!FieldSyntax.isValue(bytes[at])) {
                return false;
            }
        }
        return start == end || (!isBlank(bytes[start]) && !isBlank(bytes[end - 1]));
    }

    static boolean isBlank(byte c) {
        return c == ' ' || c == '\t';
    }

    static boolean isToken(byte[] bytes, int start, int end) {
        for (int at = start; at < end; at++) {
            if (!FieldSyntax.isToken(bytes[at])) {
                return false;
            }
        }
        return end > start;
    }

    /** Returns whether two parts of an array are the same but for upper and lower case. */
    static boolean equalsIgnoreCase(byte[] bytes, int start, int end, int otherStart, int otherEnd) {
        boolean same = end - start == otherEnd - otherStart;
        for (int i = 0; same && i < end - start; i++) {
            same = Ascii.toLower(bytes[start + i]) == Ascii.toLower(bytes[otherStart + i]);
        }
        return same;
    }
}
