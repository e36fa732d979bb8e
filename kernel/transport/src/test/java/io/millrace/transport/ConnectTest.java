// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.socket.Kernel;
import io.millrace.socket.UnixAddress;
import io.millrace.socket.UnixPeer;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.testkit.ExpectedLog;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Connections that the loop itself opens or takes over: each attempt has one outcome, and no descriptor is left. */
@Timeout(120)
class ConnectTest {
    // This machine, by an address from which no client goes out by itself: a port that was free stays free there.
    private static final String OTHER_HOST = "127.0.0.9";

    private LoopGroup group;
    private EventLoop loop;

    @BeforeEach
    void open() throws IOException {
        group = LoopGroup.open(Kernel.host(), 1, Servers.engine);
        loop = group.loop(0);
    }

    @AfterEach
    void close() throws InterruptedException {
        group.close();
        group.await();
    }

    /** Says something and notes what comes back and how it ends. */
    private static final class Caller implements Protocol {
        final Events<String> heard = new Events<>();
        final Events<CloseCause> causes = new Events<>();
        private final String words;

        Caller(String words) {
            this.words = words;
        }

        @Override
        public void opened(Link link) {
            link.out().appendLatin1(words);
            link.flush();
        }

        @Override
        public void receive(Buffer in, Link link) {
            if (in.readable() >= words.length()) {
                heard.add(new String(in.toBytes(), StandardCharsets.ISO_8859_1));
                in.clear();
                link.close(CloseMode.FLUSHED);
            }
        }

        @Override
        public void closed(CloseCause why) {
            causes.add(why);
        }
    }

    private static int outcome(EventLoop loop, SocketAddress to, SocketAddress from) throws InterruptedException {
        Events<Integer> outcomes = new Events<>();
        Connections.of(loop).connect(to, from, attempt -> outcomes.add(attempt.result()));
        int first = outcomes.next();
        // Everything that was on its way has been told: a second outcome would be here.
        CountDownLatch later = new CountDownLatch(1);
        loop.execute(() -> loop.execute(later::countDown));
        assertTrue(later.await(20, TimeUnit.SECONDS));
        assertTrue(outcomes.isEmpty(), "told twice");
        return first;
    }

    @Test
    void connectsAndTalks() throws Exception {
        try (Running server = Running.serving(Echo::new)) {
            Caller caller = new Caller("hello");
            Connections.of(loop).connect(server.listening.address(), null, attempt -> {
                assertEquals(0, attempt.result());
                attempt.open(caller);
            });
            assertEquals("hello", caller.heard.next());
            assertEquals(CloseCause.LOCAL, caller.causes.next());
        }
    }

    @Test
    void theLinkKnowsBothEnds() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        InetSocketAddress from = new InetSocketAddress(OTHER_HOST, port);
        try (Running server = Running.serving(Echo::new)) {
            Events<String> ends = new Events<>();
            Connections.of(loop)
                    .connect(
                            server.listening.address(),
                            from,
                            attempt -> attempt.open(new Echo() {
                                @Override
                                public void opened(Link link) {
                                    ends.add(link.local() + " " + link.peer());
                                }
                            }));
            assertEquals("/" + OTHER_HOST + ":" + port + " " + server.listening.address(), ends.next());
        }
    }

    @Test
    void aRefusalIsToldOnceAndNotBeforeTheCallReturns(@TempDir Path folder) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        // The kernel knows the second one's fate within connect(2).
        for (SocketAddress to :
                new SocketAddress[] {new InetSocketAddress(OTHER_HOST, port), UnixAddress.of(folder.resolve("nobody"))
                }) {
            Events<Integer> outcomes = new Events<>();
            AtomicBoolean returned = new AtomicBoolean();
            Events<Boolean> before = new Events<>();
            loop.execute(() -> {
                Connections.of(loop).connect(to, null, attempt -> {
                    before.add(!returned.get());
                    outcomes.add(attempt.result());
                });
                returned.set(true);
            });
            assertFalse(before.next(), "told within the call");
            assertEquals(to instanceof UnixAddress ? -Errno.ENOENT : -Errno.ECONNREFUSED, outcomes.next());
            assertTrue(outcomes.isEmpty());
        }
    }

    @Test
    void whatCannotBeTriedIsToldLikeAnyFailure() throws Exception {
        InetSocketAddress elsewhere = new InetSocketAddress("192.0.2.1", 0);
        assertEquals(-Errno.EADDRNOTAVAIL, outcome(loop, new InetSocketAddress("127.0.0.1", 1), elsewhere));
        assertThrows(
                IllegalArgumentException.class,
                () -> Connections.of(loop)
                        .connect(InetSocketAddress.createUnresolved("localhost", 1), null, attempt -> {}));
    }

    /**
     * TCP lets a socket connect to itself, if the port that it got is the one that it wants: nobody would be at the
     * other end.
     */
    @Test
    void aSocketDoesNotTalkToItself() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = free.getLocalPort();
        }
        InetSocketAddress self = new InetSocketAddress("127.0.0.1", port);
        assertEquals(-Errno.ECONNREFUSED, outcome(loop, self, self));
    }

    @Test
    void connectsToUnixSocketsByPathAndByAbstractName(@TempDir Path folder) throws Exception {
        UnixAddress name = UnixAddress.abstractName(
                "millrace-test-" + ProcessHandle.current().pid());
        for (UnixAddress address : new UnixAddress[] {UnixAddress.of(folder.resolve("a")), name}) {
            try (Running server = new Running(1, ListenOptions.on(address), () -> Echo::new)) {
                assertEquals(address, server.listening.local());
                Caller caller = new Caller("over " + address);
                Connections.of(loop).connect(address, null, attempt -> attempt.open(caller));
                assertEquals("over " + address, caller.heard.next());
            }
            assertTrue(outcome(loop, address, null) < 0, "gone with its server");
        }
    }

    /** A full queue of a Unix socket is no failure of the server's: whoever connects may try again. */
    @Test
    void aFullQueueOfAUnixSocketIsSaid(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("full");
        try (ServerSocketChannel busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            busy.bind(UnixDomainSocketAddress.of(path), 1);
            int result = 0;
            for (int i = 0; i < 10 && result == 0; i++) {
                Events<Integer> outcomes = new Events<>();
                Connections.of(loop).connect(UnixAddress.of(path), null, attempt -> {
                    outcomes.add(attempt.result());
                    if (attempt.result() == 0) {
                        attempt.open(new Echo());
                    }
                });
                result = outcomes.next();
            }
            assertEquals(-Errno.EAGAIN, result);
        }
    }

    /** An address where connections stay in progress: a queue that is full drops what comes (listen(2), TCP). */
    private static Socket[] fill(ServerSocket full) throws IOException {
        Socket[] fillers = new Socket[3];
        for (int i = 0; i < fillers.length; i++) {
            fillers[i] = new Socket();
            try {
                fillers[i].connect(full.getLocalSocketAddress(), 200);
            } catch (IOException full200) {
                break;
            }
        }
        return fillers;
    }

    private static void close(Socket[] sockets) throws IOException {
        for (Socket socket : sockets) {
            if (socket != null) {
                socket.close();
            }
        }
    }

    @Test
    void anAttemptUnderWayCanBeCancelled() throws Exception {
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Socket[] fillers = fill(full);
            int before = descriptors();
            AtomicReference<ConnectAttempt> attempt = new AtomicReference<>();
            AtomicBoolean told = new AtomicBoolean();
            CountDownLatch cancelled = new CountDownLatch(1);
            loop.execute(() -> {
                attempt.set(Connections.of(loop).connect(full.getLocalSocketAddress(), null, a -> told.set(true)));
                assertEquals(-Errno.EINPROGRESS, attempt.get().result());
            });
            loop.execute(() -> loop.execute(() -> {
                attempt.get().cancel();
                attempt.get().cancel();
                cancelled.countDown();
            }));
            assertTrue(cancelled.await(20, TimeUnit.SECONDS));
            assertEquals(-Errno.ECANCELED, attempt.get().result());
            assertEquals(before, descriptors());
            assertFalse(told.get(), "who gives up is not told");
            close(fillers);
        }
    }

    @Test
    void theEndOfTheLoopIsAnOutcome() throws Exception {
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Socket[] fillers = fill(full);
            Events<Integer> outcomes = new Events<>();
            Connections.of(loop).connect(full.getLocalSocketAddress(), null, attempt -> outcomes.add(attempt.result()));
            CountDownLatch begun = new CountDownLatch(1);
            loop.execute(begun::countDown);
            assertTrue(begun.await(20, TimeUnit.SECONDS));
            group.close();
            assertEquals(-Errno.ECANCELED, outcomes.next());
            close(fillers);
        }
    }

    @ExpectedLog("whoever wanted to connect to")
    @Test
    void aConnectionThatNobodyWantsIsClosed() throws Exception {
        Events<CloseCause> ends = new Events<>();
        try (Running server = Running.serving(() -> new Servers.Watched(new Echo(), ends))) {
            AtomicReference<ConnectAttempt> kept = new AtomicReference<>();
            Connections.of(loop).connect(server.listening.address(), null, kept::set);
            assertEquals(CloseCause.LOCAL, ends.next());
            Events<Throwable> late = new Events<>();
            loop.execute(() -> late.add(
                    assertThrows(IllegalStateException.class, () -> kept.get().open(new Echo()))));
            late.next();
            Connections.of(loop).connect(server.listening.address(), null, attempt -> {
                throw new IllegalStateException("thrown on purpose");
            });
            assertEquals(CloseCause.LOCAL, ends.next());
        }
    }

    @Test
    void takesOverConnectedSockets() throws Exception {
        int[] pair = new int[2];
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0, pair));
        Events<SocketAddress> peers = new Events<>();
        Caller caller = new Caller("through a pair");
        Connections.of(loop).adopt(pair[0], caller);
        Connections.of(loop).adopt(pair[1], new Echo() {
            @Override
            public void opened(Link link) {
                peers.add(link.peer());
            }
        });
        assertEquals("through a pair", caller.heard.next());
        assertEquals(
                ProcessHandle.current().pid(),
                assertInstanceOf(UnixPeer.class, peers.next()).process());
    }

    @Test
    void aProtocolWhoseLoopEndsBeforeItIsOpenedIsToldSo() throws Exception {
        int[] pair = new int[2];
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM, 0, pair));
        Events<String> told = new Events<>();
        CountDownLatch attached = new CountDownLatch(1);
        Protocol late = new Protocol() {
            @Override
            public void opened(Link link) {
                link.deadline(link.now() + 1);
                link.flow().writeTimeout(1_000_000_000L);
                link.out().append("a word that nobody hears".getBytes(StandardCharsets.US_ASCII));
                link.flush();
                link.close(CloseMode.FLUSHED);
                told.add("opened");
            }

            @Override
            public void receive(Buffer in, Link link) {}

            @Override
            public void closed(CloseCause why) {
                told.add("closed " + why);
            }
        };
        loop.execute(() -> {
            // From another thread while the loop ends: accepted, and run when the loop watches nothing any more.
            loop.attach(() -> onAnotherThread(() -> Connections.of(loop).adopt(pair[0], late)));
            attached.countDown();
        });
        assertTrue(attached.await(20, TimeUnit.SECONDS));
        group.close();
        assertEquals("opened", told.next());
        assertEquals("closed SHUTDOWN", told.next());
        group.await();
        byte[] one = new byte[1];
        assertEquals(0, Descriptors.read(pair[1], one, 1));
        Descriptors.close(pair[1]);
    }

    private static void onAnotherThread(Executable task) {
        Thread thread = Thread.ofPlatform().start(() -> assertDoesNotThrow(task));
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatIsNoConnectedStreamSocketIsNotTakenOver() {
        int datagram = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_DGRAM, 0);
        int alone = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0);
        int event = Descriptors.eventfd(0, 0);
        int[] fds = {datagram, alone, event};
        int[] errors = {Errno.EPROTOTYPE, Errno.ENOTCONN, Errno.ENOTSOCK};
        for (int i = 0; i < fds.length; i++) {
            int fd = fds[i];
            SysException e =
                    assertThrows(SysException.class, () -> Connections.of(loop).adopt(fd, new Echo()));
            assertEquals(errors[i], e.errno());
            assertEquals(0, Descriptors.close(fd), "it is still the caller's");
        }
    }

    private static int descriptors() {
        return new File("/proc/self/fd").list().length;
    }

    /** Ends itself in a way that is drawn by lot. */
    private static final class Whim implements Protocol {
        private final int choice;
        private final Semaphore over;

        Whim(int choice, Semaphore over) {
            this.choice = choice;
            this.over = over;
        }

        @Override
        public void opened(Link link) {
            link.out().appendLatin1(choice == 3 ? "bye" : "some words");
            link.flush();
            if (choice == 0) {
                link.close(CloseMode.NOW);
            } else if (choice == 1) {
                link.close(CloseMode.FLUSHED);
            } else if (choice == 2) {
                link.close(CloseMode.LINGERING);
            }
        }

        @Override
        public void receive(Buffer in, Link link) {
            if (choice == 4) {
                throw new IllegalStateException("thrown on purpose");
            }
            // Of those that are left unread the kernel makes a reset.
            link.close(choice == 5 ? CloseMode.NOW : CloseMode.FLUSHED);
        }

        @Override
        public void closed(CloseCause why) {
            over.release();
        }
    }

    /** Hangs up when it is told to, else sends back what comes. */
    private static final class Host extends Echo {
        @Override
        public void receive(Buffer in, Link link) {
            if (in.readable() == 3) {
                link.close(CloseMode.NOW);
            } else {
                super.receive(in, link);
            }
        }
    }

    @ExpectedLog("a protocol failed on the connection from")
    @Test
    void noDescriptorIsLeftOfThousandsOpenedAndClosedInEveryWay() throws Exception {
        int count = 4000;
        int refusing;
        try (ServerSocket free = new ServerSocket(0)) {
            refusing = free.getLocalPort();
        }
        try (Running server = Running.serving(Host::new)) {
            InetSocketAddress nobody = new InetSocketAddress(OTHER_HOST, refusing);
            Random random = new Random(7);
            int before = descriptors();
            Semaphore over = new Semaphore(0);
            for (int i = 0; i < count; i++) {
                int choice = random.nextInt(9);
                ConnectAttempt attempt = Connections.of(loop)
                        .connect(choice == 6 ? nobody : server.listening.address(), null, a -> {
                            if (a.result() == 0 && choice < 6) {
                                a.open(new Whim(choice, over));
                            } else {
                                over.release();
                            }
                        });
                if (choice == 7) {
                    loop.execute(() -> {
                        if (attempt.result() == -Errno.EINPROGRESS) {
                            attempt.cancel();
                            over.release();
                        }
                    });
                }
                if (i % 64 == 63) {
                    assertTrue(over.tryAcquire(64, 30, TimeUnit.SECONDS), "some of them have no end");
                }
            }
            assertTrue(over.tryAcquire(count % 64, 30, TimeUnit.SECONDS));
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while ((server.listening.connections() > 0 || descriptors() > before) && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            assertEquals(0, server.listening.connections());
            assertTrue(descriptors() <= before, before + " before, " + descriptors() + " after");
        }
    }
}
