// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.Schedules;
import io.millrace.testkit.SimClient;
import io.millrace.testkit.SimKernel;
import java.net.InetSocketAddress;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The loop, its driver and connections over a simulated kernel: an echo server under every fault that a kernel can
 * produce.
 */
@Timeout(300)
@ExpectedLog("cannot accept on")
class SimulationTest {
    static final int PORT = 7;
    private static final int SCHEDULES = 12_000;
    private static final int RING_SCHEDULES = 1_500;
    private static final int MOST_TURNS = 200_000;

    /** What the server noted: an assertion that fails within a protocol would only end its connection. */
    private static final class Ledger {
        int opened;
        int closed;
        String complaint;

        void check(boolean condition, String what) {
            if (!condition) {
                complaint = what;
            }
        }
    }

    /**
     * Sends frames back, a length byte and that many more: whole ones only, so that parts of frames stay behind in the
     * connection. Now and then it holds the input back and goes on from a task.
     */
    private static final class FrameEcho implements Protocol {
        private final Ledger ledger;
        private final long high;
        private final Random random;
        private final boolean careless;
        private boolean held;
        private boolean closed;

        FrameEcho(Ledger ledger, long high, Random random) {
            this.ledger = ledger;
            this.high = high;
            this.random = random;
            this.careless = random.nextBoolean();
        }

        @Override
        public void opened(Link link) {
            ledger.opened++;
            link.flow().writeTimeout(600_000_000_000L);
        }

        @Override
        public void receive(Buffer in, Link link) {
            ledger.check(!closed, "received after closed");
            ledger.check(!held, "received while paused");
            ledger.check(link.pending() < high, "received though too much waits to be sent");
            if (random.nextInt(10) == 0) {
                hold(link);
                return;
            }
            while (!in.isEmpty() && in.readable() > (in.peek(0) & 0xff)) {
                int frame = 1 + (in.peek(0) & 0xff);
                link.out().append(in.array(), in.head(), frame);
                in.consume(frame);
            }
            link.flush();
            if (!careless && !link.writable()) {
                held = true;
                link.pause(true);
            }
        }

        private void hold(Link link) {
            held = true;
            link.pause(true);
            link.execute(() -> {
                held = false;
                link.pause(false);
            });
        }

        @Override
        public void inputClosed(Link link) {
            ledger.check(!held, "ended while paused");
            Protocol.super.inputClosed(link);
        }

        @Override
        public void drained(Link link) {
            if (held && link.pending() == 0) {
                held = false;
                link.pause(false);
            }
        }

        @Override
        public void closed(CloseCause why) {
            ledger.check(!closed, "closed twice");
            closed = true;
            ledger.closed++;
        }
    }

    /** Sends noise, reads it back and compares; some go away in the middle, some are slow. */
    static final class EchoClient extends SimClient {
        private final byte[] noise;
        private final boolean rude;
        private final boolean lenient;
        private final byte[] scratch = new byte[4096];
        private int sent;
        private int echoed;
        private boolean finished;
        private boolean over;

        EchoClient(Random random, boolean lenient) {
            super(random);
            this.lenient = lenient;
            this.rude = random.nextInt(5) == 0;
            this.noise = new byte[random.nextInt(4) == 0 ? random.nextInt(200_000) : random.nextInt(2000)];
            random.nextBytes(noise);
            for (int at = 0, length; at < noise.length; at += 1 + length) {
                length = Math.min(random.nextInt(256), noise.length - at - 1);
                noise[at] = (byte) length;
            }
        }

        @Override
        protected boolean done() {
            return over;
        }

        @Override
        protected boolean step() {
            if (connection == null && random.nextInt(3) == 0) {
                // Comes when others have been and gone.
                sleep(random.nextInt(1_000_000_000));
                return true;
            }
            if (connection == null) {
                connect(PORT);
                return true;
            }
            if (random.nextInt(200) == 0) {
                sleep(random.nextInt(100_000_000));
                return true;
            }
            if (rude && random.nextInt(20) == 0) {
                connection.reset();
                over = true;
                return true;
            }
            return random.nextBoolean() ? write() || read() : read() || write();
        }

        private boolean write() {
            if (finished) {
                return false;
            }
            if (sent == noise.length) {
                connection.finish();
                finished = true;
                return true;
            }
            int n = 1 + random.nextInt(Math.min(noise.length - sent, random.nextInt(10) == 0 ? 50_000 : 100));
            connection.send(noise, sent, n);
            sent += n;
            return true;
        }

        private boolean read() {
            int n = connection.read(scratch, 0, 1 + random.nextInt(scratch.length));
            if (n > 0) {
                assertTrue(echoed + n <= sent, "more came back than was sent");
                for (int i = 0; i < n; i++) {
                    assertEquals(noise[echoed + i], scratch[i], "byte " + (echoed + i));
                }
                echoed += n;
                return true;
            }
            if (n == 0) {
                return false;
            }
            over = true;
            assertTrue(
                    lenient || (n == -1 && finished && echoed == noise.length),
                    "ended with " + n + " after " + echoed + " of " + noise.length);
            return true;
        }
    }

    @Test
    void echoUnderEveryFault() {
        Schedules.play(SCHEDULES, seed -> echo(seed, SimulationTest::trigger));
    }

    @Test
    void echoOverTheRingUnderEveryFault() {
        Schedules.play(RING_SCHEDULES, seed -> echo(seed, SimulationTest::ring));
    }

    private static void echo(long seed, Function<Random, Engine> engines) throws Exception {
        SimKernel kernel = new SimKernel(seed);
        Ledger ledger = new Ledger();
        Random random = new Random(seed);
        Budget budget = budget(random);
        EventLoop loop =
                new EventLoop(kernel, "simulated", engines.apply(random).with(budget));
        ListenOptions options = ListenOptions.on(new InetSocketAddress("127.0.0.1", PORT));
        if (random.nextInt(4) == 0) {
            options = options.withMaxConnections(1 + random.nextInt(3), OverloadPolicy.WAIT);
        }
        Listener listening = Connections.of(loop)
                .listen(options, () -> () -> new FrameEcho(ledger, budget.high(), new Random(random.nextLong())));
        loop.turn(1);
        for (int i = 1 + random.nextInt(8); i > 0; i--) {
            kernel.add(new EchoClient(
                    new Random(random.nextLong()), kernel.faults().jumps()));
        }
        for (int turns = 0; !kernel.done(); turns++) {
            assertTrue(turns < MOST_TURNS, "no end in sight");
            loop.turn(Long.MAX_VALUE);
        }
        listening.close();
        settle(loop, listening, kernel);
        assertNull(ledger.complaint);
        assertEquals(ledger.opened, ledger.closed, "every connection that opened has closed");
        assertEquals(0, Driver.of(loop).heap.held(), "memory counted for nobody");
        loop.close();
    }

    /** Every third schedule is played with level trigger. */
    static Engine trigger(Random random) {
        return random.nextInt(3) == 0 ? Engine.EPOLL_LEVEL : Engine.EPOLL_EDGE;
    }

    /** A ring, mostly one whose parts are so small that they are used up and overflow all the time. */
    static Engine ring(Random random) {
        if (random.nextInt(8) == 0) {
            return Engine.RING;
        }
        int sendLimit = 1 + random.nextInt(2000);
        return Engine.ring(new RingSizes(
                1 << random.nextInt(1, 8),
                1 << random.nextInt(1, 10),
                1 << random.nextInt(4),
                1 + random.nextInt(random.nextBoolean() ? 64 : 4096),
                random.nextBoolean(),
                sendLimit + random.nextInt(4000),
                sendLimit));
    }

    /** The usual one, or one so small that every path is taken that a large transfer would take. */
    static Budget budget(Random random) {
        return random.nextInt(3) == 0
                ? Budget.USUAL
                : new Budget(
                        2 + random.nextInt(200),
                        1 + random.nextInt(500),
                        1 + random.nextInt(500),
                        1 + random.nextInt(5000),
                        1 + random.nextInt(3),
                        1 + random.nextInt(2000));
    }

    /** The clients have gone: the server must notice by itself, and close every descriptor. */
    static void settle(EventLoop loop, Listener listening, SimKernel kernel) {
        int turns = 0;
        do {
            loop.turn(1_000_000);
            assertTrue(
                    turns++ < 10_000,
                    "connections left that nobody is at the other end of: " + listening.connections()
                            + ", descriptors left open: " + kernel.open());
        } while (listening.connections() > 0 || !kernel.open().isEmpty());
    }
}
