// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.SharedBytes;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Input that pours out of another connection within the kernel, over real sockets. */
@Timeout(120)
@ParameterizedClass
@MethodSource("contenders")
class SpliceTest extends OverEveryDriver {
    private static byte[] noise(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Two connections whose inputs pour out of each other: a relay without a protocol that sees a byte. */
    private static final class Pouring implements Protocol {
        private final List<Link> waiting;
        private final AtomicInteger seen;
        private final Events<String> joined;

        Pouring(List<Link> waiting, AtomicInteger seen, Events<String> joined) {
            this.waiting = waiting;
            this.seen = seen;
            this.joined = joined;
        }

        @Override
        public void opened(Link link) {
            if (waiting.isEmpty()) {
                waiting.add(link);
                return;
            }
            Link other = waiting.removeLast();
            assertTrue(link.flow().spliceTo(other.flow()));
            assertTrue(other.flow().spliceTo(link.flow()));
            // In the next turn: a ring has taken back by then what it had been asked to receive.
            link.deadline(link.now() + 1);
        }

        @Override
        public void expired(Link link) {
            joined.add("joined");
        }

        @Override
        public void receive(Buffer in, Link link) {
            seen.addAndGet(in.readable());
            in.consume(in.readable());
        }

        @Override
        public void inputClosed(Link link) {
            // Nobody tells the other side: the test looks at the bytes only.
        }
    }

    @Test
    void pouringMovesEverythingInOrderBothWaysAtOnce() throws Exception {
        byte[] there = noise(11, 30_000_000);
        byte[] back = noise(12, 20_000_000);
        List<Link> waiting = new ArrayList<>();
        AtomicInteger seen = new AtomicInteger();
        Events<String> joined = new Events<>();
        try (Running server = Running.serving(() -> new Pouring(waiting, seen, joined));
                RawClient a = server.connect();
                RawClient b = RawClient.connect(server.listening.address(), 4096)) {
            assertEquals("joined", joined.next());
            Thread ab = Thread.startVirtualThread(() -> send(a, there));
            Thread ba = Thread.startVirtualThread(() -> send(b, back));
            byte[][] got = new byte[1][];
            Thread reader = Thread.startVirtualThread(() -> got[0] = read(a, back.length));
            assertArrayEquals(there, b.read(there.length));
            reader.join();
            ab.join();
            ba.join();
            assertArrayEquals(back, got[0]);
            assertEquals(0, seen.get(), "bytes that came to the protocol");
        }
    }

    private static void send(RawClient client, byte[] bytes) {
        try {
            client.send(bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] read(RawClient client, int count) {
        try {
            return client.read(count);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** splice(2) from a socket into itself, between other output: the order holds. */
    @Test
    void pouredBytesKeepTheirPlaceBetweenOtherOutput() throws Exception {
        Protocol mirror = new Protocol() {
            @Override
            public void opened(Link link) {
                link.out().appendLatin1("before ");
                assertTrue(link.flow().spliceTo(link.flow()));
                link.flush();
            }

            @Override
            public void receive(Buffer in, Link link) {
                throw new AssertionError("seen by the protocol");
            }

            @Override
            public void inputClosed(Link link) {
                link.out().appendLatin1(" after");
                link.transfer(SharedBytes.of(new byte[10_000]));
                link.close(CloseMode.FLUSHED);
            }
        };
        try (Running server = Running.serving(() -> mirror);
                RawClient client = server.connect()) {
            client.send("between").finish();
            byte[] all = client.readAll();
            assertEquals("before between after", text(Arrays.copyOf(all, 20)));
            assertEquals(10_020, all.length);
        }
    }

    /** What had been received when the pouring began is not overtaken by what came later. */
    @Test
    void pouringWaitsForWhatWasReceivedBefore() throws Exception {
        Events<String> events = new Events<>();
        Protocol mirror = new Protocol() {
            private boolean first = true;

            @Override
            public void receive(Buffer in, Link link) {
                if (first) {
                    first = false;
                    assertTrue(link.flow().spliceTo(link.flow()));
                    link.pause(true);
                    link.deadline(link.now() + 50_000_000L);
                    events.add("poured");
                    return;
                }
                link.out().append(in);
                in.consume(in.readable());
                link.flush();
            }

            @Override
            public void expired(Link link) {
                link.pause(false);
            }
        };
        try (Running server = Running.serving(() -> mirror);
                RawClient client = server.connect()) {
            client.send("one ");
            events.next();
            client.send("two").finish();
            assertEquals("one two", client.readText());
        }
    }

    @Test
    void idleRelaysHoldNoPipeAndBrokenOnesLeaveNone() throws Exception {
        List<Link> waiting = new ArrayList<>();
        try (Running server = Running.serving(() -> new Pouring(waiting, new AtomicInteger(), new Events<>()))) {
            long before = pipes();
            for (int i = 0; i < 40; i++) {
                RawClient a = server.connect();
                RawClient b = RawClient.connect(server.listening.address(), 4096);
                Thread flood = Thread.startVirtualThread(() -> {
                    try {
                        a.send(new byte[20_000_000]);
                    } catch (IOException e) {
                        // The far end breaks off in the middle of it.
                    }
                });
                b.read(100_000);
                b.reset();
                a.reset();
                flood.join();
            }
            long giveUp = System.nanoTime() + 20_000_000_000L;
            while (server.listening.connections() > 0 && System.nanoTime() < giveUp) {
                Thread.sleep(5);
            }
            assertEquals(0, server.listening.connections());
            assertTrue(pipes() - before <= 2 * 16, "a pool of 16 at the most: " + (pipes() - before));
        }
    }

    private static long pipes() throws IOException {
        try (var links = Files.list(Path.of("/proc/self/fd"))) {
            return links.filter(link -> {
                        try {
                            return Files.readSymbolicLink(link).toString().startsWith("pipe:");
                        } catch (IOException e) {
                            return false;
                        }
                    })
                    .count();
        }
    }
}
