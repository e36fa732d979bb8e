// SPDX-License-Identifier: Apache-2.0
package io.millrace.webtest;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request of a test was answered with.
 *
 * @param status the status, 0 if the handler ended the connection before an answer began
 * @param fields the header fields, in order; those that a wire adds (Date, Server, Connection) are not there
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
}
