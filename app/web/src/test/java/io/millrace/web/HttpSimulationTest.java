// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Clock;
import io.millrace.core.ProtocolFactory;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http.RequestBody;
import io.millrace.http.ResponseStream;
import io.millrace.http.Router;
import io.millrace.http1.Http1Factory;
import io.millrace.http2.Http2Factory;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.Schedules;
import io.millrace.testkit.SimKernel;
import io.millrace.transport.Connections;
import io.millrace.transport.Engine;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.OverloadPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * HTTP/1.1 and HTTP/2 over the real loop over a simulated kernel: pipelines and streams, bodies both ways, slow, rude
 * and silent clients.
 */
@Timeout(300)
@ExpectedLog("cannot accept on")
class HttpSimulationTest {
    static final int PORT = 80;
    private static final int SCHEDULES = 8_000;
    private static final int HTTP2_SCHEDULES = 3_000;
    private static final int RING_SCHEDULES = 600;
    private static final int MOST_TURNS = 300_000;

    @Test
    void httpUnderEveryFault() {
        Schedules.play(SCHEDULES, seed -> play(seed, false, HttpSimulationTest::trigger));
    }

    /** Half of the servers speak HTTP/2 alone, the others choose by the first bytes and have clients of both kinds. */
    @Test
    void http2UnderEveryFault() {
        Schedules.play(HTTP2_SCHEDULES, seed -> play(seed, true, HttpSimulationTest::trigger));
    }

    @Test
    void httpOverTheRingUnderEveryFault() {
        Schedules.play(RING_SCHEDULES, seed -> play(seed, seed % 3 == 0, random -> Engine.RING));
    }

    private static Engine trigger(Random random) {
        return random.nextInt(3) == 0 ? Engine.EPOLL_LEVEL : Engine.EPOLL_EDGE;
    }

    /** {@code length} bytes that depend on the length, so that answers cannot be mistaken for one another. */
    static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('!' + (i * 7 + length) % 90);
        }
        return bytes;
    }

    private static Handler routes() {
        return new Router()
                .get("/bytes/{n}", (request, response) -> response.send(pattern(Integer.parseInt(request.param("n")))))
                .get("/chunks/{n}", (request, response) -> {
                    ResponseStream stream = response.defer().stream();
                    new Producer(stream, pattern(Integer.parseInt(request.param("n")))).go();
                })
                .post("/whole", (request, response) -> request.body().collect(1 << 20, response::send))
                .post(
                        "/through",
                        (request, response) -> request.body().read(new Through(request.body(), response.stream())))
                .post("/ignore", (request, response) -> response.send(pattern(10)));
    }

    /** Writes as long as it may, and goes on when it may again. */
    private static final class Producer {
        private final ResponseStream stream;
        private final byte[] bytes;
        private int written;
        private boolean closed;

        Producer(ResponseStream stream, byte[] bytes) {
            this.stream = stream;
            this.bytes = bytes;
        }

        void go() {
            stream.onWritable(this::write);
            write();
        }

        private void write() {
            try {
                while (written < bytes.length && stream.writable()) {
                    int n = Math.min(777, bytes.length - written);
                    stream.write(bytes, written, n);
                    written += n;
                }
                if (written == bytes.length && !closed) {
                    closed = true;
                    stream.close();
                } else {
                    stream.flush();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Sends a body back while it comes in, and holds it back while the answer piles up. */
    private static final class Through implements RequestBody.Reader {
        private final RequestBody body;
        private final ResponseStream stream;

        Through(RequestBody body, ResponseStream stream) {
            this.body = body;
            this.stream = stream;
            stream.onWritable(() -> body.pause(false));
        }

        @Override
        public void data(byte[] bytes, int offset, int length) {
            try {
                stream.write(bytes, offset, length);
                stream.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (!stream.writable()) {
                body.pause(true);
            }
        }

        @Override
        public void end() {
            try {
                stream.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void failed(IOException why) {}
    }

    private static Clock clock(SimKernel kernel) {
        return new Clock() {
            @Override
            public long nanos() {
                return kernel.nanos();
            }

            @Override
            public long millis() {
                return kernel.nanos() / 1_000_000;
            }
        };
    }

    private static ProtocolFactory factory(int kind, HttpContext context, List<Http2Factory> http2) {
        Http1Factory http1 = new Http1Factory(context);
        Http2Factory made = new Http2Factory(context);
        http2.add(made);
        return kind == 0 ? http1 : kind == 1 ? made : new ProtocolSelector(context, http1, () -> made);
    }

    private static void play(long seed, boolean withHttp2, Function<Random, Engine> engines) throws Exception {
        SimKernel kernel = new SimKernel(seed);
        Random random = new Random(seed);
        EventLoop loop = new EventLoop(kernel, "simulated", engines.apply(random));
        ListenOptions options = ListenOptions.on(new InetSocketAddress("127.0.0.1", PORT));
        if (random.nextInt(4) == 0) {
            options = options.withMaxConnections(1 + random.nextInt(3), OverloadPolicy.WAIT);
        }
        int[] answers = new int[1];
        ExchangeLog log = (request, status, bytes, nanos) -> answers[0]++;
        HttpContext context = HttpContext.of(routes()).withLog(log).withClock(clock(kernel));
        int kind = withHttp2 ? 1 + random.nextInt(2) : 0;
        List<Http2Factory> http2 = new ArrayList<>();
        Listener listening = Connections.of(loop).listen(options, () -> factory(kind, context, http2));
        loop.turn(1);
        int expected = 0;
        for (int i = 1 + random.nextInt(6); i > 0; i--) {
            expected += connect(kernel, random, kind == 1 || (kind == 2 && random.nextBoolean()));
        }
        for (int turns = 0; !kernel.done(); turns++) {
            assertTrue(turns < MOST_TURNS, "no end in sight");
            loop.turn(Long.MAX_VALUE);
        }
        listening.close();
        end(loop, listening, kernel);
        assertTrue(answers[0] >= expected, "logged " + answers[0] + " of " + expected);
        assertEquals(0, http2.stream().mapToInt(Http2Factory::openStreams).sum(), "streams left open");
        loop.close();
    }

    /** Adds a client; returns how many answers the server must have given it, whatever happens. */
    private static int connect(SimKernel kernel, Random random, boolean http2) {
        Random own = new Random(random.nextLong());
        boolean jumps = kernel.faults().jumps();
        if (http2) {
            kernel.add(new Http2SimulationClient(own, jumps));
            return 0;
        }
        HttpSimulationClient client = new HttpSimulationClient(own, jumps);
        kernel.add(client);
        return client.certainAnswers();
    }

    /** The clients have gone: the server must notice by itself, at the latest when its time limits pass. */
    private static void end(EventLoop loop, Listener listening, SimKernel kernel) {
        int turns = 0;
        do {
            loop.turn(1_000_000_000L);
            assertTrue(
                    turns++ < 10_000,
                    "connections without a client: " + listening.connections() + ", descriptors left open: "
                            + kernel.open());
        } while (listening.connections() > 0 || !kernel.open().isEmpty());
    }
}
