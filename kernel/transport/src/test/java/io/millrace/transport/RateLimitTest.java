// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.SimClient;
import io.millrace.testkit.SimKernel;
import io.millrace.transport.Servers.Echo;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Limits of rate on a virtual clock, after libevent's test-ratelim (71 of the plan): 30 connections that echo as fast
 * as they are let.
 */
@Timeout(120)
@ParameterizedClass
@MethodSource("triggers")
class RateLimitTest {
    @Parameter
    Engine trigger;

    static List<Engine> triggers() {
        return List.of(Engine.EPOLL_EDGE, Engine.EPOLL_LEVEL, Engine.RING);
    }

    private static final int CONNECTIONS = 30;
    private static final long SECOND = 1_000_000_000L;
    private static final long WARM = 2 * SECOND;
    private static final long MEASURED = 20 * SECOND;

    /** Keeps some bytes on their way and counts what comes back once it is warm. */
    private static final class Hurried extends SimClient {
        private static final int ON_THE_WAY = 4000;
        private final byte[] scratch = new byte[4096];
        private final long end;
        private final boolean idle;
        private long sent;
        private long back;
        private long backWhenWarm = -1;
        private boolean over;
        private final long warm;

        Hurried(Random random, long from, boolean idle, long measured) {
            super(random);
            this.warm = from + WARM;
            this.end = warm + measured;
            this.idle = idle;
        }

        @Override
        protected boolean done() {
            return over;
        }

        @Override
        protected boolean step() {
            long now = kernel.nanos();
            if (backWhenWarm < 0 && now >= warm) {
                backWhenWarm = back;
            }
            if (now >= end) {
                over = true;
                return true;
            }
            if (connection == null) {
                connect(7);
                return true;
            }
            if (!idle && sent - back < ON_THE_WAY) {
                connection.send(scratch, 0, 500);
                sent += 500;
                return true;
            }
            int n = connection.read(scratch, 0, scratch.length);
            back += Math.max(0, n);
            return n > 0;
        }

        double rate() {
            return (back - backWhenWarm) * (double) SECOND / (end - warm);
        }
    }

    /** The rates that came of it, one for each client. */
    private List<Double> play(int clients, int idle, Consumer<Link> terms) throws Exception {
        return play(clients, idle, MEASURED, terms);
    }

    private List<Double> play(int clients, int idle, Consumer<Link> terms, Consumer<Link> later) throws Exception {
        return play(clients, idle, MEASURED, terms, later);
    }

    private List<Double> play(int clients, int idle, long measured, Consumer<Link> terms) throws Exception {
        return play(clients, idle, measured, terms, link -> {});
    }

    private List<Double> play(int clients, int idle, long measured, Consumer<Link> terms, Consumer<Link> later)
            throws Exception {
        SimKernel kernel = SimKernel.calm(3);
        EventLoop loop = new EventLoop(kernel, "simulated", trigger);
        Protocol echo = new Echo() {
            @Override
            public void opened(Link link) {
                terms.accept(link);
            }

            @Override
            public void expired(Link link) {
                later.accept(link);
            }
        };
        Listener listening =
                Connections.of(loop).listen(ListenOptions.on(new InetSocketAddress("127.0.0.1", 7)), () -> () -> echo);
        loop.turn(1);
        List<Hurried> all = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Hurried client = new Hurried(new Random(i), kernel.nanos(), i < idle, measured);
            all.add(client);
            kernel.add(client);
        }
        while (!kernel.done()) {
            loop.turn(10_000_000);
        }
        listening.close();
        loop.close();
        return all.subList(idle, clients).stream().map(Hurried::rate).toList();
    }

    private static double deviation(List<Double> rates) {
        double mean = rates.stream().mapToDouble(r -> r).average().orElseThrow();
        return Math.sqrt(rates.stream()
                .mapToDouble(r -> (r - mean) * (r - mean))
                .average()
                .orElseThrow());
    }

    private static double total(List<Double> rates) {
        return rates.stream().mapToDouble(r -> r).sum();
    }

    @Test
    void ratelimOfEachConnection() throws Exception {
        for (double rate : play(CONNECTIONS, 0, link -> link.flow().rate(RateLimit.of(1000)))) {
            assertEquals(1000, rate, 50);
        }
    }

    @Test
    void ratelimOneDirectionIsEnough() throws Exception {
        for (double rate : play(5, 0, link -> link.flow().rate(RateLimit.NONE.withOut(1000)))) {
            assertEquals(1000, rate, 50);
        }
        for (double rate : play(5, 0, link -> link.flow().rate(RateLimit.NONE.withIn(1000)))) {
            assertEquals(1000, rate, 50);
        }
    }

    @Test
    void ratelimOfAGroupIsSharedFairly() throws Exception {
        RateLimitGroup group = RateLimitGroup.of(RateLimit.of(30_000));
        List<Double> rates = play(CONNECTIONS, 0, group::add);
        assertEquals(30_000, total(rates), 1000);
        assertTrue(deviation(rates) <= 50, "deviation " + deviation(rates) + " of " + rates);
        double seconds = (WARM + MEASURED) / (double) SECOND;
        assertEquals(30_000, group.totalOut() / seconds, 1000, "the totals can be read");
        assertEquals(30_000, group.totalIn() / seconds, 1000);
        assertEquals(0, group.members(), "all have left");
    }

    @Test
    void ratelimOfConnectionsWithinAGroup() throws Exception {
        RateLimitGroup group = RateLimitGroup.of(RateLimit.of(35_000));
        List<Double> rates = play(CONNECTIONS, 0, link -> {
            link.flow().rate(RateLimit.of(1000));
            group.add(link);
        });
        assertEquals(30_000, total(rates), 1000);
        for (double rate : rates) {
            assertEquals(1000, rate, 50);
        }
    }

    /** A small minimum part and a large one: the same shares, with less or more at once. */
    @Test
    void ratelimWithMinimumShares() throws Exception {
        for (long minimum : new long[] {1, 1000}) {
            RateLimitGroup group = RateLimitGroup.of(RateLimit.of(30_000), minimum);
            List<Double> rates = play(CONNECTIONS, 0, group::add);
            assertEquals(30_000, total(rates), 1000, "with a minimum of " + minimum);
            assertTrue(deviation(rates) <= 60, "deviation " + deviation(rates) + " with a minimum of " + minimum);
        }
    }

    @Test
    void whatIdleMembersDoNotUseGoesToTheOthers() throws Exception {
        RateLimitGroup group = RateLimitGroup.of(RateLimit.of(30_000));
        List<Double> rates = play(CONNECTIONS, CONNECTIONS - 2, group::add);
        assertEquals(15_000, rates.get(0), 800);
        assertEquals(15_000, rates.get(1), 800);
    }

    @Test
    void aMemberThatLeavesIsFree() throws Exception {
        RateLimitGroup group = RateLimitGroup.of(RateLimit.of(100));
        List<Double> rates = play(2, 0, SECOND / 10, link -> {
            group.add(link);
            group.add(link);
            link.execute(() -> group.remove(link));
        });
        assertTrue(rates.getFirst() > 10_000, "not held by 100 bytes a second: " + rates);
    }

    @Test
    void aMemberThatWaitsCanChangeToAnotherGroup() throws Exception {
        RateLimitGroup slow = RateLimitGroup.of(RateLimit.of(1));
        RateLimitGroup fast = RateLimitGroup.of(RateLimit.of(50_000));
        List<Double> rates = play(
                2,
                0,
                link -> {
                    slow.add(link);
                    link.deadline(link.now() + SECOND);
                },
                fast::add);
        assertEquals(50_000, total(rates), 2500);
        assertEquals(0, slow.members());
        assertEquals(0, slow.loops(), "a loop without members is forgotten");
        assertEquals(0, fast.loops(), "as is one that has been closed");
    }
}
