// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.http.FieldList;
import org.jspecify.annotations.Nullable;

/**
 * What a client likes better: the weights in Accept and Accept-Encoding (RFC 9110 sections 12.4.2, 12.5.1 and 12.5.3).
 * Allocates nothing.
 */
final class AcceptHeader {
    private static final int FULL = FieldList.FULL_WEIGHT;
    private static final int EXACT = 3;

    private AcceptHeader() {}

    /** The weight of a media type, 0 to 1000 for q=0 to q=1; without a field everything is welcome. */
    static int ofType(@Nullable String accept, String type) {
        return accept == null ? FULL : scan(accept, type, true) % (FULL + 1);
    }

    /**
     * Whether a client that asked so would rather have {@code type} than {@code other}: heavier, or named more exactly.
     */
    static boolean prefers(@Nullable String accept, String type, String other) {
        if (accept == null) {
            return false;
        }
        int left = scan(accept, type, true);
        int right = scan(accept, other, true);
        int weight = left % (FULL + 1);
        int byWeight = Integer.compare(weight, right % (FULL + 1));
        return weight > 0 && (byWeight > 0 || (byWeight == 0 && left > right));
    }

    /** The weight of a content coding, 0 to 1000; -1 if the field says nothing about it. */
    static int ofCoding(@Nullable String acceptEncoding, String coding) {
        int found = acceptEncoding == null ? -1 : scan(acceptEncoding, coding, false);
        return found < 0 ? -1 : found % (FULL + 1);
    }

    /** Whether the client names {@code type} itself, by no wildcard, as one that it takes. */
    static boolean names(@Nullable String accept, String type) {
        return accept != null && scan(accept, type, true) > EXACT * (FULL + 1);
    }

    /**
     * Looks for the most exact element that covers {@code wanted}: itself, {@code top/*}, then {@code *}. Elements
     * beyond {@link FieldList#MOST} are not read: what stands before them is the client's preference.
     *
     * @return exactness * 1001 + weight; without one -1 for codings and 0, not welcome, for types
     */
    private static int scan(String list, String wanted, boolean types) {
        int best = types ? 0 : -1;
        int bestExactness = 0;
        int from = 0;
        for (int count = 0; from < list.length() && count < FieldList.MOST; count++) {
            int to = FieldList.end(list, from);
            int nameEnd = FieldList.parameter(list, from, to);
            int exactness = exactness(list, from, nameEnd, wanted, types);
            if (exactness > bestExactness) {
                bestExactness = exactness;
                best = exactness * (FULL + 1) + FieldList.weight(list, nameEnd, to);
            }
            from = to + 1;
        }
        return best;
    }

    private static int exactness(String list, int from, int to, String wanted, boolean types) {
        int first = FieldList.skipBlanks(list, from, to);
        int length = FieldList.trimEnd(list, first, to) - first;
        if (is(list, first, length, wanted) || (!types && isOldName(list, first, length, wanted))) {
            return EXACT;
        }
        if (types && length > 3 && list.startsWith("/*", first + length - 2)) {
            return list.regionMatches(true, first, wanted, 0, length - 1) ? 2 : 0;
        }
        return is(list, first, length, types ? "*/*" : "*") ? 1 : 0;
    }

    private static boolean is(String list, int from, int length, String text) {
        return length == text.length() && list.regionMatches(true, from, text, 0, length);
    }

    /** {@code x-gzip} is gzip (RFC 9110 section 8.4.1.3). */
    private static boolean isOldName(String list, int from, int length, String coding) {
        return length > 2 && list.regionMatches(true, from, "x-", 0, 2) && is(list, from + 2, length - 2, coding);
    }
}
