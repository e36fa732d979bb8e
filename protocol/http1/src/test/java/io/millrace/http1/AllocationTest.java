// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Clock;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.core.TimeLimit;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http.Router;
import java.lang.management.ManagementFactory;
import java.net.SocketAddress;
import org.junit.jupiter.api.Test;

/** The budget of the hot path: a GET that is answered on the loop allocates nothing. */
class AllocationTest {
    private static final int ROUNDS = 10_000;
    private static final byte[] BODY = Ascii.bytes("Hello, world!\n");
    private static final byte[] REQUEST = Ascii.bytes("GET /users/42/posts?page=2 HTTP/1.1\r\nHost: localhost:8000\r\n"
            + "User-Agent: test\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n");

    /** A link that does nothing and allocates nothing. */
    private static final class Sink implements Link, Flow {
        private final Buffer out = new Buffer(64 * 1024);
        private long turn;
        private long flushes;

        @Override
        public Buffer out() {
            return out;
        }

        @Override
        public void flush() {
            flushes++;
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public long pending() {
            return out.readable();
        }

        @Override
        public void transfer(OpenFile file, long from, long count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void pause(boolean on) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void switchProtocol(Protocol next) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void deadline(long at) {}

        @Override
        public Flow flow() {
            return this;
        }

        @Override
        public void writeTimeout(long nanos) {}

        @Override
        public void timeout(TimeLimit which, long nanos) {}

        @Override
        public void writeWatermarks(long low, long high) {}

        @Override
        public void readWatermarks(int low, int high) {}

        @Override
        public void rate(RateLimit rate) {}

        @Override
        public void maxPerCall(int read, int write) {}

        @Override
        public LinkStats stats() {
            return new LinkStats(0, 0, 0, 0, 0);
        }

        @Override
        public void shutdownOutput() {}

        @Override
        public void close(CloseMode how) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long now() {
            return turn;
        }

        @Override
        public boolean inLoop() {
            return true;
        }

        @Override
        public SocketAddress peer() {
            return null;
        }

        @Override
        public SocketAddress local() {
            return null;
        }

        @Override
        public void execute(Runnable task) {
            throw new UnsupportedOperationException();
        }
    }

    @Test
    void aPlainHandlerAllocatesNothing() {
        assertNothing((request, response) -> response.type("text/plain").send(BODY), 1);
    }

    @Test
    void aRouterAllocatesNothing() {
        Router router = new Router()
                .get("/", (request, response) -> response.send())
                .get(
                        "/users/{id}/posts",
                        (request, response) -> response.type("text/plain").send(BODY))
                .get("/users/{id}", (request, response) -> response.send())
                .filter((request, response, next) -> {
                    response.header("X-Filter", "yes");
                    next.handle(request, response);
                });
        assertNothing(router, 1);
    }

    @Test
    void pipelinedRequestsAllocateNothingAndAreFlushedOnce() {
        Sink link = assertNothing((request, response) -> response.send(BODY), 16);
        assertEquals(link.turn, link.flushes);
    }

    private static Sink assertNothing(Handler handler, int depth) {
        Sink link = new Sink();
        Protocol protocol =
                new Http1Factory(handler, Limits.DEFAULT, ExchangeLog.NONE, Clock.SYSTEM, Http1Factory.SERVER).create();
        protocol.opened(link);
        Buffer in = new Buffer(REQUEST.length * depth);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        // Warm-up is when the compiler says so: the best of several measurements is what the code itself allocates.
        for (int attempt = 0; attempt < 20 && least >= ROUNDS; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            run(protocol, link, in, depth);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least < ROUNDS, least + " bytes for " + ROUNDS + " requests");
        return link;
    }

    private static void run(Protocol protocol, Sink link, Buffer in, int depth) {
        for (int done = 0; done < ROUNDS; done += depth) {
            in.clear();
            for (int i = 0; i < depth; i++) {
                in.append(REQUEST);
            }
            link.turn++;
            protocol.receive(in, link);
            assertTrue(in.isEmpty());
            assertEquals('H', link.out.peek(0));
            link.out.clear();
        }
    }
}
