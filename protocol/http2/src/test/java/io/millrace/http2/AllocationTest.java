// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.core.TimeLimit;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http.Router;
import java.lang.management.ManagementFactory;
import java.net.SocketAddress;
import org.junit.jupiter.api.Test;

/** The budget of the hot path: a GET that is answered on the loop allocates nothing. */
class AllocationTest {
    private static final int ROUNDS = 10_000;
    private static final byte[] BODY = Ascii.bytes("Hello, world!\n");

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
                .filter((request, response, next) -> {
                    response.header("X-Filter", "yes");
                    next.handle(request, response);
                });
        assertNothing(router, 1);
    }

    @Test
    void requestsThatComeTogetherAllocateNothingAndAreFlushedOnce() {
        Sink link = assertNothing((request, response) -> response.send(BODY), 16);
        assertEquals(link.turn, link.flushes - 2);
    }

    private static Sink assertNothing(Handler handler, int depth) {
        Sink link = new Sink();
        Protocol protocol = new Http2Factory(HttpContext.of(handler)).create();
        protocol.opened(link);
        Buffer in = new Buffer(1024 * depth);
        in.append(Peer.PREFACE);
        Frame.header(in, 6, Frame.SETTINGS, 0, 0);
        Frame.setting(in, Frame.INITIAL_WINDOW_SIZE, 1 << 20);
        Frame.windowUpdate(in, 0, 1 << 30);
        protocol.receive(in, link);
        link.out.clear();
        byte[] block =
                Peer.echo().block(Peer.request("GET", "/users/42/posts?page=2", "user-agent: test", "accept: */*"));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        int stream = 1;
        // Warm-up is when the compiler says so: the best of several measurements is what the code itself allocates.
        for (int attempt = 0; attempt < 20 && least >= ROUNDS; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            stream = run(protocol, link, in, block, depth, stream);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least < ROUNDS, least + " bytes for " + ROUNDS + " requests");
        return link;
    }

    private static int run(Protocol protocol, Sink link, Buffer in, byte[] block, int depth, int first) {
        int stream = first;
        for (int done = 0; done < ROUNDS; done += depth) {
            in.clear();
            for (int i = 0; i < depth; i++) {
                Frame.header(in, block.length, Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, stream);
                in.append(block);
                stream += 2;
            }
            link.turn++;
            protocol.receive(in, link);
            assertTrue(in.isEmpty());
            assertEquals(Frame.HEADERS, link.out.peek(3));
            link.out.clear();
        }
        return stream;
    }
}
