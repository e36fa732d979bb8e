// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.TimeLimit;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.SimClient;
import io.millrace.testkit.SimKernel;
import io.millrace.transport.Servers.Echo;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Time limits of connections on a virtual clock: what real time would make a matter of luck. */
@Timeout(60)
@ParameterizedClass
@MethodSource("triggers")
class TimeLimitTest {
    private static final long MILLI = 1_000_000L;
    private static final int ROUNDS = 3;

    @Parameter
    Engine trigger;

    static List<Engine> triggers() {
        return List.of(Engine.EPOLL_EDGE, Engine.EPOLL_LEVEL, Engine.RING);
    }

    /** Sends a byte and reads it back, some times with a pause before each, and then waits for the end. */
    private static final class Sparing extends SimClient {
        private final long pause;
        private final byte[] scratch = new byte[8];
        private int sent;
        private int back;
        private boolean rested;
        private boolean over;
        private long lastByte;

        Sparing(long pause) {
            super(new Random(1));
            this.pause = pause;
        }

        @Override
        protected boolean done() {
            return over;
        }

        @Override
        protected boolean step() {
            if (connection == null) {
                connect(7);
                return true;
            }
            int n = connection.read(scratch, 0, scratch.length);
            if (n != 0) {
                over = n < 0;
                back += Math.max(0, n);
                lastByte = n > 0 ? kernel.nanos() : lastByte;
                return true;
            }
            if (back < sent || sent == ROUNDS) {
                return false;
            }
            if (!rested) {
                rested = true;
                sleep(pause);
                return true;
            }
            rested = false;
            connection.send(scratch, 0, 1);
            sent++;
            return true;
        }
    }

    private record Outcome(int rounds, long lastByte, long closed, CloseCause why) {}

    private Outcome play(Duration limit, Duration pause) throws Exception {
        SimKernel kernel = SimKernel.calm(3);
        EventLoop loop = new EventLoop(kernel, "simulated", trigger);
        List<CloseCause> causes = new ArrayList<>();
        long[] closed = new long[1];
        Echo echo = new Echo() {
            @Override
            public void opened(Link link) {
                link.flow().timeout(TimeLimit.IDLE, limit.toNanos());
            }

            @Override
            public void closed(CloseCause why) {
                closed[0] = kernel.nanos();
                causes.add(why);
            }
        };
        Listener listening =
                Connections.of(loop).listen(ListenOptions.on(new InetSocketAddress("127.0.0.1", 7)), () -> () -> echo);
        loop.turn(1);
        Sparing client = new Sparing(pause.toNanos());
        kernel.add(client);
        while (!kernel.done()) {
            loop.turn(10 * MILLI);
        }
        listening.close();
        loop.close();
        assertEquals(1, causes.size());
        return new Outcome(client.back, client.lastByte, closed[0], causes.getFirst());
    }

    @Test
    void anIdleLimitBeginsAnewWithEachByte() throws Exception {
        Outcome outcome = play(Duration.ofMillis(300), Duration.ofMillis(299));
        assertEquals(ROUNDS, outcome.rounds);
        assertEquals(CloseCause.LOCAL, outcome.why);
        long after = outcome.closed - outcome.lastByte;
        assertTrue(after > 299 * MILLI && after < 320 * MILLI, "closed " + after + " ns after the last byte");
    }

    @Test
    void whoPausesLongerIsClosed() throws Exception {
        Outcome outcome = play(Duration.ofMillis(300), Duration.ofMillis(320));
        assertEquals(0, outcome.rounds);
        assertEquals(CloseCause.LOCAL, outcome.why);
    }
}
