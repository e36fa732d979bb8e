// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Protocol;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http.Router;
import io.millrace.testkit.SinkLink;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** The budget of the hot path: a GET that is answered on the loop allocates nothing. */
class AllocationTest {
    private static final int ROUNDS = 10_000;
    private static final byte[] BODY = Ascii.bytes("Hello, world!\n");

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
        SinkLink link = assertNothing((request, response) -> response.send(BODY), 16);
        assertEquals(link.turns(), link.flushes() - 2);
    }

    private static SinkLink assertNothing(Handler handler, int depth) {
        SinkLink link = new SinkLink();
        Protocol protocol = new Http2Factory(HttpContext.of(handler)).create();
        protocol.opened(link);
        Buffer in = new Buffer(1024 * depth);
        in.append(Peer.PREFACE);
        Frame.header(in, 6, Frame.SETTINGS, 0, 0);
        Frame.setting(in, Frame.INITIAL_WINDOW_SIZE, 1 << 20);
        Frame.windowUpdate(in, 0, 1 << 30);
        protocol.receive(in, link);
        link.out().clear();
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

    private static int run(Protocol protocol, SinkLink link, Buffer in, byte[] block, int depth, int first) {
        int stream = first;
        for (int done = 0; done < ROUNDS; done += depth) {
            in.clear();
            for (int i = 0; i < depth; i++) {
                Frame.header(in, block.length, Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, stream);
                in.append(block);
                stream += 2;
            }
            link.nextTurn();
            protocol.receive(in, link);
            assertTrue(in.isEmpty());
            assertEquals(Frame.HEADERS, link.out().peek(3));
            link.out().clear();
        }
        return stream;
    }
}
