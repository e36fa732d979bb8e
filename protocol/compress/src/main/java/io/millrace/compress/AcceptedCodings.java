// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.http.FieldList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client's Accept-Encoding field leads to (RFC 9110 section 12.5.3).
 *
 * @param coding the coding to use, {@code null} for none
 * @param refusesPlain whether the client refuses contents without a coding
 */
record AcceptedCodings(@Nullable ContentCoding coding, boolean refusesPlain) {
    static final AcceptedCodings NONE = new AcceptedCodings(null, false);

    private static final int UNNAMED = -1;

    /**
     * Chooses the coding of the highest weight, the first of the offer among equal ones. A coding that only {@code *}
     * covers is chosen if it is gzip, which everything can decode that decodes anything.
     */
    static AcceptedCodings of(@Nullable String accept, List<ContentCoding> offered) {
        if (accept == null) {
            return NONE;
        }
        int any = weight(accept, "*");
        int plain = weight(accept, "identity");
        int best = Math.max(plain, 0);
        ContentCoding chosen = null;
        for (ContentCoding coding : offered) {
            int weight = weight(accept, coding, any);
            if (weight > best || (weight == best && weight > 0 && chosen == null)) {
                best = weight;
                chosen = coding;
            }
        }
        return new AcceptedCodings(chosen, plain == 0 || (plain == UNNAMED && any == 0));
    }

    private static int weight(String accept, ContentCoding coding, int any) {
        int named = weight(accept, coding.token());
        if (named != UNNAMED || !coding.token().equals("gzip")) {
            return named;
        }
        int old = weight(accept, "x-gzip"); // RFC 9110 section 8.4.1.3
        return old != UNNAMED ? old : any;
    }

    /** The weight of the first element of that name, in thousandths, or {@link #UNNAMED}. */
    private static int weight(String accept, String name) {
        int from = 0;
        for (int count = 0; from < accept.length() && count < FieldList.MOST; count++) {
            int to = FieldList.end(accept, from);
            int nameEnd = FieldList.parameter(accept, from, to);
            if (isNamed(accept, from, nameEnd, name)) {
                return FieldList.weight(accept, nameEnd, to);
            }
            from = to + 1;
        }
        return UNNAMED;
    }

    private static boolean isNamed(String accept, int from, int to, String name) {
        int first = FieldList.skipBlanks(accept, from, to);
        int length = FieldList.trimEnd(accept, first, to) - first;
        return length == name.length() && accept.regionMatches(true, first, name, 0, length);
    }

    /**
     * Returns the field without what it says of contents that have no coding: the handler behind makes such a content,
     * and does not have to refuse it.
     */
    static String withoutPlain(String accept) {
        StringBuilder kept = new StringBuilder();
        int from = 0;
        for (int count = 0; from < accept.length() && count < FieldList.MOST; count++) {
            int to = FieldList.end(accept, from);
            int nameEnd = FieldList.parameter(accept, from, to);
            if (!isNamed(accept, from, nameEnd, "identity") && !isNamed(accept, from, nameEnd, "*")) {
                kept.append(kept.isEmpty() ? "" : ",").append(accept, from, to);
            }
            from = to + 1;
        }
        return kept.toString();
    }
}
