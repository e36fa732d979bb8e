// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.net.Ends.Echo;
import io.millrace.net.Ends.Events;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.Kernel;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Descriptors that go from one to another over a Unix socket. */
@Timeout(60)
@ParameterizedClass
@MethodSource("engines")
class DescriptorChannelTest extends OverEveryEngine {
    private static final Logger QUIET = Logger.getLogger("io.millrace.net");

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

    private static int descriptors() {
        return new File("/proc/self/fd").list().length;
    }

    private DescriptorChannel channel(int fd, DescriptorChannel.Receiver receiver) throws Exception {
        return onLoop(() -> DescriptorChannel.open(loop, fd, receiver));
    }

    /** As a server does that hands its socket to its successor: what connects meanwhile is not lost. */
    @Test
    void aListeningSocketIsHandedOver() throws Exception {
        int[] pair = DescriptorChannel.pair();
        Events<Integer> handed = new Events<>();
        channel(pair[1], (bytes, length, descriptors, channel) -> handed.add(descriptors[0]));
        int fd = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0);
        byte[] address = SocketAddresses.encode(new InetSocketAddress("127.0.0.1", 0));
        assertEquals(0, Sockets.bind(fd, address, address.length));
        assertEquals(0, Sockets.listen(fd, 8));
        DescriptorChannel sender = channel(pair[0], (bytes, length, descriptors, channel) -> {});
        byte[] local = new byte[SocketAddresses.SIZE_IN6];
        Sockets.getsockname(fd, local);
        try (RawClient early = RawClient.connect(SocketAddresses.decode(local))) {
            assertTrue(onLoop(() -> sender.send(new byte[] {1}, 0, 1, fd)));
            Descriptors.close(fd);
            Listener listening = group.listen(ListenOptions.on(InheritedSocket.of(handed.next())), () -> Echo::new);
            assertEquals("hello", new String(early.send("hello").read(5), UTF_8));
            listening.close();
        }
    }

    @Test
    void messagesKeepTheirBoundariesAndTheirDescriptors() throws Exception {
        int[] pair = DescriptorChannel.pair();
        Events<String> told = new Events<>();
        channel(pair[1], (bytes, length, descriptors, channel) -> {
            told.add(length + " with " + descriptors.length);
            for (int descriptor : descriptors) {
                Descriptors.close(descriptor);
            }
        });
        DescriptorChannel sender = channel(pair[0], (bytes, length, descriptors, channel) -> {});
        int event = Descriptors.eventfd(0, 0);
        onLoop(() -> {
            assertEquals(ProcessHandle.current().pid(), sender.peer().process());
            sender.send(new byte[10], 0, 10);
            sender.send(new byte[20], 5, 7, event, event);
            return sender.send(new byte[5], 0, 5, event);
        });
        Descriptors.close(event);
        assertEquals("10 with 0", told.next());
        assertEquals("7 with 2", told.next());
        assertEquals("5 with 1", told.next());
    }

    /** Whoever fails at the news that some are lost gets those that are not. */
    @Test
    void thoseThatHaveComeAreToldWhenTheNewsOfOthersFails() throws Exception {
        QUIET.setLevel(Level.OFF);
        long[] limits = new long[2];
        assertEquals(0, Descriptors.getrlimit(Descriptors.RLIMIT_NOFILE, limits));
        int[] pair = DescriptorChannel.pair();
        Events<Integer> came = new Events<>();
        channel(pair[1], new DescriptorChannel.Receiver() {
            @Override
            public void received(byte[] bytes, int length, int[] descriptors, DescriptorChannel channel) {
                came.add(descriptors.length);
                for (int descriptor : descriptors) {
                    Descriptors.close(descriptor);
                }
            }

            @Override
            public void lost(DescriptorChannel channel) {
                Descriptors.setrlimit(Descriptors.RLIMIT_NOFILE, limits[0], limits[1]);
                throw new IllegalStateException("on purpose, for a test");
            }
        });
        DescriptorChannel sender = channel(pair[0], (bytes, length, descriptors, channel) -> {});
        int event = Descriptors.eventfd(0, 0);
        try {
            onLoop(() -> {
                // The lowest number that is free, and none beyond: there is room for one descriptor.
                int last = Descriptors.fcntl(event, Descriptors.F_DUPFD_CLOEXEC, 0);
                Descriptors.close(last);
                Descriptors.setrlimit(Descriptors.RLIMIT_NOFILE, last + 1, limits[1]);
                return sender.send(new byte[] {1}, 0, 1, event, event, event);
            });
            assertEquals(1, came.next());
        } finally {
            Descriptors.setrlimit(Descriptors.RLIMIT_NOFILE, limits[0], limits[1]);
            Descriptors.close(event);
            QUIET.setLevel(null);
        }
    }

    /** Those that wait are kept open by copies, though their owner closes them; and none is left. */
    @Test
    void whatWaitsIsKeptAndTheQueueIsBounded() throws Exception {
        int before = descriptors();
        int[] pair = DescriptorChannel.pair();
        Events<Object> room = new Events<>();
        DescriptorChannel sender = channel(pair[0], new DescriptorChannel.Receiver() {
            @Override
            public void received(byte[] bytes, int length, int[] descriptors, DescriptorChannel channel) {}

            @Override
            public void writable(DescriptorChannel channel) {
                room.add("room");
            }
        });
        int sent = onLoop(() -> {
            int count = 0;
            while (true) {
                int event = Descriptors.eventfd(count, 0);
                boolean taken = sender.send(new byte[1000], 0, 1000, event);
                Descriptors.close(event);
                if (!taken) {
                    return count;
                }
                count++;
            }
        });
        assertTrue(onLoop(sender::pending) > 0);
        AtomicInteger received = new AtomicInteger();
        Events<Object> all = new Events<>();
        channel(pair[1], (bytes, length, descriptors, channel) -> {
            if (length == 1000
                    && descriptors.length == 1
                    && Descriptors.close(descriptors[0]) == 0
                    && received.incrementAndGet() == sent) {
                all.add("all");
            }
        });
        assertEquals("all", all.next());
        assertEquals("room", room.next());
        onLoop(() -> {
            sender.close();
            sender.close();
            return null;
        });
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (descriptors() > before && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertTrue(descriptors() <= before, "descriptors left");
    }

    @Test
    void theEndIsToldOnce() throws Exception {
        int[] pair = DescriptorChannel.pair();
        Events<Integer> ends = new Events<>();
        DescriptorChannel one = channel(pair[0], new DescriptorChannel.Receiver() {
            @Override
            public void received(byte[] bytes, int length, int[] descriptors, DescriptorChannel channel) {}

            @Override
            public void ended(int errno, DescriptorChannel channel) {
                ends.add(errno);
            }
        });
        Descriptors.close(pair[1]);
        assertEquals(0, ends.next());
        assertFalse(onLoop(() -> one.send(new byte[1], 0, 1)));
        assertNull(onLoop(one::peer));
        assertTrue(ends.isEmpty());
    }

    @Test
    void nonsenseIsRefused() throws Exception {
        int[] pair = DescriptorChannel.pair();
        DescriptorChannel one = channel(pair[0], (bytes, length, descriptors, channel) -> {});
        assertThrows(IllegalArgumentException.class, () -> one.send(new byte[1], 0, 0));
        assertThrows(IllegalArgumentException.class, () -> one.send(new byte[1], 0, 1, new int[254]));
        ExecutionException bad =
                assertThrows(ExecutionException.class, () -> onLoop(() -> one.send(new byte[1], 0, 1, 123_456)));
        assertEquals(Errno.EBADF, ((SysException) bad.getCause()).errno());
        int event = Descriptors.eventfd(0, 0);
        ExecutionException none = assertThrows(
                ExecutionException.class, () -> channel(event, (bytes, length, descriptors, channel) -> {}));
        assertTrue(
                none.getCause().getMessage().contains("no connected Unix socket"),
                none.getCause().getMessage());
        Descriptors.close(event);
        Descriptors.close(pair[1]);
    }

    @Test
    void theEndOfTheLoopClosesIt() throws Exception {
        int[] pair = DescriptorChannel.pair();
        LoopGroup other = LoopGroup.open(Kernel.host(), 1, engine);
        other.loop(0)
                .execute(() -> assertThrows(
                        IllegalStateException.class,
                        () -> DescriptorChannel.open(loop, pair[0], (bytes, length, descriptors, channel) -> {})));
        Events<Integer> ends = new Events<>();
        FutureTask<DescriptorChannel> opened = new FutureTask<>(
                () -> DescriptorChannel.open(other.loop(0), pair[0], (bytes, length, descriptors, channel) -> {}));
        other.loop(0).execute(opened);
        opened.get(20, TimeUnit.SECONDS);
        channel(pair[1], new DescriptorChannel.Receiver() {
            @Override
            public void received(byte[] bytes, int length, int[] descriptors, DescriptorChannel channel) {}

            @Override
            public void ended(int errno, DescriptorChannel channel) {
                ends.add(errno);
            }
        });
        other.close();
        assertEquals(0, ends.next());
        other.await();
    }
}
