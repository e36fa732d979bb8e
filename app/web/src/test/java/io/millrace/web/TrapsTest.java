// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.http.HttpException;
import io.millrace.http.Limits;
import io.millrace.http.RequestBody;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistakes that handlers make, and what becomes of them: never another client's trouble, never silence. */
@Timeout(120)
class TrapsTest {
    private static String ask(WebServer server, String request) throws IOException {
        try (RawClient client = RawClient.connect(server.address())) {
            client.send(request + "Connection: close\r\n\r\n");
            return client.readText();
        }
    }

    private static String get(WebServer server, String path) throws IOException {
        return ask(server, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    }

    private static Dispatch place(boolean inline) {
        return inline ? Dispatch.INLINE : Dispatch.VIRTUAL;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStreamThatIsLeftOpenEndsWithItsHandler(boolean inline) throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .get(
                        "/",
                        place(inline),
                        (request, response) -> response.stream().write("left open"))
                .start()) {
            assertTrue(get(server, "/").endsWith("9\r\nleft open\r\n0\r\n\r\n"));
        }
    }

    @ExpectedLog("no answer to GET /never (route /never): 503 was answered after PT0.2S")
    @Test
    void anAnswerThatNeverComesIs503() throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .limits(Limits.DEFAULT.withAnswerTime(Duration.ofMillis(200)))
                .get("/never", (request, response) -> response.defer())
                .start()) {
            String answer = get(server, "/never");
            assertTrue(answer.startsWith("HTTP/1.1 503 "), answer);
            assertTrue(answer.contains("Retry-After: 1\r\n"), answer);
        }
    }

    @ExpectedLog("answer to ")
    @Test
    void aHandlerThatIsStuckIsInterruptedAndItsLateAnswerFails() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        LinkedBlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .limits(Limits.DEFAULT.withAnswerTime(Duration.ofMillis(200)))
                .get("/stuck", Dispatch.VIRTUAL, (request, response) -> {
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        thrown.add(e);
                    }
                    thrown.add(assertThrows(IllegalStateException.class, () -> response.send("late")));
                })
                .start()) {
            assertTrue(get(server, "/stuck").startsWith("HTTP/1.1 503 "));
            assertInstanceOf(InterruptedException.class, thrown.poll(20, TimeUnit.SECONDS));
            String late = thrown.poll(20, TimeUnit.SECONDS).getMessage();
            assertTrue(late.contains("GET /stuck (route /stuck) comes too late: 503"), late);
        }
    }

    @ExpectedLog("answer to ")
    @Test
    void aStageAnswersWhenItCompletes() throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .get("/text", Handler.async((request, response) -> CompletableFuture.supplyAsync(() -> "worked out")))
                .get(
                        "/own",
                        Handler.async((request, response) -> CompletableFuture.runAsync(
                                () -> response.status(201).send())))
                .get(
                        "/refused",
                        Handler.async((request, response) -> CompletableFuture.supplyAsync(() -> {
                            throw new CompletionException(new HttpException(409, "taken"));
                        })))
                .get(
                        "/fails",
                        Handler.async((request, response) ->
                                CompletableFuture.failedFuture(new IllegalStateException("on purpose"))))
                .get("/nothing", Handler.async((request, response) -> CompletableFuture.completedFuture(null)))
                .start()) {
            assertTrue(get(server, "/text").endsWith("\r\n\r\nworked out"));
            assertTrue(get(server, "/own").startsWith("HTTP/1.1 201 "));
            assertTrue(get(server, "/refused").endsWith("409 taken\n"));
            assertTrue(get(server, "/fails").startsWith("HTTP/1.1 500 "));
            assertTrue(get(server, "/nothing").startsWith("HTTP/1.1 500 "));
        }
    }

    @Test
    void anOpenStreamHearsOfTheStopAndCostsNoGrace() throws Exception {
        CountDownLatch open = new CountDownLatch(2);
        WebServer server = WebServer.on(0)
                .loops(1)
                .events("/events", (request, events) -> open.countDown())
                .get("/own", (request, response) -> {
                    var stream = response.defer().stream();
                    response.onStopping(() -> {
                        try {
                            stream.write("bye");
                            stream.close();
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    });
                    stream.flush();
                    open.countDown();
                })
                .start();
        try (RawClient events = RawClient.connect(server.address());
                RawClient own = RawClient.connect(server.address())) {
            events.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
            own.send("GET /own HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertTrue(open.await(20, TimeUnit.SECONDS));
            assertTrue(server.stop(Duration.ofSeconds(60)));
            assertTrue(own.readText().endsWith("3\r\nbye\r\n0\r\n\r\n"));
            assertTrue(events.readText().endsWith("0\r\n\r\n"));
        }
    }

    @ExpectedLog("the answer to GET /stuck (route /stuck) failed")
    @Test
    void aHandlerThatTheStopCutsOffIsInterruptedAndItsLateAnswerFails() throws Exception {
        CountDownLatch runs = new CountDownLatch(1);
        LinkedBlockingQueue<Throwable> thrown = new LinkedBlockingQueue<>();
        WebServer server = WebServer.on(0)
                .loops(1)
                .get("/stuck", Dispatch.VIRTUAL, (request, response) -> {
                    runs.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        thrown.add(e);
                    }
                    thrown.add(assertThrows(IllegalStateException.class, () -> response.send("late")));
                    throw new IllegalStateException("ends");
                })
                .start();
        try (RawClient client = RawClient.connect(server.address())) {
            client.send("GET /stuck HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertTrue(runs.await(20, TimeUnit.SECONDS));
            assertFalse(server.stop(Duration.ofMillis(100)));
            assertInstanceOf(InterruptedException.class, thrown.poll(20, TimeUnit.SECONDS));
            String late = thrown.poll(20, TimeUnit.SECONDS).getMessage();
            assertTrue(late.endsWith("comes too late: the server was stopped"), late);
        }
    }

    @ExpectedLog("answer to ")
    @Test
    void errorsInCallbacksGoTheWayOfAllErrors() throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .filter((request, response, next) -> {
                    response.header("Access-Control-Allow-Origin", "*");
                    next.handle(request, response);
                })
                .error(500, (request, response) -> response.send("ours " + response.status()))
                .error(413, (request, response) -> response.send("too long"))
                .post(
                        "/reader",
                        (request, response) -> request.body().collect(100, bytes -> {
                            throw new IllegalStateException("on purpose");
                        }))
                .post("/long", (request, response) -> request.body().collect(3, bytes -> response.send(bytes)))
                .post(
                        "/pieces",
                        (request, response) -> request.body().read(new RequestBody.Reader() {
                            @Override
                            public void data(byte[] bytes, int offset, int length) {
                                throw new UnsupportedOperationException("by class");
                            }

                            @Override
                            public void end() {}

                            @Override
                            public void failed(IOException why) {}
                        }))
                .error(
                        UnsupportedOperationException.class,
                        (e, request, response) -> response.status(501).send(e.getMessage()))
                .post("/later", (request, response) -> {
                    response.defer();
                    response.execute(() -> response.fail(new IllegalStateException("on purpose")));
                })
                .start()) {
            for (String path : new String[] {"/reader", "/later"}) {
                assertError(post(server, path), 500, "ours 500");
            }
            assertError(post(server, "/long"), 413, "too long");
            assertError(post(server, "/pieces"), 501, "by class");
        }
    }

    private static String post(WebServer server, String path) throws IOException {
        String head = "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
        try (RawClient client = RawClient.connect(server.address())) {
            client.send(head + "hello");
            return client.readText();
        }
    }

    private static void assertError(String answer, int status, String body) {
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.contains("Access-Control-Allow-Origin: *\r\n"), answer);
        assertTrue(answer.endsWith("\r\n\r\n" + body), answer);
    }

    @Test
    void filtersSeeThePathThatRoutesSee(@TempDir Path folder) throws IOException {
        Files.createDirectory(folder.resolve("private"));
        Files.writeString(folder.resolve("private/file"), "secret");
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .filter(
                        "/private",
                        (request, response, next) -> response.status(403).send("kept " + request.path()))
                .files("/", folder)
                .start()) {
            for (String path : new String[] {
                "/private/file",
                "//private/file",
                "/./private/file",
                "/x/../private/file",
                "/%70rivate/file",
                "/x/%2e%2e/private%2Ffile",
                "/private//./file"
            }) {
                String answer = get(server, path);
                assertTrue(answer.startsWith("HTTP/1.1 403 "), path + ": " + answer);
                assertTrue(answer.endsWith("kept /private/file"), path + ": " + answer);
            }
            assertFalse(get(server, "/privateer").startsWith("HTTP/1.1 403 "));
        }
    }

    @Test
    void messagesNameTheRequestAndTheRoute() throws IOException {
        LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>();
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .get("/x/{id}", (request, response) -> {
                    said.add(assertThrows(NullPointerException.class, () -> response.send((String) null))
                            .getMessage());
                    said.add(assertThrows(NullPointerException.class, () -> response.header("X-None", null))
                            .getMessage());
                    response.send("once");
                    said.add(assertThrows(IllegalStateException.class, () -> response.send("twice"))
                            .getMessage());
                })
                .start()) {
            get(server, "/x/7");
            assertEquals("the text of the response to GET /x/7 (route /x/{id})", said.remove());
            assertEquals("the value of the field X-None", said.remove());
            String message = said.remove();
            assertTrue(message.startsWith("the response to GET /x/7 (route /x/{id}) is committed"), message);
        }
    }

    /** What is logged ends where the application's own frames end, and says how many have been left out. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @ExpectedLog("the answer to GET /fails (route /fails) failed")
    void stackTracesEndWithTheApplication(boolean inline) throws Exception {
        LinkedBlockingQueue<Throwable> logged = new LinkedBlockingQueue<>();
        Logger logger = Logger.getLogger("io.millrace.http");
        java.util.logging.Filter before = logger.getFilter();
        logger.setFilter(line -> {
            Throwable thrown = line.getThrown();
            return thrown == null || !"on purpose".equals(thrown.getMessage()) || logged.add(thrown);
        });
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .get("/fails", place(inline), (request, response) -> {
                    throw new IllegalStateException("on purpose");
                })
                .start()) {
            assertTrue(get(server, "/fails").startsWith("HTTP/1.1 500 "));
            StackTraceElement[] frames = logged.poll(20, TimeUnit.SECONDS).getStackTrace();
            assertTrue(frames[0].getClassName().contains("TrapsTest"), frames[0].toString());
            String last = frames[frames.length - 1].toString();
            assertTrue(last.matches("millrace\\.server\\(\\d+ frames left out\\)"), last);
            assertTrue(frames.length < 8, () -> Arrays.toString(frames));
        } finally {
            logger.setFilter(before);
        }
    }

    @ExpectedLog("has been blocked for")
    @Test
    void aLoopThatAHandlerBlocksIsReported() throws Exception {
        CountDownLatch reported = new CountDownLatch(1);
        Logger logger = Logger.getLogger("io.millrace.web");
        java.util.logging.Filter before = logger.getFilter();
        logger.setFilter(line -> {
            boolean names = line.getThrown() != null
                    && Arrays.stream(line.getThrown().getStackTrace())
                            .anyMatch(frame -> frame.getClassName().contains("TrapsTest"));
            if (line.getMessage().contains("has been blocked for") && names) {
                reported.countDown();
            }
            return true;
        });
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .reportBlockedLoops(Duration.ofMillis(50))
                .get("/", (request, response) -> {
                    assertTrue(reported.await(30, TimeUnit.SECONDS));
                    response.send("reported");
                })
                .start()) {
            assertTrue(get(server, "/").endsWith("reported"));
        } finally {
            logger.setFilter(before);
        }
    }

    @Test
    void periodicTasksAndHealth() throws Exception {
        CountDownLatch ran = new CountDownLatch(3);
        AtomicBoolean database = new AtomicBoolean(true);
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .every(Duration.ofMillis(1), ran::countDown)
                .health(
                        "/health",
                        new HealthChecks().add("database", database::get).add("other", () -> true))
                .start()) {
            assertTrue(ran.await(30, TimeUnit.SECONDS));
            CountDownLatch once = new CountDownLatch(1);
            server.loop().schedule(Duration.ofMillis(1), once::countDown);
            assertTrue(once.await(30, TimeUnit.SECONDS));
            assertTrue(get(server, "/health/live").startsWith("HTTP/1.1 200 "));
            assertTrue(get(server, "/health/ready").endsWith("server: up\ndatabase: up\nother: up\n"));
            database.set(false);
            String down = get(server, "/health/ready");
            assertTrue(down.startsWith("HTTP/1.1 503 ") && down.contains("database: down\nother: up\n"), down);
            database.set(true);
            server.drain();
            assertTrue(get(server, "/health/ready").startsWith("HTTP/1.1 503 "));
        }
    }
}
