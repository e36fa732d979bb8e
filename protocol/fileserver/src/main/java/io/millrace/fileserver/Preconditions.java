// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.http.FieldList;
import io.millrace.http.Headers;
import io.millrace.http.HttpDate;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of a request, judged against the file as it is (RFC 9110 section 13), for GET and HEAD.
 *
 * <pre>
 *   If-Match ─────────────── false ──► 412
 *      │ (absent) If-Unmodified-Since ─ false ──► 412
 *      ▼
 *   If-None-Match ────────── false ──► 304
 *      │ (absent) If-Modified-Since ── false ──► 304
 *      ▼
 *   Range with If-Range ──── false ──► 200, the whole
 *      ▼
 *   Range ───────────────────────────► 206
 * </pre>
 */
final class Preconditions {

    /** What the conditions come to. */
    enum Outcome {
        /** Go on. */
        PROCEED,
        /** The client has it already: 304. */
        NOT_MODIFIED,
        /** The client meant another state of it: 412. */
        FAILED
    }

    private Preconditions() {}

    /**
     * Judges in the order of RFC 9110 section 13.2.2.
     *
     * @param etag the strong entity tag, quotes included
     * @param modified Last-Modified in seconds since 1970
     */
    static Outcome judge(Headers headers, String etag, long modified) {
        if (headers.has("If-Match")) {
            if (!matches(headers, "If-Match", etag, false)) {
                return Outcome.FAILED;
            }
        } else if (changedSince(headers.first("If-Unmodified-Since"), modified, false)) {
            return Outcome.FAILED;
        }
        if (headers.has("If-None-Match")) {
            return matches(headers, "If-None-Match", etag, true) ? Outcome.NOT_MODIFIED : Outcome.PROCEED;
        }
        String since = headers.first("If-Modified-Since");
        return since == null || changedSince(since, modified, true) ? Outcome.PROCEED : Outcome.NOT_MODIFIED;
    }

    /**
     * Whether a Range may be obeyed. A date must be the very Last-Modified that was sent, not merely a later one; a
     * weak tag never matches (section 13.1.5).
     */
    static boolean rangeHolds(Headers headers, String etag, long modified) {
        String condition = headers.first("If-Range");
        if (condition == null) {
            return true;
        }
        if (condition.startsWith("\"") || condition.startsWith("W/")) {
            return condition.equals(etag);
        }
        long date = HttpDate.parse(condition);
        return date != HttpDate.NONE && date == modified;
    }

    /** Whether the file changed after a date; {@code otherwise} if the field is absent or no date, which voids it. */
    private static boolean changedSince(@Nullable String date, long modified, boolean otherwise) {
        long seconds = date == null ? HttpDate.NONE : HttpDate.parse(date);
        return seconds == HttpDate.NONE ? otherwise : modified > seconds;
    }

    private static boolean matches(Headers headers, String name, String etag, boolean weakly) {
        String list = headers.joined(name);
        return list != null && listed(list, etag, weakly);
    }

    /**
     * Whether {@code *} or a list of entity tags names ours; weakly, {@code W/"x"} is {@code "x"} (section 8.8.3.2).
     * Only the first {@link FieldList#MOST} tags are read: a client that knows more versions gets the file whole, or
     * 412.
     */
    static boolean listed(String list, String etag, boolean weakly) {
        if (list.equals("*") || list.equals(etag)) {
            return true;
        }
        int at = list.indexOf('"');
        for (int count = 0; at >= 0 && count < FieldList.MOST; count++) {
            int end = list.indexOf('"', at + 1);
            if (end < 0) {
                return false;
            }
            boolean weak = at >= 2 && list.startsWith("W/", at - 2);
            if (end - at + 1 == etag.length() && list.startsWith(etag, at) && (weakly || !weak)) {
                return true;
            }
            // A comma may stand inside a tag, so the next one begins at the next quote after this one's end.
            at = list.indexOf('"', end + 1);
        }
        return false;
    }
}
