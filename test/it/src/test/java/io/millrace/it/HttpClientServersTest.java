// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.millrace.client.ClientOptions;
import io.millrace.client.CollectedResponse;
import io.millrace.client.HttpClient;
import io.millrace.client.HttpFailure;
import io.millrace.client.RequestContent;
import io.millrace.client.StreamedResponse;
import io.millrace.client.Timeouts;
import io.millrace.net.Connector;
import io.millrace.transport.LoopGroup;
import io.millrace.web.HttpClients;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The HTTP client against servers of others, and against servers that misbehave, over real sockets. */
@Timeout(120)
final class HttpClientServersTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    /** What a server of this test does with one connection. */
    private interface Script {
        void run(Socket socket, InputStream in, OutputStream out) throws Exception;
    }

    /** A server on a port of the loopback interface; each connection runs its script on a thread of its own. */
    private static final class Scripted implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

        Scripted(Script script) throws IOException {
            Thread.ofVirtual().start(() -> {
                while (!listener.isClosed()) {
                    try {
                        Socket socket = listener.accept();
                        Thread.ofVirtual().start(() -> run(script, socket));
                    } catch (IOException e) {
                        return;
                    }
                }
            });
        }

        private static void run(Script script, Socket socket) {
            try (socket) {
                script.run(socket, socket.getInputStream(), socket.getOutputStream());
            } catch (Exception e) {
                // The client has ended the connection.
            }
        }

        String url() {
            return "http://127.0.0.1:" + listener.getLocalPort() + "/";
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    /** Reads a request without a body; {@code null} at the end. */
    private static String request(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    // ---- G 3: a server that closes after each answer, whenever it likes

    @Test
    void aServerThatClosesAtAnyTimeFailsNoGetAndDoublesNoPost() throws Exception {
        Map<String, Integer> seen = new ConcurrentHashMap<>();
        Script closes = (socket, in, out) -> {
            for (String head = request(in); head != null; head = request(in)) {
                seen.merge(head.substring(0, head.indexOf(" HTTP")), 1, Integer::sum);
                write(out, OK);
                if (ThreadLocalRandom.current().nextInt(3) == 0) {
                    Thread.sleep(0, ThreadLocalRandom.current().nextInt(900_000));
                    return;
                }
            }
        };
        int stale = 0;
        try (Scripted server = new Scripted(closes);
                HttpClient client = HttpClients.open()) {
            for (int i = 0; i < 3000; i++) {
                assertEquals("ok", client.get(server.url() + i).receive(10).text());
            }
            for (int i = 0; i < 1000; i++) {
                try {
                    client.post(server.url() + i).receive(10);
                } catch (HttpFailure.StaleConnection e) {
                    assertTrue(e.sent());
                    stale++;
                }
            }
        }
        assertTrue(stale < 1000);
        seen.forEach((request, times) -> assertTrue(times == 1 || request.startsWith("GET"), request));
    }

    // ---- G 10: what becomes of each fault

    private static HttpFailure failure(Script script, Timeouts times) throws Exception {
        ClientOptions options = ClientOptions.DEFAULT.withTimeouts(times);
        try (Scripted server = new Scripted(script);
                HttpClient client = HttpClients.open(options)) {
            return assertThrows(
                    HttpFailure.class, () -> client.get(server.url()).receive(1000));
        }
    }

    private static HttpFailure failure(Script script) throws Exception {
        return failure(script, Timeouts.DEFAULT);
    }

    @Test
    void eachFaultHasItsFailure() throws Exception {
        Script atOnce = (socket, in, out) -> {};
        Script resets = (socket, in, out) -> {
            request(in);
            socket.setSoLinger(true, 0);
        };
        Script inTheMiddle = (socket, in, out) -> {
            request(in);
            write(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        };
        Script inTheHead = (socket, in, out) -> {
            request(in);
            write(out, "HTTP/1.1 200 OK\r\nContent-Le");
        };
        Script garbage = (socket, in, out) -> {
            request(in);
            write(out, "SSH-2.0-OpenSSH_9.2p1\r\n");
            in.read();
        };
        for (Script script : List.of(atOnce, resets, inTheMiddle, inTheHead)) {
            assertInstanceOf(HttpFailure.ConnectionLost.class, failure(script));
        }
        assertInstanceOf(HttpFailure.BadResponse.class, failure(garbage));
    }

    @Test
    void eachSilenceHasItsLimit() throws Exception {
        Timeouts brief = Timeouts.DEFAULT.withHead(Duration.ofMillis(200)).withSilence(Duration.ofMillis(200));
        Script never = (socket, in, out) -> in.readAllBytes();
        Script stops = (socket, in, out) -> {
            request(in);
            write(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
            in.read();
        };
        Script dribbles = (socket, in, out) -> {
            request(in);
            write(out, "HTTP/1.1 200 OK\r\n\r\n");
            while (true) {
                write(out, "x");
                Thread.sleep(20);
            }
        };
        assertEquals(HttpFailure.Limit.HEAD, limit(failure(never, brief)));
        assertEquals(HttpFailure.Limit.SILENCE, limit(failure(stops, brief)));
        Timeouts whole = Timeouts.DEFAULT.withTotal(Duration.ofMillis(400));
        assertEquals(HttpFailure.Limit.TOTAL, limit(failure(dribbles, whole)));
    }

    private static HttpFailure.Limit limit(HttpFailure failure) {
        return assertInstanceOf(HttpFailure.TimedOut.class, failure).limit();
    }

    /** A server that takes nothing of a large body is silent, too. */
    @Test
    void aServerThatReadsNothingEndsAnUpload() throws Exception {
        CompletableFuture<Void> over = new CompletableFuture<>();
        Script deaf = (socket, in, out) -> over.get();
        ClientOptions brief = ClientOptions.DEFAULT.withTimeouts(Timeouts.DEFAULT.withSilence(Duration.ofMillis(300)));
        try (Scripted server = new Scripted(deaf);
                HttpClient client = HttpClients.open(brief)) {
            HttpFailure failure = assertThrows(
                    HttpFailure.class,
                    () -> client.post(server.url())
                            .body(RequestContent.of(new byte[32 << 20]))
                            .receive(10));
            assertEquals(HttpFailure.Limit.SILENCE, limit(failure));
        }
        over.complete(null);
    }

    /** The answer of a server that refuses a body before it has read it, and closes, arrives. */
    @Test
    void anEarlyAnswerArrives() throws Exception {
        Script refuses = (socket, in, out) -> {
            request(in);
            write(out, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
            socket.shutdownOutput();
            in.readAllBytes();
        };
        try (Scripted server = new Scripted(refuses);
                HttpClient client = HttpClients.open()) {
            for (int i = 0; i < 20; i++) {
                CollectedResponse answer = client.post(server.url())
                        .body(RequestContent.of(new byte[1 << 20]))
                        .receive(10);
                assertEquals("413 no", answer.status() + " " + answer.text());
            }
        }
    }

    // ---- G 4: back-pressure

    @Test
    void aReaderThatStopsStopsTheServer() throws Exception {
        AtomicInteger written = new AtomicInteger();
        Script endless = (socket, in, out) -> {
            request(in);
            write(out, "HTTP/1.1 200 OK\r\n\r\n");
            byte[] piece = new byte[64 * 1024];
            while (true) {
                out.write(piece);
                written.addAndGet(piece.length);
            }
        };
        try (Scripted server = new Scripted(endless);
                HttpClient client = HttpClients.open();
                StreamedResponse answer = client.get(server.url()).stream()) {
            int before = -1;
            // The server is stopped once nothing has been written for a while; buffers of the kernel are some
            // megabytes.
            for (int still = 0; still < 10; still = written.get() == before ? still + 1 : 0) {
                before = written.get();
                Thread.sleep(50);
                assertTrue(before < 64 << 20, "the server is never stopped");
            }
            assertEquals(1 << 20, answer.body().readNBytes(1 << 20).length);
        }
    }

    // ---- G 5: many calls, few connections

    @Test
    void manyCallsStayWithinTheLimit() throws Exception {
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Script counts = (socket, in, out) -> {
            most.accumulateAndGet(open.incrementAndGet(), Math::max);
            try {
                while (request(in) != null) {
                    write(out, OK);
                }
            } finally {
                open.decrementAndGet();
            }
        };
        ClientOptions options = ClientOptions.DEFAULT.withPool(ClientOptions.DEFAULT
                .pool()
                .withPerOrigin(16)
                .withWaiting(10_000)
                .withWaitTime(Duration.ofMinutes(1)));
        try (Scripted server = new Scripted(counts);
                HttpClient client = HttpClients.open(options)) {
            List<CompletableFuture<CollectedResponse>> answers = new ArrayList<>();
            for (int i = 0; i < 5000; i++) {
                answers.add(client.get(server.url()).collect(10));
            }
            for (CompletableFuture<CollectedResponse> answer : answers) {
                assertEquals("ok", answer.get(60, TimeUnit.SECONDS).text());
            }
        }
        assertTrue(most.get() <= 16, most + " connections");
    }

    // ---- G 6: interrupts

    @Test
    void anInterruptedCallerGivesItsCallUp() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        CompletableFuture<Void> gone = new CompletableFuture<>();
        Script never = (socket, in, out) -> {
            request(in);
            asked.complete(null);
            try {
                in.read();
            } finally {
                gone.complete(null);
            }
        };
        try (Scripted server = new Scripted(never);
                HttpClient client = HttpClients.open()) {
            CompletableFuture<Throwable> failure = new CompletableFuture<>();
            Thread caller = Thread.ofVirtual().start(() -> {
                try {
                    client.get(server.url()).receive(10);
                } catch (HttpFailure e) {
                    failure.complete(e);
                }
            });
            asked.get(30, TimeUnit.SECONDS);
            caller.interrupt();
            assertInstanceOf(HttpFailure.Cancelled.class, failure.get(30, TimeUnit.SECONDS));
            gone.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void closingGivesCallsTheirGraceAndNoMore() throws Exception {
        CompletableFuture<Void> asked = new CompletableFuture<>();
        Script never = (socket, in, out) -> {
            request(in);
            asked.complete(null);
            in.read();
        };
        try (Scripted server = new Scripted(never)) {
            HttpClient client = HttpClients.open();
            CompletableFuture<CollectedResponse> answer =
                    client.get(server.url()).collect(10);
            asked.get(30, TimeUnit.SECONDS);
            assertTrue(!client.close(Duration.ofMillis(50)));
            Throwable failure = assertThrows(Exception.class, () -> answer.get(30, TimeUnit.SECONDS))
                    .getCause();
            assertInstanceOf(HttpFailure.ClientClosed.class, failure);
        }
    }

    // ---- G 7: a name with addresses that are dead

    @Test
    void aNameWithDeadAddresses() throws Exception {
        try (Scripted server = new Scripted((socket, in, out) -> {
                    request(in);
                    write(out, OK);
                });
                LoopGroup loops = LoopGroup.open(1)) {
            // Nothing listens on the first two: they refuse at once.
            List<InetAddress> addresses = List.of(
                    InetAddress.getByName("127.0.0.2"),
                    InetAddress.getByName("127.0.0.3"),
                    InetAddress.getByName("127.0.0.1"));
            Connector connector = Connector.USUAL.withResolver(host -> addresses);
            try (HttpClient client = HttpClients.on(loops, ClientOptions.DEFAULT, connector)) {
                String url = server.url().replace("127.0.0.1", "three.test");
                assertEquals("ok", client.get(url).receive(10).text());
            }
        }
    }

    // ---- G 1: servers of others

    @Test
    void theServerOfTheJdk() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/fixed", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.createContext("/chunked", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(exchange.getRequestBody().readAllBytes());
            exchange.close();
        });
        server.start();
        try (HttpClient client = HttpClients.open()) {
            String url = "http://127.0.0.1:" + server.getAddress().getPort();
            for (String path : List.of("/fixed", "/chunked")) {
                for (int i = 0; i < 20; i++) {
                    String body = "x".repeat(1 + i * 997);
                    assertEquals(
                            body,
                            client.post(url + path)
                                    .body(RequestContent.of(body))
                                    .receive(1 << 20)
                                    .text());
                }
            }
            assertEquals("", client.get(url + "/fixed").receive(10).text());
            assertEquals(404, client.head(url + "/none").receive(10).status());
        } finally {
            server.stop(0);
        }
    }

    @Test
    void nginx(@TempDir Path folder) throws Exception {
        Path binary = Path.of("/usr/sbin/nginx");
        assumeTrue(Files.isExecutable(binary), "nginx is not installed");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.createDirectories(folder.resolve("www"));
        Files.write(folder.resolve("www/file"), new byte[3_000_000]);
        // The master would drop its rights if root starts it, and its workers could not read the folder.
        Files.writeString(folder.resolve("nginx.conf"), """
                daemon off; master_process off; pid %1$s/pid; error_log %1$s/error.log;
                events {}
                http {
                    access_log off; client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy;
                    fastcgi_temp_path %1$s/f; uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                    server {
                        listen 127.0.0.1:%2$d; root %1$s/www; keepalive_requests 7; client_max_body_size 1k;
                        location /moved { return 301 /file; }
                        location /text { return 200 "text"; }
                    }
                }
                """.formatted(folder, port));
        Process nginx = new ProcessBuilder(
                        binary.toString(),
                        "-p",
                        folder.toString(),
                        "-c",
                        folder.resolve("nginx.conf").toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        try (HttpClient client = HttpClients.open()) {
            String url = "http://127.0.0.1:" + port;
            awaitServer(client, url, nginx);
            for (int i = 0; i < 50; i++) {
                assertEquals("text", client.get(url + "/text").receive(100).text());
            }
            assertEquals(3_000_000, client.get(url + "/file").receive(3_000_000).body().length);
            assertEquals(3_000_000, client.head(url + "/file").receive(0).head().contentLength());
            assertEquals(301, client.get(url + "/moved").receive(1000).status());
            CollectedResponse part =
                    client.get(url + "/file").header("Range", "bytes=0-9").receive(10);
            assertEquals("206 10", part.status() + " " + part.body().length);
            CollectedResponse refused = client.post(url + "/file")
                    .expectContinue()
                    .body(RequestContent.of(new byte[5000]))
                    .receive(1000);
            assertEquals(413, refused.status());
        } finally {
            nginx.destroy();
            nginx.waitFor();
        }
    }

    private static void awaitServer(HttpClient client, String url, Process server) throws Exception {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            try {
                client.get(url + "/text").receive(100);
                return;
            } catch (HttpFailure.ConnectFailed e) {
                assertTrue(server.isAlive() && System.nanoTime() - giveUp < 0, "nginx does not start");
                Thread.sleep(20);
            }
        }
    }
}
