// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.DirectoryRoot;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import io.millrace.fs.KernelDirectory;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import io.millrace.transport.Servers.Watched;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a connection can do beyond sending and receiving, over real sockets, after libevent's bufferevent cases (61 to
 * 71 of the plan).
 */
@Timeout(120)
@ParameterizedClass
@MethodSource("contenders")
class FlowTest extends OverEveryDriver {
    private static final int MUCH = 3_000_000;

    private static byte[] noise(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Does something once, when the connection stands; drops its input. */
    private static Protocol opening(BiConsumer<Link, Protocol> what) {
        return new Protocol() {
            @Override
            public void opened(Link link) {
                what.accept(link, this);
            }

            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
            }
        };
    }

    // ---- another protocol ----

    /** Deadline, stall limit, time limits and marks of a protocol do not outlive it. */
    @Test
    void theNextProtocolFindsNoLimitsOfTheOneBefore() throws Exception {
        Events<String> events = new Events<>();
        Protocol next = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
                link.out().append(new byte[MUCH]);
                link.flush();
            }

            @Override
            public void expired(Link link) {
                events.add("expired");
            }

            @Override
            public void timedOut(Link link, TimeLimit which) {
                events.add("late " + which);
            }

            @Override
            public void closed(CloseCause why) {
                events.add(why.name());
            }
        };
        Protocol first = opening((link, self) -> {
            link.deadline(link.now() + 1);
            link.flow().writeTimeout(1);
            for (TimeLimit which : TimeLimit.values()) {
                link.flow().timeout(which, 1);
            }
            link.flow().writeWatermarks(1, 2);
            link.flow().readWatermarks(100, 200);
            link.switchProtocol(next);
        });
        try (Running server = Running.serving(() -> first);
                RawClient client = server.connect()) {
            for (int i = 0; i < 3; i++) {
                // Less than the low mark of the one before, and more than a socket takes at once.
                assertEquals(MUCH, client.send("x").read(MUCH).length);
            }
            client.finish();
            assertEquals("LOCAL", events.next());
        }
    }

    // ---- output ----

    /** add_reference, add_file, in every order: bytes, bodies and files leave in the order they were given. */
    @Test
    void bytesBodiesAndFilesLeaveInOrder(@TempDir Path dir) throws Exception {
        byte[] content = noise(1, 700_000);
        Files.write(dir.resolve("file"), content);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        AtomicInteger held = new AtomicInteger();
        CountDownLatch released = new CountDownLatch(1);
        try (DirectoryRoot folder = KernelDirectory.open(dir, false)) {
            Protocol mixed = opening((link, self) -> {
                Random random = new Random(5);
                for (int i = 0; i < 60; i++) {
                    byte[] piece = noise(i, 1 + random.nextInt(random.nextBoolean() ? 50 : 60_000));
                    switch (random.nextInt(3)) {
                        case 0 -> {
                            link.out().append(piece);
                            expected.writeBytes(piece);
                        }
                        case 1 -> {
                            held.incrementAndGet();
                            try (SharedBytes body = SharedBytes.of(piece, 0, piece.length, () -> {
                                if (held.decrementAndGet() == 0) {
                                    released.countDown();
                                }
                            })) {
                                link.transfer(body);
                            }
                            expected.writeBytes(piece);
                        }
                        default -> {
                            int from = random.nextInt(content.length);
                            int count = 1 + random.nextInt(content.length - from);
                            link.transfer(open(folder), from, count);
                            expected.write(content, from, count);
                        }
                    }
                }
                held.incrementAndGet();
                link.transfer(SharedBytes.of(content));
                expected.writeBytes(content);
                link.execute(() -> {
                    if (held.decrementAndGet() == 0) {
                        released.countDown();
                    }
                });
                link.close(CloseMode.FLUSHED);
            });
            try (Running server = Running.serving(() -> mixed);
                    RawClient client = server.connect()) {
                assertArrayEquals(client.readAll(), expected.toByteArray());
                assertTrue(released.await(20, TimeUnit.SECONDS), "every body was given back");
            }
        }
    }

    private static OpenFile open(DirectoryRoot folder) {
        try {
            return folder.open("file");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** add_reference: given back once, also when the connection ends before it was sent. */
    @Test
    void aBodyIsReleasedOnceWhenTheConnectionBreaks() throws Exception {
        Events<String> events = new Events<>();
        Protocol sender = opening((link, self) -> {
            byte[] bytes = new byte[20_000_000];
            try (SharedBytes body = SharedBytes.of(bytes, 0, bytes.length, () -> events.add("released"))) {
                link.transfer(body);
                link.transfer(body);
            }
            link.flush();
        });
        Events<CloseCause> causes = new Events<>();
        try (Running server = Running.serving(() -> new Watched(sender, causes))) {
            RawClient client = server.connect();
            client.read(1000);
            assertTrue(events.isEmpty());
            client.reset();
            assertEquals(CloseCause.RESET, causes.next());
            assertEquals("released", events.next());
            assertTrue(events.isEmpty());
        }
    }

    @ExpectedLog("the release of a body failed")
    @Test
    void aReleaseThatThrowsHarmsNobody() throws Exception {
        Protocol sender = opening((link, self) -> {
            byte[] bytes = new byte[100_000];
            try (SharedBytes body = SharedBytes.of(bytes, 0, bytes.length, () -> {
                throw new IllegalStateException("on purpose");
            })) {
                link.transfer(body);
            }
            link.out().appendLatin1("after");
            link.close(CloseMode.FLUSHED);
        });
        try (Running server = Running.serving(() -> sender);
                RawClient client = server.connect()) {
            assertTrue(client.readText().endsWith("after"));
        }
    }

    /** multicast, multicast_drain: one body, many connections, some of which read nothing or go away. */
    @Test
    void multicastSendsOneBodyToManyAndReleasesItAfterTheLast() throws Exception {
        byte[] news = noise(9, 8_000_000);
        Events<String> events = new Events<>();
        List<Link> links = new ArrayList<>();
        Protocol reader = opening((link, self) -> {
            links.add(link);
            if (links.size() == 6) {
                try (SharedBytes body = SharedBytes.of(news, 0, news.length, () -> events.add("released"))) {
                    links.forEach(each -> {
                        each.transfer(body);
                        each.flush();
                    });
                }
            }
        });
        try (Running server = Running.serving(() -> reader)) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                clients.add(RawClient.connect(server.listening.address(), 4096));
            }
            clients.removeLast().reset();
            RawClient late = clients.removeLast();
            for (RawClient client : clients) {
                assertArrayEquals(news, client.read(news.length));
                client.close();
            }
            assertTrue(events.isEmpty(), "one has not read it yet");
            assertArrayEquals(news, late.read(news.length));
            assertEquals("released", events.next());
            late.close();
        }
    }

    @Test
    void portionsCutATransferIntoSmallPieces() throws Exception {
        byte[] bytes = noise(3, 100_000);
        Events<Integer> sizes = new Events<>();
        Protocol small = new Protocol() {
            @Override
            public void opened(Link link) {
                link.flow().maxPerCall(100, 1000);
            }

            @Override
            public void receive(Buffer in, Link link) {
                sizes.add(in.readable());
                link.out().append(in);
                link.flush();
                in.consume(in.readable());
            }
        };
        try (Running server = Running.serving(() -> small);
                RawClient client = server.connect()) {
            Thread sender = Thread.startVirtualThread(() -> {
                try {
                    client.send(bytes).finish();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertArrayEquals(bytes, client.readAll());
            sender.join();
            for (int left = bytes.length; left > 0; ) {
                int size = sizes.next();
                assertTrue(size <= 100, "received at once: " + size);
                left -= size;
            }
        }
    }

    // ---- half-close and abort ----

    /** Half close: our direction ends after what waits, the other goes on. */
    @Test
    void finishClosesOurDirectionAndStillHears() throws Exception {
        Events<String> events = new Events<>();
        Protocol speaker = new Protocol() {
            @Override
            public void opened(Link link) {
                link.out().append(noise(4, MUCH));
                link.shutdownOutput();
                link.out().appendLatin1("dropped");
                link.transfer(SharedBytes.of(new byte[100_000]));
                link.shutdownOutput();
            }

            @Override
            public void receive(Buffer in, Link link) {
                events.add(text(in.take(in.readable())));
                link.out().appendLatin1("dropped, too");
                link.flush();
            }

            @Override
            public void inputClosed(Link link) {
                events.add("ended");
                link.close(CloseMode.FLUSHED);
            }
        };
        Events<CloseCause> causes = new Events<>();
        try (Running server = Running.serving(() -> new Watched(speaker, causes));
                RawClient client = server.connect()) {
            assertArrayEquals(noise(4, MUCH), client.readAll());
            client.send("heard");
            assertEquals("heard", events.next());
            client.finish();
            assertEquals("ended", events.next());
            assertEquals(CloseCause.LOCAL, causes.next());
        }
    }

    /** The peer closes after our half-close while we do not read: HUP is reported, and the input is still there. */
    @Test
    void inputBeforeTheEndIsNotLostWhenBothDirectionsAreClosedWhilePaused() throws Exception {
        Events<String> events = new Events<>();
        Events<Link> links = new Events<>();
        Protocol deaf = new Protocol() {
            @Override
            public void opened(Link link) {
                link.pause(true);
                link.shutdownOutput();
                links.add(link);
            }

            @Override
            public void receive(Buffer in, Link link) {
                events.add(text(in.take(in.readable())));
            }

            @Override
            public void inputClosed(Link link) {
                events.add("ended");
                link.close(CloseMode.FLUSHED);
            }
        };
        try (Running server = Running.serving(() -> deaf);
                RawClient client = server.connect()) {
            assertEquals(0, client.readAll().length);
            client.send("last words").finish();
            Link link = links.next();
            CountDownLatch rounds = new CountDownLatch(1);
            link.execute(() -> link.execute(() -> link.execute(rounds::countDown)));
            assertTrue(rounds.await(20, TimeUnit.SECONDS));
            link.execute(() -> link.pause(false));
            assertEquals("last words", events.next());
            assertEquals("ended", events.next());
        }
    }

    /** Abortive close: the peer gets RST, though everything it sent has been read. */
    @Test
    void abortResets() throws Exception {
        Protocol rude = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
                link.out().appendLatin1("never sent");
                link.close(CloseMode.ABORT);
            }
        };
        Events<CloseCause> causes = new Events<>();
        try (Running server = Running.serving(() -> new Watched(rude, causes));
                RawClient client = server.connect()) {
            client.send("x");
            assertEquals(CloseCause.LOCAL, causes.next());
            assertThrows(SocketException.class, client::readAll);
        }
    }

    // ---- marks ----

    /** bufferevent_watermarks, the read side: nothing below the low mark, no more than the high one at once. */
    @Test
    void watermarksOfTheInput() throws Exception {
        Events<Integer> sizes = new Events<>();
        Protocol marked = new Protocol() {
            @Override
            public void opened(Link link) {
                link.flow().readWatermarks(10, 20);
                link.out().append((byte) '!');
                link.flush();
            }

            @Override
            public void receive(Buffer in, Link link) {
                sizes.add(in.readable());
                in.consume(in.readable());
                link.out().append((byte) '.');
                link.flush();
            }
        };
        try (Running server = Running.serving(() -> marked);
                RawClient client = server.connect()) {
            client.read(1);
            client.send(new byte[9]);
            client.send(new byte[1]);
            client.read(1);
            assertEquals(10, sizes.next());
            client.send(new byte[65]).finish();
            int left = 65;
            while (left > 0) {
                int size = sizes.next();
                assertTrue(size <= 20, "at once: " + size);
                assertTrue(size >= 10 || size == left, "too little, and not the end: " + size);
                left -= size;
            }
        }
    }

    /**
     * Input that nobody consumes: the high mark stops the reading, so that the peer must wait; consuming it goes on.
     */
    @Test
    void theHighMarkOfTheInputHoldsThePeerUp() throws Exception {
        byte[] bytes = noise(8, MUCH);
        Events<Integer> full = new Events<>();
        Events<byte[]> all = new Events<>();
        Protocol slow = new Protocol() {
            private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
            private boolean going;

            @Override
            public void opened(Link link) {
                link.flow().readWatermarks(1, 50_000);
            }

            @Override
            public void receive(Buffer in, Link link) {
                if (!going) {
                    if (in.readable() >= 50_000) {
                        full.add(in.readable());
                        link.execute(() -> {
                            going = true;
                            link.pause(false);
                        });
                    }
                    return;
                }
                taken.writeBytes(in.take(in.readable()));
            }

            @Override
            public void inputClosed(Link link) {
                all.add(taken.toByteArray());
                link.close(CloseMode.FLUSHED);
            }
        };
        try (Running server = Running.serving(() -> slow);
                RawClient client = server.connect()) {
            client.send(bytes).finish();
            assertEquals(50_000, full.next());
            assertTrue(full.isEmpty());
            assertArrayEquals(bytes, all.next());
        }
    }

    /** bufferevent_watermarks, the write side: the producer is called at the low mark, and stops at the high one. */
    @Test
    void watermarksOfTheOutput() throws Exception {
        Events<Long> calls = new Events<>();
        AtomicInteger most = new AtomicInteger();
        Protocol producer = new Protocol() {
            private int left = MUCH;

            @Override
            public void opened(Link link) {
                link.flow().writeWatermarks(30_000, 100_000);
                link.flow().rate(RateLimit.NONE.withOut(30_000_000).withBursts(RateLimit.UNLIMITED, 20_000));
                drained(link);
            }

            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
            }

            @Override
            public void drained(Link link) {
                calls.add(link.pending());
                while (link.writable() && left > 0) {
                    int n = Math.min(left, 1000);
                    link.out().append(new byte[n]);
                    left -= n;
                }
                most.accumulateAndGet((int) link.pending(), Math::max);
                if (left == 0) {
                    link.close(CloseMode.FLUSHED);
                }
                link.flush();
            }
        };
        try (Running server = Running.serving(() -> producer);
                RawClient client = RawClient.connect(server.listening.address(), 4096)) {
            assertEquals(MUCH, client.readAll().length);
            assertTrue(most.get() < 100_000 + 1000, "the high mark binds, to the piece: " + most);
            int early = 0;
            while (!calls.isEmpty()) {
                long pending = calls.next();
                assertTrue(pending <= 30_000, "called with " + pending);
                early += pending > 0 ? 1 : 0;
            }
            assertTrue(early > 0, "called before everything had left");
        }
    }

    @Test
    void marksThatMakeNoSenseAreRefused() throws Exception {
        Events<Boolean> refused = new Events<>();
        Protocol wrong = opening((link, self) -> {
            refused.add(throwsFor(() -> link.flow().writeWatermarks(5, 5)));
            refused.add(throwsFor(() -> link.flow().readWatermarks(6, 5)));
            refused.add(throwsFor(() -> link.flow().maxPerCall(0, 1)));
            refused.add(throwsFor(() -> link.flow().writeWatermarks(5, 6)));
        });
        try (Running server = Running.serving(() -> wrong);
                RawClient client = server.connect()) {
            assertTrue(refused.next());
            assertTrue(refused.next());
            assertTrue(refused.next());
            assertFalse(refused.next());
            client.finish();
        }
    }

    private static boolean throwsFor(Runnable body) {
        try {
            body.run();
            return false;
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    // ---- time ----

    /** bufferevent_timeout: reading and writing have limits of their own, each told once. */
    @Test
    void timeoutsForReadingAndWritingEachOnce() throws Exception {
        Events<String> events = new Events<>();
        Protocol limited = new Protocol() {
            private long from;
            private long moved = -1;
            private int told;

            @Override
            public void opened(Link link) {
                from = link.now();
                // Usually so much output would stop the input, and with it its time limit.
                link.flow().writeWatermarks(0, Long.MAX_VALUE);
                link.flow().timeout(TimeLimit.READ, 150_000_000L);
                link.flow().timeout(TimeLimit.WRITE, 100_000_000L);
                link.out().append(new byte[20_000_000]);
                link.flush();
            }

            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
            }

            @Override
            public void timedOut(Link link, TimeLimit which) {
                long after = (link.now() - from) / 1_000_000;
                if (which == TimeLimit.WRITE
                        && moved >= 0
                        && moved != link.flow().stats().bytesOut()) {
                    // The kernel has found room for some more meanwhile.
                    return;
                }
                moved = which == TimeLimit.WRITE ? link.flow().stats().bytesOut() : moved;
                events.add(
                        which + (after >= (which == TimeLimit.READ ? 150 : 100) ? "" : " too early, after " + after));
                if (++told == 2) {
                    link.deadline(link.now() + 400_000_000L);
                }
            }

            @Override
            public void expired(Link link) {
                events.add("deadline");
            }
        };
        try (Running server = Running.serving(() -> limited);
                RawClient client = RawClient.connect(server.listening.address(), 4096)) {
            assertEquals(Set.of("READ", "WRITE"), Set.of(events.next(), events.next()));
            assertEquals("deadline", events.next(), "neither came a second time");
            client.send("x");
            assertEquals("READ", events.next(), "but again after something has come");
        }
    }

    /** That it begins anew with each byte is for the simulated clock to say: {@link TimeLimitTest}. */
    @Test
    void anIdleLimitEndsTheConnectionByDefaultAndNotEarly() throws Exception {
        Events<CloseCause> causes = new Events<>();
        Events<Long> times = new Events<>();
        Protocol idle = new Echo() {
            private Link link;
            private long last;

            @Override
            public void opened(Link link) {
                this.link = link;
                last = link.now();
                link.flow().timeout(TimeLimit.IDLE, 100_000_000L);
            }

            @Override
            public void receive(Buffer in, Link link) {
                last = link.now();
                super.receive(in, link);
            }

            @Override
            public void closed(CloseCause why) {
                times.add((link.now() - last) / 1_000_000);
            }
        };
        try (Running server = Running.serving(() -> new Late(idle, causes));
                RawClient client = server.connect()) {
            client.send("x");
            assertEquals(CloseCause.LOCAL, causes.next());
            assertTrue(times.next() >= 100, "early");
        }
    }

    /** A watched protocol that passes the time limits on, too. */
    private static final class Late extends Watched {
        Late(Protocol inner, Events<CloseCause> causes) {
            super(inner, causes);
        }

        @Override
        public void timedOut(Link link, TimeLimit which) {
            inner.timedOut(link, which);
        }
    }

    // ---- statistics ----

    @Test
    void trafficCountsBytesAndTimes() throws Exception {
        Events<LinkStats> counts = new Events<>();
        Protocol counted = new Echo() {
            @Override
            public void drained(Link link) {
                super.drained(link);
                counts.add(link.flow().stats());
            }
        };
        try (Running server = Running.serving(() -> counted);
                RawClient client = server.connect()) {
            client.send("hello").read(5);
            LinkStats traffic = counts.next();
            assertEquals(5, traffic.bytesIn());
            assertEquals(5, traffic.bytesOut());
            assertTrue(traffic.lastIn() >= traffic.opened() && traffic.lastOut() >= traffic.lastIn());
            client.send("more").read(4);
            assertEquals(9, counts.next().bytesOut());
        }
    }
}
