// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Ascii;

/** The methods that everybody knows, so that their names need not be made anew for each request. */
final class Methods {
    private Methods() {}

    /** The method that the bytes spell; for the well-known ones always the same string. */
    static String of(byte[] bytes, int offset, int length) {
        String known = known(bytes[offset], length);
        return known != null && Ascii.equals(bytes, offset, length, known)
                ? known
                : Ascii.string(bytes, offset, length);
    }

    private static String known(byte first, int length) {
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
