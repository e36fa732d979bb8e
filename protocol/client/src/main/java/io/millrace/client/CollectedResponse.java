// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.http.Headers;
import java.nio.charset.StandardCharsets;

/**
 * A whole answer.
 *
 * @param head its status and fields
 * @param body its body, empty if there is none
 * @param trailers fields that came after a chunked body, usually none
 */
public record CollectedResponse(ResponseHead head, byte[] body, Headers trailers) {

    /** Returns the status code. */
    public int status() {
        return head.status();
    }

    /** Returns the first value of a field, or {@code null}. */
    public String header(String name) {
        return head.header(name);
    }

    /** Returns the body as UTF-8. */
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }
}
