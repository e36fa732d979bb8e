// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.SimClient;
import io.millrace.testkit.SimKernel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What schedules over the simulated ring have found, each by itself. */
@Timeout(120)
class RingSimulationTest {
    private static final InetSocketAddress ADDRESS = new InetSocketAddress("127.0.0.1", SimulationTest.PORT);

    /** Sends two bytes and the end of its stream, and stays. */
    private static final class HalfClosed extends SimClient {
        private int sent;
        private boolean finished;

        HalfClosed() {
            super(new Random(1));
        }

        @Override
        protected boolean done() {
            return false;
        }

        @Override
        protected boolean step() {
            if (connection == null) {
                connect(SimulationTest.PORT);
            } else if (sent < 2) {
                connection.send(new byte[1], 0, 1);
                sent++;
            } else if (!finished) {
                connection.finish();
                finished = true;
            } else {
                sleep(1_000_000_000_000L);
            }
            return true;
        }
    }

    /** What a server does with a peer that has closed its direction. */
    private enum Behaviour {
        /** Answers later. */
        WAITS,

        /** Does not read the end. */
        PAUSES,

        /** Has more to send than the peer reads. */
        SENDS
    }

    private record Slow(Behaviour behaviour) implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            if (behaviour == Behaviour.PAUSES) {
                link.pause(true);
                return;
            }
            in.consume(in.readable());
            if (behaviour == Behaviour.SENDS) {
                link.out().append(new byte[100_000]);
                link.flush();
            }
        }

        @Override
        public void inputClosed(Link link) {}

        @Override
        public void closed(CloseCause why) {}
    }

    /** The end of the peer's stream is told with every poll of a ring, asked for or not. */
    @ParameterizedTest
    @EnumSource(Behaviour.class)
    void aHalfClosedPeerDoesNotKeepTheLoopBusy(Behaviour behaviour) throws Exception {
        SimKernel kernel = SimKernel.calm(1);
        EventLoop loop = new EventLoop(kernel, "simulated", Engine.RING);
        Connections.of(loop).listen(ListenOptions.on(ADDRESS), () -> () -> new Slow(behaviour));
        loop.turn(1);
        kernel.add(new HalfClosed());
        long end = kernel.nanos() + 10_000_000_000L;
        int turns = 0;
        while (kernel.nanos() < end) {
            loop.turn(end - kernel.nanos());
            turns++;
        }
        loop.close();
        assertEquals(List.of(), kernel.open());
        assertTrue(turns < 100, turns + " turns in ten seconds");
    }

    /** What was on its way for an attempt that was given up must not be taken for the next one in its slot. */
    @Test
    void aSlotThatIsUsedAgainHearsNothingOfTheOneBefore() throws Exception {
        SimKernel kernel = SimKernel.calm(1);
        EventLoop loop = new EventLoop(kernel, "simulated", Engine.RING);
        loop.turn(1);
        ConnectAttempt attempt = Connections.of(loop).connect(ADDRESS, null, ended -> {});
        for (int i = 0; i < 20; i++) {
            loop.turn(1);
            attempt.cancel();
            attempt = Connections.of(loop).connect(ADDRESS, null, ended -> {});
        }
        loop.turn(1);
        attempt.cancel();
        loop.close();
        assertEquals(List.of(), kernel.open());
    }

    /** Handing over what was written down before gives the memory of all sends back. */
    @Test
    void aFullQueueLeavesTheBytesOfASendAlone() throws Exception {
        RingSizes sizes = new RingSizes(2, 64, 8, 4096, false, 8192, 2048);
        for (long seed = 1; seed <= 40; seed++) {
            SimKernel kernel = SimKernel.calm(seed);
            EventLoop loop = new EventLoop(kernel, "simulated", Engine.ring(sizes));
            Listener listener = Connections.of(loop).listen(ListenOptions.on(ADDRESS), () -> Echo::new);
            loop.turn(1);
            for (int i = 0; i < 12; i++) {
                kernel.add(new SimulationTest.EchoClient(new Random(seed * 100 + i), false));
            }
            while (!kernel.done()) {
                loop.turn(Long.MAX_VALUE);
            }
            listener.close();
            SimulationTest.settle(loop, listener, kernel);
            loop.close();
        }
    }

    private static final class Echo implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            link.out().append(in);
            in.consume(in.readable());
            link.flush();
        }

        @Override
        public void closed(CloseCause why) {}
    }
}
