// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseMode;
import io.millrace.http.Limits;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.Trickle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeepAliveTest {
    private static final String GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    @Test
    void anAnswerToTheByte() {
        MemoryLink link =
                Serving.of((request, response) -> response.send("hi")).open().feed(GET);
        assertEquals(
                "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: millrace\r\n"
                        + "Content-Length: 2\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhi",
                link.text());
        assertNull(link.closing());
    }

    @Test
    void manyRequestsOnOneConnection() {
        Serving serving = Serving.echo();
        Trickle.Outcome outcome = Trickle.same(serving, GET.repeat(40));
        List<Answer> answers = Answer.all(outcome.text());
        assertEquals(40, answers.size());
        answers.forEach(answer -> assertEquals("GET /a of h with 0", answer.body()));
        assertNull(outcome.closing());
        assertEquals("GET /a 200 18", serving.log.getFirst());
    }

    @Test
    void closeIsHonouredAndWhatFollowsIsNotAnswered() {
        String request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: foo , ClOsE\r\n\r\n";
        Trickle.Outcome outcome = Trickle.same(Serving.echo(), request + GET);
        assertTrue(Answer.only(outcome.text()).closes());
        assertEquals(CloseMode.FLUSHED, outcome.closing());
    }

    @Test
    void aHandlerEndsTheConnectionAfterItsAnswer() {
        Serving serving =
                Serving.of((request, response) -> response.closeAfter().send("last"));
        Trickle.Outcome outcome = Trickle.same(serving, GET + GET);
        assertTrue(Answer.only(outcome.text()).closes());
        assertEquals(CloseMode.LINGERING, outcome.closing());
        MemoryLink once = Serving.of((request, response) -> {
                    if (request.path().equals("/last")) {
                        response.closeAfter();
                    }
                    response.send("x");
                })
                .open()
                .feed(GET + GET + "GET /last HTTP/1.1\r\nHost: h\r\n\r\n" + GET);
        assertEquals(3, Answer.all(once.text()).size());
    }

    @Test
    void whoClosesWhileABodyIsComingIsListenedTo() {
        String request = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\n";
        Trickle.Outcome outcome = Trickle.same(Serving.echo(), request + "hello");
        assertEquals(200, Answer.only(outcome.text()).status());
        assertEquals(CloseMode.LINGERING, outcome.closing());
    }

    @Test
    void oldClientsGetOneAnswer() {
        Trickle.Outcome outcome = Trickle.same(Serving.echo(), "GET / HTTP/1.0\r\n\r\n" + GET);
        Answer answer = Answer.only(outcome.text());
        assertEquals("GET / of  with 0", answer.body());
        assertTrue(answer.closes());
        assertEquals(CloseMode.FLUSHED, outcome.closing());
    }

    @Test
    void oldClientsThatAskForMoreGetMore() {
        String request = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
        Trickle.Outcome outcome = Trickle.same(Serving.echo(), request + request);
        assertEquals(2, Answer.all(outcome.text()).size());
        assertEquals("keep-alive", Answer.all(outcome.text()).getFirst().field("Connection"));
        assertNull(outcome.closing());
    }

    @Test
    void whatOnlyBeginsWithAnOptionIsNone() {
        String request = "GET / HTTP/1.0\r\nConnection: keep-alive \u00cc\r\n\r\n";
        assertTrue(Answer.only(Trickle.same(Serving.echo(), request).text()).closes());
        request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close x\r\n\r\n";
        assertTrue(Answer.only(Trickle.same(Serving.echo(), request).text()).closes(), "to close is safe");
    }

    @Test
    void closeGoesBeforeKeepAlive() {
        String request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n";
        assertEquals(CloseMode.FLUSHED, Trickle.same(Serving.echo(), request).closing());
    }

    @Test
    void theLastRequestOfAConnectionIsToldSo() {
        Serving serving = Serving.of((q, r) -> r.send("x"), Limits.DEFAULT.withRequests(3));
        Trickle.Outcome outcome = Trickle.same(serving, GET.repeat(5));
        List<Answer> answers = Answer.all(outcome.text());
        assertEquals(3, answers.size());
        assertFalse(answers.get(1).closes());
        assertTrue(answers.get(2).closes());
        assertEquals(CloseMode.LINGERING, outcome.closing());
    }

    @Test
    void answersKeepTheOrderOfTheRequestsWhoeverIsReadyFirst() {
        Deque<Runnable> later = new ArrayDeque<>();
        List<String> begun = new ArrayList<>();
        MemoryLink link = Serving.of((request, response) -> {
                    String path = request.path();
                    begun.add(path);
                    if (path.startsWith("/slow")) {
                        response.defer();
                        later.add(() -> response.send(path));
                    } else {
                        response.send(path);
                    }
                })
                .open();
        link.feed(get("/slow1") + get("/quick") + get("/slow2") + get("/end"));
        assertEquals("", link.text());
        assertEquals(List.of("/slow1"), begun);
        assertTrue(link.isPaused());
        later.poll().run();
        link.run();
        assertEquals(List.of("/slow1", "/quick", "/slow2"), begun);
        later.poll().run();
        link.run();
        List<String> bodies = Answer.all(link.text()).stream().map(Answer::body).toList();
        assertEquals(List.of("/slow1", "/quick", "/slow2", "/end"), bodies);
        assertFalse(link.isPaused());
        assertEquals(0, link.unconsumed());
    }

    @Test
    void aClientThatDoesNotReadIsNotAnsweredWithoutEnd() {
        int[] handled = {0};
        MemoryLink link = Serving.of((request, response) -> {
                    handled[0]++;
                    response.send(new byte[1000]);
                })
                .open()
                .highWater(5000)
                .window(0);
        link.feed(GET.repeat(100));
        assertTrue(handled[0] <= 6, handled[0] + " handled");
        assertTrue(link.isPaused());
        link.window(Long.MAX_VALUE);
        assertEquals(100, handled[0]);
        assertEquals(100, Answer.all(link.text()).size());
        assertFalse(link.isPaused());
    }

    @Test
    void nothingIsPausedAsLongAsNothingPilesUp() {
        Deque<Runnable> later = new ArrayDeque<>();
        MemoryLink link = Serving.of((request, response) -> {
                    response.defer();
                    later.add(() -> response.send("x"));
                })
                .open();
        link.feed(GET);
        assertFalse(link.isPaused());
        link.feed(GET);
        assertTrue(link.isPaused());
        later.poll().run();
        link.run();
        assertEquals(1, later.size());
        assertFalse(link.isPaused());
    }

    @Test
    void anEmptyLineBeforeARequestIsLetPassOnce() {
        Trickle.Outcome outcome = Trickle.same(Serving.echo(), "\r\n" + GET + "\r\n" + GET);
        assertEquals(2, Answer.all(outcome.text()).size());
        Trickle.Outcome refused = Trickle.same(Serving.echo(), "\r\n\r\n" + GET);
        assertEquals(400, Answer.only(refused.text()).status());
    }

    @Test
    void theDeadlineIsNotMovedWithEveryRequest() {
        MemoryLink link = Serving.echo().open();
        for (int i = 0; i < 1000; i++) {
            link.feed(GET);
        }
        assertTrue(link.deadlineCalls() <= 2, link.deadlineCalls() + " calls");
    }

    private static String get(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
    }
}
