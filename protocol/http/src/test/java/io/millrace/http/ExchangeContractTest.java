// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.testkit.ExpectedLog;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an exchange promises to handlers and asks of a wire format, whatever that is: over a wire made for the test. */
@Timeout(60)
class ExchangeContractTest {
    private final List<String> log = new ArrayList<>();

    private TestWire wire(Handler handler) {
        return new TestWire(HttpContext.of(handler).withLog(new ExchangeLog() {
            @Override
            public void completed(Request request, int status, long bytes, long nanos) {
                log.add((request == null ? "-" : request.target()) + " " + status + " " + bytes);
            }

            @Override
            public void brokenOff(Request request, int status, long bytes, long nanos) {
                log.add(request.target() + " broken off " + status + " " + bytes);
            }

            @Override
            public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
                log.add("unreadable " + status);
            }
        }));
    }

    /** Every place where a handler may run: what it says is the same. */
    static List<Dispatch> places() {
        return List.of(Dispatch.INLINE, Dispatch.VIRTUAL, Dispatch.on(POOL));
    }

    private static final Executor POOL = new Executor() {
        private final ExecutorService threads =
                Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().factory());

        @Override
        public void execute(Runnable task) {
            threads.execute(task);
        }

        @Override
        public String toString() {
            return "a pool";
        }
    };

    private static Handler at(Dispatch place, Handler handler) {
        return place.isInline() ? handler : Route.on(place, handler);
    }

    // ---- requests

    @ParameterizedTest
    @MethodSource("places")
    void aRequestIsWhatTheWireSays(Dispatch place) {
        TestWire wire = wire(at(
                place,
                (request, response) -> response.send(String.join(
                        " ",
                        request.method(),
                        request.target(),
                        request.path(),
                        request.rawPath(),
                        request.query(),
                        request.query("q"),
                        request.scheme(),
                        request.authority(),
                        String.valueOf(request.version()),
                        request.header("x-a"),
                        String.valueOf(request.headers().size()),
                        String.valueOf(request.dispatch())))));
        wire.ask("GET", "/a/%62?q=1", "X-A:y", "Z:").runUntilOver();
        assertEquals("GET /a/%62?q=1 /a/b /a/%62 q=1 1 https h:1 20 y 2 " + place, wire.content());
    }

    @Test
    void aRequestOutlivesItsBytesWhenItsAnswerIsDeferred() {
        AtomicReference<Response> later = new AtomicReference<>();
        AtomicReference<Request> asked = new AtomicReference<>();
        TestWire wire = wire((request, response) -> {
            asked.set(request);
            later.set(response.defer());
        });
        wire.ask("PUT", "/a?b", "X:y");
        assertEquals(
                "PUT /a b y h:1",
                String.join(
                        " ",
                        asked.get().method(),
                        asked.get().path(),
                        asked.get().query(),
                        asked.get().header("X"),
                        asked.get().authority()));
        elsewhere(() -> later.get().send(asked.get().target()));
        assertEquals("/a?b", wire.runUntilOver().content());
    }

    // ---- executors

    @Test
    void aRejectedRequestIsToldToComeBack() {
        TestWire wire = wire(Route.on(
                task -> {
                    throw new RejectedExecutionException("full");
                },
                (request, response) -> response.send("never")));
        wire.ask("GET", "/").runUntilOver();
        assertTrue(wire.written.getFirst().startsWith("head 503 "), wire.written.toString());
        assertTrue(wire.written.getFirst().contains("Retry-After=1"), wire.written.toString());
        assertEquals(1, wire.answered());
        assertEquals(1, log.size());
        assertTrue(log.getFirst().startsWith("/ 503 "), log.toString());
    }

    @Test
    @ExpectedLog("the answer to ")
    void anExecutorThatFailsIsAnErrorOfTheServer() {
        TestWire wire = wire(Route.on(
                task -> {
                    throw new OutOfMemoryError("no thread");
                },
                (request, response) -> response.send("never")));
        wire.ask("GET", "/").runUntilOver();
        assertTrue(wire.written.getFirst().startsWith("head 500 "), wire.written.toString());
        assertEquals(1, wire.answered());
    }

    /** A pool may take a task and fail to start a thread for it: what comes of the task then comes too late. */
    @Test
    @ExpectedLog("the answer to ")
    void aTaskThatRunsThoughItsExecutorRejectedItIsOfNoEffect() {
        List<Runnable> kept = new ArrayList<>();
        TestWire wire = wire(Route.on(
                task -> {
                    kept.add(task);
                    throw new RejectedExecutionException("full");
                },
                (request, response) -> response.send("late")));
        wire.ask("GET", "/").runUntilOver();
        elsewhere(() -> kept.getFirst().run());
        wire.ask("GET", "/next").runUntilOver();
        assertTrue(wire.written.stream().noneMatch(line -> line.contains("late")), wire.written.toString());
        assertEquals(2, wire.answered());
    }

    @Test
    void anExecutorMayRunTheHandlerOnTheLoop() {
        TestWire wire = wire(Route.on(
                Runnable::run,
                (request, response) ->
                        response.send(request.path() + Thread.currentThread().threadId())));
        wire.ask("GET", "/a").runUntilOver();
        assertEquals("/a" + Thread.currentThread().threadId(), wire.content());
        assertEquals(1, wire.answered());
    }

    // ---- what has come of it

    @ParameterizedTest
    @MethodSource("places")
    @ExpectedLog("the answer to ")
    void aHandlerThatForgetsToAnswerIsAFault(Dispatch place) {
        List<Response.Outcome> outcomes = new ArrayList<>();
        TestWire wire = wire(at(place, (request, response) -> {
            response.onComplete(outcomes::add);
            response.status(204);
        }));
        wire.ask("GET", "/").runUntilOver();
        assertTrue(wire.written.getFirst().startsWith("head 500 "), wire.written.toString());
        assertEquals(Response.Result.FAILED, outcomes.getFirst().result());
        assertEquals(500, outcomes.getFirst().status());
    }

    @ParameterizedTest
    @MethodSource("places")
    @ExpectedLog("the answer to ")
    void theOutcomeIsTold(Dispatch place) {
        List<Response.Outcome> outcomes = new ArrayList<>();
        TestWire wire = wire(at(place, (request, response) -> {
            response.onComplete(outcomes::add);
            switch (request.path()) {
                case "/good" -> response.status(201).send("four");
                case "/refused" -> throw new HttpException(409, "no");
                case "/bad" -> throw new IOException("broken");
                default -> response.abort();
            }
        }));
        wire.ask("GET", "/good").runUntilOver();
        wire.ask("GET", "/refused").runUntilOver();
        wire.ask("GET", "/bad").runUntilOver();
        wire.ask("GET", "/cut").runUntilOver();
        assertEquals(
                List.of("COMPLETE 201 4", "COMPLETE 409 7", "FAILED 500 26", "ABORTED 0 0"),
                outcomes.stream()
                        .map(outcome -> outcome.result() + " " + outcome.status() + " " + outcome.bytes())
                        .toList());
        assertTrue(outcomes.stream().allMatch(outcome -> outcome.nanos() >= 0));
    }

    @Test
    @ExpectedLog("the answer to ")
    void aDeferredHandlerMayFailFromAnyThread() {
        AtomicReference<Response> later = new AtomicReference<>();
        TestWire wire = wire((request, response) -> later.set(response.defer()));
        wire.ask("GET", "/");
        elsewhere(() -> later.get().fail(new HttpException(404)));
        wire.runUntilOver();
        assertTrue(wire.written.getFirst().startsWith("head 404 "), wire.written.toString());
        wire.ask("GET", "/");
        elsewhere(() -> later.get().fail(new IOException("broken")));
        wire.runUntilOver();
        assertTrue(wire.written.stream().anyMatch(line -> line.startsWith("head 500 ")), wire.written.toString());
    }

    // ---- whole answers

    @ParameterizedTest
    @MethodSource("places")
    void anAnswerIsHeadBodyEnd(Dispatch place) {
        TestWire wire = wire(at(
                place,
                (request, response) ->
                        response.status(201).header("A", "b").header("A", "c").send(Ascii.bytes("hello"))));
        wire.ask("POST", "/").runUntilOver();
        assertEquals(List.of("head 201 length 5 A=b A=c", "body hello", "end"), wire.written);
        assertEquals(1, wire.answered());
        assertEquals(List.of("/ 201 5"), log);
    }

    @Test
    void anExchangeAnsweredOnTheLoopServesTheNext() {
        Set<Integer> exchanges = new TreeSet<>();
        TestWire wire = wire((request, response) -> {
            exchanges.add(System.identityHashCode(request.body()));
            response.send(request.path());
        });
        for (int i = 0; i < 100; i++) {
            wire.ask("GET", "/" + i);
        }
        assertEquals(100, wire.answered());
        assertEquals(100, log.size());
        // As many as are given out in turn, and no more.
        assertEquals(Handles.ROTATION, exchanges.size());
    }

    @ParameterizedTest
    @MethodSource("places")
    @ExpectedLog("the answer to ")
    void whatAHandlerThrowsIsAnAnswer(Dispatch place) {
        TestWire wire = wire(at(place, (request, response) -> {
            response.header("ETag", "of the content").header("X", "kept");
            if (request.path().equals("/known")) {
                throw new HttpException(409);
            }
            throw new AssertionError("on purpose");
        }));
        wire.ask("GET", "/known").runUntilOver();
        wire.ask("GET", "/unknown").runUntilOver();
        assertEquals("head 409 length 13 X=kept Content-Type=text/plain; charset=utf-8", wire.written.get(0));
        assertEquals("head 500 length 26 X=kept Content-Type=text/plain; charset=utf-8", wire.written.get(3));
        assertEquals(List.of("/known 409 13", "/unknown 500 26"), log);
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 205, 304})
    void statusesWithoutContentHaveNone(int status) {
        TestWire wire = wire((request, response) -> response.status(status).send("text"));
        wire.ask("GET", "/");
        int length = status == 205 ? 0 : 4;
        assertEquals(
                List.of("head " + status + " length " + length + " Content-Type=text/plain; charset=utf-8", "end"),
                wire.written);
    }

    @Test
    void headHasTheHeadOfGet() {
        TestWire wire = wire((request, response) -> response.send("text"));
        wire.ask("HEAD", "/");
        assertEquals(List.of("head 200 length 4 Content-Type=text/plain; charset=utf-8", "end"), wire.written);
    }

    @ParameterizedTest
    @MethodSource("places")
    void aLargeAnswerWaitsForRoom(Dispatch place) {
        byte[] large = new byte[200_000];
        Arrays.fill(large, (byte) 'x');
        TestWire wire = wire(at(place, (request, response) -> response.send(large)));
        wire.full().ask("GET", "/").runUntil(() -> wire.written.size() >= 2);
        assertEquals(List.of("head 200 length 200000"), wire.written.subList(0, 1));
        int before = wire.content().length();
        assertTrue(before < large.length, before + " bytes without room");
        assertEquals(List.of(), log);
        wire.drain();
        assertEquals(large.length, wire.content().length());
        assertEquals(List.of("/ 200 200000"), log);
    }

    @Test
    @ExpectedLog("the answer to ")
    void anAnswerFromAnotherThreadIsRefusedUntilItIsDeferred() {
        AtomicReference<Response> kept = new AtomicReference<>();
        TestWire wire = wire((request, response) -> {
            kept.set(response);
            elsewhere(() -> assertThrows(IllegalStateException.class, () -> response.send("early")));
            if (request.path().equals("/deferred")) {
                response.defer();
            }
        });
        wire.ask("GET", "/forgotten");
        elsewhere(
                () -> assertThrows(IllegalStateException.class, () -> kept.get().send("late")));
        wire.ask("GET", "/deferred");
        elsewhere(() -> kept.get().send(new byte[0]));
        wire.runUntilOver();
        assertTrue(wire.written.getFirst().startsWith("head 500 "), wire.written.toString());
        assertEquals(List.of("head 200 length 0", "end"), wire.written.subList(3, 5));
        assertEquals(List.of("/forgotten 500 26", "/deferred 200 0"), log);
    }

    @Test
    void anAnswerThatComesTooLateIsDropped() {
        AtomicReference<Response> later = new AtomicReference<>();
        TestWire wire = wire((request, response) -> later.set(response.defer()));
        wire.ask("GET", "/").reset();
        elsewhere(() -> later.get().send("nobody"));
        wire.onLoop(() -> {});
        assertEquals(List.of(), wire.written);
        assertEquals(List.of("/ 0 0"), log);
    }

    @ParameterizedTest
    @MethodSource("places")
    void interimAnswersComeFirst(Dispatch place) {
        TestWire wire = wire(at(place, (request, response) -> {
            response.header("Link", "</a>").interim(103).header("X", "y").interim(102);
            response.header("Z", "z").send(new byte[0]);
            assertThrows(IllegalStateException.class, () -> response.interim(103));
        }));
        wire.ask("GET", "/").runUntilOver();
        assertEquals(
                List.of(
                        "interim 103 Link=</a>",
                        "interim 102 Link=</a> X=y",
                        "head 200 length 0 Link=</a> X=y Z=z",
                        "end"),
                wire.written);
        assertEquals(List.of("/ 200 0"), log);
    }

    @Test
    void whatIsNoInterimStatusIsRefused() {
        TestWire wire = wire((request, response) -> {
            for (int status : new int[] {0, 100, 101, 200, 404}) {
                assertThrows(IllegalArgumentException.class, () -> response.interim(status));
            }
            response.send();
        });
        wire.ask("GET", "/");
        assertEquals(List.of("head 200 length 0", "end"), wire.written);
    }

    @ParameterizedTest
    @MethodSource("places")
    void aLengthIsAnnouncedWithoutABody(Dispatch place) {
        TestWire wire = wire(at(place, (request, response) -> {
            int status = request.path().equals("/304") ? 304 : 200;
            response.status(status).sendHead(request.path().equals("/-1") ? -1 : 1234);
        }));
        wire.ask("HEAD", "/").runUntilOver();
        wire.ask("HEAD", "/-1").runUntilOver();
        wire.ask("GET", "/304").runUntilOver();
        assertEquals(
                List.of("head 200 length 1234", "end", "head 200 length -1", "end", "head 304 length 1234", "end"),
                wire.written);
        wire.written.clear();
        TestWire wrong = wire(at(place, (request, response) -> {
            assertThrows(IllegalStateException.class, () -> response.sendHead(1234));
            response.send();
        }));
        wrong.ask("GET", "/").runUntilOver();
        assertEquals(List.of("head 200 length 0", "end"), wrong.written);
    }

    @ParameterizedTest
    @MethodSource("places")
    void anAbortIsToldBeforeThereIsAStream(Dispatch place) {
        List<String> told = new ArrayList<>();
        CountDownLatch asked = new CountDownLatch(1);
        AtomicReference<Response> later = new AtomicReference<>();
        TestWire wire = wire(at(place, (request, response) -> {
            response.defer().onAborted(() -> told.add("aborted"));
            later.set(response);
            asked.countDown();
        }));
        wire.ask("GET", "/").runUntil(() -> asked.getCount() == 0).reset();
        assertEquals(List.of("aborted"), told);
        wire.onLoop(() -> later.get().onAborted(() -> told.add("again")));
        assertEquals(List.of("aborted", "again"), told);
    }

    @ParameterizedTest
    @MethodSource("places")
    void anAnswerThatIsWholeIsNotAborted(Dispatch place) {
        List<String> told = new ArrayList<>();
        TestWire wire = wire(at(place, (request, response) -> {
            response.onAborted(() -> told.add("aborted"));
            response.onComplete(() -> told.add("complete"));
            response.send("whole");
        }));
        wire.ask("GET", "/").runUntilOver().reset();
        assertEquals(List.of("complete"), told);
    }

    /** Of the most exact route, in handlers and in the log; of none where none was found. */
    @ParameterizedTest
    @MethodSource("places")
    void aRequestKnowsThePatternOfItsRoute(Dispatch place) {
        List<String> patterns = new ArrayList<>();
        Router router = new Router();
        for (String pattern : List.of("/users/{id}", "/files/{path...}", "/")) {
            router.route("GET", pattern, place, (request, response) -> response.send(request.pattern()));
        }
        TestWire wire = new TestWire(HttpContext.of(router)
                .withLog((request, status, bytes, nanos) -> patterns.add(request.pattern() + " " + status)));
        for (String path : List.of("/users/42", "/files/a/b", "/", "/none", "/users/43")) {
            wire.ask("GET", path).runUntilOver();
        }
        wire.ask("POST", "/users/42").runUntilOver();
        assertEquals(
                List.of("/users/{id} 200", "/files/{path...} 200", "/ 200", " 404", "/users/{id} 200", " 405"),
                patterns);
        assertTrue(wire.content().startsWith("/users/{id}/files/{path...}/404 Not Found"), wire.content());
    }

    // ---- tunnels

    private record Successor(String name) implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {}
    }

    @ParameterizedTest
    @MethodSource("places")
    void aTunnelTakesOver(Dispatch place) {
        TestWire wire = wire(at(
                place, (request, response) -> response.header("A", "b").upgrade("dumb", () -> new Successor("next"))));
        wire.mayTunnel().ask("GET", "/").runUntilOver();
        assertEquals(List.of("tunnel dumb A=b to Successor[name=next]"), wire.written);
        assertEquals(1, wire.answered());
        assertEquals(List.of("/ 200 0"), log);
    }

    @ParameterizedTest
    @MethodSource("places")
    void aTunnelMayBeDugLaterByAnyThread(Dispatch place) {
        AtomicReference<Response> later = new AtomicReference<>();
        TestWire wire = wire(at(place, (request, response) -> later.set(response.defer())));
        wire.mayTunnel().ask("GET", "/").runUntil(() -> later.get() != null);
        elsewhere(() -> later.get()
                .upgrade("dumb", () -> new Successor(Thread.currentThread().getName())));
        wire.runUntilOver();
        String loop = Thread.currentThread().getName();
        assertEquals(List.of("tunnel dumb to Successor[name=" + loop + "]"), wire.written);
    }

    @Test
    void aTunnelThatTheClientDoesNotTakeIsRefused() {
        TestWire wire = wire((request, response) -> {
            assertThrows(IllegalStateException.class, () -> response.upgrade("dumb", () -> new Successor("no")));
            response.send(new byte[0]);
        });
        wire.ask("GET", "/");
        assertEquals(List.of("head 200 length 0", "end"), wire.written);
    }

    @Test
    @ExpectedLog("the answer to ")
    void aTunnelThatLeadsNowhereIs500() {
        TestWire wire = wire((request, response) -> response.upgrade("dumb", () -> null));
        wire.mayTunnel().ask("GET", "/");
        assertEquals(List.of("/ 500 26"), log);
    }

    // ---- streams

    @ParameterizedTest
    @MethodSource("places")
    void aStreamIsGatheredAndFlushed(Dispatch place) {
        TestWire wire = wire(at(place, (request, response) -> {
            ResponseStream stream = response.header("A", "b").stream();
            stream.write("one");
            stream.write("two");
            stream.flush();
            stream.write("three");
            stream.trailer("T", "t");
            stream.close();
        }));
        wire.ask("GET", "/").runUntilOver();
        assertEquals(List.of("head 200 length -1 A=b", "body onetwo", "body three", "end T=t"), wire.written);
        assertEquals(List.of("/ 200 11"), log);
    }

    @ParameterizedTest
    @MethodSource("places")
    @ExpectedLog("the answer to ")
    void aStreamKeepsItsLength(Dispatch place) {
        TestWire wire = wire(at(place, (request, response) -> {
            try (ResponseStream stream = response.stream(5)) {
                stream.write(
                        request.path().equals("/much")
                                ? "too much"
                                : request.path().substring(1));
            }
        }));
        wire.ask("GET", "/exact").runUntilOver();
        assertEquals(List.of("head 200 length 5", "body exact", "end"), wire.written);
        for (String wrong : List.of("/much", "/less")) {
            TestWire other = wire(at(place, (request, response) -> {
                try (ResponseStream stream = response.stream(5)) {
                    stream.write(wrong.equals("/much") ? "too much" : "less");
                }
            }));
            other.ask("GET", wrong).runUntilOver();
            assertEquals(List.of("cut"), other.written);
        }
    }

    @Test
    void aStreamOnTheLoopIsToldWhenToGoOn() {
        AtomicReference<ResponseStream> stream = new AtomicReference<>();
        List<String> told = new ArrayList<>();
        TestWire wire = wire((request, response) -> {
            stream.set(response.stream());
            stream.get().onWritable(() -> told.add("go on"));
        });
        wire.ask("GET", "/").full();
        wire.onLoop(() -> assertFalse(stream.get().writable()));
        assertEquals(List.of(), told);
        wire.drain();
        assertEquals(List.of("go on"), told);
        wire.onLoop(() -> assertTrue(stream.get().writable()));
    }

    @Test
    void aStreamElsewhereWaitsForRoom() {
        AtomicLong count = new AtomicLong();
        TestWire wire = wire(Route.virtual((request, response) -> {
            try (ResponseStream stream = response.stream()) {
                for (int i = 0; i < 100; i++) {
                    stream.write(new byte[10_000]);
                    count.addAndGet(10_000);
                }
            }
        }));
        wire.full().ask("GET", "/").runUntil(() -> wire.content().length() > 200_000);
        for (int i = 0; i < 50; i++) {
            wire.onLoop(() -> {});
        }
        assertTrue(count.get() < 400_000, count + " bytes written without room");
        wire.drain().runUntilOver();
        assertEquals(1_000_000, wire.content().length());
    }

    @Test
    void aStreamHearsThatTheConnectionHasEnded() {
        List<String> told = new ArrayList<>();
        AtomicReference<ResponseStream> stream = new AtomicReference<>();
        TestWire wire = wire((request, response) -> {
            stream.set(response.stream());
            stream.get().onAborted(() -> told.add("aborted"));
            response.onComplete(() -> told.add("complete " + response.bytesSent()));
            stream.get().write("x");
            stream.get().flush();
        });
        wire.ask("GET", "/").reset();
        assertEquals(List.of("aborted", "complete 1"), told);
        assertEquals(List.of("/ broken off 200 1"), log);
        wire.onLoop(() -> assertThrows(IOException.class, () -> stream.get().write("y")));
    }

    // ---- bodies

    @Test
    void aBodyIsWantedByItsReaderAlone() {
        AtomicReference<RequestBody> body = new AtomicReference<>();
        List<String> seen = new ArrayList<>();
        TestWire wire = wire((request, response) -> {
            response.defer();
            body.set(request.body());
            assertEquals(9, body.get().length());
        });
        wire.ask(9, "POST", "/");
        assertFalse(wire.data("abc"));
        wire.onLoop(() -> body.get().read(new Recorder(seen)));
        assertTrue(wire.data("abc"));
        wire.onLoop(() -> body.get().pause(true));
        assertFalse(wire.data("def"));
        elsewhere(() -> body.get().pause(false));
        wire.runUntil(wire::wantsBody);
        assertTrue(wire.data("def"));
        assertTrue(wire.data("ghi"));
        wire.end();
        assertEquals(List.of("abc", "def", "ghi", "end"), seen);
    }

    @Test
    void aBodyComesAsItIsAskedFor() {
        AtomicReference<RequestBody> body = new AtomicReference<>();
        List<String> seen = new ArrayList<>();
        TestWire wire = wire((request, response) -> {
            body.set(request.body());
            body.get().read(new Recorder(seen), 1);
        });
        wire.ask(9, "POST", "/");
        assertTrue(wire.data("abc"));
        assertFalse(wire.data("def"));
        elsewhere(() -> body.get().request(2));
        wire.runUntil(wire::wantsBody);
        wire.onLoop(() -> body.get().pause(true));
        assertFalse(wire.data("def"));
        wire.onLoop(() -> body.get().pause(false));
        assertTrue(wire.data("def"));
        assertTrue(wire.data("ghi"));
        assertFalse(wire.wantsBody());
        wire.end(); // needs no demand
        assertEquals(List.of("abc", "def", "ghi", "end"), seen);
        wire.onLoop(() ->
                assertThrows(IllegalArgumentException.class, () -> body.get().request(0)));
    }

    @Test
    void demandHasNoEndWhereAllIsAskedFor() {
        List<String> seen = new ArrayList<>();
        AtomicReference<RequestBody> body = new AtomicReference<>();
        TestWire wire = wire((request, response) -> {
            body.set(request.body());
            body.get().read(new Recorder(seen), 0);
        });
        wire.ask(-1, "POST", "/");
        assertFalse(wire.wantsBody());
        wire.onLoop(() -> {
            body.get().request(Long.MAX_VALUE);
            body.get().request(Long.MAX_VALUE);
        });
        for (int i = 0; i < 100; i++) {
            assertTrue(wire.data("x"));
        }
        assertEquals(100, seen.size());
    }

    @Test
    void aBodyIsCollectedUpToItsLimit() {
        TestWire wire = wire((request, response) -> request.body().collect(5, response::send));
        wire.ask(-1, "POST", "/fits").data("abc");
        wire.data("de");
        wire.end();
        assertEquals(List.of("head 200 length 5", "body abcde", "end"), wire.written);
        wire.ask(-1, "POST", "/large").data("abc");
        wire.data("def");
        assertEquals(List.of("/fits 200 5", "/large 413 22"), log);
        assertFalse(wire.wantsBody());
    }

    @Test
    void aBodyIsReadByThoseWhoWait() {
        TestWire wire = wire(Route.virtual(
                (request, response) -> response.send(request.body().bytes(10))));
        wire.ask(-1, "POST", "/").runUntil(wire::wantsBody);
        wire.data("abc");
        wire.data("def");
        wire.end().runUntilOver();
        assertEquals("abcdef", wire.content());
    }

    @Test
    void aReaderHearsOfABadBody() {
        List<String> seen = new ArrayList<>();
        TestWire wire = wire((request, response) -> request.body().read(new Recorder(seen)));
        wire.ask(9, "POST", "/").data("abc");
        wire.bad(408);
        assertEquals(List.of("abc", "failed 408 Request Timeout"), seen);
        assertEquals("head 408 length 20 Content-Type=text/plain; charset=utf-8", wire.written.getFirst());
    }

    @Test
    void aReaderHearsThatTheConnectionHasEnded() {
        List<String> seen = new ArrayList<>();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        TestWire wire = wire((request, response) -> request.body().read(new Recorder(seen)));
        wire.ask(9, "POST", "/").reset();
        assertEquals(List.of("failed the connection has ended"), seen);
        TestWire other = wire(Route.virtual((request, response) -> {
            try {
                request.body().bytes(10);
            } catch (IOException e) {
                thrown.set(e);
            }
        }));
        other.ask(9, "POST", "/").runUntil(other::wantsBody).reset().runUntil(() -> thrown.get() != null);
        assertInstanceOf(IOException.class, thrown.get());
    }

    @Test
    void aBadRequestInTheMiddleOfItsAnswerEndsTheConnection() {
        TestWire wire = wire((request, response) -> {
            ResponseStream stream = response.stream();
            stream.write("half");
            stream.flush();
        });
        wire.ask(9, "POST", "/").bad(400);
        assertEquals(List.of("head 200 length -1", "body half", "cut"), wire.written);
        assertEquals(List.of("/ broken off 200 4"), log);
    }

    // ---- tools

    private interface Task {
        void run() throws Exception;
    }

    private static void elsewhere(Task task) {
        CountDownLatch done = new CountDownLatch(1);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread.ofPlatform().start(() -> {
            try {
                task.run();
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

    /** Writes down what it is told. */
    private record Recorder(List<String> seen) implements RequestBody.Reader {
        @Override
        public void data(byte[] bytes, int offset, int length) {
            seen.add(Ascii.string(bytes, offset, length));
        }

        @Override
        public void end() {
            seen.add("end");
        }

        @Override
        public void failed(IOException why) {
            seen.add("failed " + why.getMessage());
        }
    }
}
