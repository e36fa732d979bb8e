// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.nio.charset.StandardCharsets;

/** The short plain texts that go with error statuses. */
final class ErrorText {
    private ErrorText() {}

    /** {@code 404 Not Found} and a line feed; sets the type. */
    static byte[] fill(int status, String message, FieldBlock fields) {
        fields.set("Content-Type", "text/plain; charset=utf-8");
        return (status + " " + message + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
