// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.FileInfo;
import io.millrace.http.Request;
import java.util.Comparator;

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

    /**
     * The query of a link that sorts by a key: the other way round if it is the present one; large and new things
     * first.
     */
    String link(Key wanted) {
        boolean down = wanted == key ? !descending : wanted != Key.NAME;
        return "?sort=" + wanted.parameter() + "&order=" + (down ? "desc" : "asc");
    }

    /** Folders first, then the key, then the name. */
    Comparator<FileInfo> comparator() {
        Comparator<FileInfo> byName = (a, b) -> compareNames(a.name(), b.name());
        Comparator<FileInfo> byKey = switch (key) {
            case NAME -> byName;
            case SIZE -> Comparator.comparingLong(FileInfo::size);
            case TIME -> Comparator.comparing(FileInfo::modified);
        };
        Comparator<FileInfo> foldersFirst = Comparator.comparing(info -> !info.isFolder());
        return foldersFirst.thenComparing(descending ? byKey.reversed() : byKey).thenComparing(byName);
    }

    /**
     * As people sort: letters without regard to case, runs of digits by their value ({@code 2.txt} before
     * {@code 10.txt}).
     */
    static int compareNames(String a, String b) {
        int i = 0;
        int j = 0;
        while (i < a.length() && j < b.length()) {
            int endI = digitsEnd(a, i);
            int endJ = digitsEnd(b, j);
            boolean numbers = endI > i && endJ > j;
            int order = numbers ? compareNumbers(a, i, endI, b, j, endJ) : compareLetters(a.charAt(i), b.charAt(j));
            if (order != 0) {
                return order;
            }
            i = numbers ? endI : i + 1;
            j = numbers ? endJ : j + 1;
        }
        int rest = Integer.compare(a.length() - i, b.length() - j);
        return rest != 0 ? rest : a.compareTo(b);
    }

    private static int digitsEnd(String text, int from) {
        int end = from;
        while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
            end++;
        }
        return end;
    }

    private static int compareNumbers(String a, int i, int endI, String b, int j, int endJ) {
        int from = skipZeros(a, i, endI);
        int fromB = skipZeros(b, j, endJ);
        int byLength = Integer.compare(endI - from, endJ - fromB);
        return byLength != 0 ? byLength : a.substring(from, endI).compareTo(b.substring(fromB, endJ));
    }

    private static int skipZeros(String text, int from, int end) {
        int at = from;
        while (at < end && text.charAt(at) == '0') {
            at++;
        }
        return at;
    }

    private static int compareLetters(char a, char b) {
        return Character.compare(
                Character.toLowerCase(Character.toUpperCase(a)), Character.toLowerCase(Character.toUpperCase(b)));
    }
}
