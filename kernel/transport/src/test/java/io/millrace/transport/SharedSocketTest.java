// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.DirectoryRoot;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.fs.KernelDirectory;
import io.millrace.loop.EventLoop;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.Kernel;
import io.millrace.sys.Descriptors;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sockets that came from elsewhere, and that whoever else has a copy makes block again: no call of a loop waits. One
 * that received or sent so in a critical call would stop the whole JVM, this test included: so the sockets have a time
 * limit.
 */
@Timeout(120)
@ParameterizedClass
@MethodSource("contenders")
class SharedSocketTest extends OverEveryDriver {
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_SNDTIMEO = 21;
    private static final int MUCH = 4 << 20;

    private final List<Integer> open = new ArrayList<>();
    private final List<Integer> connected = new ArrayList<>();
    private LoopGroup group;
    private EventLoop loop;

    @BeforeEach
    void start() throws Exception {
        group = LoopGroup.open(Kernel.host(), 1, contender);
        loop = group.loop(0);
    }

    @AfterEach
    void stop() throws Exception {
        // Ends calls that wait, too.
        connected.forEach(fd -> Sockets.shutdown(fd, Sockets.SHUT_RDWR));
        open.forEach(Descriptors::close);
        if (group != null) {
            group.stop(Duration.ZERO);
        }
    }

    private static void makeBlock(int copy) {
        int flags = Descriptors.fcntl(copy, Descriptors.F_GETFL, 0);
        assertTrue((flags & Descriptors.O_NONBLOCK) != 0, "the loop has made it non-blocking");
        assertEquals(0, Descriptors.fcntl(copy, Descriptors.F_SETFL, flags & ~Descriptors.O_NONBLOCK));
    }

    /** One end for the loop to adopt, a copy of it, and the other end. */
    private int[] pair() {
        int[] pair = new int[2];
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0, pair));
        // struct timeval: a minute.
        byte[] minute = {60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        Sockets.setsockopt(pair[0], Sockets.SOL_SOCKET, SO_RCVTIMEO, minute);
        Sockets.setsockopt(pair[0], Sockets.SOL_SOCKET, SO_SNDTIMEO, minute);
        int copy = Descriptors.fcntl(pair[0], Descriptors.F_DUPFD_CLOEXEC, 0);
        open.add(copy);
        open.add(pair[1]);
        connected.add(copy);
        return new int[] {pair[0], copy, pair[1]};
    }

    /** Has the loop adopt one end, and the copy block from then on. */
    private int[] adopted(Protocol protocol) throws Exception {
        int[] ends = pair();
        Connections.of(loop).adopt(ends[0], protocol);
        assertTurns();
        makeBlock(ends[1]);
        return ends;
    }

    private void assertTurns() throws InterruptedException {
        Events<String> events = new Events<>();
        loop.execute(() -> events.add("turned"));
        assertEquals("turned", events.next());
    }

    /** Reads so many bytes by calls that do not wait. */
    private static void read(int fd, long count) {
        byte[] into = new byte[64 * 1024];
        long end = System.nanoTime() + 30_000_000_000L;
        for (long left = count; left > 0; ) {
            int n = Sockets.recv(fd, into, 0, (int) Math.min(left, into.length), Sockets.MSG_DONTWAIT);
            left -= Math.max(n, 0);
            assertTrue(System.nanoTime() < end, left + " of " + count + " bytes did not come");
        }
    }

    /** Drops what comes, notes how much it was, and does something when it begins. */
    private static Protocol noting(Events<Integer> counts, Consumer<Link> begin) {
        return new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                counts.add(in.readable());
                in.consume(in.readable());
                begin.accept(link);
            }
        };
    }

    @Test
    void receivingDoesNotWait() throws Exception {
        Events<Integer> counts = new Events<>();
        int[] ends = adopted(noting(counts, link -> {}));
        // Exactly as much as one call asks for: only another one can know that this was all.
        int length = Budget.USUAL.lent();
        byte[] bytes = new byte[length];
        assertEquals(length, Sockets.send(ends[2], bytes, 0, length, 0));
        for (int left = length; left > 0; ) {
            left -= counts.next();
        }
        assertTurns();
    }

    @Test
    void sendingDoesNotWait() throws Exception {
        Events<Integer> counts = new Events<>();
        int[] ends = adopted(noting(counts, link -> {
            link.out().append(new byte[MUCH]);
            link.flush();
        }));
        Sockets.send(ends[2], new byte[1], 0, 1, 0);
        counts.next();
        assertTurns();
        read(ends[2], MUCH);
    }

    @Test
    void sendingAFileDoesNotWait(@TempDir Path dir) throws Exception {
        Files.write(dir.resolve("file"), new byte[MUCH]);
        try (DirectoryRoot folder = KernelDirectory.open(dir, false)) {
            Events<Integer> counts = new Events<>();
            int[] ends = adopted(noting(counts, link -> {
                try {
                    link.transfer(folder.open("file"), 0, MUCH);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                link.flush();
            }));
            Sockets.send(ends[2], new byte[1], 0, 1, 0);
            counts.next();
            assertTurns();
            read(ends[2], MUCH);
        }
    }

    /** Between two such sockets: neither taking out of the one nor putting into the other waits. */
    @Test
    void pouringDoesNotWait() throws Exception {
        Events<Integer> counts = new Events<>();
        List<Link> links = new ArrayList<>();
        int[] to = adopted(noting(counts, links::add));
        Sockets.send(to[2], new byte[1], 0, 1, 0);
        counts.next();
        int[] from = adopted(
                noting(counts, link -> link.flow().spliceTo(links.getFirst().flow())));
        Sockets.send(from[2], new byte[1], 0, 1, 0);
        counts.next();
        byte[] bytes = new byte[32 * 1024];
        assertEquals(bytes.length, Sockets.send(from[2], bytes, 0, bytes.length, Sockets.MSG_DONTWAIT));
        read(to[2], bytes.length);
        assertTurns();
        // More than both sockets and the pipe take, and nobody reads.
        long sent = 0;
        for (int i = 0; i < 2_000; i++) {
            sent += Math.max(0, Sockets.send(from[2], bytes, 0, bytes.length, Sockets.MSG_DONTWAIT));
            if (i % 100 == 0) {
                assertTurns();
            }
        }
        read(to[2], sent);
    }

    @Test
    void acceptingDoesNotWait() throws Exception {
        int fd = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0);
        byte[] address = SocketAddresses.encode(new InetSocketAddress("127.0.0.1", 0));
        assertEquals(0, Sockets.bind(fd, address, address.length));
        assertEquals(0, Sockets.listen(fd, 8));
        int copy = Descriptors.fcntl(fd, Descriptors.F_DUPFD_CLOEXEC, 0);
        open.add(copy);
        Listener listening = group.listen(ListenOptions.on(InheritedSocket.of(fd)), () -> Echo::new);
        assertTurns();
        makeBlock(copy);
        try (RawClient client = RawClient.connect(listening.address())) {
            client.send("x").read(1);
            assertTurns();
        } catch (AssertionError | IOException e) {
            // Ends the accept that waits, or the loop would not end.
            Sockets.shutdown(copy, Sockets.SHUT_RDWR);
            throw e;
        }
    }

    /** Nor does an end: what waits to be sent is given up. */
    @Test
    void closingDoesNotWait() throws Exception {
        Events<Integer> counts = new Events<>();
        int[] ends = adopted(noting(counts, link -> {
            link.out().append(new byte[MUCH]);
            link.flush();
            link.close(CloseMode.FLUSHED);
        }));
        Sockets.send(ends[2], new byte[1], 0, 1, 0);
        counts.next();
        assertTurns();
        read(ends[2], MUCH);
    }
}
