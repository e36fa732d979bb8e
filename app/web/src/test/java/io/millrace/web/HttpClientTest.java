// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.client.ClientOptions;
import io.millrace.client.CollectedResponse;
import io.millrace.client.HttpClient;
import io.millrace.client.HttpFailure;
import io.millrace.client.Origin;
import io.millrace.client.RequestContent;
import io.millrace.client.StreamedResponse;
import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.socket.Kernel;
import io.millrace.socket.UnixAddress;
import io.millrace.transport.Engine;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The HTTP client against this house's own server, over every engine. */
@Timeout(120)
final class HttpClientTest {
    private static final int MUCH = 3_000_000;

    static Stream<Engine> engines() {
        return Engine.all().stream();
    }

    private static HttpClient open(Engine engine) throws Exception {
        assumeTrue((engine.whyNot() == null), () -> engine.name() + ": " + engine.whyNot());
        return HttpClients.open(ClientOptions.DEFAULT, Kernel.host(), 2, engine);
    }

    private static WebServer server() throws Exception {
        Handler echo = (request, response) -> {
            byte[] body = request.body().bytes(10 * MUCH);
            response.header("X-Method", request.method())
                    .header("X-Length", "" + request.body().length());
            response.send(body);
        };
        return WebServer.on(0)
                .limits(Limits.DEFAULT.withBody(10L * MUCH))
                .get("/hello", (request, response) -> response.send("Hello, " + request.header("Host")))
                .get("/empty", (request, response) -> response.status(204).send())
                .get("/chunked", Dispatch.VIRTUAL, (request, response) -> {
                    try (var out = response.stream()) {
                        out.write("one ");
                        out.flush();
                        out.write("two");
                        out.trailer("X-Sum", "6");
                    }
                })
                .get("/much", (request, response) -> response.send(bytes(MUCH)))
                .get(
                        "/moved",
                        (request, response) -> response.status(302)
                                .header("Location", "/hello")
                                .send())
                .route("POST", "/echo", Dispatch.VIRTUAL, echo)
                .route("PUT", "/echo", Dispatch.VIRTUAL, echo)
                .start();
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private static String url(WebServer server, String path) {
        return "http://127.0.0.1:" + server.port() + path;
    }

    @ParameterizedTest
    @MethodSource("engines")
    void answersOfEveryShape(Engine engine) throws Exception {
        try (HttpClient client = open(engine);
                WebServer server = server()) {
            CollectedResponse hello = client.get(url(server, "/hello")).receive(100);
            assertEquals(200, hello.status());
            assertEquals("Hello, 127.0.0.1:" + server.port(), hello.text());
            CollectedResponse head = client.head(url(server, "/hello")).receive(0);
            assertEquals(hello.body().length, head.head().contentLength());
            assertEquals(204, client.get(url(server, "/empty")).receive(0).status());
            CollectedResponse chunked = client.get(url(server, "/chunked")).receive(100);
            assertEquals("one two", chunked.text());
            assertEquals("6", chunked.trailers().first("X-Sum"));
            assertEquals(404, client.get(url(server, "/none")).receive(1000).status());
            assertArrayEquals(
                    bytes(MUCH), client.get(url(server, "/much")).receive(MUCH).body());
            assertEquals(302, client.get(url(server, "/moved")).receive(1000).status());
            assertEquals(
                    hello.text(),
                    client.get(url(server, "/moved")).redirects(1).receive(1000).text());
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void requestBodiesOfEveryKind(Engine engine) throws Exception {
        byte[] body = bytes(MUCH);
        try (HttpClient client = open(engine);
                WebServer server = server()) {
            List<RequestContent> kinds = List.of(
                    RequestContent.of(body),
                    RequestContent.of(new ByteArrayInputStream(body), body.length),
                    RequestContent.of(new ByteArrayInputStream(body), -1),
                    RequestContent.of(new Pieces(body), body.length),
                    RequestContent.of(new Pieces(body)));
            for (RequestContent kind : kinds) {
                CollectedResponse answer =
                        client.post(url(server, "/echo")).body(kind).receive(MUCH);
                assertArrayEquals(body, answer.body());
                assertEquals("" + kind.length(), answer.header("X-Length"));
            }
            CollectedResponse empty = client.put(url(server, "/echo")).receive(MUCH);
            assertEquals("0", empty.header("X-Length"));
            CollectedResponse asked = client.post(url(server, "/echo"))
                    .expectContinue()
                    .body(RequestContent.of("after 100"))
                    .receive(MUCH);
            assertEquals("after 100", asked.text());
        }
    }

    /** Writes as long as there is room, and ends. */
    private static final class Pieces implements io.millrace.client.BodyProducer {
        private final byte[] body;
        private int at;

        Pieces(byte[] body) {
            this.body = body;
        }

        @Override
        public void produce(io.millrace.client.BodyWriter out) {
            while (out.writable() && at < body.length) {
                int count = Math.min(10_000, body.length - at);
                out.write(body, at, count);
                at += count;
            }
            if (at == body.length) {
                out.end();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void aStreamIsReadAtTheReadersPace(Engine engine) throws Exception {
        try (HttpClient client = open(engine);
                WebServer server = server();
                StreamedResponse answer = client.get(url(server, "/much")).stream()) {
            assertEquals(200, answer.status());
            InputStream in = answer.body();
            byte[] first = in.readNBytes(1000);
            assertArrayEquals(Arrays.copyOf(bytes(MUCH), 1000), first);
            assertTrue(in.available() <= 128 * 1024, "more was taken than asked for");
            assertEquals(MUCH - 1000, in.readAllBytes().length);
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void manyCallsShareFewConnections(Engine engine) throws Exception {
        ClientOptions few =
                ClientOptions.DEFAULT.withPool(ClientOptions.DEFAULT.pool().withPerOrigin(2));
        assumeTrue((engine.whyNot() == null), () -> engine.name() + ": " + engine.whyNot());
        try (WebServer server = server();
                HttpClient client = HttpClients.open(few, Kernel.host(), 1, engine)) {
            List<CompletableFuture<CollectedResponse>> answers = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                answers.add(client.get(url(server, "/hello")).collect(100));
            }
            for (CompletableFuture<CollectedResponse> answer : answers) {
                assertEquals(200, answer.get(30, TimeUnit.SECONDS).status());
                assertTrue(server.connections() <= 2);
            }
        }
    }

    @Test
    void callsOnVirtualThreads() throws Exception {
        try (WebServer server = server();
                HttpClient client = HttpClients.open()) {
            List<Thread> threads = new ArrayList<>();
            List<String> failed = java.util.Collections.synchronizedList(new ArrayList<>());
            for (int i = 0; i < 200; i++) {
                threads.add(Thread.startVirtualThread(() -> {
                    try {
                        client.get(url(server, "/hello")).receive(100);
                    } catch (HttpFailure e) {
                        failed.add(e.toString());
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(List.of(), failed);
        }
    }

    @Test
    void overAUnixSocket(@TempDir Path folder) throws Exception {
        UnixAddress address = UnixAddress.of(folder.resolve("web.sock"));
        try (WebServer server = WebServer.on(0)
                        .listen(address)
                        .get("/x", (request, response) -> response.send(request.header("Host")))
                        .start();
                HttpClient client = HttpClients.open()) {
            assertEquals(
                    "localhost",
                    client.request("GET", Origin.at(server.local()), "/x")
                            .receive(100)
                            .text());
        }
    }

    @Test
    void failuresSayWhatWasNotThere() throws Exception {
        int closed;
        try (WebServer server = server()) {
            closed = server.port();
        }
        HttpClient client = HttpClients.open();
        HttpFailure refused = assertThrows(
                HttpFailure.ConnectFailed.class,
                () -> client.get("http://127.0.0.1:" + closed + "/").receive(10));
        assertTrue(!refused.sent());
        assertThrows(
                HttpFailure.UnknownHost.class,
                () -> client.get("http://no-such-host.invalid/").receive(10));
        assertThrows(
                HttpFailure.ConnectFailed.class,
                () -> client.get("https://127.0.0.1:" + closed + "/").receive(10));
        client.close();
        assertThrows(
                HttpFailure.ClientClosed.class,
                () -> client.get("http://127.0.0.1:" + closed + "/").receive(10));
    }

    @Test
    void aLoopMustNotWait() throws Exception {
        try (WebServer server = server();
                HttpClient client = HttpClients.open()) {
            Thread here = Thread.currentThread();
            Object seen;
            do {
                CompletableFuture<Object> told = new CompletableFuture<>();
                client.get(url(server, "/hello"))
                        .collect(100)
                        .whenComplete((answer, failure) -> told.complete(
                                Thread.currentThread() == here ? here : failureOfWaiting(client, server)));
                seen = told.get(30, TimeUnit.SECONDS);
            } while (seen == here); // the answer was there before anybody asked to be told by the loop
            assertEquals(IllegalStateException.class, seen.getClass());
        }
    }

    private static Object failureOfWaiting(HttpClient client, WebServer server) {
        try {
            return client.get(url(server, "/hello")).receive(100);
        } catch (Throwable t) {
            return t;
        }
    }

    @Test
    void tooLargeToCollect() throws Exception {
        try (WebServer server = server();
                HttpClient client = HttpClients.open()) {
            assertThrows(
                    HttpFailure.ResponseTooLarge.class,
                    () -> client.get(url(server, "/much")).receive(1000));
            assertEquals(
                    "x",
                    new String(
                            client.post(url(server, "/echo"))
                                    .body(RequestContent.of("x"))
                                    .receive(1)
                                    .body(),
                            StandardCharsets.US_ASCII));
        }
    }
}
