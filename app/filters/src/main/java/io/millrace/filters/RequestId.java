// SPDX-License-Identifier: Apache-2.0
package io.millrace.filters;

import io.millrace.http.Filter;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Gives each request an identifier, which the answer says in {@code X-Request-Id}: the one that a proxy has sent if it
 * is a short and harmless text, else a new one.
 */
public final class RequestId implements Filter {
    /** The name of the field. */
    public static final String FIELD = "X-Request-Id";

    private static final String ID = "io.millrace.filters.id";
    private static final int LONGEST = 100;

    /** Makes the filter. */
    public RequestId() {}

    /** Returns the identifier of a request, {@code null} if it has not passed the filter. */
    public static @Nullable String of(Request request) {
        return (String) request.attribute(ID);
    }

    @Override
    public void filter(Request request, Response response, Handler next) throws Exception {
        String sent = request.header(FIELD);
        String id = sent != null && isHarmless(sent) ? sent : UUID.randomUUID().toString();
        request.attribute(ID, id);
        response.setHeader(FIELD, id);
        next.handle(request, response);
    }

    private static boolean isHarmless(String text) {
        return !text.isEmpty()
                && text.length() <= LONGEST
                && text.chars().allMatch(c -> c < 0x7f && (Character.isLetterOrDigit(c) || "-_.".indexOf(c) >= 0));
    }
}
