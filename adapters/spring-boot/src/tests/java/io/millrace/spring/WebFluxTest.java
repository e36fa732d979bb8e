// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.spring.Servers.App;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A WebFlux application on Reactor Netty and on Millrace: the same answers. */
@Timeout(120)
final class WebFluxTest {
    private static final CompletableFuture<String> CANCELLED = new CompletableFuture<>();
    private static final Path FILE = file();

    private static Path file() {
        try {
            Path file = Files.createTempFile("millrace", ".bin");
            file.toFile().deleteOnExit();
            return Files.write(file, bytes(3_000_000));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ((i * 31) >> 3);
        }
        return bytes;
    }

    /** The application. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @RestController
    public static class Program {
        @GetMapping("/hello/{name}")
        Map<String, String> hello(@PathVariable String name) {
            return Map.of("hello", name);
        }

        @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
        Flux<Long> events() {
            return Flux.range(0, 5).map(Long::valueOf).delayElements(Duration.ofMillis(1));
        }

        @GetMapping(path = "/endless", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
        Flux<String> endless() {
            return Flux.interval(Duration.ofMillis(5))
                    .map(i -> "x".repeat(1000))
                    .onBackpressureDrop()
                    .doOnCancel(() -> CANCELLED.complete("cancelled"));
        }

        @PostMapping("/echo")
        Flux<DataBuffer> echo(@RequestBody Flux<DataBuffer> body) {
            return body;
        }

        @PostMapping("/size")
        Mono<Integer> size(@RequestBody byte[] body) {
            return Mono.just(body.length);
        }

        @GetMapping("/file")
        Resource file() {
            return new FileSystemResource(FILE);
        }

        @GetMapping("/untyped")
        Mono<Void> untyped(ServerHttpResponse response) {
            response.getHeaders().set("Content-Type", "invalid");
            byte[] text = "large ".repeat(5_000).getBytes(StandardCharsets.UTF_8);
            return response.writeWith(Mono.just(response.bufferFactory().wrap(text)));
        }

        @GetMapping("/large")
        String large() {
            return "large ".repeat(5_000);
        }

        @GetMapping("/who")
        String who(ServerHttpRequest request, ServerHttpResponse response) {
            response.addCookie(ResponseCookie.from("seen", "yes").httpOnly(true).build());
            return request.getURI() + " " + request.getCookies().getFirst("a").getValue() + " "
                    + request.getRemoteAddress().getHostString();
        }

        @GetMapping("/fails")
        Mono<String> fails() {
            return Mono.error(new IllegalStateException("on purpose"));
        }

        @Bean
        HandlerMapping sockets() {
            WebSocketHandler echo = session -> session.send(session.receive()
                    .doOnNext(message -> message.retain())
                    .map(message -> session.textMessage(message.getPayloadAsText())));
            return new SimpleUrlHandlerMapping(Map.of("/socket", echo), -1);
        }
    }

    private static App start(Servers servers, String... properties) {
        return servers.start(WebApplicationType.REACTIVE, Program.class, properties);
    }

    @ParameterizedTest
    @EnumSource
    void answers(Servers servers) throws Exception {
        try (App app = start(servers)) {
            assertEquals(servers == Servers.MILLRACE ? "MillraceWebServer" : "NettyWebServer", app.engine());
            HttpResponse<String> hello = app.get("/hello/you");
            assertEquals("{\"hello\":\"you\"}", hello.body());
            assertEquals("15", hello.headers().firstValue("content-length").orElse(""));
            assertEquals(404, app.get("/nothing").statusCode());
            assertEquals(500, app.get("/fails").statusCode());
            String events = app.get("/events").body();
            assertEquals(
                    "01234",
                    events.lines()
                            .filter(line -> line.startsWith("data:"))
                            .map(line -> line.substring(5))
                            .collect(Collectors.joining()));
            HttpResponse<String> head =
                    app.client.send(app.to("/hello/you").HEAD().build(), BodyHandlers.ofString());
            assertEquals("15", head.headers().firstValue("content-length").orElse(""));
            HttpResponse<String> who = app.client.send(
                    app.to("/who?q=%20").header("Cookie", "a=b; c=d").build(), BodyHandlers.ofString());
            assertEquals("http://127.0.0.1:" + app.port() + "/who?q=%20 b 127.0.0.1", who.body());
            assertEquals(
                    "seen=yes; HttpOnly",
                    who.headers().firstValue("set-cookie").orElse("").replace("HTTPOnly", "HttpOnly"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void bodiesPassInBothFramings(Servers servers) throws Exception {
        byte[] large = bytes(5_000_000);
        try (App app = start(servers, "spring.http.codecs.max-in-memory-size=10MB")) {
            HttpResponse<byte[]> fixed = app.client.send(
                    app.to("/echo")
                            .header("Content-Type", "application/octet-stream")
                            .POST(BodyPublishers.ofByteArray(large))
                            .build(),
                    BodyHandlers.ofByteArray());
            assertArrayEquals(large, fixed.body());
            HttpResponse<byte[]> chunked = app.client.send(
                    app.to("/echo")
                            .header("Content-Type", "application/octet-stream")
                            .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)))
                            .build(),
                    BodyHandlers.ofByteArray());
            assertArrayEquals(large, chunked.body());
            HttpResponse<String> size = app.client.send(
                    app.to("/size")
                            .header("Content-Type", "application/octet-stream")
                            .POST(BodyPublishers.ofByteArray(large))
                            .build(),
                    BodyHandlers.ofString());
            assertEquals("5000000", size.body());
            HttpResponse<byte[]> file = app.client.send(app.to("/file").build(), BodyHandlers.ofByteArray());
            assertArrayEquals(Files.readAllBytes(FILE), file.body());
        }
    }

    @Test
    void aClientThatLeavesCancels() throws Exception {
        try (App app = start(Servers.MILLRACE)) {
            leave(app.port());
            assertEquals("cancelled", CANCELLED.get(30, TimeUnit.SECONDS));
        }
    }

    private static void leave(int port) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream()
                    .write("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readNBytes(500);
            socket.setSoLinger(true, 0);
        }
    }

    /** Collects one message. */
    private static final class Receiver implements WebSocket.Listener {
        final StringBuilder text = new StringBuilder();
        final CompletableFuture<String> message = new CompletableFuture<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                message.complete(text.toString());
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code);
            return null;
        }
    }

    // Without the control: with Jetty on the class path Spring takes Netty's requests for a servlet container's.
    @Test
    void webSocketsEcho() throws Exception {
        try (App app = start(Servers.MILLRACE)) {
            for (int length : new int[] {5, 60_000}) {
                Receiver receiver = new Receiver();
                WebSocket socket = app.client
                        .newWebSocketBuilder()
                        .buildAsync(URI.create("ws://127.0.0.1:" + app.port() + "/socket"), receiver)
                        .get(30, TimeUnit.SECONDS);
                socket.sendText("x".repeat(length), true).get(30, TimeUnit.SECONDS);
                assertEquals("x".repeat(length), receiver.message.get(30, TimeUnit.SECONDS));
                socket.sendClose(1000, "");
                assertEquals(1000, receiver.closed.get(30, TimeUnit.SECONDS));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void answersAreCompressedAsThePropertiesSay(Servers servers) throws Exception {
        try (App app = start(servers, "server.compression.enabled=true")) {
            HttpResponse<byte[]> large = app.client.send(
                    app.to("/large").header("Accept-Encoding", "gzip").build(), BodyHandlers.ofByteArray());
            assertEquals("gzip", large.headers().firstValue("content-encoding").orElse(""));
            byte[] plain = new GZIPInputStream(new ByteArrayInputStream(large.body())).readAllBytes();
            assertEquals("large ".repeat(5_000), new String(plain, StandardCharsets.UTF_8));
            HttpResponse<String> refused = app.get("/large");
            assertTrue(refused.headers().firstValue("content-encoding").isEmpty());
            HttpResponse<String> untyped = app.client.send(
                    app.to("/untyped").header("Accept-Encoding", "gzip").build(), BodyHandlers.ofString());
            assertEquals(200, untyped.statusCode());
            assertTrue(untyped.headers().firstValue("content-encoding").isEmpty());
        }
    }
}
