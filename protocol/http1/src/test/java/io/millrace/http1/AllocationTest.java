// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Clock;
import io.millrace.core.Protocol;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http.Router;
import io.millrace.testkit.SinkLink;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** The budget of the hot path: a GET that is answered on the loop allocates nothing. */
class AllocationTest {
    private static final int ROUNDS = 10_000;
    private static final byte[] BODY = Ascii.bytes("Hello, world!\n");
    private static final byte[] REQUEST = Ascii.bytes("GET /users/42/posts?page=2 HTTP/1.1\r\nHost: localhost:8000\r\n"
            + "User-Agent: test\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n");

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
        SinkLink link = assertNothing((request, response) -> response.send(BODY), 16);
        assertEquals(link.turns(), link.flushes());
    }

    private static SinkLink assertNothing(Handler handler, int depth) {
        SinkLink link = new SinkLink();
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

    private static void run(Protocol protocol, SinkLink link, Buffer in, int depth) {
        for (int done = 0; done < ROUNDS; done += depth) {
            in.clear();
            for (int i = 0; i < depth; i++) {
                in.append(REQUEST);
            }
            link.nextTurn();
            protocol.receive(in, link);
            assertTrue(in.isEmpty());
            assertEquals('H', link.out().peek(0));
            link.out().clear();
        }
    }
}
