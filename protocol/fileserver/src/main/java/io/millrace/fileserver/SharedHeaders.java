// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.http.FieldList;
import io.millrace.http.HttpException;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The header fields that every answer of a {@link StaticFiles} carries: CORS and what its owner added. */
final class SharedHeaders {
    /** The methods that files know. */
    static final String METHODS = "GET, HEAD, OPTIONS";

    private static final String EXPOSED = "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag";
    private static final String DAY = "86400";

    private final @Nullable String cors;
    private final List<Map.Entry<String, String>> extra;
    private final boolean[] again;
    private final IntPredicate failed;

    SharedHeaders(FileOptions options) {
        this(options, status -> false);
    }

    /** The fields of these options; errors of the statuses that {@code failed} says are not answered here. */
    SharedHeaders(FileOptions options, IntPredicate failed) {
        this.failed = failed;
        this.cors = options.cors();
        this.extra = options.headers();
        this.again = new boolean[extra.size()];
        for (int i = 0; i < again.length; i++) {
            again[i] = extra.get(i).getKey().equalsIgnoreCase("Vary")
                    || named(extra.get(i).getKey(), i);
        }
    }

    /** Whether one of the first {@code count} has that name already: the first replaces, later ones add. */
    private boolean named(String name, int count) {
        return extra.subList(0, count).stream().anyMatch(entry -> entry.getKey().equalsIgnoreCase(name));
    }

    /** The fields, for answers that have no others. */
    List<Map.Entry<String, String>> fields() {
        List<Map.Entry<String, String>> fields = new ArrayList<>(extra);
        if (cors != null) {
            fields.add(Map.entry("Access-Control-Allow-Origin", cors));
            fields.add(Map.entry("Access-Control-Expose-Headers", EXPOSED));
        }
        return fields;
    }

    /** Sets them; to be called last, just before the answer is sent. */
    void apply(Response response) {
        if (cors != null) {
            response.header("Access-Control-Allow-Origin", cors);
            response.header("Access-Control-Expose-Headers", EXPOSED);
        }
        for (int i = 0; i < again.length; i++) {
            Map.Entry<String, String> entry = extra.get(i);
            if (again[i]) {
                response.header(entry.getKey(), entry.getValue());
            } else {
                response.setHeader(entry.getKey(), entry.getValue());
            }
        }
    }

    /** Answers with a status and its reason phrase as text, or as the application answers errors of that status. */
    void refuse(Response response, int status) {
        if (failed.test(status)) {
            apply(response);
            response.fail(new HttpException(status));
            return;
        }
        response.status(status).type("text/plain; charset=utf-8").header("X-Content-Type-Options", "nosniff");
        apply(response);
        response.send((status + " " + Status.reason(status) + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** Answers that this cannot be done now, but perhaps in a moment. */
    void unavailable(Response response) {
        response.setHeader("Retry-After", "1");
        refuse(response, 503);
    }

    /** Adds what a browser asks for before it lets a page of another site send an unusual request (CORS preflight). */
    void preflight(Request request, Response response) {
        if (cors == null || !request.headers().has("Access-Control-Request-Method")) {
            return;
        }
        response.header("Access-Control-Allow-Methods", METHODS);
        response.header("Access-Control-Max-Age", DAY);
        String asked = request.headers().joined("Access-Control-Request-Headers");
        // No browser asks for anything but names of fields, and nothing else goes back.
        if (asked != null && FieldList.isOfTokens(asked)) {
            response.header("Access-Control-Allow-Headers", asked);
            response.header("Vary", "Access-Control-Request-Headers");
        }
    }
}
