// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

/** Strings as JSON writes them (RFC 8259 section 7). */
final class JsonText {
    private JsonText() {}

    /** Appends a string with its quotes; control characters, DEL and lone surrogates are escaped. */
    static void append(StringBuilder json, CharSequence text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || c >= 127 && c < 160 || c == '\u2028' || c == '\u2029' || lone(text, i)) {
                json.append("\\u").append(String.format("%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }

    private static boolean lone(CharSequence text, int at) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        return Character.isLowSurrogate(c) && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }
}
