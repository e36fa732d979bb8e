// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.http.Request;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The order of a listing, as {@code ?sort=name|size|time&order=asc|desc} asks for it. Folders always come first.
 *
 * @param key what to sort by
 * @param descending whether the largest comes first
 */
record ListingOrder(Key key, boolean descending) {

    /** What to sort by. */
    enum Key {
        NAME("name"),
        SIZE("size"),
        TIME("time");

        private final String parameter;

        Key(String parameter) {
            this.parameter = parameter;
        }

        /** As it stands in the query. */
        String parameter() {
            return parameter;
        }
    }

    /** The order that a request asks for; by name for one that asks for none or for something else. */
    static ListingOrder of(Request request) {
        if (request.query() == null) {
            return new ListingOrder(Key.NAME, false);
        }
        String sort = request.query("sort");
        Key key = "size".equals(sort) ? Key.SIZE : "time".equals(sort) ? Key.TIME : Key.NAME;
        return new ListingOrder(key, "desc".equals(request.query("order")));
    }

    /** Whether a choice of this key is to sort downwards: large and new things first, the present key the other way. */
    boolean downwards(Key wanted) {
        return wanted == key ? !descending : wanted != Key.NAME;
    }

    /** As {@link #compareNames(byte[], int, int, byte[], int, int)}. */
    static int compareNames(String a, String b) {
        byte[] bytes = a.getBytes(StandardCharsets.UTF_8);
        byte[] others = b.getBytes(StandardCharsets.UTF_8);
        return compareNames(bytes, 0, bytes.length, others, 0, others.length);
    }

    /**
     * Compares names, in UTF-8, as people sort: letters without regard to case, runs of digits by their value
     * ({@code 2.txt} before {@code 10.txt}). Allocates nothing.
     */
    static int compareNames(byte[] a, int from, int end, byte[] b, int fromB, int endB) {
        int equal = equalBytes(a, from, end, b, fromB, endB);
        int i = from + equal;
        int j = fromB + equal;
        while (i < end && j < endB) {
            int digits = digitsEnd(a, i, end);
            int digitsB = digitsEnd(b, j, endB);
            boolean numbers = digits > i && digitsB > j;
            int order =
                    numbers ? compareNumbers(a, i, digits, b, j, digitsB) : Integer.compare(letter(a, i), letter(b, j));
            if (order != 0) {
                return order;
            }
            i = numbers ? digits : i + width(a[i]);
            j = numbers ? digitsB : j + width(b[j]);
        }
        int rest = Integer.compare(end - i, endB - j);
        return rest != 0 ? rest : Arrays.compareUnsigned(a, from, end, b, fromB, endB);
    }

    /** How many bytes are equal and may be skipped: up to the letter or the number that the first difference is in. */
    private static int equalBytes(byte[] a, int from, int end, byte[] b, int fromB, int endB) {
        int equal = Arrays.mismatch(a, from, end, b, fromB, endB);
        if (equal < 0) {
            return end - from;
        }
        while (equal > 0 && (isInLetter(a, from + equal, end) || isInLetter(b, fromB + equal, endB))) {
            equal--;
        }
        while (equal > 0 && a[from + equal - 1] >= '0' && a[from + equal - 1] <= '9') {
            equal--;
        }
        return equal;
    }

    /** Whether a byte is another than the first of its character. */
    private static boolean isInLetter(byte[] text, int at, int end) {
        return at < end && (text[at] & 0xc0) == 0x80;
    }

    private static int digitsEnd(byte[] text, int from, int end) {
        int at = from;
        while (at < end && text[at] >= '0' && text[at] <= '9') {
            at++;
        }
        return at;
    }

    private static int compareNumbers(byte[] a, int i, int end, byte[] b, int j, int endB) {
        int from = skipZeros(a, i, end);
        int fromB = skipZeros(b, j, endB);
        int byLength = Integer.compare(end - from, endB - fromB);
        return byLength != 0 ? byLength : Arrays.compare(a, from, end, b, fromB, endB);
    }

    private static int skipZeros(byte[] text, int from, int end) {
        int at = from;
        while (at < end && text[at] == '0') {
            at++;
        }
        return at;
    }

    /** The letter that begins at an index, of its two forms the one that sorts. */
    private static int letter(byte[] text, int at) {
        int first = text[at];
        if (first >= 0) {
            return first >= 'A' && first <= 'Z' ? first | 0x20 : first;
        }
        int width = width(text[at]);
        int letter = first & 0x7f >> width;
        for (int i = 1; i < width; i++) {
            letter = letter << 6 | (text[at + i] & 0x3f);
        }
        return Character.toLowerCase(Character.toUpperCase(letter));
    }

    /** Bytes of the character that begins with this one. */
    private static int width(byte first) {
        return first >= 0 ? 1 : (first & 0xe0) == 0xc0 ? 2 : (first & 0xf0) == 0xe0 ? 3 : 4;
    }
}
