// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.http.Handler;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import io.millrace.http.Route;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.Trickle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ends of a connection, upgrades and refusals. */
class LifecycleTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String UPGRADE =
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: foo, Echo\r\n\r\n";

    // ---- the peer's end

    @Test
    void aPeerThatHasSentAllGetsAllItsAnswers() {
        Deque<Response> waiting = new ArrayDeque<>();
        MemoryLink link =
                Serving.of((request, response) -> waiting.add(response.defer())).open();
        link.feed(GET + GET + GET).end();
        for (int i = 0; i < 3; i++) {
            assertFalse(link.isClosed());
            waiting.poll().send("answer " + i);
            link.run();
        }
        List<Answer> answers = Answer.all(link.text());
        assertEquals(
                List.of("answer 0", "answer 1", "answer 2"),
                answers.stream().map(Answer::body).toList());
        assertTrue(link.isClosed());
    }

    @Test
    void aLargeAnswerIsSentWholeToAPeerThatHasSentAll() {
        MemoryLink link = Serving.of((request, response) -> response.send(new byte[1_000_000]))
                .open();
        link.window(0).feed(GET).end();
        assertFalse(link.isClosed());
        link.window(Long.MAX_VALUE);
        assertEquals(1_000_000, Answer.only(link.text()).body().length());
        assertTrue(link.isClosed());
    }

    @Test
    void anIdleConnectionEndsWithItsPeer() {
        MemoryLink link = Serving.echo().open().feed(GET).end();
        assertEquals(CloseMode.FLUSHED, link.closing());
        assertEquals(1, Answer.all(link.text()).size());
    }

    @Test
    void halfAHeadIsNoRequest() {
        MemoryLink link = Serving.echo().open().feed("GET / HT").end();
        assertTrue(link.isClosed());
        assertEquals("", link.text());
    }

    @Test
    void halfABodyIs400() {
        Handler whole = (request, response) -> request.body().collect(100, bytes -> response.send("whole"));
        Serving serving = Serving.of(whole);
        MemoryLink link = serving.open()
                .feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf")
                .end();
        assertEquals(400, Answer.only(link.text()).status());
        assertTrue(link.isClosed());
    }

    @Test
    void aReaderThatComesAfterTheEndIsNotLeftWaiting() {
        Response[] responses = new Response[1];
        RequestBody[] bodies = new RequestBody[1];
        MemoryLink link = Serving.of((request, response) -> {
                    responses[0] = response.defer();
                    bodies[0] = request.body();
                })
                .open();
        link.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n").end();
        assertFalse(link.isClosed());
        bodies[0].collect(100, bytes -> responses[0].send("whole"));
        link.run();
        assertEquals(400, Answer.only(link.text()).status());
        assertTrue(link.isClosed());
    }

    // ---- the server's end

    @Test
    void anIdleConnectionIsClosedWhenTheServerStops() {
        MemoryLink link = Serving.echo().open().feed(GET).stop();
        assertEquals(CloseMode.FLUSHED, link.closing());
        assertTrue(link.isClosed());
    }

    @Test
    void whatIsInFlightIsFinishedAndTold() {
        Response[] responses = new Response[1];
        MemoryLink link = Serving.of((request, response) -> responses[0] = response.defer())
                .open()
                .feed(GET)
                .stop();
        assertFalse(link.isClosed());
        responses[0].send("done");
        Answer answer = Answer.only(link.run().text());
        assertEquals("done", answer.body());
        assertTrue(answer.closes());
        assertTrue(link.isClosed());
    }

    @Test
    void aHeadThatHasBegunIsAnsweredAndTold() {
        MemoryLink link = Serving.echo().open().feed("GET / ").stop();
        assertFalse(link.isClosed());
        link.feed("HTTP/1.1\r\nHost: h\r\n\r\n");
        assertTrue(Answer.only(link.text()).closes());
        assertTrue(link.isClosed());
    }

    @Test
    void whatHadArrivedBeforeTheServerStopsIsAnsweredAndTold() {
        Serving serving = Serving.of((request, response) -> response.send(new byte[10_000]));
        MemoryLink link = serving.open().highWater(1000).window(0).feed(GET + GET);
        assertEquals(1, serving.log.size(), "the second waits for room");
        link.stop();
        assertFalse(link.isClosed());
        link.window(Long.MAX_VALUE);
        List<Answer> answers = Answer.all(link.text());
        assertEquals(2, answers.size());
        assertFalse(answers.getFirst().closes());
        assertTrue(answers.getLast().closes());
        assertTrue(link.isClosed());
    }

    @Test
    void aHeadThatDoesNotComeToItsEndDoesNotHoldUpTheStop() {
        MemoryLink link = Serving.echo().open().feed(GET).feed("GET / ").stop();
        assertFalse(link.isClosed());
        link.advance(Duration.ofSeconds(10));
        assertEquals(408, Answer.all(link.text()).getLast().status());
        assertTrue(link.isClosed());
    }

    @Test
    void aConnectionTooManyIsTold() {
        Serving serving = Serving.echo();
        MemoryLink link = new MemoryLink(serving.http.refuse(), serving.clock);
        Answer answer = Answer.only(link.text());
        assertEquals(503, answer.status());
        assertEquals("1", answer.field("Retry-After"));
        assertTrue(answer.closes());
        assertEquals(CloseMode.LINGERING, link.closing());
    }

    // ---- heads without bodies

    @Test
    void interimAnswersGoToThoseWhoKnowThem() {
        Handler hinting = (request, response) ->
                response.header("Link", "</a.css>; rel=preload").interim(103).send("text");
        List<Answer> answers = Answer.all(Serving.of(hinting).open().feed(GET).text());
        assertEquals(List.of(103, 200), answers.stream().map(Answer::status).toList());
        assertEquals("</a.css>; rel=preload", answers.get(0).field("Link"));
        assertEquals("</a.css>; rel=preload", answers.get(1).field("Link"));
        String old = Serving.of(hinting).open().feed("GET / HTTP/1.0\r\n\r\n").text();
        assertEquals(200, Answer.only(old).status());
    }

    @Test
    void aLengthIsAnnouncedWithoutABody() {
        MemoryLink link = Serving.of(
                        (request, response) -> response.status(request.method().equals("HEAD") ? 200 : 304)
                                .sendHead(1234))
                .open();
        link.feed(GET.replace("GET", "HEAD") + GET);
        List<Answer> answers = Answer.all(link.text(), "HEAD", "GET");
        assertEquals("1234", answers.get(0).field("Content-Length"));
        assertEquals("1234", answers.get(1).field("Content-Length"));
        assertFalse(link.isClosed());
    }

    // ---- upgrade

    private static final class Echo implements Protocol {
        @Override
        public void opened(Link link) {
            link.out().append(Ascii.bytes("<opened>"));
            link.flush();
        }

        @Override
        public void receive(Buffer in, Link link) {
            link.out().append(in);
            in.consume(in.readable());
            link.flush();
        }
    }

    private static final Handler UPGRADING =
            (request, response) -> response.header("X", "y").upgrade("echo", Echo::new);

    @Test
    void anUpgradeHandsOverTheRestOfTheInput() {
        Trickle.Outcome outcome = Trickle.same(Serving.of(UPGRADING), UPGRADE + "hello\r\n\r\n" + GET);
        Answer answer = Answer.all(outcome.text()).getFirst();
        assertEquals(101, answer.status());
        assertEquals("Upgrade", answer.field("Connection"));
        assertEquals("echo", answer.field("Upgrade"));
        assertEquals("y", answer.field("X"));
        assertTrue(outcome.text().endsWith("\r\n\r\n<opened>hello\r\n\r\n" + GET));
    }

    @Test
    void anUpgradeMayComeLater() {
        Response[] responses = new Response[1];
        Serving serving = Serving.of((request, response) -> responses[0] = response.defer());
        MemoryLink link = serving.open().feed(UPGRADE + "early");
        assertTrue(link.isPaused());
        responses[0].upgrade("Echo", Echo::new);
        link.run();
        assertTrue(link.text().endsWith("<opened>early"), link.text());
        assertFalse(link.isPaused());
        assertEquals(Link.NEVER, link.deadline());
        assertEquals(Link.NEVER, link.writeTimeout(), "HTTP's limit is not the next protocol's");
        assertEquals(List.of("GET / 101 0"), serving.log);
        link.reset();
        assertSame(Echo.class, link.protocol().getClass());
    }

    /** What comes meanwhile, and the end of it, is the new protocol's. */
    @Test
    void anUpgradeMayComeLaterFromAnyThread() throws InterruptedException {
        for (boolean apart : new boolean[] {false, true}) {
            AtomicReference<Response> later = new AtomicReference<>();
            Handler deferring = (request, response) -> later.set(response.defer());
            Serving serving = Serving.of(apart ? Route.virtual(deferring) : deferring);
            MemoryLink link = serving.open().feed(UPGRADE).runUntil(() -> later.get() != null);
            link.feed("early ");
            Thread other =
                    Thread.ofPlatform().start(() -> later.get().header("X", "y").upgrade("echo", Echo::new));
            other.join();
            link.feed("late").runUntil(() -> link.text().endsWith("<opened>early late"));
            assertEquals(101, Answer.all(link.text()).getFirst().status());
            assertEquals("y", Answer.all(link.text()).getFirst().field("X"));
            link.feed(" after");
            assertTrue(link.text().endsWith("early late after"), link.text());
            assertFalse(link.isPaused());
            assertEquals(Link.NEVER, link.deadline());
            assertEquals(List.of("GET / 101 0"), serving.log);
        }
    }

    @Test
    void anUpgradeComesFromAVirtualHandler() {
        MemoryLink link = Serving.of(Route.virtual(UPGRADING)).open().feed(UPGRADE + "hello");
        link.runUntil(() -> link.text().endsWith("<opened>hello"));
        assertEquals(101, Answer.all(link.text()).getFirst().status());
    }

    @Test
    void anUpgradeComesBehindABodyThatHasBeenRead() {
        String request = UPGRADE.replace("\r\n\r\n", "\r\nContent-Length: 4\r\n\r\n");
        MemoryLink link = Serving.of((asked, response) ->
                        asked.body().collect(10, bytes -> response.upgrade("echo", Echo::new)))
                .open();
        link.feed(request + "body" + "hello").run();
        assertTrue(link.text().endsWith("<opened>hello"), link.text());
    }

    /** A client that left before the upgrade was decided upon has no successor made for it. */
    @Test
    void anUpgradeThatComesTooLateIsDropped() {
        Response[] responses = new Response[1];
        int[] made = {0};
        MemoryLink link = Serving.of((request, response) -> responses[0] = response.defer())
                .open()
                .feed(UPGRADE)
                .reset();
        responses[0].upgrade("echo", () -> {
            made[0]++;
            return new Echo();
        });
        assertEquals("", link.run().text());
        assertEquals(0, made[0]);
    }

    @ExpectedLog("the answer to GET")
    @Test
    void aSuccessorThatCannotBeMadeIs500() {
        Response[] responses = new Response[1];
        MemoryLink later = Serving.of((request, response) -> responses[0] = response.defer())
                .open()
                .feed(UPGRADE);
        responses[0].upgrade("Echo", () -> {
            throw new IllegalStateException("on purpose");
        });
        assertEquals(500, Answer.only(later.run().text()).status());
        MemoryLink atOnce = Serving.of((request, response) -> response.upgrade("Echo", () -> null))
                .open();
        atOnce.feed(UPGRADE + GET);
        assertEquals(500, Answer.all(atOnce.text()).getFirst().status());
    }

    @ExpectedLog("the file is closed")
    @Test
    void anAnswerThatFailsOnItsWayEndsTheConnection() {
        OpenFile broken = new BytesFile(new byte[10_000_000]);
        broken.close(); // a file that is closed cannot be held for its slices
        MemoryLink link = Serving.of((request, response) -> response.send(broken, 0, 10_000_000))
                .open()
                .feed(GET);
        assertEquals(CloseMode.NOW, link.closing());
        assertTrue(link.isClosed());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: echo\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n",
                "GET / HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\nContent-Length: 1\r\n\r\nx"
            })
    void anUpgradeThatNobodyAskedForIsABug(String request) {
        MemoryLink link = Serving.of((asked, response) -> {
                    assertThrows(IllegalStateException.class, () -> response.upgrade("echo", Echo::new));
                    response.send("still here");
                })
                .open()
                .feed(request);
        assertEquals("still here", Answer.only(link.text()).body());
    }

    // ---- forms of a target

    @Test
    void formsOfATarget() {
        assertEquals(
                "GET http://other:81/a?b of other:81 with 0",
                body("GET http://other:81/a?b HTTP/1.1\r\nHost: h\r\n\r\n"));
        assertEquals("OPTIONS * of h with 0", body("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"));
        assertEquals("DELETE /%41 of h with 0", body("DELETE /%41 HTTP/1.1\r\nHost: h\r\n\r\n"));
        assertEquals("BREW /{x}|\"y\" of h with 0", body("BREW /{x}|\"y\" HTTP/1.1\r\nHost: h\r\n\r\n"));
    }

    private static String body(String request) {
        Trickle.Outcome outcome = Trickle.same(Serving.echo(), request + GET);
        assertNull(outcome.closing());
        return Answer.all(outcome.text()).getFirst().body();
    }

    @Test
    void pathsAndQueries() {
        Handler handler = (request, response) -> response.send(String.join(
                " ",
                request.path(),
                request.rawPath(),
                String.valueOf(request.query()),
                String.valueOf(request.query("a"))));
        MemoryLink link = Serving.of(handler).open();
        for (String target :
                List.of("/x%20y/../z/./w/?a=1%202+3&a=4", "HTTP://h?a=b", "http://h", "/..%2f..%2Fetc/", "//a//b")) {
            link.feed("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        assertEquals(
                List.of(
                        "/z/w/ /x%20y/../z/./w/ a=1%202+3&a=4 1 2 3",
                        "/ / a=b b", "/ / null null", "/etc/ /..%2f..%2Fetc/ null null", "/a/b //a//b null null"),
                Answer.all(link.text()).stream().map(Answer::body).toList());
    }

    /** Garbage has no request, but a sender. */
    @Test
    void whatCannotBeReadIsLoggedWithItsSender() {
        Serving serving = Serving.echo();
        java.net.InetSocketAddress sender = new java.net.InetSocketAddress("192.0.2.7", 4711);
        serving.open().from(sender).feed("NONSENSE\r\n\r\n");
        assertEquals(List.of(sender), serving.unreadable);
        assertTrue(serving.log.getFirst().startsWith("- 400 "), serving.log.toString());
        serving.open().from(sender).feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertEquals(1, serving.unreadable.size());
    }
}
