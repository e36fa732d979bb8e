// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The bytes of the request that a plan asks for (RFC 9112 section 3). */
final class HttpRequest {
    private HttpRequest() {}

    static byte[] of(LoadPlan plan) {
        LoadPlan.Message message = plan.message();
        StringBuilder head = new StringBuilder();
        head.append(message.method()).append(' ').append(plan.target().path()).append(" HTTP/1.1\r\n");
        if (!has(message, "host")) {
            head.append("Host: ").append(plan.target().authority()).append("\r\n");
        }
        if (!plan.clients().keepAlive()) {
            head.append("Connection: close\r\n");
        }
        for (String field : message.fields()) {
            head.append(field.strip()).append("\r\n");
        }
        if (message.body().length > 0 && !has(message, "content-length")) {
            head.append("Content-Length: ").append(message.body().length).append("\r\n");
        }
        head.append("\r\n");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        bytes.writeBytes(message.body());
        return bytes.toByteArray();
    }

    private static boolean has(LoadPlan.Message message, String name) {
        return message.fields().stream()
                .anyMatch(field -> field.toLowerCase(Locale.ROOT).startsWith(name + ":"));
    }
}
