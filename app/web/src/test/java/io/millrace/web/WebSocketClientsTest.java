// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.net.Connector;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.websocket.BlockingWebSocket;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketClient;
import io.millrace.websocket.WebSocketLimits;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketOptions;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** WebSockets that a program opens. */
@Timeout(120)
final class WebSocketClientsTest {

    /** Sends back what comes. */
    private static WebSocketListener echo() {
        return new WebSocketListener() {
            @Override
            public void text(WebSocket socket, byte[] utf8, int offset, int length) {
                socket.sendText(utf8, offset, length);
            }

            @Override
            public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
                socket.sendBinary(bytes, offset, length);
            }
        };
    }

    private static WebServer server(WebSocketOptions options) {
        return WebServer.on(0).webSocket("/echo", options, request -> echo());
    }

    private static void echoes(WebSocketClients clients, URI uri) throws IOException {
        try (BlockingWebSocket socket = clients.connect(uri)) {
            for (String text : new String[] {"", "hello", "x".repeat(100_000)}) {
                socket.send(text);
                assertEquals(text, socket.receive().text());
            }
            byte[] bytes = new byte[300_000];
            bytes[299_999] = 7;
            socket.send(bytes);
            assertArrayEquals(bytes, socket.receive().bytes());
            socket.close(1000, "");
            assertNull(socket.receive());
            assertEquals(1000, socket.awaitClose());
        }
    }

    @Test
    void messagesGoThereAndBack() throws Exception {
        try (WebServer server = server(WebSocketOptions.DEFAULT).start();
                WebSocketClients clients = WebSocketClients.open()) {
            echoes(clients, URI.create("ws://localhost:" + server.port() + "/echo"));
            echoes(clients, URI.create("ws://127.0.0.1:" + server.port() + "/echo?a=b"));
        }
    }

    private static TlsContext serverContext() throws Exception {
        return TlsContext.server(TlsOptions.DEFAULT
                .with(Credentials.pem(TlsServerTest.file("local.pem"), TlsServerTest.file("local.key")))
                .withApplicationProtocols("h2", "http/1.1"));
    }

    @Test
    void messagesGoThroughTls() throws Exception {
        TlsContext trusting = TlsContext.client(
                TlsOptions.DEFAULT.withTrusted(Credentials.certificates(TlsServerTest.file("ca.pem"))));
        try (WebServer server =
                        server(WebSocketOptions.DEFAULT).tls(serverContext()).start();
                WebSocketClients clients = WebSocketClients.open().withTls(trusting)) {
            echoes(clients, URI.create("wss://localhost:" + server.port() + "/echo"));
        }
    }

    @Test
    void aServerThatIsNotTrustedIsNotTalkedTo() throws Exception {
        try (WebServer server =
                        server(WebSocketOptions.DEFAULT).tls(serverContext()).start();
                WebSocketClients clients = WebSocketClients.open()) {
            IOException failure = assertThrows(
                    IOException.class, () -> clients.connect(URI.create("wss://localhost:" + server.port() + "/echo")));
            assertTrue(failure.getMessage().contains("TLS"), failure.getMessage());
        }
    }

    @Test
    void whatTheServerAnswersInsteadIsSaid() throws Exception {
        try (WebServer server = server(WebSocketOptions.DEFAULT).start();
                WebSocketClients clients = WebSocketClients.open()) {
            IOException failure = assertThrows(
                    IOException.class, () -> clients.connect(URI.create("ws://localhost:" + server.port() + "/none")));
            assertTrue(failure.getMessage().contains("404"), failure.getMessage());
        }
    }

    @Test
    void whereNothingListensThereIsNoConnection() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (WebSocketClients clients = WebSocketClients.open()) {
            assertThrows(IOException.class, () -> clients.connect(URI.create("ws://127.0.0.9:" + free + "/")));
            BlockingQueue<String> told = new LinkedBlockingQueue<>();
            clients.connect(URI.create("ws://127.0.0.9:" + free + "/"), new WebSocketListener() {
                @Override
                public void failed(String why) {
                    told.add(why);
                }
            });
            assertTrue(told.poll(30, TimeUnit.SECONDS) != null);
        }
    }

    @Test
    void aServerThatSaysNothingIsGivenUp() throws Exception {
        WebSocketOptions hasty =
                WebSocketOptions.DEFAULT.withLimits(WebSocketLimits.DEFAULT.withOpening(Duration.ofMillis(100)));
        try (ServerSocket silent = new ServerSocket(0);
                WebSocketClients clients =
                        WebSocketClients.open().withConnector(Connector.USUAL.withTimeLimit(Duration.ofSeconds(20)))) {
            URI uri = URI.create("ws://127.0.0.1:" + silent.getLocalPort() + "/");
            IOException failure =
                    assertThrows(IOException.class, () -> clients.connect(WebSocketClient.of(uri, hasty)));
            assertTrue(failure.getMessage().contains("in time"), failure.getMessage());
        }
    }

    @Test
    void subprotocolsAndCallbacksWork() throws Exception {
        WebSocketOptions options = WebSocketOptions.DEFAULT.withSubprotocols("one", "two");
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (WebServer server = server(options).start();
                WebSocketClients clients = WebSocketClients.open()) {
            URI uri = URI.create("ws://localhost:" + server.port() + "/echo");
            WebSocketClient client = WebSocketClient.of(uri, WebSocketOptions.DEFAULT.withSubprotocols("three", "two"));
            clients.connect(client, new WebSocketListener() {
                @Override
                public void opened(WebSocket socket) {
                    told.add("opened " + socket.subprotocol() + " " + socket.isCompressed());
                    socket.send("hello");
                }

                @Override
                public void text(WebSocket socket, String text) {
                    told.add("text " + text);
                    socket.close(1000, "done");
                }

                @Override
                public void closed(WebSocket socket, int code, String reason) {
                    told.add("closed " + code);
                }
            });
            assertEquals("opened two true", told.poll(30, TimeUnit.SECONDS));
            assertEquals("text hello", told.poll(30, TimeUnit.SECONDS));
            assertEquals("closed 1000", told.poll(30, TimeUnit.SECONDS));
        }
    }
}
