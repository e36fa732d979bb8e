// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.Printable;

/** Strings as JSON writes them (RFC 8259 section 7). */
final class JsonText {
    private JsonText() {}

    /** Appends a string with its quotes; what may not be {@link Printable printed} is escaped. */
    static void append(StringBuilder json, CharSequence text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (Printable.at(text, i)) {
                json.append(c);
            } else {
                Printable.escapeWide(json, c);
            }
        }
        json.append('"');
    }
}
