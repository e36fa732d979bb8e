// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.Limits;
import io.millrace.models.IoModel;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Binding before serving, and draining before stopping, whatever the server waits with. */
@Timeout(120)
final class ServerLifeTest {
    private static final String ASK = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private static WebServer server(IoModel model) {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        return WebServer.on(0).model(model).loops(2);
    }

    private static String answer(RawClient client) throws IOException {
        String head = client.send(ASK).readUntil("\r\n\r\n");
        assertTrue(head.startsWith("HTTP/1.1 200 "), head);
        assertEquals("yes", new String(client.read(3)));
        return head;
    }

    private static boolean isLast(String head) {
        return head.contains("\r\nConnection: close\r\n");
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void whoConnectsToABoundServerIsAnsweredWhenItHasStarted(IoModel model) throws Exception {
        try (WebServer server = server(model).bind()) {
            assertTrue(server.port() > 0);
            assertFalse(server.isReady());
            try (RawClient client = RawClient.connect(server.address())) {
                client.send(ASK);
                assertThrows(IllegalStateException.class, () -> server.loops(3));
                assertThrows(IllegalStateException.class, () -> server.address(new InetSocketAddress(0)));
                assertThrows(IllegalStateException.class, server::bind);
                server.get("/", (request, response) -> response.send("yes"))
                        .serverName("late")
                        .limits(Limits.DEFAULT)
                        .start();
                assertTrue(server.isReady());
                String head = client.readUntil("\r\n\r\n");
                assertTrue(head.startsWith("HTTP/1.1 200 "), head);
                assertTrue(head.contains("\r\nServer: late\r\n"), head);
                assertThrows(IllegalStateException.class, server::start);
                assertThrows(IllegalStateException.class, () -> server.serverName("later"));
            }
        }
    }

    @SuppressWarnings("try") // it is there, and nothing else
    @ParameterizedTest
    @EnumSource(IoModel.class)
    void aBoundServerCanBeStopped(IoModel model) throws Exception {
        WebServer server = server(model).bind();
        InetSocketAddress address = server.address();
        try (RawClient waiting = RawClient.connect(address)) {
            assertTrue(server.stop(Duration.ofSeconds(30)));
            assertEquals("", rest(waiting));
            assertThrows(IOException.class, () -> RawClient.connect(address).close());
            assertThrows(IllegalStateException.class, server::start);
            assertFalse(server.isReady());
        }
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void aServerThatDrainsAnswersEachConnectionOnceMore(IoModel model) throws Exception {
        try (WebServer server = server(model)) {
            server.get("/", (request, response) -> response.send("yes")).start();
            boolean several = model.clientsAtOnce() > 1;
            try (RawClient old = RawClient.connect(server.address())) {
                assertFalse(isLast(answer(old)));
                server.drain();
                assertFalse(server.isReady());
                assertTrue(server.isDraining());
                if (several) {
                    try (RawClient fresh = RawClient.connect(server.address())) {
                        assertTrue(isLast(answer(fresh)));
                        assertEquals("", fresh.readText());
                    }
                }
                assertTrue(isLast(answer(old)));
                assertEquals("", old.readText());
            }
            assertTrue(server.stop(Duration.ofSeconds(30)));
            assertFalse(server.isDraining());
        }
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void stoppingMayDrainFirstAndASecondWordEndsThat(IoModel model) throws Exception {
        try (WebServer server = server(model)) {
            server.get("/", (request, response) -> response.send("yes")).start();
            CompletableFuture<Boolean> stopped = new CompletableFuture<>();
            Thread stopping = Thread.ofPlatform().start(() -> {
                try {
                    stopped.complete(server.stop(Duration.ofHours(1), Duration.ofSeconds(30)));
                } catch (Throwable e) {
                    stopped.completeExceptionally(e);
                }
            });
            await(server::isDraining);
            try (RawClient client = RawClient.connect(server.address())) {
                assertTrue(isLast(answer(client)));
                assertFalse(stopped.isDone());
            }
            assertTrue(server.stop(Duration.ofSeconds(30)));
            assertTrue(stopped.get(30, TimeUnit.SECONDS));
            stopping.join();
        }
    }

    @Test
    void anInterruptedDrainEndsTheServerAtOnce() throws Exception {
        try (WebServer server = server(IoModel.auto())) {
            server.get("/", (request, response) -> response.defer()).start();
            try (RawClient client = RawClient.connect(server.address())) {
                client.send(ASK);
                CountDownLatch thrown = new CountDownLatch(1);
                Thread stopping = Thread.ofPlatform().start(() -> {
                    try {
                        server.stop(Duration.ofHours(1), Duration.ofHours(1));
                    } catch (InterruptedException e) {
                        thrown.countDown();
                    }
                });
                await(server::isDraining);
                stopping.interrupt();
                assertTrue(thrown.await(30, TimeUnit.SECONDS));
                assertEquals("", rest(client));
            }
        }
    }

    @Test
    void drainingIsOfNoEffectOnAServerThatDoesNotRun() throws Exception {
        WebServer server = WebServer.on(0);
        server.drain();
        assertFalse(server.isDraining());
        assertTrue(server.stop(Duration.ofHours(1), Duration.ZERO), "nothing is waited for");
        assertThrows(IllegalStateException.class, server::start);
    }

    @Test
    void readinessCanBeAskedForByAHandler() throws Exception {
        try (WebServer server = WebServer.on(0)) {
            server.get(
                            "/ready",
                            Dispatch.VIRTUAL,
                            (request, response) -> response.status(server.isReady() ? 200 : 503)
                                    .send())
                    .start();
            assertEquals(200, status(server, "/ready"));
            server.drain();
            assertEquals(503, status(server, "/ready"));
        }
    }

    private static int status(WebServer server, String path) throws IOException {
        try (RawClient client = RawClient.connect(server.address())) {
            String head = client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    .readUntil("\r\n\r\n");
            return Integer.parseInt(head.split(" ")[1]);
        }
    }

    /** Without native access there is only the JDK's selector, and the flag that is missing is named. */
    @Test
    void theFallbackToTheSelectorIsSaid(@TempDir Path folder) throws Exception {
        assumeTrue(IoModel.EPOLL_EDGE.isAvailable(), "the selector is what there is");
        Path said = folder.resolve("said");
        for (boolean flag : new boolean[] {true, false}) {
            List<String> command = new ArrayList<>(PreforkProgram.command());
            command.set(command.size() - 1, PlainProgram.class.getName());
            if (!flag) {
                command.removeIf(word -> word.startsWith("--enable-native-access"));
            }
            Process program = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            assertTrue(program.waitFor(60, TimeUnit.SECONDS));
            String text = Files.readString(said);
            assertEquals(flag, text.contains("epoll"), text);
            assertEquals(!flag, text.contains("--enable-native-access=ALL-UNNAMED"), text);
        }
    }

    // ---- worker processes

    private static WebServer prefork() {
        assumeTrue(IoModel.PREFORK.isAvailable(), "no worker processes here");
        return PreforkProgram.server().workerCommand(PreforkProgram.command());
    }

    @ExpectedLog("was ended by signal 9")
    @Test
    void workersStartWithTheServerAndAreToldThatItDrains() throws Exception {
        try (WebServer server = prefork().bind()) {
            assertEquals(Set.of(), children());
            try (RawClient client = RawClient.connect(server.address())) {
                client.send(ASK);
                server.start();
                assertTrue(client.readUntil("\r\n\r\n").startsWith("HTTP/1.1 200 "));
            }
            assertEquals(200, status(server, "/ready"));
            server.drain();
            await(() -> statusOrFailure(server, "/ready") == 503);
            try (RawClient client = RawClient.connect(server.address())) {
                assertTrue(isLast(client.send(ASK).readUntil("\r\n\r\n")));
            }
            // One that comes up meanwhile is told, too.
            children().forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            await(() -> statusOrFailure(server, "/ready") == 503);
            assertTrue(server.stop(Duration.ofSeconds(60)));
        }
        assertEquals(Set.of(), children());
    }

    /** A worker of before a reload is held by a request that is never answered: it is ended after the limit. */
    @Test
    void aWorkerThatWasReplacedIsEndedAfterItsGrace() throws Exception {
        try (WebServer server = prefork().reloadGrace(Duration.ofMillis(500)).start()) {
            try (RawClient held = RawClient.connect(server.address())) {
                held.send("GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n");
                assertTrue(held.readUntil("held\r\n").startsWith("HTTP/1.1 200 "));
                Set<Long> old = children();
                assertEquals(1, old.size());
                server.reload();
                await(() -> children().stream().noneMatch(old::contains)
                        && children().size() == 1);
                rest(held);
            }
            assertEquals(200, status(server, "/"));
        }
    }

    @Test
    void aReloadGraceIsNotNegative() {
        assertThrows(IllegalArgumentException.class, () -> WebServer.on(0).reloadGrace(Duration.ofNanos(-1)));
    }

    /** What comes until the end, be it a reset. */
    private static String rest(RawClient client) {
        try {
            return client.readText();
        } catch (IOException reset) {
            return "";
        }
    }

    private static Set<Long> children() {
        return ProcessHandle.current()
                .children()
                .filter(ProcessHandle::isAlive)
                .map(ProcessHandle::pid)
                .collect(Collectors.toSet());
    }

    private static int statusOrFailure(WebServer server, String path) {
        try {
            return status(server, path);
        } catch (IOException e) {
            return -1;
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, "it never came");
            Thread.sleep(10);
        }
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void whoWantsToKnowOfTheDrainIsToldItsTime(IoModel model) throws Exception {
        CompletableFuture<Duration> told = new CompletableFuture<>();
        WebServer server = server(model).get("/", (request, response) -> response.send("yes"));
        try (server) {
            server.onDraining(time -> {
                assertTrue(server.isDraining());
                told.complete(time);
            });
            server.start();
            CompletableFuture<Boolean> stopped = CompletableFuture.supplyAsync(() -> {
                try {
                    return server.stop(Duration.ofSeconds(600), Duration.ofSeconds(30));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            assertEquals(Duration.ofSeconds(600), told.get(30, TimeUnit.SECONDS));
            server.stop(Duration.ofSeconds(30));
            assertTrue(stopped.get(30, TimeUnit.SECONDS));
        }
    }
}
