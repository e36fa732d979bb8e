// SPDX-License-Identifier: Apache-2.0
package io.millrace.filters;

import io.millrace.http.Filter;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Sets the fields by which browsers protect a site's visitors: no guessing of types, no frames of other sites, no path
 * in the Referer of other sites, scripts of this site alone, and over HTTPS a year of HTTPS. A handler may set others.
 * Immutable.
 */
public final class SecurityHeaders implements Filter {
    private static final String TRANSPORT = "Strict-Transport-Security";

    private final Map<String, String> fields;

    private SecurityHeaders(Map<String, String> fields) {
        this.fields = fields;
    }

    /** Returns the filter with its usual fields. */
    public static SecurityHeaders usual() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("X-Content-Type-Options", "nosniff");
        fields.put("X-Frame-Options", "SAMEORIGIN");
        fields.put("Referrer-Policy", "strict-origin-when-cross-origin");
        fields.put("Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'; object-src 'none'");
        fields.put(TRANSPORT, "max-age=31536000");
        return new SecurityHeaders(fields);
    }

    /** Returns the same filter with another value of a field; an empty one leaves the field away. */
    public SecurityHeaders with(String name, String value) {
        Map<String, String> changed = new LinkedHashMap<>(fields);
        changed.keySet().removeIf(name::equalsIgnoreCase);
        if (!value.isEmpty()) {
            changed.put(name, value);
        }
        return new SecurityHeaders(changed);
    }

    @Override
    public void filter(Request request, Response response, Handler next) throws Exception {
        boolean secure = request.scheme().equals("https");
        for (Map.Entry<String, String> field : fields.entrySet()) {
            if (secure || !field.getKey().equalsIgnoreCase(TRANSPORT)) {
                response.setHeader(field.getKey(), field.getValue());
            }
        }
        next.handle(request, response);
    }
}
