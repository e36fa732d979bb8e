// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.fileserver.FileOptions;
import io.millrace.http.Dispatch;
import io.millrace.http.Limits;
import io.millrace.testkit.HouseClassPath;
import io.millrace.transport.AcceptDistribution;
import io.millrace.transport.OverloadPolicy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "the loops of this release are for Linux")
final class WebServerTest {

    /** What a reader of the guide lets the editor import. */
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void closeClient() {
        client.close();
    }

    @Test
    void routesFiltersAndDispatchWorkTogether() throws Exception {
        try (WebServer server = WebServer.on(0)
                .loops(2)
                .filter((request, response, next) -> {
                    response.header("X-Filter", request.method());
                    next.handle(request, response);
                })
                .get("/hello/{name}", (request, response) -> response.send("Hello, " + request.param("name")))
                .post(
                        "/length",
                        (request, response) ->
                                request.body().collect(100, body -> response.send(Integer.toString(body.length))))
                .put("/thing", (request, response) -> response.status(201).send())
                .patch("/thing", (request, response) -> response.send("patched"))
                .delete("/thing", (request, response) -> response.status(204).send())
                .route(
                        "GET",
                        "/thread",
                        Dispatch.VIRTUAL,
                        (request, response) -> response.send(
                                Boolean.toString(Thread.currentThread().isVirtual())))
                .handler((request, response) -> response.status(404).send("nothing at " + request.path()))
                .start()) {
            HttpResponse<String> hello = send(server, "GET", "/hello/world", "");
            assertEquals("Hello, world", hello.body());
            assertEquals("GET", hello.headers().firstValue("X-Filter").orElse(""));
            assertEquals("millrace", hello.headers().firstValue("Server").orElse(""));
            assertEquals("5", send(server, "POST", "/length", "12345").body());
            assertEquals(201, send(server, "PUT", "/thing", "").statusCode());
            assertEquals("patched", send(server, "PATCH", "/thing", "").body());
            assertEquals(204, send(server, "DELETE", "/thing", "").statusCode());
            assertEquals("true", send(server, "GET", "/thread", "").body());
            assertEquals("nothing at /else", send(server, "GET", "/else", "").body());
        }
    }

    /** With the clock of the machine: it shows within a second, and must in the end. */
    @Test
    void aFolderThatIsMadeAnewIsServed(@TempDir Path place) throws Exception {
        Path folder = Files.createDirectory(place.resolve("dist"));
        Files.writeString(folder.resolve("a.txt"), "one");
        try (WebServer server =
                WebServer.on(0).loops(2).files("/static", folder).start()) {
            assertEquals("one", send(server, "GET", "/static/a.txt", "").body());
            Files.move(folder, place.resolve("dist.old"));
            until(() -> send(server, "GET", "/static/a.txt", "").statusCode() == 404);
            Files.createDirectory(folder);
            Files.writeString(folder.resolve("a.txt"), "two");
            until(() -> send(server, "GET", "/static/a.txt", "").body().equals("two"));
        }
    }

    private static void until(Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!holds.call()) {
            assertTrue(System.nanoTime() - deadline < 0, "still not");
            Thread.onSpinWait();
        }
    }

    @Test
    void filesAppearUnderTheirPath(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("a.txt"), "content");
        try (WebServer server = WebServer.on(0)
                .files("/static", folder)
                .get("/static/own", (request, response) -> response.send("a route goes before a file"))
                .start()) {
            assertEquals("content", send(server, "GET", "/static/a.txt", "").body());
            assertEquals(
                    "a route goes before a file",
                    send(server, "GET", "/static/own", "").body());
            assertEquals(404, send(server, "GET", "/a.txt", "").statusCode());
            assertEquals(200, send(server, "GET", "/static/", "").statusCode());
            assertEquals(405, send(server, "POST", "/static/a.txt", "x").statusCode());
        }
        assertThrows(NoSuchFileException.class, () -> WebServer.on(0).files("/", folder.resolve("nowhere")));
    }

    @Test
    void theRootOfAServerCanBeAFolder(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("index.html"), "<p>index");
        try (WebServer server =
                WebServer.on(0).files("/", folder).serverName(null).start()) {
            HttpResponse<String> index = send(server, "GET", "/", "");
            assertEquals("<p>index", index.body());
            assertTrue(index.headers().firstValue("Server").isEmpty());
        }
    }

    @Test
    void listensOnLoopbackUnlessOpened() throws Exception {
        try (WebServer server =
                WebServer.on(0).handler((request, response) -> response.send()).start()) {
            assertTrue(server.address().getAddress().isLoopbackAddress());
            assertNotEquals(0, server.port());
        }
        try (WebServer server = WebServer.on(0)
                .everywhere()
                .handler((request, response) -> response.send("all"))
                .start()) {
            assertTrue(server.address().getAddress().isAnyLocalAddress());
            assertEquals("all", send(server, "GET", "/", "").body());
        }
    }

    @Test
    void limitsLogAndSpreadReachTheProtocol() throws Exception {
        ServerStats stats = new ServerStats();
        for (AcceptDistribution spread : AcceptDistribution.values()) {
            try (WebServer server = WebServer.on(0)
                    .loops(2)
                    .spread(spread)
                    .limits(Limits.DEFAULT.withTarget(20))
                    .log(stats)
                    .handler((request, response) -> response.send("ok"))
                    .start()) {
                assertEquals(200, send(server, "GET", "/short", "").statusCode());
                assertEquals(
                        414, send(server, "GET", "/" + "long".repeat(10), "").statusCode());
            }
        }
        assertEquals(2L * AcceptDistribution.values().length, stats.requests());
        assertEquals(AcceptDistribution.values().length, stats.clientErrors());
    }

    @Test
    void beyondTheConnectionLimitItRefusesIn503() throws Exception {
        try (WebServer server = WebServer.on(0)
                        .loops(1)
                        .maxConnections(1, OverloadPolicy.REFUSE)
                        .handler((request, response) -> response.send("ok"))
                        .start();
                Socket first = new Socket(server.address().getAddress(), server.port())) {
            ask(first, "/");
            assertTrue(line(first).contains(" 200 "));
            assertEquals(1, server.connections());
            try (Socket second = new Socket(server.address().getAddress(), server.port())) {
                second.setSoTimeout(60_000);
                assertTrue(line(second).contains(" 503 "));
            }
        }
    }

    @Test
    void aStopFinishesWhatIsInFlightAndSaysClose() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        WebServer server = WebServer.on(0)
                .loops(1)
                .route("GET", "/slow", Dispatch.VIRTUAL, (request, response) -> {
                    arrived.countDown();
                    answer.await();
                    response.send("done");
                })
                .start();
        int port = server.port();
        try (Socket socket = new Socket(server.address().getAddress(), port);
                Socket idle = new Socket(server.address().getAddress(), port)) {
            ask(socket, "/slow");
            arrived.await();
            FutureTask<Boolean> stop = new FutureTask<>(() -> server.stop(Duration.ofSeconds(60)));
            Thread.ofVirtual().start(stop);
            awaitRefused(server.address());
            assertFalse(stop.isDone());
            // The door closes first, then all who are inside are told, in one turn of the loop: the idle one leaves.
            assertEquals(-1, idle.getInputStream().read());
            answer.countDown();
            String whole = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(whole.startsWith("HTTP/1.1 200 ") && whole.endsWith("\r\n\r\ndone"), whole);
            assertTrue(whole.toLowerCase(Locale.ROOT).contains("connection: close"), whole);
            assertEquals(true, ((Future<Boolean>) stop).get());
            server.await();
        }
        assertTrue(server.stop(Duration.ZERO), "a second stop has nothing to do");
    }

    @Test
    void aStopCutsOffWhatTakesLongerThanTheGrace() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        WebServer server = WebServer.on(0)
                .loops(1)
                .get("/never", (request, response) -> {
                    response.defer();
                    arrived.countDown();
                })
                .start();
        try (Socket socket = new Socket(server.address().getAddress(), server.port())) {
            ask(socket, "/never");
            arrived.await();
            assertFalse(server.stop(Duration.ofMillis(50)));
            assertTrue(isOver(socket.getInputStream()));
        }
    }

    @Test
    void anInterruptedThreadEndsTheServerAllTheSame() throws Exception {
        List<String> closed = new CopyOnWriteArrayList<>();
        CountDownLatch arrived = new CountDownLatch(1);
        WebServer server = WebServer.on(0)
                .loops(1)
                .files("/files", new NoFolder(closed), FileOptions.DEFAULT)
                .get("/never", (request, response) -> {
                    response.defer();
                    arrived.countDown();
                })
                .start();
        try (Socket socket = new Socket(server.address().getAddress(), server.port())) {
            ask(socket, "/never");
            arrived.await();
            FutureTask<Boolean> close = new FutureTask<>(() -> {
                Thread.currentThread().interrupt();
                server.close();
                return Thread.currentThread().isInterrupted();
            });
            Thread.ofPlatform().start(close);
            assertTrue(close.get(), "the interrupt is kept");
            assertEquals(List.of("closed"), closed);
            server.await();
            assertTrue(isOver(socket.getInputStream()));
        }
        assertFalse(server.stop(Duration.ofSeconds(1)), "not everything was done");
        assertEquals(List.of("closed"), closed);
    }

    @Test
    void aSecondStopCutsTheFirstShort() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        WebServer server = WebServer.on(0)
                .loops(1)
                .get("/never", (request, response) -> {
                    response.defer();
                    arrived.countDown();
                })
                .start();
        try (Socket socket = new Socket(server.address().getAddress(), server.port())) {
            ask(socket, "/never");
            arrived.await();
            FutureTask<Boolean> first = new FutureTask<>(() -> server.stop(Duration.ofDays(1)));
            Thread.ofVirtual().start(first);
            awaitRefused(server.address());
            assertFalse(server.stop(Duration.ZERO));
            assertFalse(first.get());
            assertTrue(isOver(socket.getInputStream()));
        }
    }

    @Test
    void aLoopCannotStopItsServerAndSaysSo() throws Exception {
        AtomicReference<WebServer> server = new AtomicReference<>();
        server.set(WebServer.on(0)
                .get("/stop", (request, response) -> {
                    assertThrows(IllegalStateException.class, () -> server.get().stop(Duration.ZERO));
                    response.send("still here");
                })
                .start());
        try (WebServer running = server.get()) {
            assertEquals("still here", send(running, "GET", "/stop", "").body());
            assertTrue(running.stop(Duration.ofSeconds(60)));
        }
    }

    /** A folder in which nothing is, that tells when it is closed. */
    private record NoFolder(List<String> said) implements DirectoryRoot {
        @Override
        public FileInfo look(String path) {
            return FileInfo.ofKind(path, FileInfo.Kind.ABSENT);
        }

        @Override
        public OpenFile open(String path) throws IOException {
            throw new NoSuchFileException(path);
        }

        @Override
        public void list(String path, Visitor visitor) throws IOException {
            throw new NoSuchFileException(path);
        }

        @Override
        public void close() {
            said.add("closed");
        }
    }

    private static boolean isOver(InputStream in) {
        try {
            return in.read() < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    @Test
    void misuseIsSaidAtOnce() throws Exception {
        assertThrows(IllegalArgumentException.class, () -> WebServer.on(65536));
        assertThrows(IllegalArgumentException.class, () -> WebServer.on(0).loops(0));
        assertThrows(IllegalArgumentException.class, () -> WebServer.on(0).maxConnections(0, OverloadPolicy.WAIT));
        assertThrows(IllegalArgumentException.class, () -> WebServer.on(0).get("no/slash", (request, response) -> {}));
        assertThrows(
                IllegalArgumentException.class,
                () -> WebServer.on(0).address(InetSocketAddress.createUnresolved("nowhere.invalid", 80)));
        assertThrows(IllegalStateException.class, () -> WebServer.on(0).port());
        assertThrows(IllegalStateException.class, () -> WebServer.on(0).await());
        WebServer server =
                WebServer.on(0).handler((request, response) -> response.send()).start();
        try (server) {
            IllegalStateException late =
                    assertThrows(IllegalStateException.class, () -> server.get("/late", (request, response) -> {}));
            assertTrue(late.getMessage().contains("before start()"), late.getMessage());
            assertThrows(IllegalStateException.class, server::start);
            assertThrows(IllegalStateException.class, () -> server.log(new ServerStats()));
        }
        assertThrows(IllegalStateException.class, server::start, "a stopped server stays stopped");
    }

    @Test
    void aPortInUseFailsTheStartAndLeavesNothingBehind() throws Exception {
        try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            WebServer server = WebServer.on(holder.getLocalPort()).handler((request, response) -> response.send());
            IOException failure = assertThrows(IOException.class, server::start);
            assertTrue(failure.getMessage().contains("EADDRINUSE"), failure.getMessage());
        }
        try (WebServer first =
                WebServer.on(0).handler((request, response) -> response.send()).start()) {
            WebServer second = WebServer.on(first.port()).handler((request, response) -> response.send());
            assertThrows(IOException.class, second::start, "two servers must not share a port unawares");
        }
    }

    /** Returns the class path of a program that a test starts. */
    static String classPath() {
        return HouseClassPath.text();
    }

    private HttpResponse<String> send(WebServer server, String method, String path, String body)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
        HttpRequest request = HttpRequest.newBuilder(uri)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private static void ask(Socket socket, String path) throws IOException {
        socket.setSoTimeout(60_000);
        String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    private static String line(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII)).readLine();
    }

    /** A stop closes the door before it waits for those inside. */
    private static void awaitRefused(InetSocketAddress address) throws InterruptedException {
        for (boolean open = true; open; ) {
            try (Socket late = new Socket()) {
                late.connect(address, 1000);
                Thread.sleep(5);
            } catch (IOException refused) {
                open = false;
            }
        }
    }
}
