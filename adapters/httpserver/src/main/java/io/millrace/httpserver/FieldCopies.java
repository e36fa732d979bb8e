// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.Headers;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.util.List;
import java.util.Map;

/** Copies header fields between Millrace's requests and responses and the JDK's {@link Headers}. */
final class FieldCopies {
    private FieldCopies() {}

    /** Returns the fields of a request, for reading only. */
    static Headers of(Request request) {
        Headers headers = new Headers();
        io.millrace.http.Headers lines = request.headers();
        for (int i = 0, n = lines.size(); i < n; i++) {
            headers.add(lines.name(i), lines.value(i));
        }
        return Headers.of(headers);
    }

    /**
     * Sets the fields of a response, in place of those of the same names. Leaves away those by which the server frames
     * messages and keeps connections; {@code Connection: close} ends the connection after the answer.
     */
    static void into(Response response, Headers headers) {
        for (Map.Entry<String, List<String>> field : headers.entrySet()) {
            String name = field.getKey();
            if (name.equalsIgnoreCase("Connection")) {
                if (field.getValue().stream().anyMatch("close"::equalsIgnoreCase)) {
                    response.closeAfter();
                }
            } else if (!isOfTheServer(name)) {
                into(response, name, field.getValue());
            }
        }
    }

    private static void into(Response response, String name, List<String> values) {
        boolean first = true;
        for (String value : values) {
            if (first) {
                response.setHeader(name, sendable(value));
            } else {
                response.header(name, sendable(value));
            }
            first = false;
        }
    }

    private static boolean isOfTheServer(String name) {
        return name.equalsIgnoreCase("Date")
                || name.equalsIgnoreCase("Content-Length")
                || name.equalsIgnoreCase("Transfer-Encoding");
    }

    // A folded line becomes one line, and what is not Latin-1 a question mark, as in the JDK.
    private static String sendable(String value) {
        String line = value.strip();
        StringBuilder changed = null;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c > 255 || (c < ' ' && c != '\t') || c == 127) {
                changed = changed == null ? new StringBuilder(line) : changed;
                changed.setCharAt(i, c > 255 ? '?' : ' ');
            }
        }
        return changed == null ? line : changed.toString();
    }

    /** Returns the length that a handler has put into the fields itself, or -1. */
    static long length(Headers headers) {
        String length = headers.getFirst("Content-Length");
        try {
            return length == null ? -1 : Math.max(-1, Long.parseLong(length.strip()));
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
