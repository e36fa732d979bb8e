// SPDX-License-Identifier: Apache-2.0
package io.millrace.forms;

import org.jspecify.annotations.Nullable;

/** Parameters of a field value such as {@code form-data; name="file"; filename="a \\"b\\".txt"}. */
final class HeaderParameters {
    private HeaderParameters() {}

    /** Returns the value of a parameter without its quotes, {@code null} if it is not there. */
    static @Nullable String of(String field, String name) {
        int at = field.indexOf(';');
        while (at >= 0 && at < field.length()) {
            int equals = field.indexOf('=', at);
            if (equals < 0) {
                return null;
            }
            String found = field.substring(at + 1, equals).strip();
            StringBuilder value = new StringBuilder();
            at = value(field, equals + 1, value);
            if (found.equalsIgnoreCase(name)) {
                return value.toString();
            }
        }
        return null;
    }

    // Returns where the next semicolon is, or the end. Browsers escape quotes as %22 and leave backslashes alone
    // (RFC 7578 section 4.2), older clients write \": only that pair is an escape.
    private static int value(String field, int from, StringBuilder into) {
        int at = from;
        while (at < field.length() && field.charAt(at) == ' ') {
            at++;
        }
        boolean quoted = at < field.length() && field.charAt(at) == '"';
        for (at += quoted ? 1 : 0; at < field.length(); at++) {
            char c = field.charAt(at);
            if (quoted && c == '\\' && at + 1 < field.length() && field.charAt(at + 1) == '"') {
                into.append('"');
                at++;
            } else if (quoted ? c == '"' : c == ';') {
                break;
            } else {
                into.append(c);
            }
        }
        int end = field.indexOf(';', at);
        if (!quoted) {
            into.setLength(into.toString().stripTrailing().length());
        }
        return end < 0 ? field.length() : end;
    }
}
