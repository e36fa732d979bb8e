// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.FileInfo;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.OpenFile;
import io.millrace.core.RateLimit;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import io.millrace.testkit.ExpectedLog;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What every link owes its protocol: each verb of {@link Link}, over every implementation there is. */
@ParameterizedClass(autoCloseArguments = false)
@MethodSource("fixtures")
@Timeout(120)
@SuppressWarnings("try") // a peer that does nothing is there all the same
final class LinkContractTest {
    private static final int LARGE = 12 << 20;
    private static final long SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    @Parameter
    LinkFixture fixture;

    private boolean started;

    static List<LinkFixture> fixtures() {
        return LinkFixture.all();
    }

    @BeforeEach
    void start() throws Exception {
        String whyNot = fixture.whyNot();
        Assumptions.assumeTrue(whyNot == null, fixture + ": " + whyNot);
        fixture.start();
        started = true;
    }

    @AfterEach
    void close() throws Exception {
        if (started) {
            fixture.close();
            started = false;
        }
    }

    // ---- bytes ----

    @Test
    void bytesPassInOrderBothWays() throws Exception {
        byte[] there = noise(300_000);
        byte[] back = noise(200_001);
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            peer.send(there);
            assertArrayEquals(there, probe.awaitInput(there.length));
            send(probe, back);
            assertArrayEquals(back, peer.read(back.length));
        }
    }

    @Test
    void bytesThatAreLeftAreShownAgainWithMoreBehindThem() throws Exception {
        Probe probe = new Probe() {
            @Override
            void onInput(Buffer in, Link from) {
                if (in.readable() >= 6) {
                    take(in, in.readable());
                }
            }
        };
        try (Peer peer = fixture.open(probe)) {
            for (String part : List.of("ab", "cd", "ef")) {
                peer.send(part.getBytes(US_ASCII));
            }
            assertEquals("abcdef", new String(probe.awaitInput(6), US_ASCII));
        }
    }

    @Test
    void aLargeAnswerWaitsForAPeerThatReadsLate() throws Exception {
        byte[] bytes = noise(LARGE);
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            send(probe, bytes);
            assertTrue(probe.on(Link::pending) > 0);
            assertFalse(probe.on(Link::writable));
            assertArrayEquals(bytes, peer.read(bytes.length));
            probe.await("drained");
            assertEquals(0, probe.on(Link::pending));
            assertTrue(probe.on(Link::writable));
        }
    }

    @Test
    void noInputIsDeliveredWhileMuchOutputWaits() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            send(probe, noise(LARGE));
            peer.send("late".getBytes(US_ASCII));
            // What is asked and answered twice has had every chance to be overtaken.
            probe.on(Link::pending);
            probe.on(Link::pending);
            assertEquals(0, probe.taken());
            peer.read(LARGE);
            assertEquals("late", new String(probe.awaitInput(4), US_ASCII));
        }
    }

    @Test
    void filesAndBodiesKeepTheirPlace() throws Exception {
        byte[] content = noise(100_000);
        byte[] shared = noise(50_000);
        AtomicInteger fileClosed = new AtomicInteger();
        AtomicInteger released = new AtomicInteger();
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            probe.on(link -> {
                link.out().append("head".getBytes(US_ASCII));
                link.transfer(file(content, fileClosed), 1000, 90_000);
                link.out().append("middle".getBytes(US_ASCII));
                try (SharedBytes body = SharedBytes.of(shared, 0, shared.length, released::incrementAndGet)) {
                    link.transfer(body);
                }
                link.out().append("tail".getBytes(US_ASCII));
                link.flush();
                return null;
            });
            assertEquals("head", new String(peer.read(4), US_ASCII));
            assertArrayEquals(Arrays.copyOfRange(content, 1000, 91_000), peer.read(90_000));
            assertEquals("middle", new String(peer.read(6), US_ASCII));
            assertArrayEquals(shared, peer.read(shared.length));
            assertEquals("tail", new String(peer.read(4), US_ASCII));
            probe.await("drained");
            assertEquals(1, fileClosed.get());
            assertEquals(1, released.get());
        }
    }

    @Test
    void whatWasNotSentIsGivenBackAtTheEnd() throws Exception {
        AtomicInteger fileClosed = new AtomicInteger();
        AtomicInteger released = new AtomicInteger();
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            probe.on(link -> {
                link.out().append(new byte[LARGE]);
                link.transfer(file(new byte[100_000], fileClosed), 0, 100_000);
                try (SharedBytes body = SharedBytes.of(new byte[100_000], 0, 100_000, released::incrementAndGet)) {
                    link.transfer(body);
                }
                link.flush();
                return null;
            });
            probe.on(link -> {
                link.close(CloseMode.NOW);
                return null;
            });
            probe.await("closed LOCAL");
            assertEquals(1, fileClosed.get());
            assertEquals(1, released.get());
        }
    }

    @Test
    void aFileThatIsShorterThanPromisedEndsTheConnection() throws Exception {
        AtomicInteger fileClosed = new AtomicInteger();
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            probe.on(link -> {
                link.transfer(file(new byte[1000], fileClosed), 0, 2000);
                link.flush();
                return null;
            });
            CompletableFuture.runAsync(() -> quietly(peer::readAll));
            probe.await("closed FAILED");
            assertEquals(1, fileClosed.get());
        }
    }

    // ---- holding back ----

    @Test
    void pauseHoldsInputBackAndTheRestIsOfferedAfterwards() throws Exception {
        Probe probe = new Probe() {
            @Override
            void onInput(Buffer in, Link from) {
                take(in, 1);
                from.pause(true);
            }
        };
        try (Peer peer = fixture.open(probe)) {
            peer.send("abc".getBytes(US_ASCII));
            for (int taken = 1; taken <= 3; taken++) {
                assertEquals("abc".substring(0, taken), new String(probe.awaitInput(taken), US_ASCII));
                probe.on(Link::pending);
                assertEquals(taken, probe.taken());
                probe.on(link -> {
                    link.pause(false);
                    return null;
                });
            }
        }
    }

    @Test
    void outputMarksSayWhenToStopAndWhenToGoOn() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            probe.on(link -> {
                link.flow().writeWatermarks(100_000, 200_000);
                link.out().append(new byte[199_999]);
                assertTrue(link.writable());
                link.out().append(new byte[LARGE]);
                assertFalse(link.writable());
                link.flush();
                return null;
            });

            CompletableFuture<byte[]> reading =
                    CompletableFuture.supplyAsync(() -> quietly(() -> peer.read(LARGE + 100_000)));
            probe.await("drained");
            long most = probe.on(Link::pending);
            assertTrue(most <= 100_000, most + " bytes wait at the low mark");
            reading.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void inputMarksSayHowMuchIsShownAndHowMuchMayLie() throws Exception {
        AtomicInteger least = new AtomicInteger(Integer.MAX_VALUE);
        AtomicInteger most = new AtomicInteger();
        Probe probe = new Probe() {
            @Override
            void onOpened(Link opened) {
                opened.flow().readWatermarks(1000, 4000);
            }

            @Override
            void onInput(Buffer in, Link from) {
                least.accumulateAndGet(in.readable(), Math::min);
                most.accumulateAndGet(in.readable(), Math::max);
                take(in, in.readable());
            }
        };
        try (Peer peer = fixture.open(probe)) {
            probe.link();
            peer.send(new byte[999]);
            probe.on(Link::pending);
            assertEquals(0, probe.taken());
            peer.send(new byte[20_001]);
            probe.awaitInput(20_000);
            peer.send(new byte[5]);
            peer.shutdownOutput();
            probe.awaitInput(21_005);
            probe.await("ended");
            assertTrue(most.get() <= 4000, most + " bytes shown at once");
        }
    }

    @Test
    void ratesHoldOutputUp() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            long begun = System.nanoTime();
            probe.on(link -> {
                link.flow().rate(RateLimit.of(200_000).withBursts(20_000, 20_000));
                link.out().append(new byte[100_000]);
                link.flush();
                return null;
            });
            peer.read(100_000);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            assertTrue(millis >= 350, "80,000 bytes beyond the burst at 200,000 a second took " + millis + " ms");
        }
    }

    @Test
    void ratesHoldInputUp() throws Exception {
        Probe probe = new Probe() {
            @Override
            void onOpened(Link opened) {
                opened.flow().rate(RateLimit.of(200_000).withBursts(20_000, 20_000));
            }
        };
        try (Peer peer = fixture.open(probe)) {
            probe.link();
            long begun = System.nanoTime();
            peer.send(new byte[100_000]);
            probe.awaitInput(100_000);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
            // A ring may overdraw by what its buffers hold.
            assertTrue(millis >= 150, "80,000 bytes beyond the burst at 200,000 a second took " + millis + " ms");
        }
    }

    @Test
    void portionsCutWhatMovesAtOnce() throws Exception {
        Probe probe = new Probe() {
            @Override
            void onOpened(Link opened) {
                opened.flow().maxPerCall(1000, 1000);
            }

            @Override
            void onInput(Buffer in, Link from) {
                if (in.readable() > 1000) {
                    told.add("too much at once");
                }
                take(in, in.readable());
            }
        };
        try (Peer peer = fixture.open(probe)) {
            probe.link();
            peer.send(new byte[50_000]);
            probe.awaitInput(50_000);
            byte[] bytes = noise(50_000);
            send(probe, bytes);
            assertArrayEquals(bytes, peer.read(bytes.length));
            // A record is opened whole, however it came.
            assertTrue(fixture.isSecure() || !probe.told.contains("too much at once"));
        }
    }

    @Test
    void trafficIsCounted() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            peer.send(new byte[1234]);
            probe.awaitInput(1234);
            send(probe, new byte[4321]);
            peer.read(4321);
            probe.await("drained");
            LinkStats traffic = probe.on(link -> link.flow().stats());
            if (fixture.isSecure()) {
                // What is on the wire is counted, the handshake too.
                assertTrue(traffic.bytesIn() > 1234 && traffic.bytesOut() > 4321, traffic.toString());
            } else {
                assertEquals(1234, traffic.bytesIn());
                assertEquals(4321, traffic.bytesOut());
            }
        }
    }

    @Test
    void inputIsSplicedToAnotherLinkOrPassedOnByHand() throws Exception {
        Assumptions.assumeTrue(fixture.servesSeveral(), fixture + " serves one connection at a time");
        byte[] bytes = noise(500_000);
        Probe to = new Probe();
        try (Peer toPeer = fixture.open(to)) {
            Link target = to.link();
            // What the kernel cannot move is passed on by hand, as Link says.
            Probe from = new Probe() {
                @Override
                void onInput(Buffer in, Link own) {
                    byte[] part = in.toBytes();
                    in.clear();
                    target.execute(() -> {
                        target.out().append(part);
                        target.flush();
                    });
                }
            };
            try (Peer fromPeer = fixture.open(from)) {
                from.on(link -> link.flow().spliceTo(target.flow()));
                CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> quietly(() -> {
                    fromPeer.send(bytes);
                    return null;
                }));
                assertArrayEquals(bytes, toPeer.read(bytes.length));
                sending.get(60, TimeUnit.SECONDS);
            }
        }
    }

    // ---- time ----

    @Test
    void theDeadlineIsToldOnceAndCanBeMoved() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            probe.on(link -> {
                link.deadline(link.now() + TimeUnit.HOURS.toNanos(1));
                link.deadline(link.now() + SHORT_NANOS);
                return null;
            });
            probe.await("expired");
            probe.on(link -> {
                link.deadline(link.now() + SHORT_NANOS);
                link.deadline(Link.NEVER);
                return null;
            });
            probe.on(Link::now);
            assertFalse(probe.told.contains("expired"));
        }
    }

    @Test
    void eachTimeLimitIsToldByItsName() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            limit(probe, TimeLimit.READ);
            probe.await("late READ");
            limit(probe, TimeLimit.IDLE);
            probe.await("late IDLE");
            send(probe, new byte[LARGE]);
            limit(probe, TimeLimit.WRITE);
            probe.await("late WRITE");
        }
    }

    @Test
    void aPeerThatTakesNothingIsCutOff() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            probe.on(link -> {
                link.flow().writeTimeout(SHORT_NANOS);
                link.out().append(new byte[LARGE]);
                link.flush();
                return null;
            });
            probe.await("closed STALLED");
        }
    }

    // ---- upgrades and ends ----

    @Test
    void anUpgradeHandsTheRestOfTheInputOn() throws Exception {
        Probe next = new Probe();
        Probe first = new Probe() {
            @Override
            void onInput(Buffer in, Link from) {
                take(in, 5);
                from.switchProtocol(next);
            }
        };
        try (Peer peer = fixture.open(first)) {
            peer.send("firstnext".getBytes(US_ASCII));
            assertEquals("next", new String(next.awaitInput(4), US_ASCII));
            assertEquals("first", new String(first.awaitInput(5), US_ASCII));
            peer.shutdownOutput();
            next.await("ended");
            next.on(link -> {
                link.close(CloseMode.FLUSHED);
                return null;
            });
            next.await("closed LOCAL");
            assertFalse(first.told.contains("closed LOCAL"));
        }
    }

    @Test
    void aPeerThatHasEndedStillReads() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            peer.send("last".getBytes(US_ASCII));
            peer.shutdownOutput();
            probe.await("ended");
            assertEquals("last", new String(probe.awaitInput(4), US_ASCII));
            send(probe, "answer".getBytes(US_ASCII));
            assertEquals("answer", new String(peer.read(6), US_ASCII));
            close(probe, CloseMode.FLUSHED);
            probe.await("closed LOCAL");
            assertEquals(0, peer.readAll().length);
        }
    }

    @Test
    void ourDirectionMayBeClosedAlone() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            byte[] bytes = noise(500_000);
            probe.on(link -> {
                link.out().append(bytes);
                link.flush();
                link.shutdownOutput();
                link.out().append("nobody reads this".getBytes(US_ASCII));
                link.flush();
                return null;
            });
            assertArrayEquals(bytes, peer.readAll());
            peer.send("still".getBytes(US_ASCII));
            assertEquals("still", new String(probe.awaitInput(5), US_ASCII));
            peer.shutdownOutput();
            probe.await("ended");
            close(probe, CloseMode.FLUSHED);
            probe.await("closed LOCAL");
        }
    }

    @Test
    void whatAPausedLinkHasNotReadOutlivesBothEnds() throws Exception {
        Probe probe = new Probe() {
            @Override
            void onOpened(Link opened) {
                opened.pause(true);
            }
        };
        try (Peer peer = fixture.open(probe)) {
            probe.on(link -> {
                link.shutdownOutput();
                return null;
            });
            assertEquals(0, peer.readAll().length);
            peer.send("last".getBytes(US_ASCII));
            peer.shutdownOutput();
            // Both have finished, and the link is looked at twice: that is no reset.
            probe.on(Link::pending);
            probe.on(Link::pending);
            probe.on(link -> {
                link.pause(false);
                return null;
            });
            assertEquals("last", new String(probe.awaitInput(4), US_ASCII));
            probe.await("ended");
            probe.on(Link::pending);
            close(probe, CloseMode.FLUSHED);
            probe.await("closed LOCAL");
        }
    }

    @Test
    void closingFlushedSendsEverythingFirst() throws Exception {
        byte[] bytes = noise(LARGE);
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            probe.on(link -> {
                link.out().append(bytes);
                link.close(CloseMode.FLUSHED);
                return null;
            });
            assertArrayEquals(bytes, peer.readAll());
            probe.await("closed LOCAL");
        }
    }

    @Test
    void lingeringReadsOnWhatThePeerStillSends() throws Exception {
        byte[] bytes = noise(500_000);
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            peer.send(new byte[100]);
            probe.awaitInput(100);
            probe.on(link -> {
                link.out().append(bytes);
                link.close(CloseMode.LINGERING);
                return null;
            });
            peer.send(new byte[100_000]);
            assertArrayEquals(bytes, peer.readAll());
            peer.shutdownOutput();
            probe.await("closed LOCAL");
            assertEquals(100, probe.taken());
        }
    }

    @Test
    void closingNowTellsTheEndOnce() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            close(probe, CloseMode.NOW);
            probe.await("closed LOCAL");
            peer.readAll();
            close(probe, CloseMode.NOW);
            close(probe, CloseMode.FLUSHED);
            assertFalse(probe.told.contains("closed LOCAL"));
        }
    }

    @Test
    void abortingResets() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            close(probe, CloseMode.ABORT);
            probe.await("closed LOCAL");
            assertTrue(peer.readsReset());
        }
    }

    @Test
    void aPeerThatBreaksOffIsToldAsAReset() throws Exception {
        Assumptions.assumeTrue(fixture.seesHangups(), fixture + " is not told of a reset while nothing is read");
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            probe.link();
            peer.reset();
            probe.await("closed RESET");
        }
    }

    @ExpectedLog("a protocol failed on")
    @Test
    void aProtocolThatThrowsEndsItsOwnConnection() throws Exception {
        Probe probe = new Probe() {
            @Override
            void onInput(Buffer in, Link from) {
                throw new IllegalStateException("on purpose");
            }
        };
        Assumptions.assumeFalse(fixture.throwsToTheTest(), fixture + " hands exceptions to the test");
        try (Peer peer = fixture.open(probe)) {
            peer.send(new byte[1]);
            probe.await("closed FAILED");
        }
    }

    @Test
    void afterTheEndNothingHasAnEffect() throws Exception {
        AtomicInteger fileClosed = new AtomicInteger();
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            close(probe, CloseMode.NOW);
            probe.await("closed LOCAL");
            probe.on(link -> {
                link.out().append(new byte[10]);
                link.flush();
                link.pause(true);
                link.pause(false);
                link.deadline(link.now());
                link.flow().writeTimeout(1);
                link.transfer(file(new byte[10], fileClosed), 0, 10);
                link.transfer(SharedBytes.of(new byte[10_000]));
                link.switchProtocol(new Probe());
                link.shutdownOutput();
                link.flow().rate(RateLimit.NONE);
                link.flow().writeWatermarks(0, 1);
                link.flow().readWatermarks(1, 1);
                link.flow().timeout(TimeLimit.IDLE, 1);
                link.flow().maxPerCall(1, 1);
                link.close(CloseMode.ABORT);
                return null;
            });
            probe.on(Link::now);
            assertEquals(1, fileClosed.get());
            assertTrue(probe.told.isEmpty(), probe.told.toString());
        }
    }

    // ---- threads, addresses ----

    @Test
    void tasksRunOnTheOwnersThreadInOrder() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            Link link = probe.link();
            StringBuilder order = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                int number = i;
                link.execute(() -> order.append(number).append(link.inLoop() ? "" : " elsewhere"));
            }
            assertEquals("0123456789", probe.on(ignored -> order.toString()));
            assertFalse(link.inLoop());
        }
    }

    @ExpectedLog("a protocol failed on")
    @Test
    void aTaskThatThrowsDoesNotHarmOthers() throws Exception {
        Assumptions.assumeFalse(fixture.throwsToTheTest(), fixture + " hands exceptions to the test");
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            probe.link().execute(() -> {
                throw new IllegalStateException("on purpose");
            });
            probe.await("closed FAILED");
        }
    }

    @Test
    void aSocketKnowsBothAddresses() throws Exception {
        Probe probe = new Probe();
        try (Peer peer = fixture.open(probe)) {
            if (fixture.isSocket()) {
                assertNotNull(probe.on(Link::peer));
                assertNotNull(probe.on(Link::local));
            }
            assertEquals(fixture.isSecure(), probe.on(Link::tls) != null);
        }
    }

    @Test
    void noVerbCallsTheProtocolFromWithinItsOwnCall() throws Exception {
        Probe probe = new Probe() {
            @Override
            void onInput(Buffer in, Link from) {
                from.out().append(in.array(), in.head(), 1);
                take(in, 1);
                from.flush();
                from.pause(true);
                from.pause(false);
                from.deadline(from.now());
                from.shutdownOutput();
                from.close(CloseMode.FLUSHED);
            }
        };
        try (Peer peer = fixture.open(probe)) {
            peer.send("abc".getBytes(US_ASCII));
            assertEquals("a", new String(peer.readAll(), US_ASCII));
            probe.await("closed LOCAL");
            assertFalse(probe.told.contains("called from within its own call"));
        }
    }

    // ---- what the cases share ----

    private static void send(Probe probe, byte[] bytes) throws Exception {
        probe.on(link -> {
            link.out().append(bytes);
            link.flush();
            return null;
        });
    }

    private static void close(Probe probe, CloseMode how) throws Exception {
        probe.on(link -> {
            link.close(how);
            return null;
        });
    }

    private static void limit(Probe probe, TimeLimit which) throws Exception {
        probe.on(link -> {
            link.flow().timeout(which, SHORT_NANOS);
            return null;
        });
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static OpenFile file(byte[] content, AtomicInteger closed) {
        return new OpenFile(
                new FileInfo("file", FileInfo.Kind.FILE, content.length, Instant.EPOCH, Instant.EPOCH, 0, 0)) {
            @Override
            public int read(long position, byte[] into, int offset, int length) {
                int count = (int) Math.min(length, content.length - position);
                if (count <= 0) {
                    return -1;
                }
                System.arraycopy(content, (int) position, into, offset, count);
                return count;
            }

            @Override
            protected void release() {
                closed.incrementAndGet();
            }
        };
    }

    private interface Action<T> {
        T run() throws Exception;
    }

    private static <T> T quietly(Action<T> action) {
        try {
            return action.run();
        } catch (Exception e) {
            return null;
        }
    }
}
