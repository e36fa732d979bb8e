// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.nio.charset.StandardCharsets;

/** The character classes of HTTP (RFC 9110 section 5.5 and 5.6.2) as tables over all bytes. */
public final class FieldSyntax {
    private static final boolean[] TOKEN = new boolean[256];
    private static final boolean[] VALUE = new boolean[256];

    static {
        for (int c = 0; c < 256; c++) {
            boolean letterOrDigit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            TOKEN[c] = letterOrDigit || (c < 128 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
            VALUE[c] = c == '\t' || (c >= ' ' && c != 0x7f);
        }
    }

    private FieldSyntax() {}

    /**
     * Returns the parameters that name a file (RFC 6266 section 4.3): one in ASCII, and where that is not all of the
     * name one of UTF-8 besides (RFC 8187).
     *
     * @throws IllegalArgumentException if the name has control characters
     */
    static String fileName(String name) {
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a file name has no control characters");
        }
        StringBuilder plain = new StringBuilder();
        StringBuilder exact = new StringBuilder();
        for (byte octet : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (octet & 0xff);
            boolean safe = c < 0x80 && (Character.isLetterOrDigit(c) || "-._".indexOf(c) >= 0);
            exact.append(safe ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        name.chars().forEach(c -> plain.append(c >= 0x80 || "\"\\%/".indexOf(c) >= 0 ? '_' : (char) c));
        String quoted = "; filename=\"" + plain + "\"";
        return plain.toString().equals(name) ? quoted : quoted + "; filename*=UTF-8''" + exact;
    }

    /** Whether the byte may stand in a token: a method or a field name. */
    public static boolean isToken(byte value) {
        return TOKEN[value & 0xff];
    }

    /** Whether the byte may stand in a field value: anything but control characters, tabs excepted. */
    public static boolean isValue(byte value) {
        return VALUE[value & 0xff];
    }

    /** Whether the text is a token. */
    public static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > 255 || !TOKEN[c]) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /**
     * Whether the text can be sent as a field value: without control characters and white space around it, a byte each.
     */
    public static boolean isValue(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c > 255 || !VALUE[c]) {
                return false;
            }
        }
        return length == 0 || (text.charAt(0) > ' ' && text.charAt(length - 1) > ' ');
    }

    /** Returns whether a field is the server's work, which handlers do not set. */
    static boolean isOurs(String name) {
        return switch (name.length()) {
            case 4 -> name.equalsIgnoreCase("Date");
            case 10 -> name.equalsIgnoreCase("Connection");
            case 14 -> name.equalsIgnoreCase("Content-Length");
            case 17 -> name.equalsIgnoreCase("Transfer-Encoding");
            default -> false;
        };
    }
}
