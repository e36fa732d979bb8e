// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.net.Ends.Events;
import io.millrace.socket.Kernel;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.testkit.ExpectedLog;
import io.millrace.transport.LoopGroup;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Datagrams, by the batch and otherwise. */
@Timeout(60)
@ParameterizedClass
@MethodSource("engines")
class UdpTest extends OverEveryEngine {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);

    private LoopGroup group;
    private EventLoop loop;

    @BeforeEach
    void open() throws IOException {
        group = LoopGroup.open(Kernel.host(), 1, engine);
        loop = group.loop(0);
    }

    @AfterEach
    void close() throws InterruptedException {
        if (group != null) {
            group.close();
            group.await();
        }
    }

    private <T> T onLoop(Callable<T> task) throws Exception {
        FutureTask<T> future = new FutureTask<>(task);
        loop.execute(future);
        return future.get(30, TimeUnit.SECONDS);
    }

    private UdpSocket socket(UdpOptions options, UdpReceiver receiver) throws Exception {
        return onLoop(() -> UdpSocket.open(loop, options, receiver));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(Datagram datagram) {
        return new String(datagram.toBytes(), StandardCharsets.ISO_8859_1);
    }

    private static DatagramSocket client() throws IOException {
        DatagramSocket client = new DatagramSocket(LOOPBACK);
        client.setSoTimeout(20_000);
        return client;
    }

    private static String receive(DatagramSocket client) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        client.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.ISO_8859_1);
    }

    /** A datagram that this machine itself does not let go is tried twice, and told once. */
    @Test
    void whatIsRefusedAtOnceIsToldOnce() throws Exception {
        for (boolean queue : new boolean[] {false, true}) {
            Events<Integer> failures = new Events<>();
            UdpReceiver receiver = new UdpReceiver() {
                @Override
                public void received(Datagram datagram, UdpSocket socket) {
                    failures.add(0);
                }

                @Override
                public void failed(int errno, UdpSocket socket) {
                    failures.add(errno);
                }
            };
            UdpOptions options = UdpOptions.on(LOOPBACK);
            UdpSocket socket = socket(options.withErrors(queue), receiver);
            InetSocketAddress own = onLoop(socket::local);
            onLoop(() -> {
                // To everybody, without having asked for that (ip(7)); then to itself, which comes behind it.
                socket.send(bytes("to all"), 0, 6, new InetSocketAddress("255.255.255.255", 9));
                return socket.send(bytes("to me"), 0, 5, own);
            });
            assertTrue(failures.next() > 0);
            assertEquals(0, failures.next(), "told twice, with an error queue: " + queue);
        }
    }

    @Test
    void answersWhoAsks() throws Exception {
        UdpSocket echo = socket(
                UdpOptions.on(LOOPBACK),
                (datagram, socket) -> socket.reply(datagram, datagram.array(), datagram.offset(), datagram.length()));
        InetSocketAddress address = onLoop(echo::local);
        try (DatagramSocket client = client()) {
            for (String word : new String[] {"one", "", "three"}) {
                client.send(new DatagramPacket(bytes(word), word.length(), address));
                assertEquals(word, receive(client));
            }
        }
    }

    @Test
    void talksToItsOwnKindAndKnowsTheSender() throws Exception {
        Events<String> heard = new Events<>();
        UdpSocket one =
                socket(UdpOptions.on(LOOPBACK), (datagram, socket) -> heard.add(text(datagram) + datagram.from()));
        UdpSocket two = socket(UdpOptions.on(LOOPBACK), (datagram, socket) -> {});
        InetSocketAddress to = onLoop(one::local);
        assertTrue(onLoop(() -> two.send(bytes("hello"), 0, 5, to)));
        assertEquals("hello" + onLoop(two::local), heard.next());
        assertTrue(onLoop(() -> two.connect(to).send(bytes("xagainx"), 1, 5, null)));
        assertEquals("again" + onLoop(two::local), heard.next());
    }

    @Test
    void whatIsTooLongIsCutOffAndSaidSo() throws Exception {
        Events<String> heard = new Events<>();
        UdpSocket small = socket(
                UdpOptions.on(LOOPBACK).withBatch(4, 16),
                (datagram, socket) ->
                        heard.add(datagram.length() + " of " + datagram.fullLength() + " " + datagram.truncated()));
        InetSocketAddress address = onLoop(small::local);
        try (DatagramSocket client = client()) {
            for (int length : new int[] {16, 17, 5000, 3}) {
                client.send(new DatagramPacket(new byte[length], length, address));
            }
        }
        assertEquals("16 of 16 false", heard.next());
        assertEquals("16 of 17 true", heard.next());
        assertEquals("16 of 5000 true", heard.next());
        assertEquals("3 of 3 false", heard.next());
    }

    /** udp(7): a connected socket is told that nobody listens, with the next call or as it waits. */
    @Test
    void aPortThatNobodyListensOnIsTold() throws Exception {
        InetSocketAddress nobody;
        try (DatagramSocket gone = client()) {
            nobody = (InetSocketAddress) gone.getLocalSocketAddress();
        }
        Events<Integer> errors = new Events<>();
        UdpReceiver receiver = new UdpReceiver() {
            @Override
            public void received(Datagram datagram, UdpSocket socket) {}

            @Override
            public void failed(int errno, UdpSocket socket) {
                errors.add(errno);
            }
        };
        UdpSocket socket = socket(UdpOptions.on(LOOPBACK), receiver);
        onLoop(() -> socket.connect(nobody).send(bytes("anybody?"), 0, 8, null));
        assertEquals(Errno.ECONNREFUSED, errors.next());
        // It goes on: the next one is refused in the same way, and not silently dropped with the first.
        onLoop(() -> socket.send(bytes("anybody?"), 0, 8, null));
        assertEquals(Errno.ECONNREFUSED, errors.next());
    }

    /** ip(7) IP_RECVERR: without being connected to anybody, and who else is written to is not disturbed. */
    @Test
    void whoeverRefusesIsNamed() throws Exception {
        for (String host : new String[] {"127.0.0.1", "::1"}) {
            InetSocketAddress any = new InetSocketAddress(host, 0);
            if (host.equals("::1") && !hasSix()) {
                continue;
            }
            InetSocketAddress[] nobody = new InetSocketAddress[2];
            for (int i = 0; i < 2; i++) {
                try (DatagramSocket gone = new DatagramSocket(any)) {
                    nobody[i] = (InetSocketAddress) gone.getLocalSocketAddress();
                }
            }
            Events<String> told = new Events<>();
            Events<String> heard = new Events<>();
            UdpSocket target = socket(UdpOptions.on(any), (datagram, socket) -> heard.add(text(datagram)));
            InetSocketAddress to = onLoop(target::local);
            UdpSocket socket = socket(UdpOptions.on(any).withErrors(true), new UdpReceiver() {
                @Override
                public void received(Datagram datagram, UdpSocket self) {}

                @Override
                public void refused(InetSocketAddress refuser, int errno, UdpSocket self) {
                    told.add(refuser + " " + errno);
                }

                @Override
                public void failed(int errno, UdpSocket self) {
                    told.add("not named " + errno);
                }
            });
            for (int i = 0; i < 2; i++) {
                InetSocketAddress refuser = nobody[i];
                assertTrue(onLoop(() -> socket.send(bytes("anybody?"), 0, 8, refuser)));
                assertEquals(refuser + " " + Errno.ECONNREFUSED, told.next());
                assertTrue(onLoop(() -> socket.send(bytes("hello"), 0, 5, to)));
                assertEquals("hello", heard.next());
            }
            onLoop(() -> {
                for (int i = 0; i < 4; i++) {
                    socket.send(bytes("anybody?"), 0, 8, nobody[i % 2]);
                    socket.send(bytes("again"), 0, 5, to);
                }
                return null;
            });
            for (int i = 0; i < 4; i++) {
                assertTrue(told.next().endsWith(" " + Errno.ECONNREFUSED));
                assertEquals("again", heard.next());
            }
            onLoop(() -> {
                socket.close();
                target.close();
                return null;
            });
            assertTrue(told.isEmpty());
        }
    }

    private static boolean hasSix() {
        try (DatagramSocket six = new DatagramSocket(new InetSocketAddress("::1", 0))) {
            return six.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void whatCannotBeSentIsToldAndTheRestGoesOn() throws Exception {
        Events<Integer> errors = new Events<>();
        Events<String> heard = new Events<>();
        UdpSocket target = socket(UdpOptions.on(LOOPBACK), (datagram, socket) -> heard.add(text(datagram)));
        InetSocketAddress to = onLoop(target::local);
        UdpSocket socket = socket(UdpOptions.on(LOOPBACK), new UdpReceiver() {
            @Override
            public void received(Datagram datagram, UdpSocket self) {}

            @Override
            public void failed(int errno, UdpSocket self) {
                errors.add(errno);
            }
        });
        onLoop(() -> {
            // Broadcasting takes the option (ip(7)): EACCES.
            socket.send(bytes("loud"), 0, 4, new InetSocketAddress("255.255.255.255", 9));
            return socket.send(bytes("quiet"), 0, 5, to);
        });
        assertEquals("quiet", heard.next());
        assertTrue(errors.next() > 0);
        assertThrows(IllegalArgumentException.class, () -> {
            try {
                onLoop(() -> socket.send(new byte[70_000], 0, 70_000, to));
            } catch (java.util.concurrent.ExecutionException e) {
                throw e.getCause();
            }
        });
    }

    /** More than a batch in one turn: what is refused is refused by the return value, what is taken arrives, once. */
    @Test
    void aFullQueueRefusesAndTellsWhenThereIsRoom() throws Exception {
        int count = 2000;
        BitSet seen = new BitSet();
        Events<String> complete = new Events<>();
        UdpSocket target = socket(UdpOptions.on(LOOPBACK).withBuffer(4 << 20), (datagram, socket) -> {
            int number = Integer.parseInt(text(datagram));
            if (seen.get(number)) {
                complete.add("twice: " + number);
            }
            seen.set(number);
            if (seen.cardinality() == count) {
                complete.add("all");
            }
        });
        InetSocketAddress to = onLoop(target::local);
        AtomicInteger next = new AtomicInteger();
        UdpReceiver pump = new UdpReceiver() {
            @Override
            public void received(Datagram datagram, UdpSocket socket) {}

            @Override
            public void writable(UdpSocket socket) {
                pump(socket);
            }

            void pump(UdpSocket socket) {
                while (next.get() < count) {
                    byte[] number = bytes("" + next.get());
                    if (!socket.send(number, 0, number.length, to)) {
                        return;
                    }
                    next.incrementAndGet();
                    if (next.get() % 50 == 0) {
                        // The receiver shares the loop: its turn, or its buffer runs over.
                        loop.execute(() -> pump(socket));
                        return;
                    }
                }
            }
        };
        UdpSocket source = socket(UdpOptions.on(LOOPBACK).withBatch(8, 64), pump);
        onLoop(() -> {
            pump.writable(source);
            return null;
        });
        assertEquals("all", complete.next());
    }

    @Test
    void whatIsCutByTheKernelArrivesInPiecesAndWhatItMergesIsToldOneByOne() throws Exception {
        segments(false, null);
        segments(true, null);
    }

    @Test
    void whatTheKernelDoesNotCutIsCutHere() throws Exception {
        segments(false, "for a test");
        segments(true, "for a test");
    }

    private void segments(boolean merge, String whyNot) throws Exception {
        Events<byte[]> pieces = new Events<>();
        UdpSocket target = socket(
                UdpOptions.on(LOOPBACK).withMerge(merge).withBuffer(1 << 20),
                (datagram, socket) -> pieces.add(datagram.toBytes()));
        InetSocketAddress to = onLoop(target::local);
        UdpSocket source = socket(UdpOptions.on(LOOPBACK), (datagram, socket) -> {});
        byte[] all = new byte[100_001];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) ((i * 31) >> 3);
        }
        assertTrue(onLoop(() -> {
            assertNull(source.whyNotSegmented(), "Linux has had it since 4.18");
            if (whyNot != null) {
                source.outputQueue().cutHere(whyNot);
            }
            return source.sendSegments(all, 1000, to);
        }));
        byte[] back = new byte[0];
        for (int i = 0; i < 101; i++) {
            byte[] piece = pieces.next();
            assertEquals(i < 100 ? 1000 : 1, piece.length, "piece " + i + (merge ? " merged" : ""));
            int at = back.length;
            back = Arrays.copyOf(back, at + piece.length);
            System.arraycopy(piece, 0, back, at, piece.length);
        }
        assertArrayEquals(all, back);
        assertEquals(whyNot, onLoop(source::whyNotSegmented));
        onLoop(() -> {
            source.close();
            target.close();
            return null;
        });
    }

    private static NetworkInterface loopback() throws IOException {
        NetworkInterface lo = NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1"));
        Assumptions.assumeTrue(lo != null, "no loopback interface");
        return lo;
    }

    @Test
    void hearsTheGroupsItHasJoinedAndNoOther() throws Exception {
        NetworkInterface lo = loopback();
        InetAddress ours = InetAddress.getByName("239.77.77.1");
        InetAddress others = InetAddress.getByName("239.77.77.2");
        Events<String> one = new Events<>();
        Events<String> two = new Events<>();
        UdpOptions shared = UdpOptions.on(new InetSocketAddress("0.0.0.0", 0)).withShare(true);
        UdpSocket first = socket(shared, (datagram, socket) -> one.add(text(datagram)));
        int port = onLoop(first::local).getPort();
        UdpOptions same = UdpOptions.on(new InetSocketAddress("0.0.0.0", port)).withShare(true);
        UdpSocket second = socket(same, (datagram, socket) -> two.add(text(datagram)));
        UdpSocket source = socket(UdpOptions.on(LOOPBACK), (datagram, socket) -> {});
        onLoop(() -> {
            first.groups().join(ours, lo);
            second.groups().join(ours, lo).join(others, lo);
            source.groups().via(lo).hops(0).loopback(true);
            source.send(bytes("to all"), 0, 6, new InetSocketAddress(ours, port));
            source.send(bytes("to two"), 0, 6, new InetSocketAddress(others, port));
            return source.send(bytes("again"), 0, 5, new InetSocketAddress(ours, port));
        });
        assertEquals("to all", one.next());
        assertEquals("again", one.next(), "the other group is not heard");
        assertEquals("to all", two.next());
        assertEquals("to two", two.next());
        assertEquals("again", two.next());
        onLoop(() -> {
            first.groups().leave(ours, lo);
            source.send(bytes("without"), 0, 7, new InetSocketAddress(ours, port));
            return source.send(bytes("you"), 0, 3, new InetSocketAddress("127.0.0.1", port));
        });
        assertEquals("without", two.next());
        assertTrue(one.isEmpty() || one.next().equals("you"), "a group that was left is not heard");
        SysException twice = assertThrows(SysException.class, () -> {
            try {
                onLoop(() -> second.groups().join(ours, lo));
            } catch (java.util.concurrent.ExecutionException e) {
                throw e.getCause();
            }
        });
        assertEquals(Errno.EADDRINUSE, twice.errno());
        assertThrows(IllegalArgumentException.class, () -> first.groups().join(InetAddress.getByName("127.0.0.1"), lo));
    }

    @ExpectedLog("] threw")
    @Test
    void aReceiverThatThrowsLosesOneDatagramOnly() throws Exception {
        Events<String> heard = new Events<>();
        UdpSocket socket = socket(UdpOptions.on(LOOPBACK), (datagram, self) -> {
            if (datagram.length() == 3) {
                throw new IllegalStateException("thrown on purpose");
            }
            heard.add(text(datagram));
        });
        InetSocketAddress address = onLoop(socket::local);
        try (DatagramSocket client = client()) {
            for (String word : new String[] {"first", "bad", "last"}) {
                client.send(new DatagramPacket(bytes(word), word.length(), address));
            }
        }
        assertEquals("first", heard.next());
        assertEquals("last", heard.next());
    }

    @Test
    void oneThatClosesItselfHearsNothingMore() throws Exception {
        Events<String> heard = new Events<>();
        UdpSocket socket = socket(UdpOptions.on(LOOPBACK), (datagram, self) -> {
            heard.add(text(datagram));
            self.close();
            self.close();
            assertFalse(self.send(bytes("x"), 0, 1, LOOPBACK));
            assertNull(self.local());
        });
        InetSocketAddress address = onLoop(socket::local);
        try (DatagramSocket client = client()) {
            onLoop(() -> {
                // Both are there before the loop looks.
                client.send(new DatagramPacket(bytes("first"), 5, address));
                client.send(new DatagramPacket(bytes("second"), 6, address));
                return null;
            });
        }
        assertEquals("first", heard.next());
        onLoop(() -> null);
        assertTrue(heard.isEmpty());
    }

    @Test
    void theEndOfTheLoopClosesIt() throws Exception {
        int before = new File("/proc/self/fd").list().length;
        LoopGroup other = LoopGroup.open(Kernel.host(), 1, engine);
        FutureTask<UdpSocket> open = new FutureTask<>(
                () -> UdpSocket.open(other.loop(0), UdpOptions.on(LOOPBACK), (datagram, socket) -> {}));
        other.loop(0).execute(open);
        assertTrue(open.get(20, TimeUnit.SECONDS).toString().contains("127.0.0.1"));
        other.close();
        other.await();
        assertTrue(new File("/proc/self/fd").list().length <= before);
    }

    @Test
    void anAddressInUseIsSaid() throws Exception {
        UdpSocket first = socket(UdpOptions.on(LOOPBACK), (datagram, socket) -> {});
        InetSocketAddress taken = onLoop(first::local);
        Throwable e = assertThrows(Exception.class, () -> socket(UdpOptions.on(taken), (datagram, socket) -> {}))
                .getCause();
        assertEquals(Errno.EADDRINUSE, ((SysException) e).errno());
        assertThrows(IllegalStateException.class, () -> UdpSocket.open(loop, UdpOptions.on(LOOPBACK), (d, s) -> {}));
        assertThrows(
                IllegalArgumentException.class, () -> UdpOptions.on(LOOPBACK).withBatch(0, 10));
    }

    /**
     * Neither the payload, a thousand bytes, nor an address or a view is made anew for a datagram. How far the compiler
     * does without the small objects that the calls themselves are made of depends on what else has run in the JVM:
     * they are less than an address.
     */
    @Test
    void receivingAndAnsweringMakesNothingAnew() throws Exception {
        AtomicInteger received = new AtomicInteger();
        UdpSocket echo = socket(UdpOptions.on(LOOPBACK), (datagram, socket) -> {
            received.incrementAndGet();
            socket.reply(datagram, datagram.array(), datagram.offset(), datagram.length());
        });
        InetSocketAddress address = onLoop(echo::local);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = onLoop(() -> Thread.currentThread().threadId());
        try (DatagramSocket client = client()) {
            long least = Long.MAX_VALUE;
            // Until the compiler has seen to it; a busy machine compiles late.
            for (int round = 0; round < 60 && least > 100 * 2_000; round++) {
                long before = threads.getThreadAllocatedBytes(thread);
                exchange(client, address, 2_000);
                least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
            }
            assertTrue(least <= 100 * 2_000, least + " bytes for 2,000 datagrams");
        }
    }

    private static void exchange(DatagramSocket client, InetSocketAddress address, int count) throws IOException {
        byte[] ping = new byte[1000];
        DatagramPacket out = new DatagramPacket(ping, ping.length, address);
        DatagramPacket in = new DatagramPacket(new byte[1000], 1000);
        for (int i = 0; i < count; i++) {
            client.send(out);
            client.receive(in);
        }
    }
}
