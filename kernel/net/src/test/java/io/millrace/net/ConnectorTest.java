// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.net.Ends.Caller;
import io.millrace.net.Ends.Echo;
import io.millrace.net.Ends.Events;
import io.millrace.net.Ends.Told;
import io.millrace.socket.Kernel;
import io.millrace.socket.UnixAddress;
import io.millrace.sys.Errno;
import io.millrace.testkit.ExpectedLog;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Names, several addresses, time limits: one outcome, whatever happens. */
@Timeout(120)
@ParameterizedClass
@MethodSource("engines")
class ConnectorTest extends OverEveryEngine {
    private static final Protocol CLOSED_AT_ONCE = null;

    private LoopGroup group;
    private EventLoop loop;
    private Listener listening;
    private int port;

    @BeforeEach
    void open() throws IOException {
        group = LoopGroup.open(Kernel.host(), 1, engine);
        loop = group.loop(0);
        listening = group.listen(ListenOptions.on(new InetSocketAddress("127.0.0.1", 0)), () -> Echo::new);
        port = listening.address().getPort();
    }

    @AfterEach
    void close() throws InterruptedException {
        if (group != null) {
            group.close();
            group.await();
        }
    }

    /** All of 127.0.0.0/8 is this machine: as many hosts as a test wants, on one port. */
    private static List<InetAddress> hosts(int... last) {
        List<InetAddress> hosts = new ArrayList<>();
        for (int one : last) {
            try {
                hosts.add(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) one}));
            } catch (UnknownHostException e) {
                throw new AssertionError(e);
            }
        }
        return hosts;
    }

    private InetSocketAddress name() {
        return InetSocketAddress.createUnresolved("test.invalid", port);
    }

    private static int descriptors() {
        return new File("/proc/self/fd").list().length;
    }

    /** Does not answer: its queue is full, and what comes is dropped (listen(2)). */
    private final class SilentHost implements AutoCloseable {
        private final ServerSocket server;
        private final List<Socket> fillers = new ArrayList<>();

        SilentHost(int last) throws IOException {
            server = new ServerSocket(port, 1, hosts(last).getFirst());
            for (int i = 0; i < 3; i++) {
                Socket filler = new Socket();
                fillers.add(filler);
                try {
                    filler.connect(server.getLocalSocketAddress(), 200);
                } catch (IOException full) {
                    return;
                }
            }
        }

        @Override
        public String toString() {
            return "SilentHost";
        }

        @Override
        public void close() throws IOException {
            for (Socket filler : fillers) {
                filler.close();
            }
            server.close();
        }
    }

    @Test
    void connectsByName() throws Exception {
        Events<String> told = new Events<>();
        Told outcome = new Told(() -> new Caller(told));
        Connector.USUAL.connect(loop, InetSocketAddress.createUnresolved("127.0.0.1", port), outcome);
        assertEquals(new InetSocketAddress("127.0.0.1", port), outcome.outcomes.next());
        assertEquals("hello from /127.0.0.1:" + port, told.next());
        assertEquals("closed", told.next());
    }

    @Test
    void theNextAddressIsTriedWhenOneRefuses() throws Exception {
        Told outcome = new Told(() -> CLOSED_AT_ONCE);
        Connector.USUAL.withResolver(host -> hosts(3, 2, 1)).connect(loop, name(), outcome);
        assertEquals(new InetSocketAddress("127.0.0.1", port), outcome.outcomes.next());
    }

    /**
     * RFC 8305 section 5: one that does not answer holds the next up for the delay only, and is given up when that
     * stands.
     */
    @Test
    void theNextIsTriedBesideOneThatDoesNotAnswer() throws Exception {
        try (SilentHost silent = new SilentHost(2)) {
            int before = descriptors();
            Told outcome = new Told(() -> CLOSED_AT_ONCE);
            Connector.USUAL
                    .withAttemptDelay(Duration.ofMillis(20))
                    .withResolver(host -> hosts(2, 1))
                    .connect(loop, name(), outcome);
            assertEquals(new InetSocketAddress("127.0.0.1", port), outcome.outcomes.next());
            awaitDescriptors(before);
            assertTrue(outcome.outcomes.isEmpty(), "" + silent);
        }
    }

    private void awaitDescriptors(int before) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        int now = descriptors();
        while (now > before && System.nanoTime() < end) {
            Thread.onSpinWait();
            now = descriptors();
        }
        assertTrue(now <= before, before + " descriptors before, " + now + " after");
        CountDownLatch turned = new CountDownLatch(1);
        loop.execute(() -> loop.execute(turned::countDown));
        assertTrue(turned.await(20, TimeUnit.SECONDS));
    }

    @Test
    void whenAllFailItIsSaidWhatBecameOfEach() throws Exception {
        Told outcome = new Told(Echo::new);
        Connector.USUAL.withResolver(host -> hosts(2, 3)).connect(loop, name(), outcome);
        ConnectFailure failure = assertInstanceOf(ConnectFailure.class, outcome.outcomes.next());
        assertEquals(
                "cannot connect to test.invalid:" + port + ": 127.0.0.2:" + port
                        + " ECONNREFUSED (connection refused); 127.0.0.3:" + port
                        + " ECONNREFUSED (connection refused)",
                failure.getMessage());
        assertEquals(2, failure.tried().size());
        assertEquals(Errno.ECONNREFUSED, failure.tried().getFirst().errno());
    }

    /** How far it has come until then is for the simulated clock to say: {@link ConnectorSimulationTest}. */
    @Test
    void theTimeLimitEndsIt() throws Exception {
        try (SilentHost silent = new SilentHost(2)) {
            int before = descriptors();
            Told outcome = new Told(Echo::new);
            Connector.USUAL
                    .withTimeLimit(Duration.ofMillis(60))
                    .withResolver(host -> hosts(3, 2))
                    .connect(loop, name(), outcome);
            ConnectFailure failure = assertInstanceOf(ConnectFailure.class, outcome.outcomes.next());
            assertTrue(failure.getMessage().contains("60 ms"), failure + " " + silent);
            awaitDescriptors(before);
        }
    }

    @Test
    void aResolverThatHangsHoldsUpNobodyElse() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try {
            Told stuck = new Told(Echo::new);
            Connector.USUAL
                    .withTimeLimit(Duration.ofMillis(50))
                    .withResolver(host -> {
                        try {
                            end.await();
                        } catch (InterruptedException e) {
                            throw new UnknownHostException("interrupted");
                        }
                        return hosts(1);
                    })
                    .connect(loop, name(), stuck);
            Told other = new Told(() -> CLOSED_AT_ONCE);
            Connector.USUAL.withResolver(host -> hosts(1)).connect(loop, name(), other);
            assertInstanceOf(InetSocketAddress.class, other.outcomes.next());
            ConnectFailure failure = assertInstanceOf(ConnectFailure.class, stuck.outcomes.next());
            assertTrue(failure.getMessage().contains("time limit"), failure.getMessage());
            assertEquals(List.of(), failure.tried());
            end.countDown();
            Told third = new Told(() -> CLOSED_AT_ONCE);
            Connector.USUAL.withResolver(host -> hosts(1)).connect(loop, name(), third);
            third.outcomes.next();
            assertTrue(stuck.outcomes.isEmpty(), "an answer that comes too late is no second outcome");
        } finally {
            end.countDown();
        }
    }

    @Test
    void whateverAResolverDoesIsAnOutcome() throws Exception {
        List<Resolver> broken = List.of(
                host -> {
                    throw new UnknownHostException("no such host");
                },
                host -> {
                    throw new IllegalStateException();
                },
                host -> {
                    throw new StackOverflowError("deep");
                },
                host -> null,
                host -> List.of());
        for (Resolver resolver : broken) {
            Told outcome = new Told(Echo::new);
            Connector.USUAL.withResolver(resolver).connect(loop, name(), outcome);
            ConnectFailure failure = assertInstanceOf(ConnectFailure.class, outcome.outcomes.next());
            assertTrue(failure.getMessage().startsWith("cannot connect to test.invalid:" + port), failure.getMessage());
        }
    }

    @Test
    void theResolverRunsElsewhereAndTheOutcomeOnTheLoopAfterTheCall() throws Exception {
        Events<Object> order = new Events<>();
        loop.execute(() -> {
            Connector.USUAL
                    .withResolver(host -> {
                        order.add(loop.inLoop() ? "resolved on the loop" : "resolved");
                        return hosts(1);
                    })
                    .connect(loop, new InetSocketAddress("127.0.0.1", port), new Connector.Outcome() {
                        @Override
                        public Protocol connected(SocketAddress peer) {
                            order.add(loop.inLoop() ? "connected" : "connected elsewhere");
                            return null;
                        }

                        @Override
                        public void failed(ConnectFailure why) {
                            order.add(why);
                        }
                    });
            order.add("returned");
        });
        assertEquals("returned", order.next());
        assertEquals("connected", order.next());
    }

    @Test
    void whoGivesUpIsToldNothing() throws Exception {
        CountDownLatch resolving = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (SilentHost silent = new SilentHost(2)) {
            int before = descriptors();
            Told outcome = new Told(Echo::new);
            ConnectOperation lookup = Connector.USUAL
                    .withResolver(host -> {
                        resolving.countDown();
                        try {
                            go.await();
                        } catch (InterruptedException e) {
                            throw new UnknownHostException("interrupted");
                        }
                        return hosts(1);
                    })
                    .connect(loop, name(), outcome);
            assertTrue(resolving.await(20, TimeUnit.SECONDS));
            lookup.cancel();
            go.countDown();
            ConnectOperation attempt = Connector.USUAL.connect(loop, new InetSocketAddress("127.0.0.2", port), outcome);
            CountDownLatch cancelled = new CountDownLatch(1);
            loop.execute(() -> loop.execute(() -> {
                attempt.cancel();
                cancelled.countDown();
            }));
            assertTrue(cancelled.await(20, TimeUnit.SECONDS));
            awaitDescriptors(before);
            assertTrue(outcome.outcomes.isEmpty(), "" + silent);
        }
    }

    @Test
    void theEndOfTheLoopIsAnOutcomeWhateverItWaitsFor() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch resolving = new CountDownLatch(1);
        try (SilentHost silent = new SilentHost(2)) {
            Told looking = new Told(Echo::new);
            Connector.USUAL
                    .withResolver(host -> {
                        resolving.countDown();
                        try {
                            go.await();
                        } catch (InterruptedException e) {
                            throw new UnknownHostException("interrupted");
                        }
                        return hosts(1);
                    })
                    .connect(loop, name(), looking);
            Told trying = new Told(Echo::new);
            Connector.USUAL.connect(loop, new InetSocketAddress("127.0.0.2", port), trying);
            assertTrue(resolving.await(20, TimeUnit.SECONDS));
            group.close();
            for (Told told : List.of(looking, trying)) {
                ConnectFailure failure = assertInstanceOf(ConnectFailure.class, told.outcomes.next());
                assertTrue(failure.getMessage().contains("the loop has ended"), failure + " " + silent);
            }
            go.countDown();
            group.await();
            assertTrue(looking.outcomes.isEmpty() && trying.outcomes.isEmpty());
        }
    }

    @ExpectedLog("whoever wanted to connect to")
    @Test
    void aProtocolThatCannotBeMadeLeavesNothing() throws Exception {
        int before = descriptors();
        Told outcome = new Told(() -> {
            throw new IllegalStateException("thrown on purpose");
        });
        ConnectOperation done = Connector.USUAL.connect(loop, new InetSocketAddress("127.0.0.1", port), outcome);
        outcome.outcomes.next();
        done.cancel();
        awaitDescriptors(before);
        assertTrue(outcome.outcomes.isEmpty());
    }

    /** No event tells when a Unix socket's queue has room again. */
    @Test
    void aFullUnixQueueIsWaitedFor(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("busy");
        try (ServerSocketChannel busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            busy.bind(UnixDomainSocketAddress.of(path), 1);
            List<SocketChannel> fillers = new ArrayList<>();
            Told outcome = new Told(() -> CLOSED_AT_ONCE);
            for (int i = 0; i < 2; i++) {
                fillers.add(SocketChannel.open(UnixDomainSocketAddress.of(path)));
            }
            Connector.USUAL.connect(loop, UnixAddress.of(path), outcome);
            CountDownLatch tried = new CountDownLatch(1);
            loop.schedule(Duration.ofMillis(30), tried::countDown);
            assertTrue(tried.await(20, TimeUnit.SECONDS));
            assertTrue(outcome.outcomes.isEmpty(), "there is no room");
            busy.accept().close();
            busy.accept().close();
            assertEquals(UnixAddress.of(path), outcome.outcomes.next());
            Told limited = new Told(() -> CLOSED_AT_ONCE);
            for (int i = 0; i < 1; i++) {
                fillers.add(SocketChannel.open(UnixDomainSocketAddress.of(path)));
            }
            Connector.USUAL.withTimeLimit(Duration.ofMillis(50)).connect(loop, UnixAddress.of(path), limited);
            assertInstanceOf(ConnectFailure.class, limited.outcomes.next());
            for (SocketChannel filler : fillers) {
                filler.close();
            }
        }
    }

    @Test
    void theOwnAddressDecidesTheFamily() throws Exception {
        InetSocketAddress from = new InetSocketAddress("127.0.0.9", 0);
        Events<SocketAddress> locals = new Events<>();
        Told outcome = new Told(() -> new Echo() {
            @Override
            public void opened(io.millrace.core.Link link) {
                locals.add(link.local());
            }
        });
        List<InetAddress> both = List.of(InetAddress.getByName("::1"), hosts(1).getFirst());
        Connector.USUAL.withFrom(from).withResolver(host -> both).connect(loop, name(), outcome);
        assertEquals(new InetSocketAddress("127.0.0.1", port), outcome.outcomes.next());
        assertEquals(
                "127.0.0.9",
                assertInstanceOf(InetSocketAddress.class, locals.next())
                        .getAddress()
                        .getHostAddress());
        Told none = new Told(Echo::new);
        Connector.USUAL.withFrom(from).withResolver(host -> both.subList(0, 1)).connect(loop, name(), none);
        ConnectFailure failure = assertInstanceOf(ConnectFailure.class, none.outcomes.next());
        assertTrue(failure.getMessage().contains("127.0.0.9"), failure.getMessage());
    }

    @Test
    void nonsenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Connector.USUAL.withAttemptDelay(Duration.ofMillis(1)));
        assertThrows(IllegalArgumentException.class, () -> Connector.USUAL.withTimeLimit(Duration.ZERO));
    }

    @Test
    void familiesTakeTurnsAndTheFirstStaysTheFirst() throws Exception {
        InetAddress a6 = InetAddress.getByName("2001:db8::a");
        InetAddress b6 = InetAddress.getByName("2001:db8::b");
        InetAddress c6 = InetAddress.getByName("2001:db8::c");
        InetAddress a4 = InetAddress.getByName("192.0.2.1");
        InetAddress b4 = InetAddress.getByName("192.0.2.2");
        assertEquals(List.of(a6, a4, b6, b4, c6), Addresses.interleaved(List.of(a6, b6, c6, a4, b4)));
        assertEquals(List.of(a4, a6, b4, b6), Addresses.interleaved(List.of(a4, b4, a6, b6)));
        assertEquals(List.of(b4, a4), Addresses.interleaved(List.of(b4, a4)));
        assertFalse(Addresses.sameFamily(a6, new InetSocketAddress("127.0.0.1", 0)));
        assertTrue(Addresses.sameFamily(a4, null));
    }
}
