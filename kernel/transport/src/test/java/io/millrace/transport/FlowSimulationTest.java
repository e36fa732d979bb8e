// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.Schedules;
import io.millrace.testkit.SimKernel;
import java.net.InetSocketAddress;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An echo over the simulated kernel whose connections have terms drawn by lot: rates, alone and in a group, marks,
 * portions, bodies instead of bytes, splices that the kernel refuses, half-close, reset. Whatever is agreed upon, every
 * byte comes back.
 */
@Timeout(300)
@ExpectedLog("cannot accept on")
class FlowSimulationTest {
    private static final int SCHEDULES = 2_500;
    private static final int RING_SCHEDULES = 500;
    private static final int MOST_TURNS = 400_000;
    private static final long LONG = 600_000_000_000L;

    private static final class Ledger {
        int opened;
        int closed;
        int held;
        String complaint;

        void check(boolean condition, String what) {
            if (!condition) {
                complaint = what;
            }
        }
    }

    private static final class TermsEcho implements Protocol {
        private final Ledger ledger;
        private final Random random;
        private final RateLimitGroup group;
        private final boolean aborts;
        private int low = 1;
        private int high = Integer.MAX_VALUE;
        private boolean finishing;
        private boolean ended;

        TermsEcho(Ledger ledger, Random random, RateLimitGroup group, boolean aborts) {
            this.ledger = ledger;
            this.random = random;
            this.group = group;
            this.aborts = aborts;
        }

        @Override
        public void opened(Link link) {
            ledger.opened++;
            link.flow().writeTimeout(LONG);
            if (random.nextInt(3) == 0) {
                link.flow().rate(new RateLimit(rate(), 1 + random.nextInt(3000), rate(), 1 + random.nextInt(3000)));
            }
            if (random.nextInt(3) == 0) {
                group.add(link);
            }
            if (random.nextInt(3) == 0) {
                low = 1 + random.nextInt(100);
                high = low + random.nextInt(1000);
                link.flow().readWatermarks(low, high);
            }
            if (random.nextInt(3) == 0) {
                long mark = random.nextInt(1000);
                link.flow().writeWatermarks(mark, mark + 1 + random.nextInt(2000));
            }
            if (random.nextInt(3) == 0) {
                link.flow().maxPerCall(1 + random.nextInt(500), 1 + random.nextInt(500));
            }
            if (random.nextInt(3) == 0) {
                link.flow().timeout(TimeLimit.values()[random.nextInt(3)], LONG);
            }
            if (random.nextInt(4) == 0) {
                link.flow().spliceTo(link.flow());
            }
        }

        private long rate() {
            return random.nextBoolean() ? RateLimit.UNLIMITED : 2000 + random.nextInt(1_000_000);
        }

        @Override
        public void receive(Buffer in, Link link) {
            ledger.check(!ended, "received after the end");
            ledger.check(in.readable() <= high, "more than the high mark: " + in.readable());
            if (aborts && random.nextInt(20) == 0) {
                link.close(CloseMode.ABORT);
                return;
            }
            byte[] bytes = in.take(random.nextInt(5) == 0 ? (in.readable() + 1) / 2 : in.readable());
            if (random.nextBoolean()) {
                ledger.held++;
                try (SharedBytes body = SharedBytes.of(bytes, 0, bytes.length, () -> ledger.held--)) {
                    link.transfer(body);
                }
            } else {
                link.out().append(bytes);
            }
            link.flush();
            if (!in.isEmpty()) {
                link.pause(true);
                link.execute(() -> link.pause(false));
            }
        }

        @Override
        public void inputClosed(Link link) {
            ended = true;
            if (random.nextBoolean()) {
                finishing = true;
                link.shutdownOutput();
                link.out().append(new byte[10]);
                link.flush();
            } else {
                link.close(random.nextBoolean() ? CloseMode.FLUSHED : CloseMode.LINGERING);
            }
        }

        @Override
        public void drained(Link link) {
            if (finishing && link.pending() == 0) {
                link.close(CloseMode.FLUSHED);
            }
        }

        @Override
        public void closed(CloseCause why) {
            ledger.closed++;
        }
    }

    @Test
    void everyByteComesBackUnderAnyTerms() {
        Schedules.play(SCHEDULES, seed -> echo(seed, SimulationTest::trigger));
    }

    @Test
    void everyByteComesBackOverTheRingUnderAnyTerms() {
        Schedules.play(RING_SCHEDULES, seed -> echo(seed, SimulationTest::ring));
    }

    private static void echo(long seed, Function<Random, Engine> engines) throws Exception {
        SimKernel kernel = new SimKernel(seed);
        Ledger ledger = new Ledger();
        Random random = new Random(seed);
        EventLoop loop =
                new EventLoop(kernel, "simulated", engines.apply(random).with(SimulationTest.budget(random)));
        RateLimitGroup group =
                RateLimitGroup.of(RateLimit.of(5000 + random.nextInt(1_000_000)), 1 + random.nextInt(200));
        boolean aborts = random.nextInt(4) == 0;
        ListenOptions options = ListenOptions.on(new InetSocketAddress("127.0.0.1", SimulationTest.PORT));
        Listener listening = Connections.of(loop)
                .listen(options, () -> () -> new TermsEcho(ledger, new Random(random.nextLong()), group, aborts));
        loop.turn(1);
        for (int i = 1 + random.nextInt(6); i > 0; i--) {
            kernel.add(new SimulationTest.EchoClient(
                    new Random(random.nextLong()), aborts || kernel.faults().jumps()));
        }
        for (int turns = 0; !kernel.done(); turns++) {
            assertTrue(turns < MOST_TURNS, "no end in sight");
            loop.turn(Long.MAX_VALUE);
        }
        listening.close();
        SimulationTest.settle(loop, listening, kernel);
        assertNull(ledger.complaint);
        assertEquals(ledger.opened, ledger.closed, "every connection that opened has closed");
        assertEquals(0, ledger.held, "bodies not given back");
        assertEquals(0, group.members());
        assertEquals(0, Driver.of(loop).heap.held(), "memory counted for nobody");
        loop.close();
    }
}
