// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/**
 * The rule for text of others that is shown to people: on terminals, in logs, on pages, in messages. What may not be
 * shown as it is:
 *
 * <ul>
 *   <li>control characters (C0, DEL, C1), which command a terminal or begin a line;
 *   <li>characters that turn the direction of writing and make {@code exe.txt} of {@code txt.exe} (U+061C, U+200E,
 *       U+200F, U+202A to U+202E, U+2066 to U+2069);
 *   <li>the separators of lines and paragraphs (U+2028, U+2029);
 *   <li>halves of surrogate pairs, which no encoding can write.
 * </ul>
 *
 * The caller decides what stands in their place: an escape where it can be read back, another character on a page.
 */
public final class Printable {
    private static final String HEX = "0123456789abcdef";

    private Printable() {}

    /** Returns whether the character at {@code index} may be shown as it is. */
    public static boolean at(CharSequence text, int index) {
        char c = text.charAt(index);
        if (c < 0x7f) {
            return c >= ' ';
        }
        return Character.isSurrogate(c) ? isPaired(text, index, c) : c >= 0xa0 && !isCommand(c);
    }

    private static boolean isCommand(char c) {
        return c == 0x061c
                || c == 0x200e
                || c == 0x200f
                || (c >= 0x2028 && c <= 0x202e)
                || (c >= 0x2066 && c <= 0x2069);
    }

    private static boolean isPaired(CharSequence text, int index, char c) {
        if (Character.isHighSurrogate(c)) {
            return index + 1 < text.length() && Character.isLowSurrogate(text.charAt(index + 1));
        }
        return index > 0 && Character.isHighSurrogate(text.charAt(index - 1));
    }

    /**
     * Returns the text with escapes in place of what may not be shown: <code>&#92;x1b</code>, <code>&#92;u202e</code>.
     * Backslashes stay as they are: it is to be read by people. A text without anything to escape is returned itself.
     */
    public static String text(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!at(text, i)) {
                return escaped(text, i);
            }
        }
        return text;
    }

    private static String escaped(String text, int from) {
        StringBuilder escaped = new StringBuilder(text.length() + 16).append(text, 0, from);
        for (int i = from; i < text.length(); i++) {
            if (at(text, i)) {
                escaped.append(text.charAt(i));
            } else {
                escape(escaped, text.charAt(i));
            }
        }
        return escaped.toString();
    }

    /** Returns the text with escapes in place of everything but printable ASCII: for logs that programs read. */
    public static String ascii(String text) {
        StringBuilder ascii = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= ' ' && c < 0x7f) {
                ascii.append(c);
            } else {
                escape(ascii, c);
            }
        }
        return ascii.toString();
    }

    /** Returns the lines of the text, each as by {@link #text}: for what has line ends of its own. */
    public static String lines(String text) {
        StringBuilder lines = new StringBuilder(text.length());
        int from = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
            lines.append(text(text.substring(from, end))).append('\n');
            from = end + 1;
        }
        return from == 0 ? text(text) : lines.append(text(text.substring(from))).toString();
    }

    /**
     * Returns JSON with escapes in place of what may not be shown. In its strings they mean the same (RFC 8259 section
     * 7), between them stands white space and nothing else of the kind: what is read from it does not change.
     */
    public static String json(String json) {
        StringBuilder escaped = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (at(json, i) || c == '\n') {
                escaped.append(c);
            } else if (c == '\t' || c == '\r') {
                escaped.append(' ');
            } else {
                escapeWide(escaped, c);
            }
        }
        return escaped.toString();
    }

    /** Appends the escape of a character: two digits, or four beyond U+00FF. */
    public static void escape(StringBuilder out, char c) {
        if (c > 0xff) {
            escapeWide(out, c);
        } else {
            out.append("\\x").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xf));
        }
    }

    /** Appends the escape of a character with four digits, as JSON and Java write it. */
    public static void escapeWide(StringBuilder out, char c) {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.append(HEX.charAt(c >> shift & 0xf));
        }
    }
}
