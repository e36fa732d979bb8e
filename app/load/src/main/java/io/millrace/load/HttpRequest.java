// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.http.FieldBlock;

/** The bytes of the request that a plan asks for (RFC 9112 section 3). */
final class HttpRequest {
    private HttpRequest() {}

    static byte[] of(LoadPlan plan) {
        LoadPlan.Message message = plan.message();
        FieldBlock own = message.fieldLines();
        Buffer out = new Buffer(256);
        out.appendLatin1(message.method() + " " + plan.target().path() + " HTTP/1.1\r\n");
        if (!own.has("Host")) {
            field(out, "Host", plan.target().authority());
        }
        if (!plan.clients().keepAlive() && !message.closes()) {
            field(out, "Connection", "close");
        }
        for (int i = 0; i < own.size(); i++) {
            field(out, own.name(i), own.value(i));
        }
        // Two lengths would contradict each other, or be ambiguous (RFC 9112 section 6.2).
        if (message.body().length > 0 && !own.has("Content-Length") && !own.has("Transfer-Encoding")) {
            field(out, "Content-Length", Integer.toString(message.body().length));
        }
        out.appendLatin1("\r\n");
        out.append(message.body());
        return out.toBytes();
    }

    private static void field(Buffer out, String name, String value) {
        out.appendLatin1(name + ": " + value + "\r\n");
    }
}
