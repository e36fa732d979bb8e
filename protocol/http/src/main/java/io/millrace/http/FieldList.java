// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import org.jspecify.annotations.Nullable;

/**
 * Lists in field values (RFC 9110 section 5.6.1): elements between commas. Every reader of such a list stops at
 * {@link #MOST} elements and says what it then does, so that a field made of commas costs no more than another of its
 * size. Allocates nothing.
 */
public final class FieldList {

    /**
     * Number of elements of one list that are read, those of all its field lines taken together. Empty elements count:
     * a recipient has to accept a reasonable number of them (section 5.6.1.2), and this one is the same for all.
     */
    public static final int MOST = 100;

    /** The weight of an element that says nothing of it, in thousandths. */
    public static final int FULL_WEIGHT = 1000;

    private FieldList() {}

    /**
     * Returns the index after the element that begins at {@code from}: of the next comma outside quotes, or the end.
     */
    public static int end(String list, int from) {
        boolean quoted = false;
        for (int at = from; at < list.length(); at++) {
            char c = list.charAt(at);
            if (c == '"') {
                quoted = !quoted;
            } else if (c == '\\' && quoted) {
                at++;
            } else if (c == ',' && !quoted) {
                return at;
            }
        }
        return list.length();
    }

    /** Returns the index of the first character from {@code from} on that is neither a blank nor a tab. */
    public static int skipBlanks(String list, int from, int to) {
        int at = from;
        while (at < to && isBlank(list.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Returns the index after the last character before {@code to} that is neither a blank nor a tab. */
    public static int trimEnd(String list, int from, int to) {
        int end = to;
        while (end > from && isBlank(list.charAt(end - 1))) {
            end--;
        }
        return end;
    }

    /** Returns the index of the first semicolon of an element from {@code from} on, or {@code to}. */
    public static int parameter(String list, int from, int to) {
        int semicolon = list.indexOf(';', from, to);
        return semicolon < 0 ? to : semicolon;
    }

    /**
     * Returns the q parameter of an element in thousandths (RFC 9110 section 12.4.2); {@link #FULL_WEIGHT} where there
     * is none, or one that cannot be read.
     *
     * @param from index of the first semicolon of the element
     * @param to index after the element
     */
    public static int weight(String list, int from, int to) {
        for (int semicolon = from; semicolon < to; ) {
            int end = parameter(list, semicolon + 1, to);
            int first = skipBlanks(list, semicolon + 1, end);
            if (end - first > 2 && (list.charAt(first) | 0x20) == 'q' && list.charAt(first + 1) == '=') {
                int value = skipBlanks(list, first + 2, end);
                return thousandths(list, value, trimEnd(list, value, end));
            }
            semicolon = end;
        }
        return FULL_WEIGHT;
    }

    /** qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ). */
    private static int thousandths(String list, int from, int to) {
        int length = to - from;
        boolean shaped = length > 0 && length <= 5 && (length == 1 || list.charAt(from + 1) == '.');
        if (!shaped || list.charAt(from) < '0' || list.charAt(from) > '1') {
            return FULL_WEIGHT;
        }
        int sum = (list.charAt(from) - '0') * FULL_WEIGHT;
        for (int i = from + 2, unit = 100; i < to; i++, unit /= 10) {
            int digit = list.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return FULL_WEIGHT;
            }
            sum += digit * unit;
        }
        return Math.min(sum, FULL_WEIGHT);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    /**
     * Returns whether one of the first {@link #MOST} elements is {@code token}, without regard to case; {@code null} is
     * a list without elements.
     */
    public static boolean contains(@Nullable String list, String token) {
        if (list == null) {
            return false;
        }
        int from = 0;
        for (int count = 0; from <= list.length() && count < MOST; count++) {
            int to = end(list, from);
            int first = skipBlanks(list, from, to);
            int length = trimEnd(list, first, to) - first;
            if (length == token.length() && list.regionMatches(true, first, token, 0, length)) {
                return true;
            }
            from = to + 1;
        }
        return false;
    }

    /** Returns whether the list consists of at most {@link #MOST} tokens, none of them empty. */
    public static boolean isOfTokens(String list) {
        int from = 0;
        for (int count = 0; from <= list.length(); count++) {
            int to = end(list, from);
            int first = skipBlanks(list, from, to);
            if (count == MOST || !isToken(list, first, trimEnd(list, first, to))) {
                return false;
            }
            from = to + 1;
        }
        return true;
    }

    private static boolean isToken(String text, int from, int to) {
        for (int at = from; at < to; at++) {
            char c = text.charAt(at);
            if (c > 0xff || !FieldSyntax.isToken((byte) c)) {
                return false;
            }
        }
        return to > from;
    }
}
