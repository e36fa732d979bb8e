// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseMode;
import io.millrace.http.Handler;
import io.millrace.http.HttpException;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import io.millrace.http.ResponseStream;
import io.millrace.http.Route;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers on virtual threads; the test's thread is the loop and runs what they bring to it. */
@Timeout(60)
class VirtualDispatchTest {
    private static final String GET = "GET /a?b=c HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";

    @Test
    void answersComeFromAVirtualThreadInOrder() {
        Serving serving = virtual((request, response) -> {
            assertTrue(Thread.currentThread().isVirtual());
            response.send(request.method()
                    + request.target()
                    + request.header("x")
                    + request.query("b")
                    + request.dispatch());
        });
        MemoryLink link = serving.open().feed(GET + GET + GET);
        link.runUntil(() -> serving.log.size() == 3);
        List<Answer> answers = Answer.all(link.text());
        assertEquals(3, answers.size());
        answers.forEach(answer -> assertEquals("GET/a?b=cycVIRTUAL", answer.body()));
    }

    @Test
    void theRequestIsStillThereWhenItsBytesAreGone() {
        CountDownLatch go = new CountDownLatch(1);
        Serving serving = virtual((request, response) -> {
            go.await();
            response.send(request.path() + request.headers().size() + request.authority());
        });
        MemoryLink link = serving.open();
        for (char c : GET.toCharArray()) {
            link.feed(String.valueOf(c));
        }
        go.countDown();
        link.runUntil(() -> serving.log.size() == 1);
        assertEquals("/a2h", Answer.only(link.text()).body());
    }

    @ExpectedLog("returned without an answer")
    @Test
    void returningWithoutAnAnswerIsAFault() {
        Serving serving = virtual((request, response) -> response.status(202));
        MemoryLink link = serving.open().feed(GET);
        link.runUntil(() -> serving.log.size() == 1);
        assertEquals(500, Answer.only(link.text()).status());
    }

    @ExpectedLog("the answer to GET")
    @Test
    void exceptionsAreMapped() {
        Serving serving = virtual((request, response) -> {
            if (request.path().equals("/a")) {
                throw new HttpException(409);
            }
            throw new IOException("broken");
        });
        MemoryLink link = serving.open().feed(GET + GET.replace("/a", "/b"));
        link.runUntil(() -> serving.log.size() == 2);
        assertEquals(
                List.of(409, 500),
                Answer.all(link.text()).stream().map(Answer::status).toList());
    }

    @Test
    void aBodyIsWaitedFor() {
        Serving serving =
                virtual((request, response) -> response.send(request.body().bytes(100)));
        MemoryLink link =
                serving.open().feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
        link.runUntil(() -> link.text().startsWith("HTTP/1.1 100"));
        link.feed("hello");
        link.feed("world");
        link.runUntil(() -> serving.log.size() == 1);
        assertEquals("helloworld", Answer.all(link.text()).getLast().body());
    }

    @Test
    void aBodyThatIsTooLongIs413() {
        Serving serving =
                virtual((request, response) -> response.send(request.body().bytes(4)));
        MemoryLink link = serving.open();
        link.feed("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        link.runUntil(() -> serving.log.size() == 1);
        assertEquals(413, Answer.only(link.text()).status());
        link.feed("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n");
        link.runUntil(() -> serving.log.size() == 2);
        assertEquals("four", Answer.all(link.text()).getLast().body());
    }

    @Test
    void aLargeBodyIsReadWithBoundedMemory() {
        byte[] body = random(3_000_000);
        AtomicLong sum = new AtomicLong();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Serving serving = virtual((request, response) -> {
            long total = 0;
            try (InputStream in = request.body().stream()) {
                total = in.read();
                begun.countDown();
                go.await();
                for (int value = in.read(); value >= 0; value = in.read()) {
                    total = 31 * total + value;
                }
            }
            sum.set(total);
            response.send();
        });
        MemoryLink link =
                serving.open().feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length + "\r\n\r\n");
        link.feed(Arrays.copyOf(body, 10)).runUntil(() -> begun.getCount() == 0);
        int fed = feedWhileItIsTaken(link, body, 10);
        assertTrue(fed - link.unconsumed() <= 96 * 1024, fed + " bytes were taken though nobody reads");
        go.countDown();
        while (fed < body.length) {
            link.runUntil(() -> !link.isPaused());
            fed = feedWhileItIsTaken(link, body, fed);
        }
        link.runUntil(() -> serving.log.size() == 1);
        long expected = 0;
        for (byte value : body) {
            expected = 31 * expected + (value & 0xff);
        }
        assertEquals(expected, sum.get());
    }

    private static int feedWhileItIsTaken(MemoryLink link, byte[] body, int from) {
        int at = from;
        while (at < body.length && !link.isPaused()) {
            int count = Math.min(16 * 1024, body.length - at);
            link.feed(Arrays.copyOfRange(body, at, at + count));
            at += count;
        }
        return at;
    }

    @Test
    void aWriterWaitsForASlowPeer() {
        AtomicLong written = new AtomicLong();
        Serving serving = virtual((request, response) -> {
            try (ResponseStream stream = response.stream()) {
                byte[] piece = new byte[10_000];
                for (int i = 0; i < 500; i++) {
                    Arrays.fill(piece, (byte) i);
                    stream.write(piece);
                    written.addAndGet(piece.length);
                }
            }
        });
        MemoryLink link = serving.open().highWater(100_000).window(0).feed(GET);
        // What fits into the link, what may be under way, what lies in the stream's hands: not the five million.
        link.runUntil(() -> link.pending() > 100_000 && written.get() > 250_000);
        for (int i = 0; i < 50; i++) {
            link.run();
        }
        assertTrue(link.pending() < 600_000, link.pending() + " bytes pending");
        assertTrue(written.get() < 600_000, written + " bytes written");
        link.window(Long.MAX_VALUE);
        link.runUntil(() -> serving.log.size() == 1);
        String body = Answer.only(link.text()).body();
        assertEquals(5_000_000, body.length());
        for (int i = 0; i < 500; i++) {
            assertEquals(i & 0xff, body.charAt(i * 10_000));
        }
    }

    @Test
    void aWriterWhosePeerIsGoneHearsOfIt() {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(1);
        Serving serving = virtual((request, response) -> {
            try {
                ResponseStream stream = response.stream();
                while (true) {
                    stream.write(new byte[10_000]);
                }
            } catch (IOException e) {
                thrown.set(e);
                throw e;
            } finally {
                done.countDown();
            }
        });
        MemoryLink link = serving.open().window(0).feed(GET);
        link.runUntil(() -> link.pending() > 256 * 1024);
        link.reset();
        link.runUntil(() -> done.getCount() == 0);
        assertInstanceOf(IOException.class, thrown.get());
        assertEquals(1, serving.log.size());
    }

    @ExpectedLog("the answer to GET")
    @Test
    void aStreamThatCannotBeClosedEndsTheConnection() {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Serving serving = virtual((request, response) -> {
            ResponseStream stream = response.stream();
            while (stream.writable()) {
                stream.write(new byte[8000]);
            }
            stream.write(new byte[100]);
            Thread.currentThread().interrupt();
            try {
                stream.close();
            } catch (IOException e) {
                thrown.set(e);
                throw e;
            }
        });
        MemoryLink link = serving.open().highWater(1000).window(0).feed(GET);
        link.runUntil(() -> link.isClosed() && thrown.get() != null);
        assertInstanceOf(InterruptedIOException.class, thrown.get());
        assertEquals(CloseMode.NOW, link.closing());
    }

    @Test
    void aStreamOpenedAfterThePeerHasLeftIsAborted() {
        CountDownLatch left = new CountDownLatch(1);
        AtomicReference<String> seen = new AtomicReference<>();
        Serving serving = virtual((request, response) -> {
            response.defer();
            left.await();
            ResponseStream stream = response.stream();
            boolean writable = stream.writable();
            stream.onAborted(() -> seen.set("aborted, writable " + writable));
        });
        MemoryLink link = serving.open().feed(GET);
        link.reset();
        left.countDown();
        link.runUntil(() -> seen.get() != null);
        assertEquals("aborted, writable false", seen.get());
    }

    @Test
    void aStreamThatWentOutWholeIsNotAborted() {
        AtomicReference<String> seen = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(1);
        CountDownLatch checked = new CountDownLatch(1);
        Serving serving = virtual((request, response) -> {
            ResponseStream stream = response.stream();
            stream.close();
            done.await();
            stream.onAborted(() -> seen.set("aborted"));
            response.execute(checked::countDown);
        });
        MemoryLink link = serving.open().feed(GET);
        link.runUntil(() -> serving.log.size() == 1);
        link.reset();
        done.countDown();
        link.runUntil(() -> checked.getCount() == 0);
        assertNull(seen.get());
    }

    @ExpectedLog("the answer to POST")
    @Test
    void aReaderThatFailsLeavesTheHandlersResponseAlone() {
        AtomicReference<String> seen = new AtomicReference<>();
        CountDownLatch answered = new CountDownLatch(1);
        Serving serving = virtual((request, response) -> {
            response.status(202).header("X", "y").defer();
            response.onComplete(answered::countDown);
            request.body().read(new RequestBody.Reader() {
                @Override
                public void data(byte[] bytes, int offset, int length) {
                    throw new IllegalStateException("on purpose");
                }

                @Override
                public void end() {}

                @Override
                public void failed(IOException why) {}
            });
            answered.await();
            seen.set(response.status() + response.header("X") + response.committed());
            response.send("dropped");
        });
        MemoryLink link = serving.open().feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
        link.runUntil(() -> seen.get() != null);
        assertEquals("202yfalse", seen.get());
        Answer answer = Answer.only(link.text());
        assertEquals(500, answer.status());
        assertNull(answer.field("X"));
    }

    @Test
    void aReaderWhosePeerIsGoneHearsOfIt() {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(1);
        Serving serving = virtual((request, response) -> {
            try {
                request.body().bytes(100);
            } catch (IOException e) {
                thrown.set(e);
            } finally {
                done.countDown();
            }
        });
        MemoryLink link = serving.open().feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello");
        link.reset();
        link.runUntil(() -> done.getCount() == 0);
        assertInstanceOf(IOException.class, thrown.get());
    }

    @Test
    void garbageInABodyIsAnsweredThoughTheHandlerIsWaiting() {
        CountDownLatch done = new CountDownLatch(1);
        Serving serving = virtual((request, response) -> {
            try {
                request.body().bytes(100);
            } finally {
                done.countDown();
            }
        });
        MemoryLink link =
                serving.open().feed("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX");
        link.runUntil(() -> done.getCount() == 0 && link.isClosed());
        assertEquals(400, Answer.only(link.text()).status());
        assertEquals(CloseMode.LINGERING, link.closing());
    }

    @Test
    void deferredAnswersMayComeFromAnyThread() {
        AtomicReference<Thread> other = new AtomicReference<>();
        Serving serving = Serving.of((request, response) -> {
            response.defer();
            Thread thread = new Thread(() -> response.header("X", "y").send("later"));
            other.set(thread);
            thread.start();
        });
        MemoryLink link = serving.open().feed(GET + GET);
        link.runUntil(() -> serving.log.size() == 2);
        assertEquals("later", Answer.all(link.text()).getLast().body());
        assertFalse(other.get().isVirtual());
    }

    @Test
    void anExchangeThatAnotherThreadMayHoldIsNotUsedAgain() {
        AtomicReference<Request> first = new AtomicReference<>();
        CountDownLatch go = new CountDownLatch(1);
        AtomicReference<String> late = new AtomicReference<>();
        CountDownLatch done = new CountDownLatch(1);
        Serving serving = virtual((request, response) -> {
            boolean isFirst = first.compareAndSet(null, request);
            response.send(request.path());
            if (isFirst) {
                go.await();
                late.set(request.path() + request.header("X"));
                done.countDown();
            }
        });
        MemoryLink link = serving.open().feed(GET + GET.replace("/a", "/b").replace("y", "z"));
        link.runUntil(() -> serving.log.size() == 2);
        go.countDown();
        link.runUntil(() -> done.getCount() == 0);
        assertEquals("/ay", late.get());
    }

    private static Serving virtual(Handler handler) {
        return Serving.of(Route.virtual(handler));
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(3).nextBytes(bytes);
        return bytes;
    }

    @Test
    void aStreamLeftOpenIsClosedWhenTheHandlerReturns() {
        Serving serving = virtual((request, response) -> response.stream().write("left"));
        MemoryLink link = serving.open().feed(GET);
        link.runUntil(() -> serving.log.size() == 1);
        assertEquals("left", Answer.only(link.text()).body());
    }
}
