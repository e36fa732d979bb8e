// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.http.Dispatch;
import io.millrace.models.IoModel;
import io.millrace.testkit.RawClient;
import io.millrace.testkit.WebSocketCases;
import io.millrace.testkit.WebSocketCases.Case;
import io.millrace.testkit.WebSocketDeflateCases;
import io.millrace.testkit.WebSocketFrames;
import io.millrace.testkit.WebSocketScript;
import io.millrace.websocket.BlockingWebSocket;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketCompression;
import io.millrace.websocket.WebSocketGroup;
import io.millrace.websocket.WebSocketLimits;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketMessage;
import io.millrace.websocket.WebSocketOptions;
import io.millrace.websocket.WebSocketUpgrade;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** WebSocket over real sockets, on every way of waiting. */
final class WebSocketModelsTest {
    private static final String OPENING = "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n";
    private static final int MOST = 16 << 20;
    private static final WebSocketOptions OPTIONS = WebSocketOptions.DEFAULT.withLimits(
            WebSocketLimits.DEFAULT.withSizes(MOST, MOST).withCounts(WebSocketCases.MOST_FRAGMENTS, 1000));

    private static final WebSocketOptions KEPT = OPTIONS.withCompression(
            WebSocketCompression.DEFAULT.withThreshold(1).withTakeover(true, true));

    private static final class Echo implements WebSocketListener {
        @Override
        public void text(WebSocket socket, byte[] utf8, int offset, int length) {
            socket.sendText(utf8, offset, length);
        }

        @Override
        public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
            socket.sendBinary(bytes, offset, length);
        }
    }

    private static WebServer serve(IoModel model) throws IOException {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "listeners of this test are objects of its own process");
        WebSocketUpgrade blocking = WebSocketUpgrade.of(OPTIONS);
        return WebServer.on(0)
                .model(model)
                .loops(1)
                .webSocket("/echo", OPTIONS, request -> new Echo())
                .webSocket("/kept", KEPT, request -> new Echo())
                .route("GET", "/blocking", Dispatch.VIRTUAL, (request, response) -> {
                    try (BlockingWebSocket socket = blocking.accept(request, response)) {
                        for (WebSocketMessage message; (message = socket.receive()) != null; ) {
                            socket.send(message);
                        }
                    }
                })
                .start();
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void theWholeSuite(IoModel model) throws Exception {
        try (WebServer server = serve(model)) {
            for (Case test : WebSocketCases.all()) {
                run(server, test);
            }
        }
    }

    /** Compressed messages: some of each offer, size and kind of contents on each model. */
    @ParameterizedTest
    @EnumSource(IoModel.class)
    void theCompressedCases(IoModel model) throws Exception {
        try (WebServer server = serve(model)) {
            for (WebSocketDeflateCases.Case test : WebSocketDeflateCases.some(11)) {
                try (RawClient client = RawClient.connect(server.address())) {
                    client.send(OPENING.replace("/echo", "/kept")
                            .replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: " + test.offer() + "\r\n\r\n"));
                    String answer = WebSocketDeflateCases.answer(client.readUntil("\r\n\r\n"));
                    byte[] input = test.input(answer);
                    Thread writer = Thread.ofVirtual().start(() -> write(client, 0, input));
                    byte[] sent = client.readAll();
                    writer.join();
                    test.check(answer, sent);
                }
            }
        }
    }

    /** Sizes to 16 MiB and chops from 64 bytes: on one model of each kind. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_EDGE", "IO_URING", "VIRTUAL", "NIO"})
    void theLargeCases(IoModel model) throws Exception {
        try (WebServer server = serve(model)) {
            for (Case test : WebSocketCases.large()) {
                run(server, test);
            }
        }
    }

    private static void run(WebServer server, Case test) throws Exception {
        WebSocketScript script = test.script();
        try (RawClient client = RawClient.connect(server.address())) {
            client.send(OPENING);
            assertTrue(client.readUntil("\r\n\r\n").startsWith("HTTP/1.1 101 "), test.id());
            Thread writer = Thread.ofVirtual().start(() -> write(client, test.chop(), script.input()));
            byte[] sent = client.readAll();
            writer.join();
            assertEquals(
                    script.expected().toString(), WebSocketFrames.parse(sent).toString(), test.id());
        }
    }

    private static void write(RawClient client, int pieces, byte[] input) {
        int chop = pieces == 0 ? Math.max(1, input.length) : pieces;
        try {
            for (int from = 0; from < input.length; from += chop) {
                client.send(Arrays.copyOfRange(input, from, Math.min(input.length, from + chop)));
            }
        } catch (IOException e) {
            // The server has refused what came before, as it may; what it said to that is compared.
        }
    }

    /** What a client of the JDK has been told. */
    private static final class Client implements java.net.http.WebSocket.Listener {
        final BlockingQueue<Object> told = new LinkedBlockingQueue<>();
        private final StringBuilder text = new StringBuilder();
        private final List<byte[]> binary = new ArrayList<>();

        @Override
        public CompletionStage<?> onText(java.net.http.WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                told.add(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(java.net.http.WebSocket socket, ByteBuffer data, boolean last) {
            byte[] piece = new byte[data.remaining()];
            data.get(piece);
            binary.add(piece);
            if (last) {
                ByteBuffer all = ByteBuffer.allocate(
                        binary.stream().mapToInt(part -> part.length).sum());
                binary.forEach(all::put);
                binary.clear();
                told.add(all.flip());
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(java.net.http.WebSocket socket, int code, String reason) {
            told.add("closed " + code + " " + reason);
            return null;
        }

        Object next() throws InterruptedException {
            Object next = told.poll(30, TimeUnit.SECONDS);
            assertNotNull(next, "the client was told nothing");
            return next;
        }
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void theClientOfTheJdk(IoModel model) throws Exception {
        HttpClient http = HttpClient.newHttpClient();
        try (WebServer server = serve(model)) {
            for (String path : List.of("/echo", "/blocking")) {
                Client client = new Client();
                java.net.http.WebSocket socket = http.newWebSocketBuilder()
                        .buildAsync(URI.create("ws://localhost:" + server.port() + path), client)
                        .get(30, TimeUnit.SECONDS);
                for (int size : new int[] {0, 1, 125, 126, 70_000, 1 << 20}) {
                    String text = "µ".repeat(size);
                    socket.sendText(text, true).get(30, TimeUnit.SECONDS);
                    assertEquals(text, client.next(), path);
                    byte[] bytes = new byte[size];
                    Arrays.fill(bytes, (byte) size);
                    socket.sendBinary(ByteBuffer.wrap(bytes), true).get(30, TimeUnit.SECONDS);
                    assertEquals(ByteBuffer.wrap(bytes), client.next(), path);
                }
                socket.sendText("in ", false).get(30, TimeUnit.SECONDS);
                socket.sendText("pieces", true).get(30, TimeUnit.SECONDS);
                assertEquals("in pieces", client.next(), path);
                socket.sendClose(1000, "done").get(30, TimeUnit.SECONDS);
                assertEquals("closed 1000 ", client.next(), path);
            }
        } finally {
            http.shutdownNow(); // close would wait for a WebSocket that a failed test left open
        }
    }

    /** A message made once arrives everywhere, whatever thread or loop a connection is on. */
    @ParameterizedTest
    @EnumSource(IoModel.class)
    void aGroupIsToldOnEveryModel(IoModel model) throws Exception {
        assumeTrue(model != IoModel.ITERATIVE, "one client at a time is no group");
        WebSocketGroup group = new WebSocketGroup();
        WebSocketListener member = new WebSocketListener() {
            @Override
            public void opened(WebSocket socket) {
                group.add(socket);
            }

            @Override
            public void text(WebSocket socket, String text) {
                group.send(text);
            }
        };
        int count = 12;
        HttpClient http = HttpClient.newHttpClient();
        serve(model).close(); // whether it is there
        try (WebServer server = WebServer.on(0)
                .model(model)
                .loops(2)
                .webSocket("/group", request -> member)
                .start()) {
            List<Client> clients = new ArrayList<>();
            List<java.net.http.WebSocket> sockets = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                clients.add(new Client());
                sockets.add(http.newWebSocketBuilder()
                        .buildAsync(URI.create("ws://localhost:" + server.port() + "/group"), clients.getLast())
                        .get(30, TimeUnit.SECONDS));
            }
            String text = "news ".repeat(200);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (group.size() < count && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            sockets.getFirst().sendText(text, true).get(30, TimeUnit.SECONDS);
            for (Client client : clients) {
                assertEquals(text, client.next());
            }
            group.send("from elsewhere");
            for (Client client : clients) {
                assertEquals("from elsewhere", client.next());
            }
        } finally {
            http.shutdownNow();
        }
    }

    @Test
    void allAreToldThatTheServerStops() throws Exception {
        int count = 200;
        HttpClient http = HttpClient.newHttpClient();
        try (WebServer server = serve(IoModel.auto())) {
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Client client = new Client();
                clients.add(client);
                http.newWebSocketBuilder()
                        .buildAsync(URI.create("ws://localhost:" + server.port() + "/echo"), client)
                        .get(30, TimeUnit.SECONDS);
            }
            server.stop(Duration.ofSeconds(30));
            for (Client client : clients) {
                assertEquals("closed 1001 ", client.next());
            }
        } finally {
            http.shutdownNow();
        }
    }
}
