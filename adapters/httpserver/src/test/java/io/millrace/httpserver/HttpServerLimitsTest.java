// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import static io.millrace.httpserver.HttpServerContractTest.answer;
import static io.millrace.httpserver.HttpServerContractTest.ask;
import static io.millrace.httpserver.HttpServerContractTest.loopback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What properties limit, what a client cannot make the server hold, and what this server has beyond the JDK's. */
@Timeout(120)
final class HttpServerLimitsTest {
    private static final ExecutorService THREADS = Executors.newVirtualThreadPerTaskExecutor();
    private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n";

    /** A server that is stopped at the end of a block. */
    private record Running(HttpServer server) implements AutoCloseable {
        @Override
        public void close() {
            server.stop(0);
        }

        Socket connect() throws IOException {
            Socket socket = new Socket(
                    InetAddress.getLoopbackAddress(), server.getAddress().getPort());
            socket.setSoTimeout(30_000);
            return socket;
        }
    }

    private static Running started(HttpHandler handler) throws IOException {
        return started(Map.of(), handler);
    }

    // Properties are read when a server is made.
    private static Running started(Map<String, String> properties, HttpHandler handler) throws IOException {
        HttpServer server;
        properties.forEach(System::setProperty);
        try {
            server = HttpServers.create(loopback(0), 0);
        } finally {
            properties.keySet().forEach(System::clearProperty);
        }
        server.setExecutor(THREADS);
        server.createContext("/", handler);
        server.start();
        return new Running(server);
    }

    @AfterAll
    static void end() {
        THREADS.close();
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        for (int next; head.indexOf("\r\n\r\n") < 0 && (next = in.read()) >= 0; ) {
            head.append((char) next);
        }
        return head.toString();
    }

    private static String rest(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    private static HttpHandler ok() {
        return exchange -> answer(exchange, 200, "ok");
    }

    // ---- S23: properties

    @Test
    void theNumberOfFieldsIsLimited() throws IOException {
        try (Running running = started(Map.of("sun.net.httpserver.maxReqHeaders", "5"), ok())) {
            String four = "A: 1\r\nB: 2\r\nC: 3\r\nConnection: close\r\n\r\n";
            assertTrue(ask(running.server, GET + four).startsWith("HTTP/1.1 200"));
            assertTrue(ask(running.server, GET + "D: 4\r\n" + four).startsWith("HTTP/1.1 431"));
        }
    }

    @Test
    void theSizeOfAHeadIsLimited() throws IOException {
        try (Running running = started(Map.of("sun.net.httpserver.maxReqHeaderSize", "1000"), ok())) {
            String answer = ask(running.server, GET + "A: " + "x".repeat(2000) + "\r\n\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 431"), answer);
        }
    }

    @Test
    void anIdleConnectionEnds() throws IOException {
        try (Running running = started(Map.of("sun.net.httpserver.idleInterval", "1"), ok());
                Socket socket = running.connect()) {
            send(socket, GET + "\r\n");
            assertTrue(rest(socket).endsWith("ok"));
        }
    }

    @Test
    void aBodyLeftUnreadIsReadAwayUpToALimit() throws IOException {
        Map<String, String> properties = Map.of("sun.net.httpserver.drainAmount", "1000");
        String post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ";
        try (Running running = started(properties, ok());
                Socket little = running.connect();
                Socket much = running.connect()) {
            send(little, post + "900\r\n\r\n" + "x".repeat(900) + GET + "Connection: close\r\n\r\n");
            assertEquals(3, rest(little).split("HTTP/1.1 200").length);
            send(much, post + "200000\r\n\r\n");
            head(much.getInputStream());
            // It is listened to for a while, so that the answer is not lost, and then no more.
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            assertThrows(IOException.class, () -> {
                while (System.nanoTime() - end < 0) {
                    send(much, "x".repeat(1000));
                }
            });
        }
    }

    @Test
    void aConnectionTooManyIsTurnedAway() throws IOException {
        try (Running running = started(Map.of("jdk.httpserver.maxConnections", "2"), ok());
                Socket one = running.connect();
                Socket two = running.connect()) {
            for (Socket each : List.of(one, two)) {
                send(each, GET + "\r\n");
                assertTrue(head(each.getInputStream()).startsWith("HTTP/1.1 200"));
            }
            try (Socket third = running.connect()) {
                assertTrue(rest(third).startsWith("HTTP/1.1 503"));
            }
        }
    }

    /** Of many connections that idle 200 are kept, or as many as the property says. */
    @ParameterizedTest
    @ValueSource(ints = {200, 1000})
    void soManyIdleConnectionsAreKept(int most) throws IOException {
        Map<String, String> properties =
                most == 200 ? Map.of() : Map.of("sun.net.httpserver.maxIdleConnections", "" + most);
        List<Socket> sockets = new ArrayList<>();
        try (Running running = started(properties, ok())) {
            int closing = 0;
            for (int i = 0; i < 230; i++) {
                Socket socket = running.connect();
                sockets.add(socket);
                send(socket, GET + "\r\n");
                closing += head(socket.getInputStream()).contains("Connection: close") ? 1 : 0;
            }
            assertEquals(most == 200, closing > 0, closing + " of 230 are closed");
            assertTrue(closing <= 30, closing + " of 230 are closed");
        } finally {
            for (Socket each : sockets) {
                each.close();
            }
        }
    }

    // ---- what a client sends faster than a handler reads

    @Test
    void aBodyThatNobodyReadsStaysWithItsClient() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        HttpHandler slow = exchange -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            answer(exchange, 200, "" + exchange.getRequestBody().readAllBytes().length);
        };
        int length = 32 << 20;
        try (Running running = started(slow);
                SocketChannel client = SocketChannel.open()) {
            client.setOption(StandardSocketOptions.SO_SNDBUF, 64 * 1024);
            client.connect(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(),
                    running.server.getAddress().getPort()));
            client.write(
                    ascii("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " + length + "\r\n\r\n"));
            assertTrue(begun.await(30, TimeUnit.SECONDS));
            int sent = sendUntilFull(client, length);
            assertTrue(sent < length / 2, sent + " bytes have been taken from the client");
            goOn.countDown();
            client.configureBlocking(true);
            for (ByteBuffer left = ByteBuffer.allocate(length - sent); left.hasRemaining(); ) {
                client.write(left);
            }
            String answer = new String(client.socket().getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertTrue(answer.endsWith("\r\n" + length), answer);
        }
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    // Full is a socket that has taken nothing for half a second.
    private static int sendUntilFull(SocketChannel client, int most) throws Exception {
        client.configureBlocking(false);
        ByteBuffer block = ByteBuffer.allocate(64 * 1024);
        int sent = 0;
        for (int quiet = 0; quiet < 50 && sent + block.capacity() <= most; ) {
            int count = client.write(block.clear());
            sent += count;
            quiet = count > 0 ? 0 : quiet + 1;
            if (count == 0) {
                Thread.sleep(10);
            }
        }
        return sent;
    }

    // ---- what the JDK's server does not have

    @Test
    void interimAnswersAreSent() throws IOException {
        HttpHandler hints = exchange -> {
            exchange.getResponseHeaders().set("Link", "</a.css>; rel=preload");
            exchange.sendResponseHeaders(103, -1);
            answer(exchange, 200, "ok");
        };
        try (Running running = started(hints)) {
            String answer = ask(running.server, GET + "Connection: close\r\n\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"), answer);
            assertTrue(answer.endsWith("ok"), answer);
        }
    }

    /** The shape that libraries for WebSocket over streams have. */
    @Test
    void theStreamsBecomeTheConnectionAfter101() throws IOException {
        HttpHandler upper = exchange -> {
            exchange.getResponseHeaders().set("Upgrade", "upper");
            exchange.getResponseHeaders().set("Connection", "Upgrade");
            exchange.sendResponseHeaders(101, 0);
            InputStream in = exchange.getRequestBody();
            OutputStream out = exchange.getResponseBody();
            for (int next; (next = in.read()) >= 0; ) {
                out.write(Character.toUpperCase(next));
                out.flush();
            }
            exchange.close();
        };
        try (Running running = started(upper);
                Socket socket = running.connect()) {
            send(socket, GET + "Connection: Upgrade\r\nUpgrade: upper\r\n\r\n");
            String head = head(socket.getInputStream());
            assertTrue(head.startsWith("HTTP/1.1 101"), head);
            send(socket, "hello");
            assertEquals("HELLO", new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            assertEquals("", rest(socket));
        }
    }

    /** Requests that two readers could understand in two ways are refused, as by the web server. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\nContent-Length: 6\r\n",
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Content-Length: +5\r\n",
                "Content-Length: 5, 5\r\nX : y\r\n",
                "X\0: y\r\n",
                " X: y\r\n",
                "Host: other\r\n"
            })
    void requestsWithTwoMeaningsAreRefused(String fields) throws IOException {
        HttpHandler none = exchange -> {
            throw new UncheckedIOException(new IOException("a request with two meanings has come to a handler"));
        };
        try (Running running = started(none)) {
            String answer = ask(running.server, "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n12345");
            assertTrue(answer.startsWith("HTTP/1.1 400") || answer.startsWith("HTTP/1.1 501"), answer);
            assertTrue(answer.contains("Connection: close"), answer);
        }
    }
}
