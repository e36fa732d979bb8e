// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.fs.KernelDirectory;
import io.millrace.socket.InheritedSocket;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.OverloadPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every model owes its clients and protocols, whatever it waits with. Those in other processes have a test of
 * their own.
 */
@Timeout(120)
@ParameterizedClass
@MethodSource("models")
@ExpectedLog("whoever makes protocol factories failed")
final class ModelContractTest {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);
    /** So often a case is tried anew whose premise did not come about. */
    private static final int MOST_TRIES = 100;

    private static final Duration GRACE = Duration.ofSeconds(20);

    @Parameter
    IoModel model;

    static Stream<IoModel> models() {
        return Arrays.stream(IoModel.values()).filter(model -> !model.inProcesses());
    }

    /** One that this machine does not have is skipped, and says why. */
    @BeforeEach
    void choose() {
        assumeTrue(model.isAvailable(), () -> model + ": " + model.whyNot());
    }

    /** A server with one address. */
    private record Running(Server server, Listener listening) implements AutoCloseable {
        static Running of(IoModel model, ListenOptions options, Supplier<ProtocolFactory> protocols)
                throws IOException {
            Server server = model.open(ModelOptions.DEFAULT.withCarriers(2));
            try {
                return new Running(server, server.listen(options, protocols));
            } catch (IOException | RuntimeException e) {
                server.close();
                throw e;
            }
        }

        static Running of(IoModel model, Supplier<Protocol> protocols) throws IOException {
            return of(model, ListenOptions.on(LOOPBACK), () -> protocols::get);
        }

        RawClient connect() throws IOException {
            return RawClient.connect(listening.address());
        }

        @Override
        public void close() {
            try {
                server.stop(Duration.ZERO);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        T event = queue.poll(20, TimeUnit.SECONDS);
        assertTrue(event != null, "nothing happened in time");
        return event;
    }

    @Test
    void everyByteComesBackInOrder() throws Exception {
        byte[] sent = new byte[5 << 20];
        new Random(5).nextBytes(sent);
        try (Running running = Running.of(model, Echo::new);
                RawClient client = running.connect()) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    client.send(sent).finish();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            assertArrayEquals(sent, client.readAll());
            sending.join();
        }
    }

    @Test
    void manyClientsOneAfterTheOther() throws Exception {
        try (Running running = Running.of(model, Echo::new)) {
            for (int i = 0; i < 50; i++) {
                try (RawClient client = running.connect()) {
                    for (int j = 0; j < 3; j++) {
                        client.send("hello " + j);
                        assertEquals("hello " + j, client.readUntil("" + j));
                    }
                    client.finish();
                    assertEquals("", client.readText());
                }
            }
            awaitNobody(running.listening);
        }
    }

    /** The heart of the matter: whether a client who says nothing keeps others waiting. */
    @Test
    void aSilentClientHoldsUpThoseAndOnlyThoseThatTheModelSays() throws Exception {
        try (Running running = Running.of(model, Echo::new)) {
            List<RawClient> silent = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                silent.add(running.connect());
            }
            silent.getFirst().send("a").read(1);
            try (RawClient last = running.connect()) {
                last.send("b");
                ExecutorService reader = Executors.newVirtualThreadPerTaskExecutor();
                Future<byte[]> answer = reader.submit(() -> last.read(1));
                if (model.clientsAtOnce() == 1) {
                    // He is served when those before him have gone, and not before: each of them gets his answer first.
                    for (RawClient client : silent.subList(0, silent.size())) {
                        assertFalse(answer.isDone(), "served beside another");
                        client.send("x").read(1);
                        client.close();
                    }
                }
                assertArrayEquals(new byte[] {'b'}, answer.get(20, TimeUnit.SECONDS));
                reader.shutdown();
            }
            for (RawClient client : silent) {
                client.close();
            }
        }
    }

    @Test
    void anotherThreadsTaskReachesASleepingConnection() throws Exception {
        Supplier<Protocol> answering = () -> new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                byte[] asked = in.toBytes();
                in.clear();
                link.pause(true);
                Thread.ofPlatform()
                        .start(() -> link.execute(() -> {
                            assertTrue(link.inLoop());
                            link.out().append(asked);
                            link.flush();
                            link.pause(false);
                        }));
                assertTrue(link.inLoop());
            }
        };
        try (Running running = Running.of(model, answering);
                RawClient client = running.connect()) {
            for (int i = 0; i < 200; i++) {
                client.send("ask" + i + ".");
                assertEquals("ask" + i + ".", client.readUntil("."));
            }
        }
    }

    @Test
    void aTaskForADeadConnectionRunsAllTheSame() throws Exception {
        BlockingQueue<Link> opened = new LinkedBlockingQueue<>();
        BlockingQueue<String> ran = new LinkedBlockingQueue<>();
        Supplier<Protocol> noting = () -> new Protocol() {
            @Override
            public void opened(Link link) {
                opened.add(link);
            }

            @Override
            public void receive(Buffer in, Link link) {
                in.clear();
            }

            @Override
            public void closed(CloseCause why) {
                ran.add(why.name());
            }
        };
        try (Running running = Running.of(model, noting)) {
            running.connect().close();
            Link link = next(opened);
            assertEquals("LOCAL", next(ran));
            link.execute(() -> {
                link.out().appendLatin1("to nobody");
                link.flush();
                link.close(CloseMode.NOW);
                ran.add(Boolean.toString(link.inLoop()));
                link.execute(() -> ran.add("second"));
            });
            assertEquals("true", next(ran));
            assertEquals("second", next(ran));
        }
    }

    @Test
    void deadlinesRingAndCanBeMovedBothWays() throws Exception {
        Supplier<Protocol> impatient = () -> new Protocol() {
            private int rung;

            @Override
            public void opened(Link link) {
                link.deadline(link.now() + Duration.ofHours(1).toNanos());
                link.deadline(link.now() + 30_000_000);
            }

            @Override
            public void receive(Buffer in, Link link) {
                in.clear();
                link.deadline(Link.NEVER);
                link.out().appendLatin1("calm.");
                link.flush();
            }

            @Override
            public void expired(Link link) {
                link.out().appendLatin1("rung" + ++rung + ".");
                link.flush();
                link.deadline(link.now() + 20_000_000);
            }
        };
        try (Running running = Running.of(model, impatient);
                RawClient client = running.connect()) {
            assertEquals("rung1.", client.readUntil("."));
            assertEquals("rung2.", client.readUntil("."));
            client.send("x");
            String text = client.readUntil("calm.");
            assertTrue(text.matches("(rung\\d+\\.)*calm\\."), text);
        }
    }

    @Test
    void whoReadsNothingIsGivenUp() throws Exception {
        BlockingQueue<CloseCause> causes = new LinkedBlockingQueue<>();
        Supplier<Protocol> generous = () -> new Protocol() {
            @Override
            public void opened(Link link) {
                link.flow().writeTimeout(50_000_000);
                link.out().append(new byte[16 << 20]);
                link.flush();
            }

            @Override
            public void receive(Buffer in, Link link) {
                in.clear();
            }

            @Override
            public void closed(CloseCause why) {
                causes.add(why);
            }
        };
        try (Running running = Running.of(model, generous);
                RawClient client = RawClient.connect(running.listening.address(), 4096)) {
            client.read(1);
            assertEquals(CloseCause.STALLED, next(causes));
        }
    }

    @Test
    void aResetIsTold() throws Exception {
        BlockingQueue<CloseCause> causes = new LinkedBlockingQueue<>();
        try (Running running = Running.of(model, () -> new Noting(new Echo(), causes))) {
            RawClient client = running.connect();
            client.send("x").read(1);
            client.reset();
            assertEquals(CloseCause.RESET, next(causes));
            RawClient gone = running.connect();
            gone.send("x").read(1);
            gone.close();
            assertEquals(CloseCause.LOCAL, next(causes));
        }
    }

    @Test
    void anAbortEndsTheConnectionAtOnce() throws Exception {
        BlockingQueue<CloseCause> causes = new LinkedBlockingQueue<>();
        Protocol rude = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
                link.out().appendLatin1("never sent");
                link.close(CloseMode.ABORT);
            }
        };
        try (Running running = Running.of(model, () -> new Noting(rude, causes));
                RawClient client = running.connect()) {
            client.send("x");
            assertEquals(CloseCause.LOCAL, next(causes));
            assertThrows(SocketException.class, client::readAll, "a reset, not an end");
        }
    }

    /** Nobody reads, so nobody would see the end of the stream: the hang-up itself has to tell. */
    @Test
    void aResetOfAPausedConnectionIsTold() throws Exception {
        assumeTrue(model.seesHangups(), () -> model + " does not look at a paused connection");
        BlockingQueue<CloseCause> causes = new LinkedBlockingQueue<>();
        Protocol pausing = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                link.out().append(in);
                in.clear();
                link.flush();
                link.pause(true);
            }
        };
        try (Running running = Running.of(model, () -> new Noting(pausing, causes))) {
            RawClient client = running.connect();
            client.send("x").read(1);
            client.reset();
            assertEquals(CloseCause.RESET, next(causes));
        }
    }

    @ExpectedLog("a protocol failed on the connection from")
    @Test
    void aProtocolThatThrowsEndsItsConnectionAlone() throws Exception {
        BlockingQueue<CloseCause> causes = new LinkedBlockingQueue<>();
        Protocol throwing = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                throw new IllegalStateException("on purpose, for a test");
            }
        };
        int[] count = new int[1];
        Supplier<Protocol> first = () -> count[0]++ == 0 ? new Noting(throwing, causes) : new Echo();
        try (Running running = Running.of(model, first)) {
            try (RawClient client = running.connect()) {
                client.send("x");
                assertEquals(CloseCause.FAILED, next(causes));
            }
            try (RawClient client = running.connect()) {
                assertArrayEquals(new byte[] {'y'}, client.send("y").read(1));
            }
        }
    }

    @Test
    void becomingAnotherProtocolHandsTheRestOver() throws Exception {
        Supplier<Protocol> upgrading = () -> new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                while (!in.isEmpty()) {
                    boolean end = in.peek(0) == '!';
                    in.consume(1);
                    if (end) {
                        link.switchProtocol(new Echo());
                        return;
                    }
                }
            }
        };
        try (Running running = Running.of(model, upgrading);
                RawClient client = running.connect()) {
            client.send("swallowed!rest");
            assertEquals("rest", client.readUntil("rest"));
            client.send("more").finish();
            assertEquals("more", client.readText());
        }
    }

    /** Whoever makes factories fails once, the first time or later: that costs one connection, and not the address. */
    @Test
    void aSupplierThatFailsCostsOneConnection() throws Exception {
        for (int failing = 1; failing <= 2; failing++) {
            AtomicInteger left = new AtomicInteger(failing);
            Supplier<ProtocolFactory> supplier = () -> {
                if (left.getAndDecrement() == 1) {
                    throw new IllegalStateException("on purpose, for a test");
                }
                return Echo::new;
            };
            try (Running running = Running.of(model, ListenOptions.on(LOOPBACK), supplier)) {
                boolean oneByOne = model.clientsAtOnce() == 1;
                int served = 0;
                List<RawClient> clients = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    RawClient client = running.connect();
                    clients.add(client);
                    served += isServed(client) ? 1 : 0;
                    if (oneByOne) {
                        client.close();
                    }
                }
                assertTrue(served >= 3, served + " of 4 with failure " + failing);
                for (RawClient client : clients) {
                    client.close();
                }
                awaitNobody(running.listening);
            } catch (IllegalStateException e) {
                // A model that makes them all beforehand: whoever listens is told.
                assertEquals("on purpose, for a test", e.getMessage());
            }
        }
    }

    /** A client who comes while there are no descriptors is served all the same, when there are some again. */
    private static void acceptWithoutDescriptors(Running running, long[] limits) throws IOException {
        running.listening.pause();
        try (RawClient client = running.connect()) {
            client.send("y");
            int last = Descriptors.eventfd(0, 0);
            Descriptors.close(last);
            Descriptors.setrlimit(Descriptors.RLIMIT_NOFILE, last, limits[1]);
            running.listening.resume();
            assertArrayEquals(new byte[] {'y'}, client.read(1));
        } finally {
            Descriptors.setrlimit(Descriptors.RLIMIT_NOFILE, limits[0], limits[1]);
        }
    }

    private static boolean isServed(RawClient client) {
        try {
            return client.send("x").read(1).length == 1;
        } catch (IOException e) {
            return false;
        }
    }

    /** The process is out of descriptors, and whoever is told so fails: the address stays open. */
    @ExpectedLog("whoever is told that accepting fails failed")
    @Test
    void anErrorCallbackThatFailsDoesNotCloseTheAddress() throws Exception {
        assumeTrue(model != IoModel.NIO, "the limit of descriptors is found by the JDK, at other places");
        long[] limits = new long[2];
        Descriptors.getrlimit(Descriptors.RLIMIT_NOFILE, limits);
        BlockingQueue<SysException> told = new LinkedBlockingQueue<>();
        ListenOptions options = ListenOptions.on(LOOPBACK).withErrors(e -> {
            Descriptors.setrlimit(Descriptors.RLIMIT_NOFILE, limits[0], limits[1]);
            told.add(e);
            throw new IllegalStateException("on purpose, for a test");
        });
        try (Running running = Running.of(model, options, () -> Echo::new)) {
            // What is loaded from a folder of classes takes descriptors: all of it before there are none.
            assertEquals(Errno.EMFILE, new SysException("accept", Errno.EMFILE, LOOPBACK).errno());
            Servers.log(System.Logger.Level.TRACE, "nothing");
            try (RawClient client = running.connect()) {
                client.send("x").read(1);
            }
            awaitNobody(running.listening);
            SysException failure = null;
            for (int tries = 0; failure == null && tries < MOST_TRIES; tries++) {
                acceptWithoutDescriptors(running, limits);
                // A ring may have taken the client before it heard of the pause: then nothing was asked of it.
                failure = told.poll();
            }
            assertNotNull(failure, "nobody was told");
            assertEquals(Errno.EMFILE, failure.errno());
        } finally {
            Descriptors.setrlimit(Descriptors.RLIMIT_NOFILE, limits[0], limits[1]);
        }
    }

    /** Whoever else has a listening socket makes it block: no thread waits in accept, and the server ends when told. */
    @Test
    void aListeningSocketThatOthersMakeBlockHoldsNothingUp() throws Exception {
        assumeTrue(model != IoModel.NIO, "its descriptors are numbers of its own");
        int fd = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0);
        byte[] address = SocketAddresses.encode(LOOPBACK);
        assertEquals(0, Sockets.bind(fd, address, address.length));
        assertEquals(0, Sockets.listen(fd, 8));
        int copy = Descriptors.fcntl(fd, Descriptors.F_DUPFD_CLOEXEC, 0);
        // One carrier: not every engine lets several wait on one socket.
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(1));
        Running running = new Running(server, server.listen(ListenOptions.on(InheritedSocket.of(fd)), () -> Echo::new));
        try {
            for (int i = 0; i < 2; i++) {
                int flags = Descriptors.fcntl(copy, Descriptors.F_GETFL, 0);
                Descriptors.fcntl(copy, Descriptors.F_SETFL, flags & ~Descriptors.O_NONBLOCK);
                try (RawClient client = running.connect()) {
                    assertArrayEquals(new byte[] {'x'}, client.send("x").read(1));
                }
                awaitNobody(running.listening);
            }
            assertTrue(CompletableFuture.supplyAsync(() -> stop(running.server)).get(30, TimeUnit.SECONDS));
        } finally {
            // Ends an accept that waits, so that a server that has failed the test ends, too.
            Sockets.shutdown(copy, Sockets.SHUT_RDWR);
            Descriptors.close(copy);
            running.close();
        }
    }

    private static boolean stop(Server server) {
        try {
            return server.stop(GRACE);
        } catch (InterruptedException e) {
            return false;
        }
    }

    /** A deadline and a stall limit of one protocol do not outlive it. */
    @Test
    void theNextProtocolFindsNoLimitsOfTheOneBefore() throws Exception {
        int much = 3_000_000;
        Protocol next = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
                link.out().append(new byte[much]);
                link.flush();
            }
        };
        Supplier<Protocol> limiting = () -> new Protocol() {
            @Override
            public void opened(Link link) {
                link.deadline(link.now() + 1);
                link.flow().writeTimeout(1);
                link.switchProtocol(next);
            }

            @Override
            public void receive(Buffer in, Link link) {}
        };
        try (Running running = Running.of(model, limiting);
                RawClient client = running.connect()) {
            for (int i = 0; i < 2; i++) {
                assertEquals(much, client.send("x").read(much).length);
            }
        }
    }

    @Test
    void filesGoBetweenBytes(@TempDir Path folder) throws Exception {
        byte[] content = new byte[3 << 20];
        new Random(11).nextBytes(content);
        Files.write(folder.resolve("file"), content);
        try (KernelDirectory files = KernelDirectory.open(folder, false)) {
            Supplier<Protocol> sending = () -> new Protocol() {
                @Override
                public void receive(Buffer in, Link link) {
                    in.clear();
                    try {
                        link.out().appendLatin1("<");
                        link.transfer(files.open("file"), 1, content.length - 1);
                        link.out().appendLatin1(">");
                        link.flush();
                        link.close(CloseMode.LINGERING);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            };
            try (Running running = Running.of(model, sending);
                    RawClient client = running.connect()) {
                byte[] all = client.send("go").readAll();
                assertEquals(content.length + 1, all.length);
                assertEquals('<', all[0]);
                assertEquals('>', all[all.length - 1]);
                assertArrayEquals(
                        Arrays.copyOfRange(content, 1, content.length), Arrays.copyOfRange(all, 1, all.length - 1));
            }
        }
    }

    @Test
    void beyondTheLimitClientsWaitOrAreRefused() throws Exception {
        assumeTrue(model.clientsAtOnce() > 1, () -> model + " has one client at once, and cannot refuse a second");
        ListenOptions waiting = ListenOptions.on(LOOPBACK).withMaxConnections(1, OverloadPolicy.WAIT);
        try (Running running = Running.of(model, waiting, () -> Echo.FACTORY);
                RawClient first = running.connect()) {
            // Answered before the other comes: with several loops it is not the order of coming that decides who is let
            // in.
            first.send("a").read(1);
            try (RawClient second = running.connect()) {
                second.send("b");
                assertEquals(1, running.listening.connections());
                first.finish();
                assertArrayEquals(new byte[] {'b'}, second.read(1));
            }
        }
        ListenOptions refusing = ListenOptions.on(LOOPBACK).withMaxConnections(1, OverloadPolicy.REFUSE);
        try (Running running = Running.of(model, refusing, () -> Echo.FACTORY);
                RawClient first = running.connect()) {
            first.send("a").read(1);
            try (RawClient second = running.connect()) {
                assertEquals(Echo.REFUSAL, second.readText());
            }
            first.send("c").read(1);
        }
    }

    @Test
    void aStopTellsProtocolsAndWaitsForThem() throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        Protocol lasting = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                boolean end = in.peek(in.readable() - 1) == '!';
                link.out().append(in);
                in.clear();
                link.flush();
                if (end) {
                    link.close(CloseMode.FLUSHED);
                }
            }

            @Override
            public void shuttingDown(Link link) {
                told.add("stopping");
            }
        };
        Running running = Running.of(model, () -> lasting);
        try (RawClient client = running.connect()) {
            client.send("a").read(1);
            CompletableFuture<Boolean> stopped = CompletableFuture.supplyAsync(() -> {
                try {
                    return running.server.stop(GRACE);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            assertEquals("stopping", next(told));
            assertFalse(stopped.isDone());
            assertEquals("end!", client.send("end!").readText());
            assertTrue(stopped.get(20, TimeUnit.SECONDS), "ended by itself");
            running.server.await();
            assertThrows(ConnectException.class, running::connect);
        }
    }

    @Test
    void aCloseCutsOffWhatStands() throws Exception {
        BlockingQueue<CloseCause> causes = new LinkedBlockingQueue<>();
        Protocol stubborn = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                link.out().append(in);
                in.clear();
                link.flush();
            }

            @Override
            public void shuttingDown(Link link) {}
        };
        Running running = Running.of(model, () -> new Noting(stubborn, causes));
        try (RawClient client = running.connect()) {
            client.send("a").read(1);
            assertFalse(running.server.stop(Duration.ofMillis(100)));
            assertEquals(CloseCause.SHUTDOWN, next(causes));
            assertNull(client.readSome());
        }
    }

    @Test
    void twoAddressesAtOnce() throws Exception {
        try (Running running = Running.of(model, Echo::new)) {
            Listener second = running.server.listen(ListenOptions.on(LOOPBACK), () -> Echo.FACTORY);
            try (RawClient one = running.connect();
                    RawClient two = RawClient.connect(second.address())) {
                assertArrayEquals(new byte[] {'1'}, one.send("1").read(1));
                assertArrayEquals(new byte[] {'2'}, two.send("2").read(1));
            }
        }
    }

    @Test
    void aCarrierCannotWaitForItsOwnEnd() throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        Server[] server = new Server[1];
        Supplier<Protocol> foolish = () -> new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.clear();
                try {
                    server[0].stop(GRACE);
                } catch (IllegalStateException | InterruptedException e) {
                    said.add(e.getClass().getSimpleName());
                }
            }
        };
        try (Running running = Running.of(model, foolish);
                RawClient client = running.connect()) {
            server[0] = running.server;
            client.send("x");
            assertEquals("IllegalStateException", next(said));
        }
    }

    private static void awaitNobody(Listener listening) throws InterruptedException {
        long end = System.nanoTime() + GRACE.toNanos();
        while (listening.connections() > 0) {
            assertTrue(System.nanoTime() < end, listening.connections() + " connections are left");
            Thread.sleep(1);
        }
    }

    /** Passes everything on and notes why the connection ended. */
    private record Noting(Protocol inner, BlockingQueue<CloseCause> causes) implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            inner.receive(in, link);
        }

        @Override
        public void drained(Link link) {
            inner.drained(link);
        }

        @Override
        public void shuttingDown(Link link) {
            inner.shuttingDown(link);
        }

        @Override
        public void closed(CloseCause why) {
            causes.add(why);
        }
    }
}
