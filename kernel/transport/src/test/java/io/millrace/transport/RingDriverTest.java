// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.ring.Probe;
import io.millrace.socket.Kernel;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import io.millrace.transport.Servers.Watched;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What is a ring's own: operations under way at the end, input that nobody wants, buffers that many share, very many
 * connections.
 */
@Timeout(180)
class RingDriverTest {
    private static final int CROWD = 15_000;

    @BeforeEach
    void begin() {
        Probe probe = Probe.host();
        Assumptions.assumeTrue(probe.available(), probe.whyNot());
        Servers.engine = Engine.RING;
    }

    @AfterEach
    void end() {
        Servers.engine = Engine.READINESS;
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void theEngineSaysWhatItIs() throws Exception {
        assertNull(Engine.RING.whyNot());
        assertEquals("io_uring", Engine.RING.name());
        try (Running server = Running.serving(Echo::new)) {
            assertTrue(server.group.engine().startsWith("io_uring"), server.group.engine());
        }
    }

    @Test
    void aLoopThatNeverRanLeavesNothingOpen() throws Exception {
        // What is opened once for the process is open by now.
        new EventLoop(Kernel.host(), "first", Engine.RING).close();
        long before = Servers.descriptors();
        for (int i = 0; i < 20; i++) {
            new EventLoop(Kernel.host(), "not run", Engine.RING).close();
        }
        assertEquals(before, Servers.descriptors());
    }

    /**
     * A receive is under way for each of them, for some a poll or a send too: no descriptor may be left, and none
     * closed twice.
     */
    @Test
    void whatIsUnderWayWhenAConnectionEndsIsWaitedFor() throws Exception {
        Events<CloseCause> causes = new Events<>();
        Protocol rude = new Echo() {
            @Override
            public void receive(Buffer in, Link link) {
                if (in.peek(0) == 'x') {
                    link.out().append(new byte[3_000_000]);
                    link.flush();
                    link.execute(() -> link.close(CloseMode.NOW));
                }
                link.close(in.peek(0) == 'n' ? CloseMode.NOW : CloseMode.FLUSHED);
                in.consume(in.readable());
            }
        };
        try (Running server = Running.serving(() -> new Watched(rude, causes))) {
            try (RawClient first = server.connect()) {
                first.send("n").readAll();
                causes.next();
            }
            long before = Servers.descriptors();
            for (int i = 0; i < 300; i++) {
                RawClient client = server.connect();
                client.send(i % 3 == 0 ? "n" : i % 3 == 1 ? "f" : "x");
                assertEquals(CloseCause.LOCAL, causes.next());
                client.close();
            }
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (Servers.descriptors() > before && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            // What other tests have left open may have been closed meanwhile.
            assertTrue(Servers.descriptors() <= before, Servers.descriptors() + " descriptors, not " + before);
            assertEquals(0, server.listening.connections());
        }
    }

    @Test
    void inputThatNobodyWantsIsKeptOnlyAsFarAsItWasOnItsWay() throws Exception {
        int much = 30_000_000;
        Events<Connection> paused = new Events<>();
        Events<Long> sums = new Events<>();
        Protocol protocol = new Protocol() {
            long sum;
            boolean first = true;

            @Override
            public void receive(Buffer in, Link link) {
                sum += in.readable();
                in.consume(in.readable());
                if (first) {
                    first = false;
                    link.pause(true);
                    paused.add((Connection) link);
                }
                if (sum == much) {
                    sums.add(sum);
                }
            }
        };
        try (Running server = Running.serving(() -> protocol);
                RawClient client = server.connect()) {
            Thread sender = Thread.startVirtualThread(() -> {
                try {
                    client.send(new byte[much]);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            Connection connection = paused.next();
            // Until the receive has been cancelled, and then for many turns more.
            Events<Integer> held = new Events<>();
            int most = 0;
            boolean stopped = false;
            for (int i = 0; i < 100_000 && !stopped; i++) {
                Events<Boolean> under = new Events<>();
                connection.execute(() -> {
                    held.add(connection.in == null ? 0 : connection.in.readable());
                    under.add((connection.underWay & 1) == 0);
                });
                most = Math.max(most, held.next());
                stopped = under.next();
            }
            assertTrue(stopped, "still receiving though nobody wants it");
            assertTrue(most <= 4 << 20, "bytes held: " + most);
            connection.execute(() -> connection.pause(false));
            assertEquals(much, sums.next());
            sender.join();
        }
    }

    @Test
    void manyShareBuffersThatAreNotEnoughForAll() throws Exception {
        Servers.engine = Engine.ring(RingSizes.USUAL.withBuffers(2, 256, false));
        int many = 100;
        byte[] message = noise(5000);
        try (Running server = Running.serving(Echo::new)) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                clients.add(server.connect());
            }
            for (int round = 0; round < 5; round++) {
                for (RawClient client : clients) {
                    client.send(message);
                }
                for (RawClient client : clients) {
                    assertArrayEquals(message, client.read(message.length));
                }
            }
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void fifteenThousandConnectionsAreServedAndHoldNothing() throws Exception {
        Assumptions.assumeTrue(Kernel.host().descriptorLimit() >= CROWD + 1000, "ulimit -n is too low for " + CROWD);
        Events<Connection> opened = new Events<>();
        Protocol echo = new Echo() {
            @Override
            public void opened(Link link) {
                opened.add((Connection) link);
            }
        };
        try (Running server = Running.serving(() -> echo)) {
            int port = server.listening.address().getPort();
            Process crowd = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-Xmx256m",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Crowd.class.getName(),
                            Integer.toString(port))
                    .redirectErrorStream(true)
                    .start();
            try (BufferedReader said = crowd.inputReader()) {
                assertEquals(CROWD + " were answered", said.readLine());
                assertEquals(CROWD, server.listening.connections());
                Connection any = opened.next();
                Events<Integer> holding = new Events<>();
                any.execute(() -> holding.add((int) Driver.of(any.loop).all().stream()
                        .filter(c -> c.in != null || c.output != null)
                        .count()));
                assertEquals(0, holding.next());
            } finally {
                crowd.destroy();
            }
            assertTrue(crowd.waitFor(60, TimeUnit.SECONDS));
        }
    }

    /** The clients, in a process of their own, for each end takes a descriptor. */
    static final class Crowd {
        private Crowd() {}

        public static void main(String[] arguments) throws IOException {
            InetSocketAddress address =
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0]));
            List<SocketChannel> all = new ArrayList<>();
            for (int i = 0; i < CROWD; i++) {
                all.add(SocketChannel.open(address));
            }
            for (int i = 0; i < CROWD; i++) {
                all.get(i).write(ByteBuffer.wrap(new byte[] {(byte) i}));
            }
            int answered = 0;
            ByteBuffer bytes = ByteBuffer.allocate(1);
            for (int i = 0; i < CROWD; i++) {
                bytes.clear();
                answered += all.get(i).read(bytes) == 1 && bytes.get(0) == (byte) i ? 1 : 0;
            }
            System.out.println(answered + " were answered");
            // Until we are ended.
            System.in.read();
        }
    }
}
