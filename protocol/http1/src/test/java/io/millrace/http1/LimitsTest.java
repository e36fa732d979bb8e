// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseMode;
import io.millrace.http.FieldList;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.Trickle;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a client may ask of the server in bytes and in seconds. */
class LimitsTest {
    /** The time that handlers have is another limit. */
    private static final Limits PATIENT = Limits.DEFAULT.withAnswerTime(Duration.ofDays(1));

    private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final Limits SMALL =
            Limits.DEFAULT.withTarget(50).withHead(200).withFields(4);
    private static final Duration ABIT = Duration.ofMillis(1);

    // ---- bytes

    @Test
    void targets() {
        assertEquals(200, status("GET /" + "a".repeat(49) + " HTTP/1.1\r\nHost: h\r\n\r\n"));
        assertEquals(414, status("GET /" + "a".repeat(50) + " HTTP/1.1\r\nHost: h\r\n\r\n"));
        assertEquals(414, status("GET /" + "a".repeat(5000)));
    }

    @Test
    void heads() {
        int used = "GET / HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n".length();
        assertEquals(200, status("GET / HTTP/1.1\r\nHost: h\r\nX: " + "a".repeat(200 - used) + "\r\n\r\n"));
        assertEquals(431, status("GET / HTTP/1.1\r\nHost: h\r\nX: " + "a".repeat(201 - used) + "\r\n\r\n"));
        assertEquals(431, status("GET / HTTP/1.1\r\nHost: h\r\nX: " + "a".repeat(5000)));
        assertEquals(431, status("GET / HTTP/1.1\r\nHost: h\r\n" + "a".repeat(5000)));
    }

    @Test
    void fields() {
        assertEquals(200, status("GET / HTTP/1.1\r\nHost: h\r\n" + "A: b\r\n".repeat(3) + "\r\n"));
        assertEquals(431, status("GET / HTTP/1.1\r\nHost: h\r\n" + "A: b\r\n".repeat(4) + "\r\n"));
    }

    /** What stands behind the last element that is read could end the connection, or the body. */
    @Test
    void elementsOfListsThatRuleTheConnection() {
        String most = "a,".repeat(FieldList.MOST - 1);
        assertEquals(200, unlimited("Connection: " + most + "close\r\n"));
        assertEquals(431, unlimited("Connection: a," + most + "close\r\n"));
        assertEquals(431, unlimited("Connection: " + most + "a\r\nConnection: close\r\n"));
        assertEquals(431, unlimited("Connection: " + ",".repeat(30_000) + "\r\n"));
        String codings = "gzip,".repeat(FieldList.MOST - 1);
        assertEquals(501, unlimited("Transfer-Encoding: " + codings + "chunked\r\n"));
        assertEquals(431, unlimited("Transfer-Encoding: gzip," + codings + "chunked\r\n"));
        assertEquals(431, unlimited("Transfer-Encoding: gzip," + codings + "\r\nTransfer-Encoding: chunked\r\n"));
    }

    private static int unlimited(String field) {
        MemoryLink link = new MemoryLink(new Http1Factory((request, response) -> response.send("x")).create());
        return Answer.only(link.feed("GET / HTTP/1.1\r\nHost: h\r\n" + field + "\r\n")
                        .text())
                .status();
    }

    @Test
    void extensionsAndTrailers() {
        String head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        assertEquals(200, status(head + "1;" + "a".repeat(100) + "\r\nx\r\n0;" + "b".repeat(60) + "\r\n\r\n"));
        assertEquals(431, status(head + "1;" + "a".repeat(150) + "\r\nx\r\n0;" + "b".repeat(60) + "\r\n\r\n"));
        assertEquals(200, status(head + "0\r\nX: " + "a".repeat(190) + "\r\n\r\n"));
        assertEquals(431, status(head + "0\r\nX: " + "a".repeat(200) + "\r\n\r\n"));
        assertEquals(431, status(head + "0\r\n" + "X: y\r\n".repeat(5) + "\r\n"));
    }

    private static int status(String input) {
        Handler whole = (request, response) -> request.body().collect(1000, bytes -> response.send("x"));
        return Answer.only(Trickle.same(Serving.of(whole, SMALL), input).text()).status();
    }

    // ---- seconds

    @Test
    void aConnectionThatNeverAsksIsClosedSilently() {
        MemoryLink link = Serving.echo().open().advance(Duration.ofSeconds(10).minus(ABIT));
        assertNull(link.closing());
        link.advance(ABIT);
        assertEquals("", link.text());
        assertTrue(link.isClosed());
    }

    @Test
    void aHeadThatComesTooSlowlyIs408() {
        MemoryLink link = Serving.echo().open().advance(Duration.ofSeconds(3));
        link.feed("G");
        for (int i = 1; i < 10; i++) {
            link.advance(Duration.ofSeconds(1)).feed("E");
        }
        assertEquals("", link.text());
        link.advance(Duration.ofSeconds(1));
        assertEquals(408, Answer.only(link.text()).status());
        assertEquals(CloseMode.LINGERING, link.closing());
    }

    @Test
    void anIdleConnectionIsClosedSilently() {
        MemoryLink link = Serving.echo().open();
        for (int i = 0; i < 5; i++) {
            link.advance(Duration.ofSeconds(9)).feed(GET);
        }
        link.take();
        link.advance(Duration.ofSeconds(75).minus(ABIT));
        assertNull(link.closing());
        link.advance(ABIT);
        assertEquals(CloseMode.FLUSHED, link.closing());
        assertEquals("", link.text());
    }

    @Test
    void aSecondHeadHasItsOwnTime() {
        MemoryLink link = Serving.echo().open().feed(GET).advance(Duration.ofSeconds(70));
        link.feed("GET /").advance(Duration.ofSeconds(9)).feed(" HTTP/1.1\r\nHost: h\r\n\r\n");
        assertEquals(2, Answer.all(link.text()).size());
        link.feed("GET /").advance(Duration.ofSeconds(10));
        assertEquals(408, Answer.all(link.text()).getLast().status());
    }

    @Test
    void anAnswerThatIsStillLeavingIsNoIdleness() {
        MemoryLink link =
                Serving.of((q, r) -> r.send(new byte[1000])).open().window(10).feed(GET);
        for (int i = 0; i < 10; i++) {
            // Slow, but not stalled: the peer takes something within the write timeout.
            link.window(10).advance(Duration.ofSeconds(20));
        }
        assertNull(link.closing());
        link.window(Long.MAX_VALUE).advance(Duration.ofSeconds(75));
        assertEquals(CloseMode.FLUSHED, link.closing());
    }

    @Test
    void aBodyMustComeAtSomeRate() {
        Limits limits = Limits.DEFAULT.withBodyRate(100).withBodyTime(Duration.ofSeconds(10));
        Handler whole = (request, response) -> request.body().collect(1_000_000, bytes -> response.send("x"));
        MemoryLink link = Serving.of(whole, limits).open();
        link.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
        for (int i = 0; i < 30; i++) {
            link.feed("x".repeat(100)).advance(Duration.ofSeconds(1).minus(ABIT));
        }
        assertFalse(link.isClosed(), "fast enough");
        link.advance(Duration.ofSeconds(1));
        assertEquals(408, Answer.only(link.text()).status());
        assertEquals(CloseMode.LINGERING, link.closing());
    }

    @Test
    void bytesThatCameFastBuyNoTimeToBeSilent() {
        for (int rate : new int[] {500, 1, 0}) {
            Limits limits = Limits.DEFAULT.withBodyRate(rate).withBodyTime(Duration.ofSeconds(10));
            Handler whole = (request, response) -> request.body().collect(2_000_000, bytes -> response.send("x"));
            MemoryLink link = Serving.of(whole, limits).open();
            link.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n");
            link.advance(Duration.ofSeconds(5)).feed(new byte[1_000_000]);
            link.advance(Duration.ofSeconds(10).minus(ABIT));
            assertFalse(link.isClosed(), "rate " + rate);
            link.advance(ABIT);
            assertEquals(408, Answer.only(link.text()).status(), "rate " + rate);
        }
    }

    @Test
    void anyRateWillDoWhereNoneIsAskedFor() {
        Limits limits = Limits.DEFAULT.withBodyRate(0).withBodyTime(Duration.ofSeconds(10));
        Handler whole = (request, response) -> request.body().collect(1000, bytes -> response.send("x"));
        MemoryLink link = Serving.of(whole, limits).open();
        link.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
        for (int i = 0; i < 100; i++) {
            link.advance(Duration.ofSeconds(9)).feed("x");
        }
        assertEquals(200, Answer.only(link.text()).status());
    }

    @Test
    void theGraceOfABodyCountsFromItsBeginning() {
        Handler whole = (request, response) -> request.body().collect(1_000_000, bytes -> response.send("x"));
        MemoryLink link = Serving.of(whole).open();
        link.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
        link.advance(Duration.ofSeconds(10).minus(ABIT));
        assertFalse(link.isClosed());
        link.advance(ABIT);
        assertEquals(408, Answer.only(link.text()).status());
    }

    @Test
    void theHandlersSlownessIsNotTheClients() {
        RequestBody[] bodies = new RequestBody[1];
        Response[] responses = new Response[1];
        MemoryLink link = Serving.of(
                        (request, response) -> {
                            response.defer();
                            responses[0] = response;
                            bodies[0] = request.body();
                            bodies[0].read(new RequestBody.Reader() {
                                @Override
                                public void data(byte[] bytes, int offset, int length) {}

                                @Override
                                public void end() {}

                                @Override
                                public void failed(IOException why) {}
                            });
                            bodies[0].pause(true);
                        },
                        PATIENT)
                .open();
        link.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
        link.advance(Duration.ofSeconds(1000));
        assertFalse(link.isClosed());
        bodies[0].pause(false);
        link.run().advance(Duration.ofSeconds(10).minus(ABIT));
        assertFalse(link.isClosed());
        link.advance(ABIT);
        assertEquals(408, Answer.only(link.text()).status());
    }

    @Test
    void aSlowHandlerHasAllTheTimeItNeeds() {
        Response[] responses = new Response[1];
        MemoryLink link = Serving.of((request, response) -> responses[0] = response.defer(), PATIENT)
                .open()
                .feed(GET);
        link.advance(Duration.ofHours(3));
        responses[0].send("at last");
        assertEquals("at last", Answer.only(link.run().text()).body());
        link.advance(Duration.ofSeconds(75).minus(ABIT));
        assertNull(link.closing());
        link.advance(ABIT);
        assertEquals(CloseMode.FLUSHED, link.closing());
    }

    @Test
    void anUnreadBodyThatDoesNotComeEndsTheConnection() {
        MemoryLink link = Serving.echo().open();
        link.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
        assertEquals(200, Answer.only(link.text()).status());
        link.advance(Duration.ofSeconds(10).minus(ABIT));
        assertNull(link.closing());
        link.advance(ABIT);
        assertEquals(CloseMode.LINGERING, link.closing());
        assertEquals(1, Answer.all(link.text()).size());
    }

    @Test
    void theLinkKnowsHowLongAPeerMayRefuseToRead() {
        assertEquals(Duration.ofSeconds(30).toNanos(), Serving.echo().open().writeTimeout());
        assertEquals(List.of(), Serving.echo().log);
    }
}
