// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.socket.Kernel;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.HouseClassPath;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import io.millrace.transport.Servers.Watched;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Accepting: how connections spread, limits, running out of descriptors, the orderly end. */
@Timeout(120)
class ListenTest {

    private static String exchange(RawClient client, String text) throws IOException {
        return new String(client.send(text).read(text.length()), StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @EnumSource(AcceptDistribution.class)
    void everyConnectionIsServedAndEveryLoopWorks(AcceptDistribution spread) throws Exception {
        boolean oneOwner = Servers.engine == Engine.SIGIO && spread == AcceptDistribution.SHARED;
        Assumptions.assumeFalse(
                oneOwner, "signals for a file have one owner: of those who share a socket one is served");
        Set<String> threads = ConcurrentHashMap.newKeySet();
        ProtocolFactory factory = () -> new Echo() {
            @Override
            public void opened(Link link) {
                threads.add(Thread.currentThread().getName());
            }
        };
        ListenOptions options = ListenOptions.on(Servers.LOOPBACK).withSpread(spread);
        try (Running server = new Running(2, options, () -> factory)) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                clients.add(server.connect());
            }
            for (RawClient client : clients) {
                assertEquals("ping", exchange(client, "ping"));
            }
            assertEquals(300, server.listening.connections());
            if (spread != AcceptDistribution.SHARED) {
                // SHARED wakes whoever waits: one loop that keeps up may get them all.
                assertEquals(Set.of("millrace-0", "millrace-1"), threads);
            }
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(AcceptDistribution.class)
    void closingTheListenerKeepsItsConnections(AcceptDistribution spread) throws Exception {
        ListenOptions options = ListenOptions.on(Servers.LOOPBACK).withSpread(spread);
        try (Running server = new Running(2, options, () -> Echo::new);
                RawClient client = server.connect()) {
            assertEquals("before", exchange(client, "before"));
            server.listening.close();
            assertEquals("after", exchange(client, "after"));
            Servers.awaitRefusal(server.listening.address());
        }
    }

    @Test
    void anIpv6WildcardTakesIpv4AsWell() throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getByName("::"), 0);
        Events<String> peers = new Events<>();
        ProtocolFactory factory = () -> new Echo() {
            @Override
            public void opened(Link link) {
                peers.add(((InetSocketAddress) link.peer()).getAddress().getHostAddress());
            }
        };
        Running running;
        try {
            running = new Running(2, ListenOptions.on(any), () -> factory);
        } catch (SysException e) {
            Assumptions.abort("no IPv6 here: " + e.getMessage());
            return;
        }
        try (Running server = running) {
            int port = server.listening.address().getPort();
            try (RawClient four = RawClient.connect(new InetSocketAddress("127.0.0.1", port));
                    RawClient six = RawClient.connect(new InetSocketAddress("::1", port))) {
                assertEquals("4", exchange(four, "4"));
                assertEquals("6", exchange(six, "6"));
                assertEquals(Set.of("127.0.0.1", "0:0:0:0:0:0:0:1"), Set.of(peers.next(), peers.next()));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(AcceptDistribution.class)
    void anAddressInUseIsSaidSo(AcceptDistribution spread) throws Exception {
        try (Running server = Running.serving(Echo::new)) {
            InetSocketAddress taken = server.listening.address();
            SysException e = assertThrows(
                    SysException.class,
                    () -> new Running(2, ListenOptions.on(taken).withSpread(spread), () -> Echo::new).close());
            assertEquals(Errno.EADDRINUSE, e.errno());
            assertTrue(e.getMessage().contains("127.0.0.1:" + taken.getPort()), e.getMessage());
        }
    }

    @Test
    void beyondTheLimitConnectionsWait() throws Exception {
        ListenOptions options = ListenOptions.on(Servers.LOOPBACK).withMaxConnections(2, OverloadPolicy.WAIT);
        Events<String> opened = new Events<>();
        ProtocolFactory factory = () -> new Echo() {
            @Override
            public void opened(Link link) {
                opened.add("opened");
            }
        };
        // One loop takes them in the order in which they came.
        try (Running server = new Running(1, options, () -> factory);
                RawClient one = server.connect();
                RawClient two = server.connect();
                RawClient three = server.connect()) {
            opened.next();
            opened.next();
            three.send("early");
            assertEquals("1", exchange(one, "1"));
            assertEquals("2", exchange(two, "2"));
            assertTrue(opened.isEmpty());
            assertEquals(2, server.listening.connections());
            one.finish();
            opened.next();
            assertEquals("early", new String(three.read(5), StandardCharsets.ISO_8859_1));
        }
    }

    @Test
    void beyondTheLimitConnectionsAreRefusedInTheProtocolsWords() throws Exception {
        ListenOptions options = ListenOptions.on(Servers.LOOPBACK).withMaxConnections(1, OverloadPolicy.REFUSE);
        ProtocolFactory factory = new ProtocolFactory() {
            @Override
            public Protocol create() {
                return new Echo();
            }

            @Override
            public Protocol refuse() {
                return new Echo() {
                    @Override
                    public void opened(Link link) {
                        link.out().appendLatin1("full");
                        link.close(CloseMode.LINGERING);
                    }
                };
            }
        };
        Events<CloseCause> causes = new Events<>();
        try (Running server = new Running(1, options, () -> factory)) {
            RawClient first = server.connect();
            assertEquals("a", exchange(first, "a"));
            for (int i = 0; i < 20; i++) {
                try (RawClient second = server.connect()) {
                    assertEquals("full", second.readText());
                }
            }
            assertEquals("b", exchange(first, "b"));
            first.finish().readAll();
            first.close();
            Servers.awaitNone(server.listening);
            try (RawClient again = server.connect()) {
                assertEquals("c", exchange(again, "c"));
            }
            assertTrue(causes.isEmpty());
        }
    }

    @Test
    void stopLetsConnectionsFinishAndThenEnds() throws Exception {
        Events<String> asked = new Events<>();
        Protocol patient = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
            }

            @Override
            public void shuttingDown(Link link) {
                asked.add("stopping");
                link.out().appendLatin1("bye");
                link.close(CloseMode.FLUSHED);
            }
        };
        Running server = Running.serving(() -> patient);
        RawClient client = server.connect();
        // Not accepted yet, perhaps: those that the kernel has accepted belong to it all the same.
        assertTrue(server.group.stop(Duration.ofSeconds(20)));
        assertEquals("stopping", asked.next());
        assertEquals("bye", client.readText());
        assertThrows(IOException.class, () -> RawClient.connect(server.listening.address()));
        assertThrows(
                IllegalStateException.class,
                () -> server.group.listen(ListenOptions.on(Servers.LOOPBACK), () -> Echo::new));
    }

    @Test
    void stopDoesNotWaitForeverForThoseThatDoNotFinish() throws Exception {
        Events<CloseCause> causes = new Events<>();
        AtomicBoolean told = new AtomicBoolean();
        Protocol stubborn = new Echo() {
            @Override
            public void shuttingDown(Link link) {
                told.set(true);
            }
        };
        Running server = Running.serving(() -> new Watched(stubborn, causes));
        RawClient client = server.connect();
        assertEquals("x", exchange(client, "x"));
        assertFalse(server.group.stop(Duration.ofMillis(50)));
        assertTrue(told.get());
        assertEquals(CloseCause.SHUTDOWN, causes.next());
        assertEquals(0, client.readAll().length);
    }

    @Test
    void whatHadArrivedBeforeTheStopIsDeliveredBeforeIt() throws Exception {
        Events<String> events = new Events<>();
        CountDownLatch hold = new CountDownLatch(1);
        Protocol protocol = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                events.add("received");
                in.consume(in.readable());
                link.out().appendLatin1("answer");
                link.flush();
            }

            @Override
            public void shuttingDown(Link link) {
                events.add("stopping");
                link.close(CloseMode.FLUSHED);
            }
        };
        Running server = Running.serving(() -> protocol);
        RawClient client = server.connect();
        client.send("x");
        assertEquals("received", events.next());
        client.read(6);
        server.group.loop(0).execute(() -> {
            try {
                hold.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        client.send("in the socket while the loop is busy");
        Thread stopper = Thread.startVirtualThread(() -> {
            try {
                server.group.stop(Duration.ofSeconds(20));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        hold.countDown();
        assertEquals("received", events.next());
        assertEquals("stopping", events.next());
        assertEquals("answer", client.readText());
        stopper.join();
    }

    @Test
    void anInterruptedStopEndsTheLoopsAllTheSame() throws Exception {
        Running server = Running.serving(Echo::new);
        RawClient client = server.connect();
        assertEquals("x", exchange(client, "x"));
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> server.group.stop(Duration.ofSeconds(20)));
        server.group.await();
        assertEquals(0, client.readAll().length);
    }

    @ExpectedLog("a protocol factory failed")
    @Test
    void aFactoryThatThrowsCostsItsConnectionAndNothingElse() throws Exception {
        AtomicInteger made = new AtomicInteger();
        ProtocolFactory fragile = () -> {
            if (made.incrementAndGet() % 2 == 1) {
                throw new IllegalStateException("on purpose, for a test");
            }
            return new Echo();
        };
        try (Running server = new Running(1, ListenOptions.on(Servers.LOOPBACK), () -> fragile)) {
            for (int i = 0; i < 5; i++) {
                try (RawClient bad = server.connect();
                        RawClient good = server.connect()) {
                    assertEquals("x", exchange(good, "x"));
                    assertEquals(0, bad.readAll().length);
                    assertEquals(1, server.listening.connections());
                    good.finish().readAll();
                }
                Servers.awaitNone(server.listening);
            }
        }
    }

    @Test
    void aSupplierThatThrowsLeavesNoSocketBehind() throws Exception {
        int port;
        try (Running server = Running.serving(Echo::new)) {
            port = server.listening.address().getPort();
        }
        ListenOptions options = ListenOptions.on(new InetSocketAddress("127.0.0.1", port));
        try (LoopGroup group = LoopGroup.open(Kernel.host(), 1, Servers.engine)) {
            assertThrows(
                    IllegalStateException.class,
                    () -> group.listen(options, () -> {
                        throw new IllegalStateException("on purpose, for a test");
                    }));
            group.listen(options, () -> Echo::new);
            assertThrows(SysException.class, () -> group.listen(options, () -> Echo::new), "and never twice");
        }
    }

    @Test
    void aLoopThatWouldWaitForItselfRefuses() throws Exception {
        Events<Throwable> outcome = new Events<>();
        try (Running server = Running.serving(Echo::new)) {
            server.group.loop(0).execute(() -> {
                try {
                    server.group.stop(Duration.ofSeconds(1));
                } catch (Throwable t) {
                    outcome.add(t);
                }
            });
            assertEquals(IllegalStateException.class, outcome.next().getClass());
        }
    }

    @Test
    void closeEndsTheThreads() throws Exception {
        LoopGroup group = LoopGroup.open(Kernel.host(), 3, Servers.engine);
        group.listen(ListenOptions.on(Servers.LOOPBACK), () -> Echo::new);
        group.close();
        group.await();
        group.close();
        assertNotEquals("", group.engine());
    }

    /**
     * A server that may open very few descriptors is filled up and emptied again: it must neither spin nor lose its
     * listener, and must say so once.
     */
    @Test
    void outOfDescriptorsItWaitsAndRecovers(@TempDir Path folder) throws Exception {
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -n 64; exec \"$0\" \"$@\"",
                        System.getProperty("java.home") + "/bin/java",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx64m",
                        "-XX:-MaxFDLimit",
                        "-cp",
                        jars(folder),
                        FewDescriptors.class.getName())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            int port = Integer.parseInt(output.readLine());
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                clients.add(RawClient.connect(port));
            }
            assertEquals("x", exchange(clients.getFirst(), "x"));
            clients.get(99).send("waiting");
            String log = output.readLine() + output.readLine();
            assertTrue(log.contains("descriptors") && log.contains("limit 64"), log);
            for (int i = 0; i < 90; i++) {
                clients.get(i).close();
            }
            assertEquals("waiting", new String(clients.get(99).read(7), StandardCharsets.ISO_8859_1));
            try (RawClient fresh = RawClient.connect(port)) {
                assertEquals("y", exchange(fresh, "y"));
            }
            process.getOutputStream().close();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            List<String> rest = output.lines().toList();
            assertTrue(rest.stream().anyMatch(line -> line.endsWith(" again")), rest.toString());
            assertTrue(rest.stream().noneMatch(line -> line.contains("cannot accept")), "said once: " + rest);
            String turns = rest.getLast();
            assertTrue(Integer.parseInt(turns.replaceAll("\\D", "")) < 2000, "no spin: " + turns);
        } finally {
            process.destroyForcibly();
        }
    }

    /**
     * Our classes as jars, as in a real installation: a class that lies in a folder needs a descriptor when it is first
     * used.
     */
    private static String jars(Path folder) {
        return HouseClassPath.places().stream()
                .map(place -> Files.isDirectory(place) ? jar(folder, place) : place.toString())
                .collect(Collectors.joining(":"));
    }

    private static String jar(Path folder, Path classes) {
        String jar =
                folder.resolve(Integer.toHexString(classes.hashCode()) + ".jar").toString();
        ToolProvider tool = ToolProvider.findFirst("jar").orElseThrow();
        assertEquals(0, tool.run(System.out, System.err, "--create", "--file", jar, "-C", classes.toString(), "."));
        return jar;
    }

    /** The server of the test above, in a process of its own: ends when its input does. */
    static final class FewDescriptors {
        public static void main(String[] arguments) throws Exception {
            LoopGroup group = LoopGroup.open(Kernel.host(), 1, Servers.engine);
            Listener listening = group.listen(ListenOptions.on(Servers.LOOPBACK), () -> Echo::new);
            System.out.println(listening.address().getPort());
            while (System.in.read() >= 0) {}
            group.stop(Duration.ZERO);
            System.out.println("turns " + group.loop(0).turns());
        }
    }
}
