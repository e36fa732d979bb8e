// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.http.Handler;
import io.millrace.http.HttpException;
import io.millrace.http.ResponseStream;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.Trickle;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerFramingTest {
    private static final String NEXT = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

    // ---- what goes with which status and method

    @Test
    void headHasTheFieldsOfGetAndNoBody() {
        Handler handler = (request, response) -> response.header("X", "y").send("hello");
        List<Answer> answers = answers(handler, request("HEAD", "/", "1.1") + NEXT, "HEAD", "GET");
        assertEquals("5", answers.get(0).field("Content-Length"));
        assertEquals(answers.get(1).fields(), answers.get(0).fields());
        assertEquals("hello", answers.get(1).body());
    }

    @Test
    void headOfAStreamIsChunkedAndEmpty() {
        Handler handler = (request, response) -> {
            try (ResponseStream stream = response.stream()) {
                stream.write("hello");
                stream.trailer("X", "y");
            }
        };
        List<Answer> answers = answers(handler, request("HEAD", "/", "1.1") + NEXT, "HEAD", "GET");
        assertEquals("chunked", answers.get(0).field("Transfer-Encoding"));
        assertEquals("hello", answers.get(1).body());
        assertEquals(List.of("X: y"), answers.get(1).trailers());
    }

    @Test
    void aTrailerCannotFrameTheMessage() {
        Handler handler = (request, response) -> {
            try (ResponseStream stream = response.stream()) {
                for (String name : List.of("content-length", "Transfer-Encoding", "Connection", "Host", "a b")) {
                    assertThrows(IllegalArgumentException.class, () -> stream.trailer(name, "1"), name);
                }
                assertThrows(IllegalArgumentException.class, () -> stream.trailer("X", "1\r\nY: 2"));
                stream.write("hello");
            }
        };
        Answer answer = answers(handler, NEXT, "GET").getFirst();
        assertEquals("hello", answer.body());
        assertEquals(List.of(), answer.trailers());
    }

    @Test
    void headOfAFileClosesIt() {
        BytesFile file = new BytesFile(new byte[100]);
        List<Answer> answers =
                answers((request, response) -> response.send(file.hold(), 10, 50), request("HEAD", "/", "1.1"), "HEAD");
        assertEquals("50", answers.getFirst().field("Content-Length"));
        file.close();
        assertTrue(file.released);
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 304})
    void statusesWithoutContentHaveNone(int status) {
        Handler handler = (request, response) -> response.status(status).send();
        Answer answer = answers(handler, NEXT + NEXT).getFirst();
        assertEquals(status, answer.status());
        assertNull(answer.field("Content-Length"));
        assertNull(answer.field("Transfer-Encoding"));
    }

    @Test
    void notModifiedKeepsTheLengthThatItWasTold() {
        BytesFile file = new BytesFile(new byte[100]);
        Handler handler = (request, response) -> response.status(304).send(file.hold(), 0, 100);
        assertEquals("100", answers(handler, NEXT + NEXT).getFirst().field("Content-Length"));
    }

    @Test
    void resetContentSaysThatItHasNone() {
        Answer answer = answers((request, response) -> response.status(205).send("x"), NEXT + NEXT)
                .getFirst();
        assertEquals("0", answer.field("Content-Length"));
    }

    @Test
    @ExpectedLog("returned without an answer")
    void aHandlerThatDoesNothingHasForgottenToAnswer() {
        Answer answer = answers((request, response) -> response.status(201).header("Location", "/x"), NEXT)
                .getFirst();
        assertEquals(500, answer.status());
        assertEquals("500 Internal Server Error\n", answer.body());
    }

    @Test
    void anOwnServerFieldReplacesOurs() {
        Answer answer = answers(
                        (request, response) -> response.header("server", "mine").send(), NEXT)
                .getFirst();
        assertEquals(List.of("mine"), answer.fields("Server"));
    }

    @Test
    void oldClientsGetAStreamUntilTheEnd() {
        Handler handler = (request, response) -> {
            try (ResponseStream stream = response.stream()) {
                stream.write("hello");
            }
        };
        Trickle.Outcome outcome =
                Trickle.same(Serving.of(handler), "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + NEXT);
        Answer answer = Answer.only(outcome.text());
        assertNull(answer.field("Transfer-Encoding"));
        assertEquals("hello", answer.body());
        assertEquals(CloseMode.LINGERING, outcome.closing());
    }

    // ---- errors

    @Test
    void exceptionsBecomeStatuses() {
        Handler handler = (request, response) -> {
            response.header("WWW-Authenticate", "Basic").header("ETag", "\"1\"");
            throw new HttpException(401, "who are you?");
        };
        Answer answer = answers(handler, NEXT + NEXT).getFirst();
        assertEquals(401, answer.status());
        assertEquals("401 who are you?\n", answer.body());
        assertEquals("Basic", answer.field("WWW-Authenticate"));
        assertNull(answer.field("ETag"));
        assertFalse(answer.closes());
    }

    @ExpectedLog("the answer to GET")
    @Test
    void otherExceptionsAre500AndTellTheClientNothing() {
        Answer answer = answers(
                        (request, response) -> {
                            throw new IllegalStateException("secret");
                        },
                        NEXT + NEXT)
                .getFirst();
        assertEquals("500 Internal Server Error\n", answer.body());
    }

    @ExpectedLog("the answer to GET")
    @Test
    void anExceptionInTheMiddleEndsTheConnection() {
        MemoryLink link = Serving.of((request, response) -> {
                    ResponseStream stream = response.defer().stream();
                    stream.write("hello");
                    stream.flush();
                    throw new IllegalStateException("on purpose");
                })
                .open()
                .feed(NEXT + NEXT);
        assertEquals(CloseMode.NOW, link.closing());
        assertFalse(link.text().contains("0\r\n\r\n"));
    }

    @ExpectedLog("the answer to GET")
    @Test
    void anAnswerThatIsCompleteSurvivesTheExceptionBehindIt() {
        Answer answer = answers(
                        (request, response) -> {
                            response.send("done");
                            throw new IllegalStateException("on purpose");
                        },
                        NEXT + NEXT)
                .getFirst();
        assertEquals("done", answer.body());
    }

    @Test
    void abortingSparesTheAnswersBefore() {
        MemoryLink link = Serving.of((request, response) -> {
                    if (request.path().equals("/next")) {
                        response.abort();
                    } else {
                        response.send("first");
                    }
                })
                .open()
                .feed(request("GET", "/", "1.1") + NEXT + NEXT);
        assertEquals("first", Answer.only(link.text()).body());
        assertEquals(CloseCause.LOCAL, link.cause());
    }

    @Test
    void whatIsTheServersWorkIsRefused() {
        List<Throwable> thrown = new ArrayList<>();
        answers(
                (request, response) -> {
                    for (String name :
                            List.of("Content-Length", "transfer-encoding", "CONNECTION", "Date", "a b", "", "a:")) {
                        thrown.add(assertThrows(IllegalArgumentException.class, () -> response.header(name, "1")));
                    }
                    for (String value : List.of("a\r\nb", "a\nb", "a\0b", "\u4e2d")) {
                        thrown.add(assertThrows(IllegalArgumentException.class, () -> response.header("X", value)));
                    }
                    response.send("x");
                    thrown.add(assertThrows(IllegalStateException.class, () -> response.header("X", "y")));
                    thrown.add(assertThrows(IllegalStateException.class, response::send));
                    thrown.add(assertThrows(IllegalStateException.class, response::stream));
                },
                NEXT);
        assertEquals(14, thrown.size());
    }

    // ---- large bodies

    @Test
    void aLargeBodyIsNotCopiedAsAWhole() {
        byte[] body = random(10 * 1024 * 1024);
        MemoryLink link = Serving.of((request, response) -> response.send(body))
                .open()
                .highWater(100_000)
                .window(0);
        link.feed(NEXT + NEXT);
        assertTrue(link.pending() < 300_000, link.pending() + " bytes pending");
        link.window(Long.MAX_VALUE);
        List<Answer> answers = Answer.all(link.text());
        assertEquals(2, answers.size());
        assertEquals(Ascii.string(body, 0, body.length), answers.getLast().body());
    }

    @Test
    void aLargeFileGoesInSlicesAndIsClosed() {
        byte[] body = random(5_000_000);
        BytesFile file = new BytesFile(body);
        Serving serving = Serving.of((request, response) -> response.send(file, 1000, 4_500_000));
        MemoryLink link = serving.open().window(3_000_000);
        link.feed(NEXT);
        assertEquals(List.of(), serving.log);
        assertFalse(file.released);
        link.window(Long.MAX_VALUE);
        assertEquals(
                Ascii.string(body, 1000, 4_500_000), Answer.only(link.text()).body());
        assertTrue(file.released);
        assertEquals(List.of("GET /next 200 4500000"), serving.log);
    }

    @Test
    void aFileIsClosedWhenThePeerGoesAway() {
        BytesFile file = new BytesFile(new byte[5_000_000]);
        Serving serving = Serving.of((request, response) -> response.send(file, 0, 5_000_000));
        MemoryLink link = serving.open().window(1_500_000);
        link.feed(NEXT).reset();
        assertTrue(file.released);
        assertEquals(1, serving.log.size());
        assertTrue(serving.log.getFirst().startsWith("GET /next 200 "), serving.log.getFirst());
        assertFalse(serving.log.getFirst().endsWith(" 5000000"));
    }

    @ExpectedLog("6 bytes from 5 of a file of 10")
    @Test
    void aFileOutsideItsBoundsIsRefusedAndClosed() {
        BytesFile file = new BytesFile(new byte[10]);
        Answer answer =
                answers((request, response) -> response.send(file, 5, 6), NEXT).getFirst();
        assertEquals(500, answer.status());
        assertTrue(file.released);
    }

    // ---- streams on the loop

    @Test
    void aStreamOfKnownLengthIsNotChunked() {
        Handler handler = (request, response) -> {
            try (ResponseStream stream = response.stream(10)) {
                stream.write("hello");
                stream.flush();
                stream.write("world");
            }
        };
        Answer answer = answers(handler, NEXT + NEXT).getFirst();
        assertEquals("10", answer.field("Content-Length"));
        assertEquals("helloworld", answer.body());
    }

    @Test
    void tooMuchOrTooLittleEndsTheConnection() {
        List<Throwable> thrown = new ArrayList<>();
        MemoryLink more = Serving.of((request, response) -> {
                    ResponseStream stream = response.stream(3);
                    stream.write("abc");
                    thrown.add(assertThrows(IOException.class, () -> stream.write("d")));
                })
                .open()
                .feed(NEXT);
        assertEquals(CloseMode.NOW, more.closing());
        MemoryLink less = Serving.of((request, response) -> {
                    ResponseStream stream = response.stream(3);
                    stream.write("ab");
                    thrown.add(assertThrows(IOException.class, stream::close));
                })
                .open()
                .feed(NEXT);
        assertEquals(CloseMode.NOW, less.closing());
        assertEquals(2, thrown.size());
    }

    @Test
    void smallWritesAreGatheredAndTheHeadComesWithTheFirstFlush() throws IOException {
        ResponseStream[] streams = new ResponseStream[1];
        MemoryLink link = Serving.of((request, response) -> {
                    response.status(202);
                    streams[0] = response.defer().stream();
                    streams[0].write("a");
                })
                .open()
                .feed(NEXT);
        assertEquals("", link.text());
        streams[0].write("b");
        streams[0].flush();
        assertTrue(link.run().text().endsWith("\r\n\r\n2\r\nab\r\n"), link.text());
        streams[0].close();
        streams[0].close();
        assertEquals("ab", Answer.only(link.run().text()).body());
        assertThrows(IOException.class, () -> streams[0].write("c"));
    }

    @Test
    void aWriterOnTheLoopIsToldWhenToGoOn() throws IOException {
        ResponseStream[] streams = new ResponseStream[1];
        int[] told = {0};
        MemoryLink link = Serving.of((request, response) -> {
                    streams[0] = response.defer().stream();
                    streams[0].onWritable(() -> told[0]++);
                })
                .open()
                .highWater(50_000)
                .window(0)
                .feed(NEXT);
        assertTrue(streams[0].writable());
        streams[0].write(new byte[60_000]);
        assertFalse(streams[0].writable());
        link.run();
        assertEquals(0, told[0]);
        link.window(Long.MAX_VALUE);
        assertEquals(1, told[0]);
        assertTrue(streams[0].writable());
        streams[0].write(new byte[10]);
        streams[0].flush();
        link.run();
        assertEquals(1, told[0], "only when it becomes true again");
        streams[0].close();
        assertEquals(60_010, Answer.only(link.run().text()).body().length());
    }

    @Test
    void aWriterIsToldWhenThePeerGoesAway() {
        ResponseStream[] streams = new ResponseStream[1];
        int[] told = {0};
        int[] completed = {0};
        MemoryLink link = Serving.of((request, response) -> {
                    streams[0] = response.defer().stream();
                    streams[0].onAborted(() -> told[0]++);
                    response.onComplete(() -> completed[0]++);
                    streams[0].write("x");
                    streams[0].flush();
                })
                .open()
                .feed(NEXT)
                .reset();
        assertEquals(1, told[0]);
        assertEquals(1, completed[0]);
        assertTrue(link.isClosed());
        assertThrows(IOException.class, () -> streams[0].write("y"));
    }

    @Test
    void filesGoIntoStreams() {
        BytesFile file = new BytesFile(Ascii.bytes("0123456789"));
        Handler handler = (request, response) -> {
            try (ResponseStream stream = response.stream()) {
                stream.write("<");
                stream.transfer(file.hold(), 2, 5);
                stream.write(">");
            }
        };
        List<Answer> answers = answers(handler, NEXT + NEXT);
        assertEquals("<23456>", answers.getFirst().body());
        assertEquals(2, answers.size());
        file.close();
        assertTrue(file.released);
    }

    // ---- tools

    private static List<Answer> answers(Handler handler, String input, String... methods) {
        return Answer.all(Serving.of(handler).open().feed(input).text(), methods);
    }

    private static String request(String method, String target, String version) {
        return method + " " + target + " HTTP/" + version + "\r\nHost: h\r\n\r\n";
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }
}
