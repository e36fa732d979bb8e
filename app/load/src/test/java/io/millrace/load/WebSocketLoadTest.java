// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.Clock;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Limits;
import io.millrace.http1.Http1Factory;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketOptions;
import io.millrace.websocket.WebSocketUpgrade;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Asks over WebSockets: what the server did is what the result says. */
@Timeout(60)
final class WebSocketLoadTest {
    private final AtomicInteger echoed = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    private class Echo implements WebSocketListener {
        @Override
        public void text(WebSocket socket, byte[] utf8, int offset, int length) {
            echoed.incrementAndGet();
            socket.sendText(utf8, offset, length);
        }

        @Override
        public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
            echoed.incrementAndGet();
            socket.sendBinary(bytes, offset, length);
        }

        @Override
        public void closed(WebSocket socket, int code, String reason) {
            closed.addAndGet(code == 1000 ? 1 : 0);
        }
    }

    private static Target serve(WebSocketListener listener) throws IOException {
        WebSocketUpgrade upgrade = WebSocketUpgrade.of(WebSocketOptions.DEFAULT);
        return Target.of(() -> new Http1Factory(
                        upgrade.handler(request -> listener), Limits.DEFAULT, ExchangeLog.NONE, Clock.SYSTEM, "test")
                .create());
    }

    private static LoadPlan plan(Target target, LoadPlan.Clients clients, double rate, byte[] message) {
        return new LoadPlan(
                LoadTarget.parse("ws://127.0.0.1:" + target.port() + "/x"),
                clients,
                new LoadPlan.Pace(rate, Duration.ZERO, Duration.ofMillis(500), Duration.ofSeconds(20)),
                new LoadPlan.Message("GET", List.of("X-A: b"), message),
                LoadPlan.Beside.NOBODY);
    }

    private static LoadPlan.Clients clients(int pipeline, boolean keepAlive) {
        return new LoadPlan.Clients(2, 1, pipeline, keepAlive, Duration.ZERO);
    }

    private static LoadResult run(LoadPlan plan) throws IOException, InterruptedException {
        return new Load(plan).run(progress -> {});
    }

    private static byte[] text(int length) {
        return "µ".repeat(length / 2).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void everyMessageIsCountedOnceWhateverItsSize() throws Exception {
        try (Target target = serve(new Echo())) {
            for (int size : new int[] {0, 64, 126, 70_000}) {
                echoed.set(0);
                LoadResult result = run(plan(target, clients(4, true), 0, text(size)));
                assertEquals(Map.of(), result.failures());
                assertTrue(result.requests() > 0, size + " bytes");
                assertEquals(result.requests(), result.latency().getTotalCount());
                // Those under way when the time was over are known to the server only.
                assertTrue(echoed.get() - result.requests() <= 1000, echoed + " against " + result.requests());
                assertTrue(result.bytesIn() >= result.requests() * (size + 2), result.bytesIn() + " bytes in");
            }
        }
    }

    @Test
    void aRateIsKeptAndBytesThatAreNoTextAreBinary() throws Exception {
        try (Target target = serve(new Echo() {
            @Override
            public void text(WebSocket socket, byte[] utf8, int offset, int length) {
                socket.close(1003, "binary alone");
            }
        })) {
            LoadResult result = run(plan(target, clients(1, true), 200, new byte[] {(byte) 0xff, 0, 1}));
            assertEquals(Map.of(), result.failures());
            assertEquals(100, result.latency().getTotalCount() + result.unsent(), 1);
        }
    }

    @Test
    void aConnectionForEachMessageIsClosedInOrder() throws Exception {
        try (Target target = serve(new Echo())) {
            LoadResult result = run(plan(target, clients(1, false), 0, text(64)));
            assertEquals(Map.of(), result.failures());
            assertTrue(result.requests() > 0);
            assertEquals(result.connects(), result.requests(), 3);
            // The last ones are cut off by the end of the run.
            assertTrue(result.requests() - closed.get() <= 3, closed + " of " + result.requests());
        }
    }

    /** A server may ping, fragment, and end connections by a Close: what was under way is asked again. */
    @Test
    void whatAServerMayDoIsNoFailure() throws Exception {
        AtomicInteger pongs = new AtomicInteger();
        Map<WebSocket, Integer> messages = new ConcurrentHashMap<>();
        try (Target target = serve(new Echo() {
            @Override
            public void text(WebSocket socket, byte[] utf8, int offset, int length) {
                if (messages.merge(socket, 1, Integer::sum) == 50) {
                    socket.close(1001, "");
                } else {
                    socket.ping(new byte[] {1, 2, 3});
                    super.text(socket, utf8, offset, length);
                }
            }

            @Override
            public void pong(WebSocket socket, byte[] bytes, int offset, int length) {
                pongs.addAndGet(length == 3 && bytes[offset + 2] == 3 ? 1 : 0);
            }
        })) {
            LoadResult result = run(plan(target, clients(1, true), 20_000, text(64)));
            assertEquals(Map.of(), result.failures());
            assertTrue(result.requests() > 50, result.requests() + " answers");
            assertTrue(result.connects() > 2, result.connects() + " connections");
            assertTrue(pongs.get() > 0);
        }
    }

    @Test
    void otherBytesAreSeen() throws Exception {
        try (Target target = serve(new Echo() {
            @Override
            public void text(WebSocket socket, byte[] utf8, int offset, int length) {
                socket.send("x".repeat(length));
            }
        })) {
            LoadResult result = run(plan(target, clients(1, true), 0, text(64)));
            assertEquals(0, result.requests());
            assertTrue(
                    result.failures().getOrDefault(Failure.GARBLED, 0L) > 0,
                    result.failures().toString());
        }
    }

    @Test
    void aServerThatOpensNoneIsQuoted() throws Exception {
        try (Target target =
                Target.of(() -> new Target.Http(new AtomicInteger(), Integer.MAX_VALUE, -1, Duration.ZERO))) {
            IOException e = assertThrows(IOException.class, () -> run(plan(target, clients(1, true), 0, text(2))));
            assertEquals("the server opens no WebSocket, it answers HTTP/1.1 200 OK", e.getMessage());
        }
    }

    /** In any number of frames, with a ping between them, and cut at every byte. */
    @Test
    void fragmentsAreOneAnswer() throws Exception {
        try (Target target = Target.of(Fragments::new)) {
            LoadResult result = run(plan(target, clients(1, true), 0, Fragments.MESSAGE));
            assertEquals(Map.of(), result.failures());
            assertTrue(result.requests() > 0);
        }
    }

    private static final class Fragments implements Protocol {
        static final byte[] MESSAGE = text(300);
        private static final int SENT = 8 + MESSAGE.length;
        private static final int PONG = 6 + 2;
        private boolean opened;
        private int expected = SENT;

        @Override
        public void receive(Buffer in, Link link) {
            int end = opened ? 0 : Target.end(in);
            if (end > 0) {
                String head = Target.head(in, end);
                in.consume(end);
                String key = head.replaceAll("(?s).*Sec-WebSocket-Key: (\\S+).*", "$1");
                link.out().appendLatin1("HTTP/1.1 101 Yes\r\nsec-websocket-accept:" + accept(key) + "\r\n\r\n");
                link.flush();
                opened = true;
            }
            while (opened && in.readable() >= expected) {
                in.consume(expected);
                expected = SENT + PONG;
                byte[] frames = frames();
                for (byte each : frames) {
                    link.out().append(each);
                    link.flush();
                }
            }
        }

        private static String accept(String key) {
            try {
                byte[] text = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII);
                return Base64.getEncoder()
                        .encodeToString(MessageDigest.getInstance("SHA-1").digest(text));
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError(e);
            }
        }

        private static byte[] frames() {
            Buffer frames = new Buffer();
            frames.append(new byte[] {1, 126, 0, (byte) 200});
            frames.append(MESSAGE, 0, 200);
            frames.append(new byte[] {(byte) 0x89, 2, 'h', 'i', 0, 0, (byte) 0x80, 100});
            frames.append(MESSAGE, 200, 100);
            return frames.toBytes();
        }
    }
}
