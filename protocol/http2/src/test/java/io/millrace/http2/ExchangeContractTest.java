// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.http.HttpException;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import io.millrace.http.Route;
import io.millrace.testkit.ExpectedLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an exchange promises to handlers, in every place where they may run, over this wire. */
@Timeout(60)
class ExchangeContractTest {

    static List<Dispatch> places() {
        return List.of(Dispatch.INLINE, Dispatch.VIRTUAL);
    }

    private static Handler at(Dispatch place, Handler handler) {
        return place == Dispatch.INLINE ? handler : Route.virtual(handler);
    }

    private static Peer peer(Dispatch place, Handler handler) {
        return Peer.of(at(place, handler)).open();
    }

    private static final String PLAIN = " content-type=text/plain; charset=utf-8";

    @ParameterizedTest
    @MethodSource("places")
    void aRequestIsWhatTheWireSays(Dispatch place) {
        Peer peer = peer(
                place,
                (request, response) -> response.send(String.join(
                        " ",
                        request.method(),
                        request.target(),
                        request.path(),
                        request.rawPath(),
                        request.query(),
                        request.scheme(),
                        request.authority(),
                        String.valueOf(request.version()),
                        request.header("X-A"),
                        String.valueOf(request.headers().size()))));
        peer.get(1, "/a/%62?q=1", "x-a: y", "z: 1");
        assertEquals(
                "DATA 1 END_STREAM GET /a/%62?q=1 /a/b /a/%62 q=1 http h:1 20 y 2",
                peer.until("DATA 1 END_STREAM").getLast());
    }

    @ParameterizedTest
    @MethodSource("places")
    void anAnswerIsHeadBodyEnd(Dispatch place) {
        Peer peer = peer(
                place,
                (request, response) ->
                        response.status(201).header("A", "b").header("A", "c").send(Ascii.bytes("hello")));
        peer.get(1, "/");
        assertEquals(
                List.of("HEADERS 1 :status=201 content-length=5 a=b a=c", "DATA 1 END_STREAM hello"),
                peer.until("DATA 1 END_STREAM"));
        peer.runUntil(() -> peer.factory.openStreams() == 0);
        assertEquals(List.of("GET / 201 5"), peer.log);
    }

    @ExpectedLog("returned without an answer")
    @ParameterizedTest
    @MethodSource("places")
    void aHandlerThatForgetsToAnswerIsAFault(Dispatch place) {
        Peer peer = peer(place, (request, response) -> response.status(202));
        peer.get(1, "/");
        assertTrue(peer.until("HEADERS 1").getFirst().startsWith("HEADERS 1 :status=500 "));
    }

    @ParameterizedTest
    @MethodSource("places")
    @ExpectedLog("GET / failed")
    void aHandlerThatFailsIs500(Dispatch place) {
        Peer peer = peer(place, (request, response) -> {
            throw new IllegalArgumentException("on purpose");
        });
        peer.get(1, "/");
        assertEquals(
                List.of(
                        "HEADERS 1 :status=500 content-length=26" + PLAIN,
                        "DATA 1 END_STREAM 500 Internal Server Error\n"),
                peer.until("DATA 1 END_STREAM"));
    }

    @ParameterizedTest
    @MethodSource("places")
    void aHandlerMayThrowAStatus(Dispatch place) {
        Peer peer = peer(place, (request, response) -> {
            throw new HttpException(409);
        });
        peer.get(1, "/");
        assertTrue(peer.until("DATA 1 END_STREAM").getFirst().startsWith("HEADERS 1 :status=409"));
    }

    @ParameterizedTest
    @MethodSource("places")
    void aHeadAloneSaysItsLength(Dispatch place) {
        Peer peer = peer(place, (request, response) -> response.sendHead(1234));
        peer.headers(1, true, Peer.request("HEAD", "/"));
        assertEquals(List.of("HEADERS 1 END_STREAM :status=200 content-length=1234"), peer.until("HEADERS 1"));
    }

    @ParameterizedTest
    @MethodSource("places")
    void anAbortIsToldBeforeThereIsAStream(Dispatch place) {
        List<String> told = new ArrayList<>();
        CountDownLatch asked = new CountDownLatch(1);
        AtomicReference<Response> later = new AtomicReference<>();
        Peer peer = peer(place, (request, response) -> {
            response.defer().onAborted(() -> told.add("aborted"));
            later.set(response);
            asked.countDown();
        });
        peer.get(1, "/").runUntil(() -> asked.getCount() == 0).reset(1, ErrorCode.CANCEL);
        peer.runUntil(() -> told.size() == 1);
        assertEquals(List.of("aborted"), told);
        later.get().send("too late");
        peer.link.run();
        assertEquals(List.of(), peer.frames());
        assertEquals(0, peer.factory.openStreams());
    }

    @ParameterizedTest
    @MethodSource("places")
    void anAnswerThatIsWholeIsNotAborted(Dispatch place) {
        List<String> told = new ArrayList<>();
        Peer peer = peer(place, (request, response) -> {
            response.onAborted(() -> told.add("aborted"));
            response.onComplete(() -> told.add("complete"));
            response.send("whole");
        });
        peer.get(1, "/").until("DATA 1 END_STREAM");
        peer.runUntil(() -> !told.isEmpty()).link.reset();
        assertEquals(List.of("complete"), told);
    }

    @ParameterizedTest
    @MethodSource("places")
    void aStreamIsGatheredAndFlushed(Dispatch place) {
        Peer peer = peer(place, (request, response) -> {
            ResponseStream stream = response.header("A", "b").stream();
            stream.write("one");
            stream.write("two");
            stream.flush();
            stream.write("three");
            stream.trailer("T", "t");
            stream.close();
        });
        peer.get(1, "/");
        List<String> frames = peer.until("HEADERS 1 END_STREAM");
        assertEquals("HEADERS 1 :status=200 a=b", frames.getFirst());
        assertEquals("HEADERS 1 END_STREAM t=t", frames.getLast());
        assertEquals("onetwothree", content(frames));
    }

    private static String content(List<String> frames) {
        StringBuilder content = new StringBuilder();
        for (String frame : frames) {
            if (frame.startsWith("DATA 1 ")) {
                content.append(frame.substring(frame.startsWith("END_STREAM ", 7) ? 18 : 7));
            }
        }
        return content.toString();
    }

    @ParameterizedTest
    @MethodSource("places")
    void aStreamKeepsItsLength(Dispatch place) {
        for (String text : List.of("exact", "too much", "less")) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            Peer peer = peer(place, (request, response) -> {
                try (ResponseStream stream = response.stream(5)) {
                    stream.write(text);
                } catch (IOException e) {
                    thrown.set(e);
                }
            });
            peer.get(1, "/");
            if (text.equals("exact")) {
                assertEquals("exact", content(peer.until("DATA 1 END_STREAM")));
            } else {
                assertEquals(
                        "RST_STREAM 1 INTERNAL_ERROR", peer.until("RST_STREAM").getLast());
                assertFalse(peer.isClosing());
                peer.runUntil(() -> thrown.get() != null);
                assertInstanceOf(IOException.class, thrown.get());
            }
        }
    }

    @Test
    void aBodyIsReadByThoseWhoWait() {
        Peer peer = peer(
                Dispatch.VIRTUAL,
                (request, response) -> response.send(request.body().bytes(10)));
        peer.post(1, "/").data(1, false, "abc").data(1, true, "def");
        assertEquals("abcdef", content(peer.until("DATA 1 END_STREAM")));
    }

    @Test
    void aBodyThatWaitsIsMoreThanAPipeHolds() {
        Peer peer = peer(
                Dispatch.VIRTUAL,
                (request, response) -> response.send("" + request.body().bytes(1 << 20).length));
        peer.post(1, "/");
        int window = 65_536;
        List<String> frames = new ArrayList<>();
        for (int sent = 0; sent < 500_000; sent += 10_000) {
            while (window < 10_000) {
                List<String> more = peer.until("WINDOW_UPDATE 1");
                window += granted(more);
                frames.addAll(more);
            }
            window -= 10_000;
            peer.data(1, sent == 490_000, "x".repeat(10_000));
            List<String> more = peer.frames();
            window += granted(more);
            frames.addAll(more);
        }
        // The handler is fast enough, at times, to answer while the last of the body is fed.
        if (frames.stream().noneMatch(frame -> frame.startsWith("DATA 1 END_STREAM"))) {
            frames.addAll(peer.until("DATA 1 END_STREAM"));
        }
        assertEquals("500000", content(frames));
    }

    private static int granted(List<String> frames) {
        String update = "WINDOW_UPDATE 1 ";
        return frames.stream()
                .filter(frame -> frame.startsWith(update))
                .mapToInt(frame -> Integer.parseInt(frame.substring(update.length())))
                .sum();
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

    @Test
    void aBodyComesAsItIsAskedFor() {
        AtomicReference<RequestBody> body = new AtomicReference<>();
        List<String> seen = new ArrayList<>();
        Peer peer = peer(Dispatch.INLINE, (request, response) -> {
            body.set(request.body());
            body.get().read(new Recorder(seen), 1);
        });
        peer.post(1, "/").data(1, false, "abc").data(1, false, "def");
        assertEquals(List.of("abc"), seen);
        body.get().request(2);
        peer.link.run();
        assertEquals(List.of("abc", "def"), seen);
        body.get().pause(true);
        peer.data(1, false, "ghi");
        assertEquals(2, seen.size());
        body.get().pause(false);
        peer.link.run();
        peer.data(1, true, "");
        assertEquals(List.of("abc", "def", "ghi", "end"), seen); // the end needs no demand
    }

    @Test
    void aReaderHearsThatItsStreamHasEnded() {
        List<String> seen = new ArrayList<>();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CountDownLatch reading = new CountDownLatch(1);
        Peer peer = peer(Dispatch.INLINE, (request, response) -> request.body().read(new Recorder(seen)));
        peer.post(1, "/").reset(1, ErrorCode.CANCEL);
        assertEquals(List.of("failed the connection has ended"), seen);
        Peer other = peer(Dispatch.VIRTUAL, (request, response) -> {
            try {
                reading.countDown();
                request.body().bytes(10);
            } catch (IOException e) {
                thrown.set(e);
            }
        });
        other.post(1, "/")
                .runUntil(() -> reading.getCount() == 0)
                .data(1, false, "x")
                .reset(1, ErrorCode.CANCEL);
        other.runUntil(() -> thrown.get() != null);
        assertInstanceOf(IOException.class, thrown.get());
    }

    private record Successor(String name) implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            in.clear();
        }
    }

    private static Peer connect(Dispatch place, Handler handler) {
        return peer(place, handler)
                .headers(1, false, ":method: CONNECT", ":protocol: dumb", ":scheme: http", ":path: /", ":authority: h");
    }

    @ParameterizedTest
    @MethodSource("places")
    void aTunnelTakesOver(Dispatch place) {
        Peer peer = connect(
                place, (request, response) -> response.header("A", "b").upgrade("dumb", () -> new Successor("next")));
        assertEquals(List.of("HEADERS 1 :status=200 a=b"), peer.until("HEADERS 1"));
        peer.runUntil(() -> !peer.log.isEmpty());
        assertEquals(List.of("CONNECT / 200 0"), peer.log);
    }

    @Test
    @ExpectedLog("CONNECT / failed")
    void aTunnelThatLeadsNowhereIs500() {
        Peer peer = connect(Dispatch.INLINE, (request, response) -> response.upgrade("dumb", () -> null));
        assertTrue(peer.frames().getFirst().startsWith("HEADERS 1 :status=500"));
    }

    @ParameterizedTest
    @MethodSource("places")
    void aRequestForATunnelMayBeAnsweredAsAnyOther(Dispatch place) {
        Peer peer = connect(place, (request, response) -> response.status(404).send("none"));
        assertEquals("none", content(peer.until("DATA 1 END_STREAM")));
        peer.data(1, true, "");
        assertEquals(0, peer.factory.openStreams());
    }
}
