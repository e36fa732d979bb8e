// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.SlowConsumer;
import io.millrace.http.Limits;
import io.millrace.http.ResponseStream;
import io.millrace.models.IoModel;
import io.millrace.sse.EventGroup;
import io.millrace.sse.ServerSentEvent;
import io.millrace.testkit.RawClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One reader that stops reading holds up no thread that sends to many. The limits of time are hours: where one of the
 * calls waited for the reader, a test would never end.
 */
@Timeout(120)
class BroadcastTest {
    private static final Limits PATIENT =
            Limits.DEFAULT.withWriteTime(Duration.ofHours(1)).withHalfClosedTime(Duration.ofHours(1));
    private static final byte[] PIECE = "x".repeat(16 * 1024).getBytes(StandardCharsets.US_ASCII);
    private static final int MOST_PIECES = 10_000;

    private static void assumeHandlersAreHere(IoModel model) {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        assumeTrue(model != IoModel.ITERATIVE, "one client at a time is no audience");
    }

    private static RawClient ask(WebServer server, int receiveBuffer) throws Exception {
        RawClient client = RawClient.connect(server.address(), receiveBuffer);
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").readUntil("\r\n\r\n");
        return client;
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void anOfferNeverWaits(IoModel model) throws Exception {
        assumeHandlersAreHere(model);
        BlockingQueue<ResponseStream> opened = new LinkedBlockingQueue<>();
        try (WebServer server = WebServer.on(0)
                        .model(model)
                        .loops(2)
                        .limits(PATIENT)
                        .get("/", (request, response) -> {
                            ResponseStream stream = response.defer().stream();
                            stream.flush();
                            opened.add(stream);
                        })
                        .start();
                RawClient stopped = ask(server, 16 * 1024);
                RawClient reading = ask(server, 0)) {
            ResponseStream toStopped = opened.poll(30, TimeUnit.SECONDS);
            ResponseStream toReading = opened.poll(30, TimeUnit.SECONDS);
            int taken = 0;
            while (taken < MOST_PIECES && toStopped.offer(PIECE)) {
                taken++;
            }
            assertTrue(taken < MOST_PIECES, "a reader that has stopped took " + taken + " pieces");
            assertTrue(toReading.offer("for one that reads".getBytes(StandardCharsets.US_ASCII)));
            reading.readUntil("for one that reads");
            assertTrue(toStopped.isOpen());
            stopped.readUntil("xxx");
        }
    }

    // Large events, and one at a time: what has come ends where the event ends.
    private static void readEvent(RawClient client) throws Exception {
        String end = "";
        while (!end.endsWith("\n\n\r\n")) {
            byte[] some = client.readSome();
            end += new String(some, Math.max(0, some.length - 4), Math.min(4, some.length), StandardCharsets.US_ASCII);
        }
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void aGroupIsNotHeldUp(IoModel model) throws Exception {
        assumeHandlersAreHere(model);
        EventGroup group = new EventGroup(SlowConsumer.CLOSE, 1 << 20);
        CountDownLatch broken = new CountDownLatch(1);
        List<RawClient> clients = new ArrayList<>();
        try (WebServer server = WebServer.on(0)
                .model(model)
                .loops(2)
                .limits(PATIENT)
                .events("/", (request, events) -> {
                    events.onClosed(broken::countDown);
                    group.add(events);
                })
                .start()) {
            clients.add(ask(server, 16 * 1024));
            clients.add(ask(server, 0));
            String data = "x".repeat(64 * 1024);
            for (int i = 0; i < MOST_PIECES && broken.getCount() > 0; i++) {
                group.send(ServerSentEvent.of(data + i));
                readEvent(clients.get(1));
            }
            assertTrue(broken.await(30, TimeUnit.SECONDS), "the reader that has stopped is still a member");
            group.send(ServerSentEvent.of("last"));
            clients.get(1).readUntil("last\n\n");
            assertTrue(group.missed() > 0);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}
