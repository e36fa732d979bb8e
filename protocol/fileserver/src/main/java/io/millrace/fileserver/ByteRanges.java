// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.http.FieldList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Range field for bytes (RFC 9110 section 14). A field that is no valid set of byte ranges, or asks for more pieces
 * than a client needs, is as good as absent.
 */
final class ByteRanges {

    /**
     * Pieces that one request may ask for. More is not a seek but an attack (RFC 9110 section 17.15, CVE-2011-3192).
     */
    static final int MOST = 64;

    /** Some bytes, both ends included. */
    record Piece(long first, long last) {
        long length() {
            return last - first + 1;
        }
    }

    /** What a Range field comes to for a given size. */
    enum Verdict {
        /** Send everything, as if there were no Range. */
        WHOLE,
        /** Send the pieces, 206. */
        PIECES,
        /** None of it can be had, 416. */
        UNSATISFIABLE
    }

    private final Verdict verdict;
    private final List<Piece> pieces;

    private ByteRanges(Verdict verdict, List<Piece> pieces) {
        this.verdict = verdict;
        this.pieces = pieces;
    }

    private static final ByteRanges WHOLE = new ByteRanges(Verdict.WHOLE, List.of());
    private static final ByteRanges UNSATISFIABLE = new ByteRanges(Verdict.UNSATISFIABLE, List.of());

    /** What to send. */
    Verdict verdict() {
        return verdict;
    }

    /** The pieces to send, in the order asked for, or ascending where some overlapped and were joined. */
    List<Piece> pieces() {
        return pieces;
    }

    /** Reads a Range field against a content of {@code size} bytes. */
    static ByteRanges read(@Nullable String field, long size) {
        if (field == null || !field.regionMatches(true, 0, "bytes=", 0, 6)) {
            return WHOLE;
        }
        List<Piece> pieces = new ArrayList<>(1);
        int specs = 0;
        int from = 6;
        for (int elements = 1; from <= field.length(); elements++) {
            int comma = field.indexOf(',', from);
            int to = comma < 0 ? field.length() : comma;
            String spec = trim(field, from, to);
            // Empty elements ask for nothing (RFC 9110 section 5.6.1.2), but reading them costs as much.
            if (elements > FieldList.MOST || (!spec.isEmpty() && (++specs > MOST || !add(spec, size, pieces)))) {
                return WHOLE;
            }
            from = to + 1;
        }
        return specs == 0 ? WHOLE : judge(pieces, size);
    }

    private static ByteRanges judge(List<Piece> pieces, long size) {
        // Of nothing there is no part, and no Content-Range could say that a suffix of it was sent (section 14.1.2).
        // Players and proxies ask for bytes=0- whatever the size, and take 200 for the answer that it is; 416 they
        // take for an error. A server may ignore the field at any time (section 14.2).
        if (size == 0) {
            return WHOLE;
        }
        if (pieces.isEmpty()) {
            return UNSATISFIABLE;
        }
        return new ByteRanges(Verdict.PIECES, overlapping(pieces) ? joined(pieces) : pieces);
    }

    private static String trim(String field, int from, int to) {
        int first = from;
        int end = to;
        while (first < end && blank(field.charAt(first))) {
            first++;
        }
        while (end > first && blank(field.charAt(end - 1))) {
            end--;
        }
        return field.substring(first, end);
    }

    private static boolean blank(char c) {
        return c == ' ' || c == '\t';
    }

    /** Adds a piece if the spec can be satisfied. False if it is none: then the whole field is void (section 14.2). */
    private static boolean add(String spec, long size, List<Piece> pieces) {
        int dash = spec.indexOf('-');
        if (dash < 0) {
            return false;
        }
        return dash == 0 ? addSuffix(spec, size, pieces) : addRange(spec, dash, size, pieces);
    }

    /** {@code -500}: the last 500 bytes. */
    private static boolean addSuffix(String spec, long size, List<Piece> pieces) {
        long length = number(spec, 1, spec.length());
        if (length > 0) {
            pieces.add(new Piece(Math.max(0, size - length), size - 1));
        }
        return length >= 0;
    }

    /** {@code 500-999} or {@code 500-}. */
    private static boolean addRange(String spec, int dash, long size, List<Piece> pieces) {
        long first = number(spec, 0, dash);
        boolean open = dash == spec.length() - 1;
        long last = open ? Long.MAX_VALUE : number(spec, dash + 1, spec.length());
        if (first < 0 || last < first) {
            return false;
        }
        if (first < size) {
            pieces.add(new Piece(first, Math.min(last, size - 1)));
        }
        return true;
    }

    /** A decimal number, as large as can be if it does not fit; -1 if it is none. */
    private static long number(String text, int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : value * 10 + digit;
        }
        return from == to ? -1 : value;
    }

    /** Whether two pieces overlap: then they are joined, or the answer could outgrow the file (section 15.3.7.2). */
    private static boolean overlapping(List<Piece> pieces) {
        for (int i = 1; i < pieces.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (overlap(pieces.get(i), pieces.get(j))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean overlap(Piece a, Piece b) {
        return a.first <= b.last && b.first <= a.last;
    }

    private static List<Piece> joined(List<Piece> pieces) {
        List<Piece> sorted = new ArrayList<>(pieces);
        sorted.sort(Comparator.comparingLong(Piece::first));
        List<Piece> joined = new ArrayList<>();
        Piece open = sorted.get(0);
        for (Piece next : sorted.subList(1, sorted.size())) {
            if (overlap(open, next)) {
                open = new Piece(open.first, Math.max(open.last, next.last));
            } else {
                joined.add(open);
                open = next;
            }
        }
        joined.add(open);
        return joined;
    }
}
