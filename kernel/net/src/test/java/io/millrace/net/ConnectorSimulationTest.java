// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.net.ConnectFailure.Tried;
import io.millrace.sys.Errno;
import io.millrace.testkit.Schedules;
import io.millrace.testkit.SimHost;
import io.millrace.testkit.SimKernel;
import io.millrace.transport.Engine;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The connector over a simulated kernel: hosts that accept, refuse, cannot be reached or never answer, in every order
 * and at every time.
 */
@Timeout(300)
class ConnectorSimulationTest {
    private static final int SCHEDULES = 10_000;
    private static final int MOST_TURNS = 20_000;
    private static final int PORT = 80;

    /** One connector's run and what came of it. */
    private static final class Run implements Connector.Outcome {
        final Map<SocketAddress, SimHost> hosts = new HashMap<>();
        final List<InetAddress> addresses = new ArrayList<>();
        final boolean lenient;
        int outcomes;
        boolean returned;
        boolean cancelled;
        String complaint;

        Run(SimKernel kernel, Random random, int number) throws Exception {
            lenient = kernel.faults().jumps();
            SimHost[] kinds = SimHost.values();
            for (int i = 1 + random.nextInt(6); i > 0; i--) {
                byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
                random.nextBytes(bytes);
                bytes[0] = (byte) number;
                InetAddress address = InetAddress.getByAddress(bytes);
                SimHost kind = kinds[random.nextInt(kinds.length)];
                addresses.add(address);
                hosts.put(new InetSocketAddress(address, PORT), kind);
                kernel.host(new InetSocketAddress(address, PORT), kind);
            }
        }

        private void check(boolean condition, String what) {
            if (!condition && complaint == null) {
                complaint = what + ", hosts " + hosts;
            }
        }

        private void one() {
            outcomes++;
            check(returned, "told before the call returned");
            check(!cancelled, "told after it was given up");
        }

        @Override
        public Protocol connected(SocketAddress peer) {
            one();
            check(hosts.get(peer) == SimHost.ACCEPTS, "connected to " + peer);
            return new Protocol() {
                @Override
                public void opened(Link link) {
                    link.close(CloseMode.NOW);
                }

                @Override
                public void receive(Buffer in, Link link) {
                    in.clear();
                }
            };
        }

        @Override
        public void failed(ConnectFailure why) {
            one();
            Set<SocketAddress> seen = new HashSet<>();
            for (Tried tried : why.tried()) {
                check(seen.add(tried.address()), "tried twice: " + tried);
                check(fits(hosts.get(tried.address()), tried.errno()), "wrong outcome: " + tried);
            }
            boolean late = why.getMessage().contains("time limit");
            check(late || seen.equals(hosts.keySet()), "not all were tried: " + why.getMessage());
            check(
                    !late || lenient || hosts.containsValue(SimHost.SILENT),
                    "out of time though all answer: " + why.getMessage());
        }

        private boolean fits(SimHost kind, int errno) {
            return switch (errno) {
                case Errno.EMFILE -> true;
                case Errno.EINPROGRESS -> lenient || kind == SimHost.SILENT;
                case Errno.ECONNREFUSED -> kind == SimHost.REFUSES;
                case Errno.ENETUNREACH -> kind == SimHost.NO_ROUTE;
                case Errno.EHOSTUNREACH -> kind == SimHost.UNREACHABLE;
                default -> false;
            };
        }

        boolean over() {
            return outcomes > 0 || cancelled;
        }
    }

    @Test
    void oneOutcomeUnderEveryFault() {
        Schedules.play(SCHEDULES, seed -> play(seed, Engine.READINESS));
    }

    @Test
    void oneOutcomeOverTheRingUnderEveryFault() {
        Schedules.play(SCHEDULES / 4, seed -> play(seed, Engine.RING));
    }

    @Test
    void theTimeLimitEndsItAndItIsSaidWhatBecameOfEach() throws Exception {
        SimKernel kernel = SimKernel.calm(1);
        InetAddress refusing = InetAddress.getByName("127.0.0.3");
        InetAddress silent = InetAddress.getByName("127.0.0.2");
        kernel.host(new InetSocketAddress(refusing, PORT), SimHost.REFUSES);
        kernel.host(new InetSocketAddress(silent, PORT), SimHost.SILENT);
        EventLoop loop = new EventLoop(kernel, "simulated", Engine.READINESS);
        loop.turn(1);
        List<ConnectFailure> failures = new ArrayList<>();
        Connector connector =
                Connector.USUAL.withTimeLimit(Duration.ofMillis(60)).withResolver(host -> List.of(refusing, silent));
        InetSocketAddress name = InetSocketAddress.createUnresolved("simulated.invalid", PORT);
        long from = kernel.nanos();
        new ConnectOperation(connector, loop, name, new Failing(failures), Runnable::run).begin();
        while (failures.isEmpty()) {
            loop.turn(Long.MAX_VALUE);
        }
        long millis = (kernel.nanos() - from) / 1_000_000;
        assertTrue(millis >= 60 && millis < 70, "after " + millis + " ms");
        String message = failures.getFirst().getMessage();
        assertTrue(message.contains("60 ms"), message);
        assertTrue(message.contains("127.0.0.3:80 ECONNREFUSED"), message);
        assertTrue(message.contains("127.0.0.2:80 no answer"), message);
        assertEquals(List.of(), kernel.open(), "descriptors left open");
        loop.close();
    }

    /** Is told of a failure and of nothing else. */
    private record Failing(List<ConnectFailure> failures) implements Connector.Outcome {
        @Override
        public Protocol connected(SocketAddress peer) {
            throw new AssertionError("connected to " + peer);
        }

        @Override
        public void failed(ConnectFailure why) {
            failures.add(why);
        }
    }

    private static void play(long seed, Engine engine) throws Exception {
        SimKernel kernel = new SimKernel(seed);
        Random random = new Random(seed);
        EventLoop loop = new EventLoop(kernel, "simulated", engine);
        loop.turn(1);
        List<Run> runs = new ArrayList<>();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            Run run = new Run(kernel, random, i);
            runs.add(run);
            begin(loop, run, random);
        }
        for (int turns = 0; !runs.stream().allMatch(Run::over); turns++) {
            assertTrue(turns < MOST_TURNS, "no end in sight");
            loop.turn(Long.MAX_VALUE);
        }
        for (int i = 0; i < 20; i++) {
            loop.turn(1_000_000_000L);
        }
        for (Run run : runs) {
            assertEquals(null, run.complaint);
            assertEquals(run.cancelled ? 0 : 1, run.outcomes);
        }
        assertEquals(List.of(), kernel.open(), "descriptors left open");
        loop.close();
    }

    private static void begin(EventLoop loop, Run run, Random random) {
        Connector connector = Connector.USUAL
                .withResolver(host -> run.addresses)
                .withTimeLimit(Duration.ofSeconds(1 + random.nextInt(60)))
                .withAttemptDelay(Duration.ofMillis(10 + random.nextInt(500)));
        InetSocketAddress name = InetSocketAddress.createUnresolved("simulated.invalid", PORT);
        // The resolver's thread is this one: a schedule must be the same each time.
        ConnectOperation connecting = new ConnectOperation(connector, loop, name, run, Runnable::run);
        connecting.begin();
        run.returned = true;
        if (random.nextInt(5) == 0) {
            loop.schedule(Duration.ofMillis(random.nextInt(1000)), () -> {
                if (!run.over()) {
                    run.cancelled = true;
                    connecting.cancel();
                }
            });
        }
    }
}
