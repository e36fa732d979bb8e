// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls, pools and time limits, with the test as server. */
final class ClientTest {
    private static final String URL = "http://example.org/x?y=1";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final FakeLoop loop = new FakeLoop();
    private ClientOptions options = ClientOptions.DEFAULT;
    private HttpClient client;

    private HttpClient client() {
        if (client == null) {
            client = new HttpClient(List.of(loop), options);
        }
        return client;
    }

    private void pool(int perOrigin, int total, int waiting) {
        options = options.withPool(
                options.pool().withPerOrigin(perOrigin).withTotal(total).withWaiting(waiting));
    }

    private Recorder send(ClientRequest request) {
        Recorder recorder = new Recorder();
        request.send(recorder);
        loop.run();
        return recorder;
    }

    private Recorder get() {
        return send(client().get(URL));
    }

    private static HttpFailure.Limit limit(Recorder of) {
        return assertInstanceOf(HttpFailure.TimedOut.class, of.failure).limit();
    }

    private String counts() {
        int[] counts = client().counts(0);
        return counts[0] + " open, " + counts[1] + " waiting, " + counts[2] + " idle";
    }

    // ---- what is sent

    @Test
    void aRequestIsWrittenAsItIsMeant() {
        send(client().get(URL).header("Accept", "*/*"));
        assertEquals(
                "GET /x?y=1 HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n",
                loop.link().text());
        send(client().post("http://[::1]:81").body(RequestContent.of("abc")));
        assertEquals(
                "POST / HTTP/1.1\r\nHost: [::1]:81\r\nContent-Length: 3\r\n\r\nabc",
                loop.link().text());
        send(client().put(URL + "&put").header("Host", "other"));
        assertTrue(loop.link().text().endsWith("Host: other\r\nContent-Length: 0\r\n\r\n"));
        send(client().post(URL).body(RequestContent.of(out -> {
            out.write(new byte[] {'a', 'b', 'c'});
            out.end();
        })));
        assertTrue(loop.link().text().endsWith("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
    }

    @Test
    void whatCouldEndOrFrameTheHeadIsRefused() {
        ClientRequest request = client().get(URL);
        for (String name : List.of("Content-Length", "transfer-encoding", "Connection", "Upgrade", "a b", "")) {
            assertThrows(IllegalArgumentException.class, () -> request.header(name, "1"), name);
        }
        assertThrows(IllegalArgumentException.class, () -> request.header("A", "1\r\nB: 2"));
        Origin origin = new Origin("http", "h", 80, null);
        for (String target : List.of("", "/a b", "/\r\nX: 1", "/\u0100")) {
            assertThrows(IllegalArgumentException.class, () -> client().request("GET", origin, target), target);
        }
        assertThrows(IllegalArgumentException.class, () -> client().request("G T", origin, "/"));
        for (String uri : List.of("ftp://h/", "http://u:p@h/", "/x", "http:///x")) {
            assertThrows(IllegalArgumentException.class, () -> client().get(uri), uri);
        }
    }

    @Test
    void aBodyOfTheWrongLengthFailsTheCall() {
        RequestContent shorter = RequestContent.of(BodyWriter::end, 3);
        assertInstanceOf(
                HttpFailure.RequestBodyFailed.class, send(client().post(URL).body(shorter)).failure);
        RequestContent longer = RequestContent.of(out -> out.write(new byte[4]), 3);
        assertInstanceOf(
                HttpFailure.RequestBodyFailed.class, send(client().post(URL).body(longer)).failure);
        assertEquals(0, loop.open());
    }

    @Test
    void aProducerWritesAsFastAsTheServerReads() {
        int[] written = {0};
        get();
        loop.link().feed(OK);
        loop.link().window(0);
        Recorder recorder = send(client().post(URL).body(RequestContent.of(out -> {
            while (out.writable() && written[0] < 1_000_000) {
                out.write(new byte[1000]);
                written[0] += 1000;
            }
            if (written[0] == 1_000_000) {
                out.end();
            }
        })));
        assertTrue(written[0] < 1_000_000 && written[0] > 0, "" + written[0]);
        loop.link().window(Long.MAX_VALUE);
        loop.run();
        assertEquals(1_000_000, written[0]);
        loop.link().feed(OK);
        assertEquals("200 ok", recorder.text());
        assertEquals("1 open, 0 waiting, 1 idle", counts());
    }

    // ---- 100 (Continue)

    @Test
    void aBodyWaitsForContinue() {
        Recorder recorder = send(client().post(URL).expectContinue().body(RequestContent.of("abc")));
        assertTrue(loop.link().take().endsWith("Expect: 100-continue\r\n\r\n"));
        loop.link().feed("HTTP/1.1 100 Continue\r\n\r\n");
        assertEquals("abc", loop.run().link().take());
        loop.link().feed(OK);
        assertEquals("200 ok", recorder.text());
        assertEquals(List.of(100), recorder.informational);
        assertEquals("1 open, 0 waiting, 1 idle", counts());
    }

    @Test
    void aBodyWaitsForContinueNotForEver() {
        send(client().post(URL).expectContinue().body(RequestContent.of("abc")));
        loop.link().take();
        loop.advance(Duration.ofSeconds(1));
        assertEquals("abc", loop.link().take());
    }

    @Test
    void aBodyThatIsRefusedIsNotSent() {
        Recorder recorder = send(client().post(URL).expectContinue().body(RequestContent.of("abc")));
        loop.link().feed("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
        loop.run();
        assertEquals("417 ", recorder.text());
        assertFalse(loop.link().text().endsWith("abc"));
        assertTrue(loop.link().isClosed(), "the server waits for the body yet");
    }

    // ---- answers

    @Test
    void informationalAnswersComeFirst() {
        Recorder recorder = get();
        loop.link().feed("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + OK);
        assertEquals(List.of(103, 102), recorder.informational);
        assertEquals("200 ok", recorder.text());
    }

    @Test
    void answersWithoutBody() {
        Recorder head = send(client().head(URL));
        loop.link().feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        assertTrue(head.isComplete());
        assertEquals(5, head.head.contentLength());
        for (int status : List.of(204, 304)) {
            Recorder recorder = get();
            loop.link().feed("HTTP/1.1 " + status + " Nothing\r\nContent-Length: 5\r\n\r\n");
            assertTrue(recorder.isComplete());
        }
        assertEquals(1, loop.links.size());
    }

    @Test
    void anAnswerOfAnOldServerEndsWithItsConnection() {
        Recorder recorder = get();
        loop.link().feed("HTTP/1.0 200 OK\r\n\r\nol");
        loop.link().feed("d");
        assertFalse(recorder.isComplete());
        loop.link().end();
        loop.run();
        assertTrue(recorder.isComplete());
        assertEquals("200 old", recorder.text());
        assertEquals("0 open, 0 waiting, 0 idle", counts());
    }

    @Test
    void notAByteComesUnasked() {
        Recorder recorder = new Recorder(0);
        client().get(URL).send(recorder);
        loop.run();
        loop.link()
                .feed(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n4\r\n you\r\n0\r\nT: 1\r\n\r\n");
        assertEquals("200 ", recorder.text());
        assertTrue(loop.link().isPaused());
        StringBuilder expected = new StringBuilder();
        for (char c : "hello yo".toCharArray()) {
            recorder.call.request(1);
            loop.run();
            assertEquals(expected.append(c).toString(), recorder.body.toString());
            assertTrue(loop.link().isPaused());
            assertFalse(recorder.isComplete());
        }
        recorder.call.request(Long.MAX_VALUE);
        loop.run();
        assertEquals("200 hello you", recorder.text());
        assertEquals("1", recorder.trailers.first("T"));
        assertEquals("1 open, 0 waiting, 1 idle", counts());
        assertFalse(loop.link().isPaused());
    }

    @Test
    void anEmptyBodyIsCompleteUnasked() {
        Recorder recorder = new Recorder(0);
        client().get(URL).send(recorder);
        loop.run();
        loop.link().feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assertTrue(recorder.isComplete());
    }

    @Test
    void whatIsHeldBackIsStillReadAfterTheServerHasEnded() {
        Recorder recorder = new Recorder(2);
        client().get(URL).send(recorder);
        loop.run();
        loop.link().feed("HTTP/1.1 200 OK\r\n\r\nhello").end();
        assertEquals("200 he", recorder.text());
        recorder.call.request(Long.MAX_VALUE);
        loop.run();
        assertEquals("200 hello", recorder.text());
        assertTrue(recorder.isComplete());
    }

    @Test
    void anAnswerBeforeTheRequestHasLeftEndsTheConnection() {
        boolean[] cancelled = {false};
        BodyProducer slow = new BodyProducer() {
            private boolean begun;

            @Override
            public void produce(BodyWriter out) {
                if (!begun) {
                    begun = true;
                    out.write(new byte[] {'a'});
                }
            }

            @Override
            public void cancelled() {
                cancelled[0] = true;
            }
        };
        Recorder recorder = send(client().post(URL).body(RequestContent.of(slow)));
        loop.link().feed(OK);
        loop.run();
        assertEquals("200 ok", recorder.text());
        assertTrue(cancelled[0]);
        assertTrue(loop.link().isClosed());
    }

    // ---- connections

    @Test
    void theConnectionUsedLastIsUsedNext() {
        Recorder one = get();
        Recorder two = get();
        loop.links.get(0).feed(OK);
        loop.links.get(1).feed(OK);
        assertTrue(one.isComplete() && two.isComplete());
        loop.links.get(0).take();
        loop.links.get(1).take();
        get();
        assertEquals("", loop.links.get(0).take());
        assertTrue(loop.links.get(1).take().startsWith("GET "));
    }

    @Test
    void anIdleConnectionIsClosedBeforeTheServerDoes() {
        get();
        loop.link().feed(OK);
        loop.advance(Duration.ofMillis(3900));
        assertEquals("1 open, 0 waiting, 1 idle", counts());
        loop.advance(Duration.ofMillis(200));
        assertEquals("0 open, 0 waiting, 0 idle", counts());
        get();
        loop.link().feed("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2, max=5\r\nContent-Length: 0\r\n\r\n");
        loop.advance(Duration.ofMillis(1600));
        assertEquals("0 open, 0 waiting, 0 idle", counts());
    }

    @Test
    void aConnectionThatBecomesReadableWhileIdleIsThrownAway() {
        get();
        loop.link().feed(OK);
        loop.link().feed("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
        loop.run();
        assertTrue(loop.link().isClosed());
        Recorder next = get();
        assertEquals(2, loop.links.size());
        loop.link().feed(OK);
        assertEquals("200 ok", next.text());
    }

    @Test
    void garbageBehindAnAnswerEndsTheConnection() {
        Recorder recorder = get();
        loop.link().feed(OK + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
        loop.run();
        assertEquals("200 ok", recorder.text());
        assertTrue(loop.link().isClosed());
    }

    @Test
    void connectionsThatDoNotLastAreNotKept() {
        for (String head : List.of(
                "HTTP/1.1 200 OK\r\nConnection: close\r\n",
                "HTTP/1.0 200 OK\r\n",
                "HTTP/1.1 200 OK\r\nconnection: x, CLOSE\r\n")) {
            get();
            loop.link().feed(head + "Content-Length: 0\r\n\r\n");
            loop.run();
            assertEquals("0 open, 0 waiting, 0 idle", counts());
        }
        send(client().get(URL).closeConnection());
        assertTrue(loop.link().text().contains("Connection: close\r\n"));
        loop.link().feed(OK);
        loop.run();
        assertEquals("0 open, 0 waiting, 0 idle", counts());
        get();
        loop.link().feed("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
        assertEquals("1 open, 0 waiting, 1 idle", counts());
    }

    @Test
    void callsBeyondTheLimitWaitInOrder() {
        pool(1, 10, 2);
        Recorder one = get();
        Recorder two = get();
        Recorder three = get();
        Recorder four = get();
        assertInstanceOf(HttpFailure.NoCapacity.class, four.failure);
        assertEquals("1 open, 2 waiting, 0 idle", counts());
        loop.link().feed(OK);
        loop.link().feed(OK);
        assertTrue(one.isComplete() && two.isComplete() && three.ends == 0);
        loop.link().feed(OK);
        assertTrue(three.isComplete());
        assertEquals(1, loop.links.size());
    }

    @Test
    void aCallOfAnotherOriginTakesThePlaceOfTheOldestIdleConnection() {
        pool(10, 1, 10);
        get();
        loop.link().feed(OK);
        Recorder other = send(client().get("http://other/"));
        loop.link().feed(OK);
        assertEquals("200 ok", other.text());
        assertEquals("1 open, 0 waiting, 1 idle", counts());
        // One that waits for its turn gets it, though the first origin has calls without end.
        Recorder first = get();
        Recorder second = send(client().get("http://other/"));
        Recorder third = get();
        loop.link().feed(OK);
        loop.run();
        assertTrue(first.isComplete());
        loop.link().feed(OK);
        loop.run();
        assertTrue(second.isComplete());
        loop.link().feed(OK);
        assertTrue(third.isComplete());
    }

    @Test
    void waitingForAConnectionEnds() {
        pool(1, 1, 10);
        get();
        Recorder waits = get();
        loop.advance(Duration.ofSeconds(10));
        assertInstanceOf(HttpFailure.NoCapacity.class, waits.failure);
        assertFalse(waits.failure.sent());
        assertEquals("1 open, 0 waiting, 0 idle", counts());
    }

    @Test
    void aFailedConnectionMakesRoomForTheNext() {
        pool(1, 1, 10);
        loop.opens = false;
        Recorder one = get();
        Recorder two = get();
        loop.attempts.getFirst().fail(new IOException("too many open files"));
        assertInstanceOf(HttpFailure.ConnectFailed.class, one.failure);
        loop.run();
        loop.attempts.getFirst().open();
        loop.run();
        loop.link().feed(OK);
        assertTrue(two.isComplete());
    }

    // ---- failures and repetition

    @Test
    void aStaleConnectionIsReplacedOnce() {
        get();
        loop.link().feed(OK);
        Recorder again = get();
        loop.link().reset();
        loop.run();
        assertEquals(2, loop.links.size());
        loop.link().feed(OK);
        assertEquals("200 ok", again.text());
        Recorder second = get();
        loop.link().end();
        loop.run();
        loop.link().end();
        loop.run();
        // On a new connection the end is no staleness: the server does not want this request.
        assertInstanceOf(HttpFailure.ConnectionLost.class, second.failure);
        assertEquals(3, loop.links.size());
    }

    @Test
    void whatMayNotBeRepeatedIsNot() {
        get();
        loop.link().feed(OK);
        Recorder post = send(client().post(URL).body(RequestContent.of("x")));
        loop.link().reset();
        loop.run();
        assertInstanceOf(HttpFailure.StaleConnection.class, post.failure);
        assertTrue(post.failure.sent());
        get();
        loop.link().feed(OK);
        Recorder begun = get();
        loop.link().feed("H").reset();
        loop.run();
        assertInstanceOf(HttpFailure.ConnectionLost.class, begun.failure);
        Recorder fresh = get();
        loop.link().reset();
        loop.run();
        assertInstanceOf(HttpFailure.ConnectionLost.class, fresh.failure);
        get();
        loop.link().feed(OK);
        RequestContent once = RequestContent.of(out -> {
            out.write(new byte[1]);
            out.end();
        });
        Recorder produced = send(client().put(URL).body(once));
        loop.link().reset();
        loop.run();
        assertInstanceOf(HttpFailure.StaleConnection.class, produced.failure);
    }

    @Test
    void failuresToConnect() {
        loop.opens = false;
        IOException unknown = new IOException("no such name", new UnknownHostException("example.org"));
        Recorder one = get();
        loop.attempts.getFirst().fail(unknown);
        assertInstanceOf(HttpFailure.UnknownHost.class, one.failure);
        Recorder two = get();
        loop.attempts.getFirst().fail(new IOException("refused"));
        assertInstanceOf(HttpFailure.ConnectFailed.class, two.failure);
        Recorder three = get();
        loop.attempts.getFirst().fail(new HttpFailure.TlsFailed("untrusted", null));
        assertInstanceOf(HttpFailure.TlsFailed.class, three.failure);
        Recorder four = get();
        loop.advance(Duration.ofSeconds(5));
        assertEquals(HttpFailure.Limit.CONNECT, limit(four));
        for (Recorder recorder : List.of(one, two, three, four)) {
            assertFalse(recorder.failure.sent());
        }
        assertEquals("0 open, 0 waiting, 0 idle", counts());
    }

    // ---- time

    @Test
    void timeLimits() {
        Recorder head = get();
        loop.advance(Duration.ofSeconds(30));
        assertEquals(HttpFailure.Limit.HEAD, limit(head));
        Recorder silent = get();
        loop.link().feed("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        for (int i = 0; i < 5; i++) {
            loop.advance(Duration.ofSeconds(29));
            loop.link().feed("x");
        }
        loop.advance(Duration.ofSeconds(30));
        assertEquals(HttpFailure.Limit.SILENCE, limit(silent));
        Recorder dribbled = get();
        loop.link().feed("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        for (int i = 0; i < 60 && dribbled.ends == 0; i++) {
            loop.advance(Duration.ofSeconds(10));
            loop.link().feed("x");
        }
        assertEquals(HttpFailure.Limit.TOTAL, limit(dribbled));
        assertEquals("0 open, 0 waiting, 0 idle", counts());
    }

    @Test
    void aCallerThatWantsNothingIsNotTheServersSilence() {
        Recorder recorder = new Recorder(1);
        client().get(URL).send(recorder);
        loop.run();
        loop.link().feed(OK);
        loop.advance(Duration.ofMinutes(5));
        assertEquals("200 o", recorder.text());
        recorder.call.request(1);
        loop.run();
        assertTrue(recorder.isComplete());
    }

    // ---- cancelling and the end

    @Test
    void cancelledCallsLeaveNothingBehind() {
        pool(1, 1, 10);
        loop.opens = false;
        Recorder connecting = new Recorder();
        Call call = client().get(URL).send(connecting);
        Recorder waiting = new Recorder();
        Call second = client().get(URL).send(waiting);
        loop.run();
        second.cancel();
        call.cancel();
        loop.run();
        assertInstanceOf(HttpFailure.Cancelled.class, waiting.failure);
        assertInstanceOf(HttpFailure.Cancelled.class, connecting.failure);
        assertFalse(connecting.failure.sent());
        assertEquals("0 open, 0 waiting, 0 idle", counts());
        loop.opens = true;
        Recorder active = get();
        loop.link().feed("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx");
        active.call.cancel();
        loop.run();
        assertInstanceOf(HttpFailure.Cancelled.class, active.failure);
        assertTrue(active.failure.sent());
        assertEquals("0 open, 0 waiting, 0 idle", counts());
    }

    @Test
    void whatIsDiscardedIsReadIfThatIsLittle() {
        Recorder little = get();
        loop.link().feed("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12");
        little.call.discard();
        loop.run();
        loop.link().feed("34567890");
        assertEquals("1 open, 0 waiting, 1 idle", counts());
        assertEquals("200 12", little.text());
        Recorder much = get();
        loop.link().feed("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n12");
        much.call.discard();
        loop.run();
        assertEquals("0 open, 0 waiting, 0 idle", counts());
    }

    @Test
    void aClosedClientLetsCallsEnd() {
        pool(1, 1, 10);
        Recorder active = get();
        Recorder waiting = get();
        var drained = client().drain();
        loop.run();
        assertInstanceOf(HttpFailure.ClientClosed.class, waiting.failure);
        assertFalse(drained.isDone());
        assertInstanceOf(HttpFailure.ClientClosed.class, get().failure);
        loop.link().feed(OK);
        loop.run();
        assertTrue(active.isComplete());
        assertTrue(drained.isDone());
        assertTrue(loop.link().isClosed());
    }

    @Test
    @ExpectedLog("a callback of the HTTP client failed")
    void aListenerThatThrowsHarmsNobodyElse() {
        client().get(URL).send(new ResponseListener() {
            @Override
            public void head(ResponseHead head, Call call) {
                throw new IllegalStateException("a listener's own fault");
            }

            @Override
            public void data(byte[] bytes, int offset, int length) {}

            @Override
            public void complete(io.millrace.http.Headers trailers) {}

            @Override
            public void failed(HttpFailure why) {
                throw new IllegalStateException("and another");
            }
        });
        loop.run();
        loop.link().feed(OK);
        loop.run();
        assertEquals("0 open, 0 waiting, 0 idle", counts());
    }

    // ---- other protocols

    private static final class Echo implements Protocol {
        final StringBuilder text = new StringBuilder();

        @Override
        public void receive(Buffer in, Link link) {
            text.append(in.text(java.nio.charset.StandardCharsets.US_ASCII));
            in.consume(in.readable());
        }
    }

    @Test
    void anUpgradeHandsTheConnectionOver() {
        Echo echo = new Echo();
        Recorder recorder = new Recorder();
        recorder.next = echo;
        client().get(URL).upgrade("echo").send(recorder);
        loop.run();
        assertTrue(loop.link().text().contains("Connection: Upgrade\r\nUpgrade: echo\r\n"));
        loop.link().feed("HTTP/1.1 101 Go\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nearly");
        loop.link().feed(" late");
        assertEquals("early late", echo.text.toString());
        assertEquals("0 open, 0 waiting, 0 idle", counts());
        assertFalse(loop.link().isClosed());
    }

    @Test
    void aTunnelHandsTheConnectionOver() {
        Echo echo = new Echo();
        Recorder recorder = new Recorder();
        recorder.next = echo;
        Origin proxy = new Origin("http", "proxy", 3128, null);
        client().request("CONNECT", proxy, "example.org:443").send(recorder);
        loop.run();
        assertEquals(
                "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n",
                loop.link().text());
        loop.link().feed("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nthrough");
        assertEquals("through", echo.text.toString());
    }

    @Test
    void aSwitchThatWasNotAskedForIsNoAnswer() {
        Recorder recorder = get();
        loop.link().feed("HTTP/1.1 101 Go\r\nUpgrade: echo\r\n\r\n");
        loop.run();
        assertInstanceOf(HttpFailure.BadResponse.class, recorder.failure);
        Recorder refused = send(client().get(URL).upgrade("echo"));
        loop.link().feed(OK);
        assertEquals("200 ok", refused.text());
    }

    // ---- redirections

    @Test
    void redirectionsAreFollowedWhereAskedFor() {
        Recorder plain = get();
        loop.link().feed("HTTP/1.1 302 Found\r\nLocation: /z\r\nContent-Length: 0\r\n\r\n");
        assertEquals("302 ", plain.text());
        Recorder follows = send(client().post(URL)
                .redirects(3)
                .header("Authorization", "secret")
                .header("Content-Type", "text/plain")
                .body(RequestContent.of("x")));
        loop.link().take();
        loop.link().feed("HTTP/1.1 307 Again\r\nLocation: z?1\r\nContent-Length: 3\r\n\r\nbye");
        String second = loop.run().link().take();
        assertTrue(second.startsWith("POST /z?1 ") && second.contains("secret") && second.endsWith("x"), second);
        loop.link().feed("HTTP/1.1 303 See\r\nLocation: http://other/q\r\nContent-Length: 0\r\n\r\n");
        String third = loop.run().link().take();
        assertEquals("GET /q HTTP/1.1\r\nHost: other\r\n\r\n", third);
        loop.link().feed(OK);
        assertEquals("200 ok", follows.text());
        Recorder endless = send(client().get(URL).redirects(2));
        for (int i = 0; i < 3; i++) {
            loop.links.getFirst().feed("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n");
            loop.run();
        }
        assertEquals("302 ", endless.text());
    }

    @Test
    void theLoopsEndEndsCalls() {
        Recorder recorder = get();
        MemoryLink link = loop.link();
        link.stop();
        link.feed(OK);
        loop.run();
        assertTrue(recorder.isComplete());
        assertTrue(link.isClosed(), "a loop that ends keeps no connections");
    }
}
