// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.http.Dispatch;
import io.millrace.models.IoModel;
import io.millrace.sse.EventGroup;
import io.millrace.sse.EventStream;
import io.millrace.sse.ServerSentEvent;
import io.millrace.testkit.RawClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Server-sent events over real sockets, on every way of waiting. */
final class EventsOverModelsTest {
    private static final String GET = "GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n";

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void manyAreToldAndThoseWhoGoAreMissed(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        assumeTrue(model != IoModel.ITERATIVE, "one client at a time is no group");
        EventGroup group = new EventGroup();
        int count = 6;
        CountDownLatch gone = new CountDownLatch(count);
        try (WebServer server = WebServer.on(0)
                .model(model)
                .loops(2)
                .events("/many", (request, events) -> {
                    events.keepAlive(Duration.ofMillis(50));
                    events.onClosed(gone::countDown);
                    group.add(events);
                })
                .start()) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                RawClient client = RawClient.connect(server.address());
                clients.add(client);
                client.send(GET.formatted("many"));
                assertTrue(client.readUntil("\r\n\r\n").contains("text/event-stream"));
            }
            for (RawClient client : clients) {
                client.readUntil("\r\n:\n\n\r\n"); // each has been silent, and is a member by then
            }
            assertEquals(count, group.size());
            group.send(ServerSentEvent.of("news"));
            for (RawClient client : clients) {
                client.readUntil("data: news\n\n\r\n");
                client.close();
            }
            assertTrue(gone.await(30, TimeUnit.SECONDS), () -> gone.getCount() + " were not missed");
            group.send(ServerSentEvent.of("to none"));
        }
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void aThreadThatMayWaitSendsFromTopToBottom(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        try (WebServer server = WebServer.on(0)
                        .model(model)
                        .loops(1)
                        .route("GET", "/count", Dispatch.VIRTUAL, (request, response) -> {
                            EventStream events = EventStream.open(request, response);
                            for (int i = 0; i < 1000; i++) {
                                events.send(ServerSentEvent.of("x".repeat(1000)).withId("" + i));
                            }
                        })
                        .start();
                RawClient client = RawClient.connect(server.address())) {
            client.send("GET /count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            String text = client.readText();
            assertTrue(text.contains("id: 0\n") && text.contains("id: 999\n") && text.endsWith("\r\n0\r\n\r\n"));
        }
    }
}
