// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.Limits;
import io.millrace.http.ResponseStream;
import io.millrace.models.IoModel;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that close their sockets while nothing is sent to them are noticed, whatever the server waits with. */
@Timeout(120)
final class ClientsGoneTest {
    private static final Duration HALF_CLOSED = Duration.ofMillis(200);
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    private final AtomicInteger aborted = new AtomicInteger();
    private final CountDownLatch end = new CountDownLatch(1);

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void silentAnswersEndWithTheirClients(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        try (WebServer server = WebServer.on(0)
                .model(model)
                .limits(Limits.DEFAULT.withHalfClosedTime(HALF_CLOSED))
                .get("/events", (request, response) -> {
                    ResponseStream events = response.type("text/event-stream").defer().stream();
                    events.onAborted(aborted::incrementAndGet);
                    events.flush();
                })
                .get("/later", (request, response) -> response.defer().onComplete(aborted::incrementAndGet))
                .route("GET", "/blocked", Dispatch.VIRTUAL, (request, response) -> {
                    response.onComplete(aborted::incrementAndGet);
                    end.await();
                })
                .start()) {
            List<String> targets = List.of("/events", "/later", "/blocked");
            int rounds = Math.max(1, Math.min(10, model.clientsAtOnce() / 3));
            for (int i = 0; i < rounds; i++) {
                if (model.clientsAtOnce() == 1) {
                    for (String target : targets) {
                        leave(List.of(ask(server, target)));
                        await(server, aborted.get() + 1);
                    }
                } else {
                    leave(ask(server, targets));
                }
            }
            await(server, rounds * targets.size());
            assertEquals(rounds * targets.size(), aborted.get());
        } finally {
            end.countDown();
        }
    }

    private static List<RawClient> ask(WebServer server, List<String> targets) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        for (String target : targets) {
            clients.add(ask(server, target));
        }
        return clients;
    }

    private static RawClient ask(WebServer server, String target) throws IOException {
        RawClient client = RawClient.connect(server.address());
        client.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        if (target.equals("/events")) {
            assertTrue(client.readUntil("\r\n\r\n").startsWith("HTTP/1.1 200"));
        }
        return client;
    }

    private static void leave(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }

    private void await(WebServer server, int gone) throws InterruptedException {
        long giveUp = System.nanoTime() + PATIENCE_NANOS;
        while (aborted.get() < gone || server.connections() > 0) {
            assertTrue(
                    System.nanoTime() - giveUp < 0,
                    () -> aborted + " of " + gone + " noticed, " + server.connections() + " connections open");
            Thread.sleep(5);
        }
    }
}
