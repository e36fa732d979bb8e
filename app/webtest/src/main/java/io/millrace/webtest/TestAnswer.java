// SPDX-License-Identifier: Apache-2.0
package io.millrace.webtest;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request of a test was answered with.
 *
 * @param status the status, 0 if the handler ended the connection before an answer began
 * @param fields the header fields, in order; those that a wire adds (Date, Server, Connection) are there only if the
 *     answer came over a socket
 * @param body the body
 * @param trailers the trailer fields
 */
public record TestAnswer(
        int status, List<Map.Entry<String, String>> fields, byte[] body, List<Map.Entry<String, String>> trailers) {

    /** Returns the first value of a header field, {@code null} if there is none. */
    public @Nullable String header(String name) {
        return fields.stream()
                .filter(field -> field.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    /** Returns the body as UTF-8. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** Returns the cookies that were set, by their names; those that were removed are left away. */
    public Map<String, String> cookies() {
        Map<String, String> cookies = new LinkedHashMap<>();
        for (Map.Entry<String, String> field : fields) {
            if (field.getKey().equalsIgnoreCase("Set-Cookie")) {
                String pair = field.getValue().split(";", 2)[0];
                int equals = pair.indexOf('=');
                if (field.getValue().contains("; Max-Age=0")) {
                    cookies.remove(pair.substring(0, equals));
                } else {
                    cookies.put(pair.substring(0, equals), pair.substring(equals + 1));
                }
            }
        }
        return cookies;
    }
}
