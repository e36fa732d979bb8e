// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.http.Dispatch;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers that answer when their loop has been closed: nothing that they give is lost in silence. */
@Timeout(120)
class ClosedServerTest {

    private static OpenFile file(AtomicInteger released) {
        return new OpenFile(new FileInfo("file", FileInfo.Kind.FILE, 100_000, Instant.EPOCH, null, 0, 0)) {
            @Override
            public int read(long position, byte[] into, int offset, int length) {
                return length;
            }

            @Override
            protected void release() {
                released.incrementAndGet();
            }
        };
    }

    /** As many deferred responses as asked for, of connections that have ended with their loop. */
    private static List<Response> leftOver(int count) throws Exception {
        LinkedBlockingQueue<Response> deferred = new LinkedBlockingQueue<>();
        List<Response> all = new ArrayList<>();
        WebServer server = WebServer.on(0)
                .loops(1)
                .handler((request, response) -> deferred.add(response.defer()))
                .start();
        for (int i = 0; i < count; i++) {
            RawClient client = RawClient.connect(server.address());
            client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            all.add(deferred.poll(20, TimeUnit.SECONDS));
        }
        server.close();
        server.await();
        return all;
    }

    @Test
    void aFileThatIsGivenTooLateIsClosed() throws Exception {
        List<Response> responses = leftOver(2);
        AtomicInteger released = new AtomicInteger();
        assertThrows(IllegalStateException.class, () -> responses.get(0).send(file(released), 0, 100_000));
        assertEquals(1, released.get());
        assertThrows(IllegalStateException.class, () -> responses.get(1).stream());
    }

    @Test
    void whatIsToldAtTheEndIsTold() throws Exception {
        List<Response> responses = leftOver(2);
        CountDownLatch told = new CountDownLatch(2);
        responses.get(0).onComplete(told::countDown);
        responses.get(1).onAborted(told::countDown);
        assertTrue(told.await(20, TimeUnit.SECONDS));
        String said = assertThrows(
                        IllegalStateException.class, () -> responses.get(0).send("for nobody"))
                .getMessage();
        assertEquals("the answer to GET / (route /*) comes too late: the server was stopped", said);
        assertThrows(RejectedExecutionException.class, () -> responses.get(0).execute(() -> {}));
    }

    @Test
    void whoeverReadsABodyIsToldThatItHasFailed() throws Exception {
        AtomicReference<RequestBody> body = new AtomicReference<>();
        CountDownLatch handled = new CountDownLatch(1);
        WebServer server = WebServer.on(0)
                .loops(1)
                .handler((request, response) -> {
                    response.defer();
                    body.set(request.body());
                    handled.countDown();
                })
                .start();
        try (RawClient client = RawClient.connect(server.address())) {
            client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
            assertTrue(handled.await(20, TimeUnit.SECONDS));
        }
        server.close();
        server.await();
        assertThrows(IOException.class, () -> body.get().stream().readAllBytes());
    }

    @ExpectedLog("the answer to")
    @Test
    void aHandlerThatFailsTooLateThrowsNothingAtItsThread() throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        LinkedBlockingQueue<Throwable> ends = new LinkedBlockingQueue<>();
        Throwable well = new Throwable("ended without an exception");
        Dispatch place = Dispatch.on(task -> Thread.startVirtualThread(() -> {
            try {
                task.run();
                ends.add(well);
            } catch (Throwable e) {
                ends.add(e);
            }
        }));
        WebServer server = WebServer.on(0)
                .loops(1)
                .get("/", place, (request, response) -> {
                    response.onAborted(left::countDown);
                    began.countDown();
                    awaitUninterruptibly(stopped);
                    throw new IllegalStateException("on purpose, for a test");
                })
                .start();
        try (RawClient client = RawClient.connect(server.address())) {
            client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertTrue(began.await(20, TimeUnit.SECONDS));
        }
        assertTrue(left.await(20, TimeUnit.SECONDS));
        server.close();
        server.await();
        stopped.countDown();
        assertSame(well, ends.poll(20, TimeUnit.SECONDS));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException e) {
                // The server interrupts what it cuts off, and this handler goes on all the same.
            }
        }
    }
}
