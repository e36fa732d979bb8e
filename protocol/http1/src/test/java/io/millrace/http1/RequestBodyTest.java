// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.CloseMode;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.Trickle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestBodyTest {
    private static final String NEXT = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String CHUNKS = "5\r\nhello\r\n1;a=\"b\\\" c\";d\r\n,\r\n00006\r\n world\r\n0\r\n";

    /** Answers with what came and the trailers, once all of it is there. */
    private static final Handler WHOLE = (request, response) -> request.body()
            .collect(
                    1000,
                    bytes -> response.send(Ascii.string(bytes, 0, bytes.length) + "|"
                            + request.trailers().size() + request.trailers().joined("X-T")));

    @Test
    void aBodyOfKnownLength() {
        Trickle.Outcome outcome = Trickle.same(Serving.of(WHOLE), post("Content-Length: 5") + "hello" + NEXT);
        List<Answer> answers = Answer.all(outcome.text());
        assertEquals("hello|0null", answers.get(0).body());
        assertEquals("|0null", answers.get(1).body());
        assertNull(outcome.closing());
    }

    @Test
    void aChunkedBodyWithExtensionsAndTrailers() {
        String request = post("Transfer-Encoding: Chunked") + CHUNKS + "X-T: 1\r\nx-t:\t2 \r\n\r\n";
        Trickle.Outcome outcome = Trickle.same(Serving.of(WHOLE), request + NEXT + request);
        List<Answer> answers = Answer.all(outcome.text());
        assertEquals(3, answers.size());
        assertEquals("hello, world|21, 2", answers.get(0).body());
        assertEquals("|0null", answers.get(1).body());
        assertEquals("hello, world|21, 2", answers.get(2).body());
    }

    @Test
    void aBodyIsReadAsItComes() {
        List<String> seen = new ArrayList<>();
        MemoryLink link = Serving.of((request, response) -> {
                    response.defer();
                    request.body().read(new Recorder(seen, response));
                })
                .open();
        link.feed(post("Content-Length: 10"));
        assertEquals(List.of(), seen);
        link.feed("hel").feed("lo").feed("world" + NEXT);
        assertEquals(List.of("hel", "lo", "world", "end", "end"), seen);
        assertEquals(2, Answer.all(link.text()).size());
    }

    @Test
    void aBodyThatNobodyTakesStopsThePeer() {
        RequestBody[] bodies = new RequestBody[1];
        List<String> seen = new ArrayList<>();
        MemoryLink link = Serving.of((request, response) -> {
                    response.defer();
                    bodies[0] = request.body();
                    bodies[0].read(new Recorder(seen, response) {
                        @Override
                        public void data(byte[] bytes, int offset, int length) {
                            super.data(bytes, offset, length);
                            bodies[0].pause(true);
                        }
                    });
                })
                .open();
        link.feed(post("Content-Length: 10")).feed("hello").feed("wor").feed("ld");
        assertEquals(List.of("hello"), seen);
        assertTrue(link.isPaused());
        assertEquals(5, link.unconsumed());
        bodies[0].pause(false);
        link.run();
        assertEquals(List.of("hello", "world"), seen);
        bodies[0].pause(false);
        link.run();
        assertEquals(List.of("hello", "world", "end"), seen);
        assertEquals(200, Answer.only(link.text()).status());
    }

    @ExpectedLog("the answer to POST")
    @Test
    void aReaderThatThrowsIsAnsweredWith500() {
        MemoryLink link = Serving.of((request, response) -> {
                    response.defer();
                    request.body().read(new Recorder(new ArrayList<>(), response) {
                        @Override
                        public void data(byte[] bytes, int offset, int length) {
                            throw new IllegalStateException("on purpose");
                        }
                    });
                })
                .open()
                .feed(post("Content-Length: 5") + "hello" + NEXT);
        assertEquals(500, Answer.all(link.text()).getFirst().status());
    }

    @Test
    void aReaderAnswersAfterItsHandlerHasReturned() {
        Handler reading = (request, response) -> request.body().read(new Recorder(new ArrayList<>(), response));
        MemoryLink link = Serving.of(reading).open().feed(post("Content-Length: 5") + "he");
        assertEquals("", link.text());
        link.feed("llo" + post("Content-Length: 0"));
        assertEquals(
                List.of(200, 200),
                Answer.all(link.text()).stream().map(Answer::status).toList());
    }

    @Test
    void aReaderHearsThatThePeerWentAway() {
        List<String> seen = new ArrayList<>();
        Serving serving = Serving.of((request, response) -> {
            response.defer();
            request.body().read(new Recorder(seen, response));
        });
        serving.open().feed(post("Content-Length: 5") + "he").reset();
        assertEquals("he", seen.get(0));
        assertTrue(seen.get(1).startsWith("failed"), seen.toString());
        assertEquals(List.of("POST / 0 0"), serving.log);
    }

    @Test
    void moreThanTheHandlerTakesIs413() {
        Handler handler = (request, response) -> request.body().collect(10, bytes -> response.send("whole"));
        for (String request : List.of(
                post("Content-Length: 11") + "hello world",
                post("Transfer-Encoding: chunked") + "b\r\nhello world\r\n0\r\n\r\n")) {
            Trickle.Outcome outcome = Trickle.same(Serving.of(handler), request);
            assertEquals(413, Answer.only(outcome.text()).status());
        }
        String fits = post("Transfer-Encoding: chunked") + "a\r\nhelloworld\r\n0\r\n\r\n";
        assertEquals(
                "whole",
                Answer.only(Trickle.same(Serving.of(handler), fits).text()).body());
    }

    @Test
    void moreThanTheServerTakesIs413() {
        Limits limits = Limits.DEFAULT.withBody(10);
        Serving announced = Serving.of(WHOLE, limits);
        Trickle.Outcome outcome = Trickle.same(announced, post("Content-Length: 11") + "hello world" + NEXT);
        assertEquals(413, Answer.only(outcome.text()).status());
        assertEquals(CloseMode.LINGERING, outcome.closing());
        String chunked = post("Transfer-Encoding: chunked") + "6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n";
        assertEquals(
                413,
                Answer.only(Trickle.same(Serving.of(WHOLE, limits), chunked + NEXT)
                                .text())
                        .status());
    }

    // ---- bodies that nobody reads

    @Test
    void aSmallUnreadBodyIsDropped() {
        for (String request : List.of(
                post("Content-Length: 11") + "hello world",
                post("Transfer-Encoding: chunked") + CHUNKS + "X: y\r\n\r\n")) {
            Trickle.Outcome outcome = Trickle.same(Serving.echo(), request + NEXT + request + NEXT);
            assertEquals(4, Answer.all(outcome.text()).size());
            assertNull(outcome.closing());
        }
    }

    @Test
    void aLargeUnreadBodyEndsTheConnection() {
        Limits limits = Limits.DEFAULT.withUnread(10);
        Handler handler = (request, response) -> response.send("x");
        Trickle.Outcome known =
                Trickle.same(Serving.of(handler, limits), post("Content-Length: 11") + "hello world" + NEXT);
        assertTrue(Answer.only(known.text()).closes());
        assertEquals(CloseMode.LINGERING, known.closing());
        String chunked = post("Transfer-Encoding: chunked") + "b\r\nhello world\r\n0\r\n\r\n" + NEXT;
        Trickle.Outcome unknown = Trickle.same(Serving.of(handler, limits), chunked);
        assertFalse(Answer.only(unknown.text()).closes());
        assertEquals(CloseMode.LINGERING, unknown.closing());
    }

    @Test
    void anAnswerInTheMiddleOfABodyIsFollowedByTheNext() {
        Handler handler = (request, response) -> {
            response.defer();
            request.body().read(new RequestBody.Reader() {
                @Override
                public void data(byte[] bytes, int offset, int length) {
                    if (!response.committed()) {
                        response.send("enough");
                    }
                }

                @Override
                public void end() {
                    if (!response.committed()) {
                        response.send("all");
                    }
                }

                @Override
                public void failed(IOException why) {}
            });
        };
        Trickle.Outcome outcome = Trickle.same(Serving.of(handler), post("Content-Length: 11") + "hello world" + NEXT);
        assertEquals(
                List.of("enough", "all"),
                Answer.all(outcome.text()).stream().map(Answer::body).toList());
    }

    // ---- Expect: 100-continue

    @Test
    void theFirstReadSays100() {
        String request = post("Content-Length: 5\r\nExpect: 100-Continue");
        MemoryLink link = Serving.of(WHOLE).open().feed(request);
        assertEquals("HTTP/1.1 100 Continue\r\n\r\n", link.take());
        link.feed("hello" + NEXT);
        assertEquals(2, Answer.all(link.text()).size());
        Trickle.Outcome outcome = Trickle.same(Serving.of(WHOLE), request + "hello" + NEXT);
        assertEquals(
                List.of(100, 200, 200),
                Answer.all(outcome.text()).stream().map(Answer::status).toList());
    }

    @Test
    void whoAnswersWithoutReadingDoesNotSay100AndCloses() {
        Trickle.Outcome outcome =
                Trickle.same(Serving.echo(), post("Content-Length: 5\r\nExpect: 100-continue") + "hello" + NEXT);
        Answer answer = Answer.only(outcome.text());
        assertEquals(200, answer.status());
        assertTrue(answer.closes());
        assertEquals(CloseMode.LINGERING, outcome.closing());
    }

    @Test
    void an100NeverComesInTheMiddleOfAnAnswer() {
        Handler handler = (request, response) -> {
            ResponseStream stream = response.defer().stream();
            stream.write("begun ");
            stream.flush();
            request.body().read(new RequestBody.Reader() {
                @Override
                public void data(byte[] bytes, int offset, int length) {}

                @Override
                public void end() {
                    try {
                        stream.close();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }

                @Override
                public void failed(IOException why) {}
            });
        };
        String request = post("Content-Length: 5\r\nExpect: 100-continue") + "hello";
        assertEquals(
                "begun ",
                Answer.only(Trickle.same(Serving.of(handler), request).text()).body());
    }

    @Test
    void nobodyWaitsFor100WithoutABody() {
        Trickle.Outcome outcome =
                Trickle.same(Serving.of(WHOLE), "GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n" + NEXT);
        assertEquals(
                List.of(200, 200),
                Answer.all(outcome.text()).stream().map(Answer::status).toList());
    }

    @Test
    void oldClientsAreNotTold100() {
        String request = "POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello";
        assertEquals(
                "hello|0null",
                Answer.only(Trickle.same(Serving.of(WHOLE), request).text()).body());
    }

    // ---- tools

    private static String post(String fields) {
        return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n";
    }

    private static class Recorder implements RequestBody.Reader {
        private final List<String> seen;
        private final Response response;

        Recorder(List<String> seen, Response response) {
            this.seen = seen;
            this.response = response;
        }

        @Override
        public void data(byte[] bytes, int offset, int length) {
            seen.add(Ascii.string(bytes, offset, length));
        }

        @Override
        public void end() {
            seen.add("end");
            response.send();
        }

        @Override
        public void failed(IOException why) {
            seen.add("failed: " + why.getMessage());
        }
    }
}
