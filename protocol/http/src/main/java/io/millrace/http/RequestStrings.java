// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Ascii;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Strings of requests that need not be made anew: the names of the well-known methods, and paths, the last of each
 * place in a small table. What was asked for is mostly asked for again, and then costs neither a new string nor the
 * hash of one.
 */
final class RequestStrings {
    private static final int PLACES = 16;
    private static final int LONGEST = 256;

    private final @Nullable String[] recent = new @Nullable String[PLACES];

    /** Returns the path that these bytes spell in UTF-8. */
    String path(byte[] bytes, int from, int to) {
        int place = place(bytes, from, to);
        String known = recent[place];
        if (known != null && same(known, bytes, from, to)) {
            return known;
        }
        String fresh = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        if (to - from <= LONGEST) {
            recent[place] = fresh;
        }
        return fresh;
    }

    // Names that belong together differ near their ends.
    private static int place(byte[] bytes, int from, int to) {
        int hash = to - from;
        for (int i = Math.max(from, to - 12); i < to; i++) {
            hash = 31 * hash + bytes[i];
        }
        return (hash ^ hash >>> 4 ^ hash >>> 16) & PLACES - 1;
    }

    // A char equals a byte only where both are ASCII: anything else is decoded anew.
    private static boolean same(String known, byte[] bytes, int from, int to) {
        int length = to - from;
        if (known.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (known.charAt(i) != bytes[from + i]) {
                return false;
            }
        }
        return true;
    }

    /** Returns the method that the bytes spell; for the well-known ones always the same string. */
    static String method(byte[] bytes, int offset, int length) {
        String known = knownMethod(bytes[offset], length);
        return known != null && Ascii.equals(bytes, offset, length, known)
                ? known
                : Ascii.string(bytes, offset, length);
    }

    private static @Nullable String knownMethod(byte first, int length) {
        return switch (length) {
            case 3 -> first == 'G' ? "GET" : "PUT";
            case 4 -> first == 'H' ? "HEAD" : "POST";
            case 5 -> first == 'P' ? "PATCH" : "TRACE";
            case 6 -> "DELETE";
            case 7 -> first == 'O' ? "OPTIONS" : "CONNECT";
            default -> null;
        };
    }
}
