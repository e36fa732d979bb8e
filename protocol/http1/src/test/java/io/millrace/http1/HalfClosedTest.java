// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseMode;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import io.millrace.http.Route;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that have sent their last byte: they may have gone, or they may be reading still. */
@Timeout(60)
class HalfClosedTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final Duration LIMIT = Limits.DEFAULT.halfClosedTime();
    private static final Duration ABIT = Duration.ofMillis(1);

    private ResponseStream stream;
    private Response response;
    private int aborted;

    private final Handler streaming = (request, response) -> {
        stream = response.defer().stream();
        stream.onAborted(() -> aborted++);
        stream.write("x");
        stream.flush();
    };

    private final Handler deferring = (request, response) -> this.response = response.defer();

    @Test
    void aSilentStreamEndsWithItsClient() {
        Serving serving = Serving.of(streaming);
        MemoryLink link = serving.open().feed(GET).advance(Duration.ofHours(1)).end();
        link.advance(LIMIT.minus(ABIT));
        assertFalse(link.isClosed());
        assertEquals(0, aborted);
        link.advance(ABIT);
        assertTrue(link.isClosed());
        assertEquals(CloseMode.NOW, link.closing());
        assertEquals(1, aborted);
        assertEquals(List.of("GET / 200 1"), serving.log);
    }

    @Test
    void aStreamThatHasNotEvenBegunEndsToo() {
        Serving serving = Serving.of((request, response) -> {
            stream = response.defer().stream();
            stream.onAborted(() -> aborted++);
        });
        MemoryLink link = serving.open().feed(GET).end().advance(LIMIT);
        assertTrue(link.isClosed());
        assertEquals(1, aborted);
        assertEquals(List.of("GET / 0 0"), serving.log);
    }

    @Test
    void aClientThatIsGivenSomethingMayStillRead() throws IOException {
        MemoryLink link = Serving.of(streaming).open().feed(GET).end();
        for (int i = 0; i < 5; i++) {
            link.advance(LIMIT.minus(ABIT));
            stream.write("y");
            stream.flush();
            link.run();
        }
        stream.close();
        assertEquals("xyyyyy", Answer.only(link.run().text()).body());
        assertEquals(0, aborted);
    }

    @Test
    void aClientThatHasNotClosedIsWaitedForWithoutEnd() {
        MemoryLink link = Serving.of(streaming).open().feed(GET).advance(Duration.ofDays(10));
        assertFalse(link.isClosed());
        assertEquals(0, aborted);
    }

    @Test
    void anAnswerThatIsLateEndsToo() {
        Serving serving = Serving.of(deferring);
        MemoryLink link = serving.open().feed(GET).end().advance(LIMIT.minus(ABIT));
        assertFalse(link.isClosed());
        link.advance(ABIT);
        assertTrue(link.isClosed());
        response.send("nobody");
        assertEquals("", link.run().text());
        assertEquals(List.of("GET / 0 0"), serving.log);
    }

    @Test
    void aVirtualHandlerThatBlocksEndsToo() {
        CountDownLatch go = new CountDownLatch(1);
        Serving serving = Serving.of(Route.virtual((request, response) -> go.await()));
        MemoryLink link = serving.open().feed(GET).end().advance(LIMIT);
        assertTrue(link.isClosed());
        assertEquals(List.of("GET / 0 0"), serving.log);
        go.countDown();
    }

    @Test
    void outputThatIsNotTakenIsForTheLinkToWatch() {
        MemoryLink link = Serving.of(streaming).open().window(0).feed(GET).end();
        for (int i = 0; i < 6; i++) {
            // The peer takes something within the link's own write timeout.
            link.window(1).advance(LIMIT.dividedBy(2));
        }
        assertFalse(link.isClosed());
        link.window(Long.MAX_VALUE).advance(LIMIT);
        assertTrue(link.isClosed());
        assertEquals(1, aborted);
    }

    // ---- the end behind requests that wait

    @Test
    void theEndIsSeenBehindRequestsThatWait() {
        MemoryLink link = Serving.of(streaming).open().feed(GET + GET);
        assertTrue(link.isPaused());
        link.end().advance(LIMIT.multipliedBy(2));
        assertTrue(link.isClosed());
        assertEquals(1, aborted);
    }

    @Test
    void requestsThatWaitedAreAnswered() throws IOException {
        for (boolean end : new boolean[] {false, true}) {
            Serving serving = Serving.of(streaming);
            MemoryLink link = serving.open().feed(GET + GET).advance(LIMIT);
            assertFalse(link.isPaused());
            link.feed(GET + "GE");
            if (end) {
                link.end();
            }
            for (int i = 0; i < 3; i++) {
                assertEquals(i, serving.log.size());
                stream.close();
                link.run();
            }
            assertEquals(
                    List.of("x", "x", "x"),
                    Answer.all(link.text()).stream().map(Answer::body).toList());
            assertEquals(end, link.isClosed());
        }
    }

    @Test
    void aBodyThatWaitedIsRead() {
        String post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n";
        io.millrace.http.RequestBody[] bodies = new io.millrace.http.RequestBody[1];
        MemoryLink link = Serving.of((request, response) -> {
                    deferring.handle(request, response);
                    bodies[0] = request.body();
                })
                .open();
        link.feed(post + "ab").advance(LIMIT).feed("cd").end();
        bodies[0].collect(10, bytes -> response.send(bytes));
        assertEquals("abcd", Answer.only(link.run().text()).body());
        assertTrue(link.isClosed());
    }

    /** Looking for the end keeps no more than a head may have. */
    @Test
    void whatWaitsIsBounded() {
        MemoryLink link = Serving.of(streaming).open().feed(GET + GET).advance(LIMIT);
        for (int i = 0; i < 1000 && !link.isPaused(); i++) {
            link.feed(GET.repeat(20));
        }
        assertTrue(link.isPaused());
        assertTrue(link.unconsumed() < Limits.DEFAULT.head() + 1000, link.unconsumed() + " bytes wait");
        link.advance(LIMIT.multipliedBy(10));
        assertTrue(link.isPaused());
    }
}
