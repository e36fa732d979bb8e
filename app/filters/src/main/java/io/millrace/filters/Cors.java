// SPDX-License-Identifier: Apache-2.0
package io.millrace.filters;

import io.millrace.http.Filter;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets pages of other sites read answers (CORS, as the Fetch standard of the WHATWG says), and answers what browsers
 * ask beforehand. Errors carry the fields, too. Immutable.
 */
public final class Cors implements Filter {
    private final Set<String> origins;
    private final String methods;
    private final boolean credentials;
    private final String exposed;
    private final Duration maxAge;

    private Cors(Set<String> origins, String methods, boolean credentials, String exposed, Duration maxAge) {
        this.origins = origins;
        this.methods = methods;
        this.credentials = credentials;
        this.exposed = exposed;
        this.maxAge = maxAge;
    }

    /**
     * Returns a filter that allows pages of these origins, such as {@code https://example.org}; none said allows all,
     * without their credentials.
     */
    public static Cors of(String... origins) {
        return new Cors(Set.of(origins), "GET, HEAD, POST, PUT, PATCH, DELETE", false, "", Duration.ofHours(1));
    }

    /** Returns the same filter for other methods. */
    public Cors methods(String... names) {
        return new Cors(origins, String.join(", ", names), credentials, exposed, maxAge);
    }

    /**
     * Returns the same filter for requests that carry cookies.
     *
     * @throws IllegalStateException if all origins are allowed: every page could then act for its visitor
     */
    public Cors credentials() {
        if (origins.isEmpty()) {
            throw new IllegalStateException("name the origins whose pages may send the cookies of their visitors");
        }
        return new Cors(origins, methods, true, exposed, maxAge);
    }

    /** Returns the same filter that lets pages read these header fields, too. */
    public Cors expose(String... names) {
        return new Cors(origins, methods, credentials, String.join(", ", names), maxAge);
    }

    @Override
    public void filter(Request request, Response response, Handler next) throws Exception {
        String origin = request.header("Origin");
        boolean asksFirst =
                request.method().equals("OPTIONS") && request.header("Access-Control-Request-Method") != null;
        if (!origins.isEmpty()) {
            response.addHeader("Vary", "Origin");
        }
        if (origin != null && allows(origin)) {
            allow(origin, response);
            if (asksFirst) {
                answerFirst(request, response);
                return;
            }
        }
        next.handle(request, response);
    }

    private boolean allows(String origin) {
        return origins.isEmpty() || origins.contains(origin);
    }

    private void allow(String origin, Response response) {
        response.setHeader("Access-Control-Allow-Origin", origins.isEmpty() ? "*" : origin);
        if (credentials) {
            response.setHeader("Access-Control-Allow-Credentials", "true");
        }
        if (!exposed.isEmpty()) {
            response.setHeader("Access-Control-Expose-Headers", exposed);
        }
    }

    private void answerFirst(Request request, Response response) {
        response.setHeader("Access-Control-Allow-Methods", methods)
                .setHeader("Access-Control-Max-Age", String.valueOf(maxAge.toSeconds()));
        @Nullable String asked = request.headers().joined("Access-Control-Request-Headers");
        // No browser asks for anything but names of fields.
        if (asked != null
                && asked.chars().allMatch(c -> c == ',' || c == ' ' || c == '-' || Character.isLetterOrDigit(c))) {
            response.setHeader("Access-Control-Allow-Headers", asked)
                    .addHeader("Vary", "Access-Control-Request-Headers");
        }
        response.status(204).send();
    }
}
