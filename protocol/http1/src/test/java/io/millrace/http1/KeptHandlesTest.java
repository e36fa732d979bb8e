// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.MemberSet;
import io.millrace.http.Handler;
import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import io.millrace.http.Route;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a handler keeps of an exchange and uses when it is over, or what another thread uses without defer(), is
 * refused, and never reaches the exchange that is under way.
 */
@Timeout(60)
@ExpectedLog("returned without an answer")
class KeptHandlesTest {
    private static final String KEEP = "POST /keep HTTP/1.1\r\nHost: h\r\nX: kept\r\nContent-Length: 2\r\n\r\nab";
    private static final String NEXT = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

    private Request request;
    private Response response;
    private RequestBody body;
    private Headers headers;
    private Headers trailers;
    private ResponseStream stream;

    private void keep(Request ofRequest, Response ofResponse) {
        request = ofRequest;
        response = ofResponse;
        body = ofRequest.body();
        headers = ofRequest.headers();
        trailers = ofRequest.trailers();
    }

    // ---- handlers on the loop

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherThreadIsRefusedWhenAllIsOver(boolean answers) {
        MemoryLink link = Serving.of(keeping(answers)).open().feed(KEEP);
        elsewhere(this::assertEveryVerbIsRefused);
        assertEquals(1, Answer.all(link.text()).size());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theLoopIsRefusedInALaterTurn(boolean answers) {
        Serving serving = Serving.of(keeping(answers));
        MemoryLink link = serving.open().feed(KEEP);
        assertEveryVerbIsRefused();
        link.execute(this::assertEveryVerbIsRefused);
        assertEquals(1, Answer.all(link.run().text()).size());
        assertEquals(List.of("POST /keep " + (answers ? "200 4" : "500 26")), serving.log);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherThreadIsRefusedWhileAnotherClientIsAnswered(boolean answers) {
        Serving serving = Serving.of((asked, response) -> {
            if (asked.path().equals("/keep")) {
                keeping(answers).handle(asked, response);
            } else {
                elsewhere(this::assertEveryVerbIsRefused);
                response.send("mine");
            }
        });
        serving.open().feed(KEEP);
        MemoryLink other = serving.open().feed(NEXT);
        assertEquals("mine", Answer.only(other.text()).body());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherHandlerIsRefusedOnTheSameConnection(boolean answers) {
        Serving serving = usedByTheNext(answers);
        MemoryLink link = serving.open().feed(KEEP + NEXT);
        assertEquals("mine", Answer.all(link.text()).getLast().body());
        for (int i = 0; i < 40; i++) {
            assertEquals("mine", Answer.all(link.feed(NEXT).take()).getLast().body());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherHandlerIsRefusedOnAnotherConnection(boolean answers) {
        Serving serving = usedByTheNext(answers);
        serving.open().feed(KEEP);
        for (int i = 0; i < 40; i++) {
            assertEquals("mine", Answer.only(serving.open().feed(NEXT).text()).body());
        }
    }

    private Serving usedByTheNext(boolean answers) {
        return Serving.of((asked, response) -> {
            if (asked.path().equals("/keep")) {
                keeping(answers).handle(asked, response);
            } else {
                assertEveryVerbIsRefused();
                response.send("mine");
            }
        });
    }

    /** A handler that gave no answer may have meant to give it later: its handles are never valid again. */
    @Test
    void aForgottenDeferIsFoundOutHoweverLate() {
        Serving serving = usedAfter(5000, (asked, response) -> keep(asked, response));
        MemoryLink link = serving.open().feed(KEEP);
        link.take();
        for (int i = 0; i < 5000; i++) {
            assertEquals(200, Answer.only(link.feed(NEXT).take()).status());
        }
        assertEquals(1, refusals.size());
    }

    /** So may one that asked the loop to call it. */
    @Test
    void aTaskForLaterIsFoundOut() {
        Serving serving = Serving.of((asked, response) -> {
            response.execute(() -> refusals.add(assertThrows(IllegalStateException.class, () -> response.header("X"))));
            response.send("now");
        });
        MemoryLink link = serving.open().feed(NEXT);
        assertEquals("now", Answer.only(link.run().text()).body());
        assertEquals(1, refusals.size());
    }

    /** Handles that a handler answered with live for so many requests, and no longer. */
    @Test
    void keptHandlesDieOfAge() {
        Serving serving = usedAfter(512 * 8, keeping(true));
        MemoryLink link = serving.open().feed(KEEP);
        link.take();
        for (int i = 0; i < 512 * 8; i++) {
            assertEquals(200, Answer.only(link.feed(NEXT).take()).status());
        }
        assertEquals(1, refusals.size());
    }

    /** Looking for such a fault, one sees every use of what was kept. */
    @Test
    void nothingIsGivenOutTwiceWhenDebugging() {
        System.setProperty("io.millrace.http.debug", "true");
        try {
            Serving serving = usedAfter(8, keeping(true));
            MemoryLink link = serving.open().feed(KEEP);
            link.take();
            for (int i = 0; i < 8; i++) {
                assertEquals(200, Answer.only(link.feed(NEXT).take()).status());
            }
            assertEquals(1, refusals.size());
        } finally {
            System.clearProperty("io.millrace.http.debug");
        }
    }

    private final List<Throwable> refusals = new ArrayList<>();

    /** Uses what the first handler kept for the first time in the run of the handler that comes so many later. */
    private Serving usedAfter(int count, Handler first) {
        int[] handled = {0};
        return Serving.of((asked, response) -> {
            if (handled[0]++ == 0) {
                first.handle(asked, response);
            } else {
                if (handled[0] == count + 1) {
                    refusals.add(assertThrows(IllegalStateException.class, () -> this.response.send("breach")));
                }
                response.send("mine");
            }
        });
    }

    private Handler keeping(boolean answers) {
        return (asked, response) -> {
            keep(asked, response);
            if (answers) {
                response.send("done");
            }
        };
    }

    @Test
    void anotherThreadIsRefusedWhileTheHandlerRuns() {
        Serving serving = Serving.of((asked, response) -> {
            keep(asked, response);
            elsewhere(this::assertEveryVerbIsRefused);
            response.send("mine");
        });
        assertEquals("mine", Answer.only(serving.open().feed(KEEP).text()).body());
    }

    @Test
    void aBodyThatIsReadDefersTheAnswer() {
        Serving serving = Serving.of((asked, response) -> {
            keep(asked, response);
            asked.body().collect(10, bytes -> {});
        });
        MemoryLink link = serving.open().feed(KEEP);
        elsewhere(() -> response.send(request.path() + headers.first("X") + body.length()));
        assertEquals("/keepkept2", Answer.only(link.run().text()).body());
    }

    @Test
    void afterDeferAnyThreadMay() {
        Serving serving = Serving.of((asked, response) -> {
            keep(asked, response);
            response.defer();
        });
        MemoryLink link = serving.open().feed(KEEP);
        elsewhere(() -> response.send(request.path() + headers.first("X") + body.length()));
        assertEquals("/keepkept2", Answer.only(link.run().text()).body());
        // Its own exchange is over, and nobody else's begins.
        Request kept = request;
        Response answered = response;
        serving.open().feed(NEXT);
        assertEquals("/keep", kept.path());
        assertThrows(IllegalStateException.class, () -> answered.send("twice"));
    }

    @Test
    void whatIsToldAtTheEndMayLookAtAll() {
        List<String> seen = new ArrayList<>();
        Handler handler = (asked, response) -> {
            response.onComplete(() -> seen.add(asked.path() + response.bytesSent() + asked.header("X")));
            response.send("done");
        };
        Serving.of(handler).open().feed(KEEP);
        MemoryLink apart = Serving.of(Route.virtual(handler)).open().feed(KEEP);
        apart.runUntil(() -> seen.size() == 2);
        MemoryLink slices = Serving.of((asked, response) -> {
                    response.onComplete(() -> seen.add(asked.path() + response.bytesSent() + asked.header("X")));
                    response.send(new byte[200_000]);
                })
                .open()
                .highWater(1)
                .window(10)
                .feed(KEEP);
        slices.window(Long.MAX_VALUE);
        assertEquals(List.of("/keep4kept", "/keep4kept", "/keep200000kept"), seen);
    }

    // ---- streams

    @Test
    void aStreamIsTheHandlersUntilItIsDeferred() throws IOException {
        Serving serving = Serving.of((asked, response) -> {
            keep(asked, response);
            stream = response.stream();
            elsewhere(() -> assertEveryVerbIsRefused(ResponseStream.class, stream));
            elsewhere(this::assertEveryVerbIsRefused);
            stream.write(request.path());
            response.defer();
        });
        MemoryLink link = serving.open().feed(KEEP);
        elsewhere(() -> {
            stream.write(request.header("X"));
            stream.close();
        });
        assertEquals("/keepkept", Answer.only(link.run().text()).body());
    }

    @Test
    void aStreamThatIsOverNeverReachesAnotherExchange() throws IOException {
        Serving serving = Serving.of((asked, response) -> {
            if (asked.path().equals("/keep")) {
                stream = response.defer().stream();
                stream.write("kept");
                stream.close();
            } else {
                assertThrows(IOException.class, () -> stream.write("breach"));
                stream.flush();
                stream.close();
                response.send("mine");
            }
        });
        MemoryLink link = serving.open().feed(KEEP);
        for (int i = 0; i < 50; i++) {
            assertEquals("mine", Answer.all(link.feed(NEXT).take()).getLast().body());
        }
    }

    // ---- handlers on virtual threads

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aVirtualHandlerHasReturned(boolean answers) {
        Serving serving = Serving.of(Route.virtual(keeping(answers)));
        MemoryLink link = serving.open().feed(KEEP);
        link.runUntil(() -> serving.log.size() == 1 && overFor(response));
        elsewhere(this::assertEveryVerbIsRefused);
        assertEveryVerbIsRefused();
        assertEquals(1, Answer.all(link.text()).size());
    }

    @Test
    void aVirtualHandlerHasReturnedAndItsStreamIsClosed() {
        Serving serving = Serving.of(Route.virtual((asked, response) -> {
            keep(asked, response);
            stream = response.stream();
            stream.write("a");
        }));
        MemoryLink link = serving.open().feed(KEEP);
        link.runUntil(() -> serving.log.size() == 1 && overFor(response));
        elsewhere(() -> assertEveryVerbIsRefused(ResponseStream.class, stream));
        assertFalse(stream.isOpen());
        // Before the second request: its handler may have answered when that has been fed.
        assertEquals("a", Answer.only(link.text()).body());
        link.feed(KEEP);
        assertFalse(stream.isOpen(), "whatever else its exchange is used for");
    }

    @Test
    void threadsOfAVirtualHandlersOwnMayTakePart() {
        Serving serving = Serving.of(Route.virtual((asked, response) -> {
            elsewhere(() -> response.header("X-Path", asked.path()));
            response.send();
        }));
        MemoryLink link = serving.open().feed(KEEP);
        link.runUntil(() -> serving.log.size() == 1);
        assertEquals("/keep", Answer.only(link.text()).field("X-Path"));
    }

    private static boolean overFor(Response kept) {
        try {
            kept.committed();
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    // ---- tools

    private interface Verb {
        void run() throws Exception;
    }

    private static void elsewhere(Verb verb) {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(1);
        Thread.ofPlatform().start(() -> {
            try {
                verb.run();
            } catch (Throwable e) {
                thrown.set(e);
            } finally {
                done.countDown();
            }
        });
        try {
            done.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (thrown.get() != null) {
            throw new AssertionError(thrown.get());
        }
    }

    private void assertEveryVerbIsRefused() {
        assertEveryVerbIsRefused(Request.class, request);
        assertEveryVerbIsRefused(Response.class, response);
        assertEveryVerbIsRefused(RequestBody.class, body);
        assertEveryVerbIsRefused(Headers.class, headers);
        assertEveryVerbIsRefused(Headers.class, trailers);
    }

    private static void assertEveryVerbIsRefused(Class<?> type, Object kept) {
        int verbs = 0;
        for (Method verb : type.getMethods()) {
            boolean own = verb.getDeclaringClass().getName().startsWith("io.millrace");
            if (own
                    && !Modifier.isStatic(verb.getModifiers())
                    && !isCloseOfAClosedStream(verb, kept)
                    && !isForAnyThread(verb)) {
                assertIsRefused(verb, kept);
                verbs++;
            }
        }
        assertTrue(verbs >= 5, type + " has " + verbs);
        assertNull(kept.toString().contains("null") ? kept.toString() : null);
    }

    // Closing twice is allowed, whoever closed first.
    private static boolean isCloseOfAClosedStream(Method verb, Object kept) {
        return kept instanceof ResponseStream && verb.getName().equals("close");
    }

    // Whoever sends to many asks each stream, from any thread, whether it still is one.
    private static boolean isForAnyThread(Method verb) {
        return Arrays.stream(MemberSet.Member.class.getMethods())
                .anyMatch(other -> other.getName().equals(verb.getName()));
    }

    private static void assertIsRefused(Method verb, Object kept) {
        Object[] arguments = new Object[verb.getParameterCount()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = argument(verb.getParameterTypes()[i]);
        }
        InvocationTargetException thrown =
                assertThrows(InvocationTargetException.class, () -> verb.invoke(kept, arguments), verb::toString);
        IllegalStateException refusal =
                assertInstanceOf(IllegalStateException.class, thrown.getCause(), verb::toString);
        assertTrue(refusal.getMessage().contains("defer()"), refusal::getMessage);
    }

    private static Object argument(Class<?> type) {
        if (type == int.class) {
            return 200;
        } else if (type == long.class) {
            return 0L;
        } else if (type == boolean.class) {
            return true;
        } else if (type == String.class) {
            return "x";
        } else if (type == byte[].class) {
            return new byte[600];
        } else if (type == io.millrace.core.OpenFile.class) {
            return new BytesFile(new byte[10]);
        }
        return null;
    }
}
