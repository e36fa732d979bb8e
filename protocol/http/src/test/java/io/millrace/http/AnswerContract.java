// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.testkit.ExpectedLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@link ExchangeContract} says about requests, executors, outcomes and answers that are written as a whole. */
abstract class AnswerContract extends ContractBase {
    @ParameterizedTest
    @MethodSource("places")
    void aRequestIsWhatTheWireSays(Dispatch place) {
        ContractWire wire = wire(at(
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
                        request.headers().has("z") ? "yes" : "no",
                        String.valueOf(request.dispatch())))));
        wire.ask("GET", "/a/%62?q=1", "x-a: y", "z: 1").runUntilOver();
        assertEquals("GET /a/%62?q=1 /a/b /a/%62 q=1 1 " + wire.origin() + " y yes " + place, wire.content());
    }

    @Test
    void aRequestOutlivesItsBytesWhenItsAnswerIsDeferred() {
        AtomicReference<Response> later = new AtomicReference<>();
        AtomicReference<Request> asked = new AtomicReference<>();
        ContractWire wire = wire((request, response) -> {
            asked.set(request);
            later.set(response.defer());
        });
        wire.ask("PUT", "/a?b", "x: y");
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

    @Test
    void aRejectedRequestIsToldToComeBack() {
        ContractWire wire = wire(Route.on(
                task -> {
                    throw new RejectedExecutionException("full");
                },
                (request, response) -> response.send("never")));
        wire.ask("GET", "/").runUntilOver();
        assertTrue(
                wire.written().getFirst().startsWith("head 503 "),
                wire.written().toString());
        assertTrue(
                wire.written().getFirst().contains("retry-after=1"),
                wire.written().toString());
        assertEquals(1, wire.ends());
        assertEquals(1, log.size());
        assertTrue(log.getFirst().startsWith("/ 503 "), log.toString());
    }

    @Test
    @ExpectedLog("the answer to ")
    void anExecutorThatFailsIsAnErrorOfTheServer() {
        ContractWire wire = wire(Route.on(
                task -> {
                    throw new OutOfMemoryError("no thread");
                },
                (request, response) -> response.send("never")));
        wire.ask("GET", "/").runUntilOver();
        assertTrue(
                wire.written().getFirst().startsWith("head 500 "),
                wire.written().toString());
        assertEquals(1, wire.ends());
    }

    /** A pool may take a task and fail to start a thread for it: what comes of the task then comes too late. */
    @Test
    @ExpectedLog("the answer to ")
    void aTaskThatRunsThoughItsExecutorRejectedItIsOfNoEffect() {
        List<Runnable> kept = new ArrayList<>();
        ContractWire wire = wire(Route.on(
                task -> {
                    kept.add(task);
                    throw new RejectedExecutionException("full");
                },
                (request, response) -> response.send("late")));
        wire.ask("GET", "/").runUntilOver();
        elsewhere(() -> kept.getFirst().run());
        wire.ask("GET", "/next").runUntilOver();
        assertTrue(
                wire.written().stream().noneMatch(line -> line.contains("late")),
                wire.written().toString());
        assertEquals(2, wire.ends());
    }

    @Test
    void anExecutorMayRunTheHandlerOnTheLoop() {
        ContractWire wire = wire(Route.on(
                Runnable::run,
                (request, response) ->
                        response.send(request.path() + Thread.currentThread().threadId())));
        wire.ask("GET", "/a").runUntilOver();
        assertEquals("/a" + Thread.currentThread().threadId(), wire.content());
        assertEquals(1, wire.ends());
    }

    @ParameterizedTest
    @MethodSource("places")
    @ExpectedLog("the answer to ")
    void aHandlerThatForgetsToAnswerIsAFault(Dispatch place) {
        List<Response.Outcome> outcomes = new ArrayList<>();
        ContractWire wire = wire(at(place, (request, response) -> {
            response.onComplete(outcomes::add);
            response.status(204);
        }));
        wire.ask("GET", "/").runUntilOver();
        assertTrue(
                wire.written().getFirst().startsWith("head 500 "),
                wire.written().toString());
        assertEquals(Response.Result.FAILED, outcomes.getFirst().result());
        assertEquals(500, outcomes.getFirst().status());
    }

    @Test
    @ExpectedLog("the answer to ")
    void aDeferredHandlerMayFailFromAnyThread() {
        AtomicReference<Response> later = new AtomicReference<>();
        ContractWire wire = wire((request, response) -> later.set(response.defer()));
        wire.ask("GET", "/");
        elsewhere(() -> later.get().fail(new HttpException(404)));
        wire.runUntilOver();
        assertTrue(
                wire.written().getFirst().startsWith("head 404 "),
                wire.written().toString());
        wire.ask("GET", "/");
        elsewhere(() -> later.get().fail(new IOException("broken")));
        wire.runUntilOver();
        assertTrue(
                wire.written().stream().anyMatch(line -> line.startsWith("head 500 ")),
                wire.written().toString());
    }

    @ParameterizedTest
    @MethodSource("places")
    void anAnswerIsHeadBodyEnd(Dispatch place) {
        ContractWire wire = wire(at(
                place,
                (request, response) ->
                        response.status(201).header("A", "b").header("A", "c").send(Ascii.bytes("hello"))));
        wire.ask("POST", "/").runUntilOver();
        assertEquals(List.of("head 201 length 5 a=b a=c", "body hello", "end"), wire.written());
        assertEquals(1, wire.ends());
        assertLog(wire, List.of("/ 201 5"));
    }

    @ParameterizedTest
    @MethodSource("places")
    @ExpectedLog("the answer to ")
    void whatAHandlerThrowsIsAnAnswer(Dispatch place) {
        ContractWire wire = wire(at(place, (request, response) -> {
            response.header("ETag", "of the content").header("X", "kept");
            if (request.path().equals("/known")) {
                throw new HttpException(409);
            }
            throw new AssertionError("on purpose");
        }));
        wire.ask("GET", "/known").runUntilOver();
        wire.ask("GET", "/unknown").runUntilOver();
        assertEquals(
                "head 409 length 13 x=kept content-type=text/plain; charset=utf-8",
                wire.written().get(0));
        assertEquals(
                "head 500 length 26 x=kept content-type=text/plain; charset=utf-8",
                wire.written().get(3));
        assertLog(wire, List.of("/known 409 13", "/unknown 500 26"));
    }

    @Test
    void headHasTheHeadOfGet() {
        ContractWire wire = wire((request, response) -> response.send("text"));
        wire.ask("HEAD", "/");
        assertEquals(List.of("head 200 length 4 content-type=text/plain; charset=utf-8", "end"), wire.written());
    }

    @Test
    @ExpectedLog("the answer to ")
    void anAnswerFromAnotherThreadIsRefusedUntilItIsDeferred() {
        AtomicReference<Response> kept = new AtomicReference<>();
        ContractWire wire = wire((request, response) -> {
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
        assertTrue(
                wire.written().getFirst().startsWith("head 500 "),
                wire.written().toString());
        assertEquals(List.of("head 200 length 0", "end"), wire.written().subList(3, 5));
        assertLog(wire, List.of("/forgotten 500 26", "/deferred 200 0"));
    }

    @Test
    void anAnswerThatComesTooLateIsDropped() {
        AtomicReference<Response> later = new AtomicReference<>();
        ContractWire wire = wire((request, response) -> later.set(response.defer()));
        wire.ask("GET", "/").reset();
        elsewhere(() -> later.get().send("nobody"));
        wire.onLoop(() -> {});
        assertEquals(List.of(), wire.written());
        assertLog(wire, List.of("/ 0 0"));
    }

    @ParameterizedTest
    @MethodSource("places")
    void interimAnswersComeFirst(Dispatch place) {
        ContractWire wire = wire(at(place, (request, response) -> {
            response.header("Link", "</a>").interim(103).header("X", "y").interim(102);
            response.header("Z", "z").send(new byte[0]);
            assertThrows(IllegalStateException.class, () -> response.interim(103));
        }));
        wire.ask("GET", "/").runUntilOver();
        assertEquals(
                List.of(
                        "interim 103 link=</a>",
                        "interim 102 link=</a> x=y",
                        "head 200 length 0 link=</a> x=y z=z",
                        "end"),
                wire.written());
        assertLog(wire, List.of("/ 200 0"));
    }

    @Test
    void whatIsNoInterimStatusIsRefused() {
        ContractWire wire = wire((request, response) -> {
            for (int status : new int[] {0, 100, 101, 200, 404}) {
                assertThrows(IllegalArgumentException.class, () -> response.interim(status));
            }
            response.send();
        });
        wire.ask("GET", "/");
        assertEquals(List.of("head 200 length 0", "end"), wire.written());
    }

    @ParameterizedTest
    @MethodSource("places")
    void aLengthIsAnnouncedWithoutABody(Dispatch place) {
        ContractWire wire = wire(at(place, (request, response) -> {
            int status = request.path().equals("/304") ? 304 : 200;
            response.status(status).sendHead(request.path().equals("/-1") ? -1 : 1234);
        }));
        wire.ask("HEAD", "/").runUntilOver();
        wire.ask("HEAD", "/-1").runUntilOver();
        wire.ask("GET", "/304").runUntilOver();
        assertEquals(
                List.of("head 200 length 1234", "end", "head 200 length -1", "end", "head 304 length 1234", "end"),
                wire.written());
        ContractWire wrong = wire(at(place, (request, response) -> {
            assertThrows(IllegalStateException.class, () -> response.sendHead(1234));
            response.send();
        }));
        wrong.ask("GET", "/").runUntilOver();
        assertEquals(List.of("head 200 length 0", "end"), wrong.written());
    }

    @ParameterizedTest
    @MethodSource("places")
    void anAbortIsToldBeforeThereIsAStream(Dispatch place) {
        List<String> told = new ArrayList<>();
        CountDownLatch asked = new CountDownLatch(1);
        AtomicReference<Response> later = new AtomicReference<>();
        ContractWire wire = wire(at(place, (request, response) -> {
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
        ContractWire wire = wire(at(place, (request, response) -> {
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
        ContractWire wire = newWire(HttpContext.of(router)
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
}
