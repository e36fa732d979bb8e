// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.nio.charset.StandardCharsets;

/** ASCII in byte arrays, without making strings of it. */
public final class Ascii {
    private Ascii() {}

    /** Whether the {@code length} bytes from {@code offset} are {@code text}, letter by letter. */
    public static boolean equals(byte[] bytes, int offset, int length, String text) {
        if (length != text.length()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[offset + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the {@code length} bytes from {@code offset} are {@code text}, A to Z and a to z being the same. */
    public static boolean equalsIgnoreCase(byte[] bytes, int offset, int length, String text) {
        if (length != text.length()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            byte one = bytes[offset + i];
            byte other = (byte) text.charAt(i);
            if (one != other && toLower(one) != toLower(other)) {
                return false;
            }
        }
        return true;
    }

    /** The lower-case letter for A to Z, any other byte as it is. */
    public static byte toLower(byte value) {
        return value >= 'A' && value <= 'Z' ? (byte) (value | 0x20) : value;
    }

    /** The string that the bytes spell, a character each (ISO 8859-1). */
    public static String string(byte[] bytes, int offset, int length) {
        return new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
    }

    /** The bytes of a text whose characters are all below U+0100. */
    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
