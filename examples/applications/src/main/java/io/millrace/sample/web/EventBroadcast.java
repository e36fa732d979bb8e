// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import io.millrace.core.SlowConsumer;
import io.millrace.sse.EventGroup;
import io.millrace.sse.ServerSentEvent;
import io.millrace.web.WebServer;
import java.nio.charset.StandardCharsets;

/**
 * Sends what is posted to all that listen. A listener that does not follow is dropped when 64 KiB wait for it, and
 * holds up nothing: its browser comes back.
 */
public final class EventBroadcast {
    private final EventGroup listeners = new EventGroup(SlowConsumer.CLOSE, 64 * 1024);

    WebServer server(int port) {
        return WebServer.on(port)
                .events("/events", (request, events) -> listeners.add(events))
                .post(
                        "/events",
                        (request, response) -> request.body().collect(10_000, body -> {
                            listeners.send(ServerSentEvent.of(new String(body, StandardCharsets.UTF_8)));
                            response.status(204).send();
                        }));
    }

    /** Serves at port 8080. */
    public static void main(String[] args) throws Exception {
        new EventBroadcast().server(8080).start();
    }
}
