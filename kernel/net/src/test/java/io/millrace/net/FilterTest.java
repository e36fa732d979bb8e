// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.FileInfo;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;
import io.millrace.link.DeflateFilter;
import io.millrace.link.Flush;
import io.millrace.link.LayerProtocol;
import io.millrace.link.LinkFilter;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.SimKernel;
import io.millrace.transport.Engine;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.zip.Deflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much a filter does in a turn and holds altogether, both ways, on a virtual clock. */
@Timeout(120)
class FilterTest {
    private static final Logger QUIET = Logger.getLogger("io.millrace.link");
    private static final int MUCH = 4_000_000;

    /** A turn's share, and a step more. */
    private static final long MOST_A_TURN = 256 * 1024;

    /** A high mark, a step beyond it, and what lies at the other end of a pair. */
    private static final long MOST_HELD = 512 * 1024;

    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        loop = new EventLoop(SimKernel.calm(1), "filters", Engine.READINESS);
    }

    @AfterEach
    void close() {
        loop.close();
        QUIET.setLevel(null);
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private void runUntil(BooleanSupplier condition) {
        for (int i = 0; i < 20_000; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            loop.turn(0);
        }
        throw new AssertionError("it does not come to that");
    }

    /** Turns until nothing happens any more, whatever there was. */
    private void run() {
        for (int i = 0; i < 2_000; i++) {
            loop.turn(0);
        }
    }

    /** Hands bytes on in pieces, and notes how many in each turn. */
    private final class Counting implements LinkFilter {
        private final LinkFilter inner;
        private long turn;
        private long inTurn;
        long most;
        long all;

        Counting(LinkFilter inner) {
            this.inner = inner;
        }

        @Override
        public Outcome input(Buffer from, Buffer to, Flush mode) {
            int before = to.readable();
            Outcome outcome = inner.input(from, to, mode);
            count(to.readable() - before);
            return outcome;
        }

        @Override
        public Outcome output(Buffer from, Buffer to, Flush mode) {
            int before = from.readable();
            Outcome outcome = inner.output(from, to, mode);
            count(before - from.readable());
            return outcome;
        }

        private void count(long bytes) {
            inTurn = turn == loop.turns() ? inTurn + bytes : bytes;
            turn = loop.turns();
            most = Math.max(most, inTurn);
            all += bytes;
        }
    }

    /** What an end has seen. */
    private static final class Seen {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final List<String> events = new ArrayList<>();
        ByteStream stream;

        Protocol protocol(Consumer<ByteStream> setup) {
            return ByteStream.protocol(opened -> {
                stream = opened;
                opened.onData(in -> bytes.writeBytes(in.take(in.readable())))
                        .onEnd(() -> events.add("end"))
                        .onClosed(why -> events.add(why.name()));
                setup.accept(opened);
            });
        }
    }

    private final Seen a = new Seen();
    private final Seen b = new Seen();

    private void join(LinkFilter ofA, LinkFilter ofB) {
        Pair.join(
                loop,
                new LayerProtocol(ofA, a.protocol(stream -> {})),
                new LayerProtocol(ofB, b.protocol(stream -> {})));
        runUntil(() -> a.stream != null && b.stream != null);
    }

    // ---- work ----

    @Test
    void whatGoesOutIsCompressedAFewPiecesATurn() {
        Counting out = new Counting(new DeflateFilter());
        join(out, new DeflateFilter());
        byte[] bytes = noise(MUCH);
        a.stream.write(bytes);
        runUntil(() -> b.bytes.size() == MUCH);
        assertArrayEquals(bytes, b.bytes.toByteArray());
        assertTrue(out.most <= MOST_A_TURN, out.most + " bytes in one turn");
    }

    /** Nothing comes out of the filter for a long time: its work is what goes in. */
    @Test
    void whatCompressesWellIsWorkAsWell() {
        Counting out = new Counting(new DeflateFilter());
        join(out, new DeflateFilter());
        a.stream.write(new byte[MUCH]);
        runUntil(() -> b.bytes.size() == MUCH);
        assertTrue(out.most <= MOST_A_TURN, out.most + " bytes in one turn");
    }

    /** A kilobyte that becomes a megabyte. */
    @Test
    void whatComesInIsInflatedAFewPiecesATurn() {
        Counting in = new Counting(new DeflateFilter());
        Pair.join(loop, a.protocol(stream -> {}), new LayerProtocol(in, b.protocol(stream -> {})));
        runUntil(() -> a.stream != null);
        byte[] bomb = deflated(new byte[8 * MUCH]);
        assertTrue(bomb.length < 64 * 1024, "it comes all at once: " + bomb.length);
        a.stream.write(bomb);
        a.stream.finish();
        runUntil(() -> b.bytes.size() == 8 * MUCH && !b.events.isEmpty());
        assertTrue(in.most <= MOST_A_TURN, in.most + " bytes in one turn");
        assertEquals(List.of("end"), b.events);
    }

    private static byte[] deflated(byte[] bytes) {
        Deflater deflater = new Deflater(9);
        deflater.setInput(bytes);
        deflater.finish();
        byte[] into = new byte[bytes.length + 100];
        int n = deflater.deflate(into);
        deflater.end();
        return Arrays.copyOf(into, n);
    }

    // ---- pressure ----

    @Test
    void nothingIsCompressedThatNobodyTakes() {
        Counting out = new Counting(new DeflateFilter());
        join(out, new DeflateFilter());
        b.stream.pause(true);
        byte[] bytes = noise(MUCH);
        a.stream.write(bytes);
        run();
        assertTrue(out.all <= MOST_HELD, out.all + " bytes for nobody");
        b.stream.pause(false);
        runUntil(() -> b.bytes.size() == MUCH);
        assertArrayEquals(bytes, b.bytes.toByteArray());
    }

    /** An end that echoes, to a peer that reads nothing: it takes no more input than its output has room for. */
    @Test
    void nothingIsInflatedWhoseAnswerNobodyTakes() {
        Counting in = new Counting(new DeflateFilter());
        Protocol echo = ByteStream.protocol(stream -> stream.onData(bytes -> {
            stream.write(bytes);
            bytes.consume(bytes.readable());
        }));
        Pair.join(loop, a.protocol(stream -> {}), new LayerProtocol(new Half(in), echo));
        runUntil(() -> a.stream != null);
        a.stream.pause(true);
        a.stream.write(deflated(new byte[MUCH]));
        run();
        assertTrue(in.all <= MOST_HELD, in.all + " bytes for nobody");
        a.stream.pause(false);
        runUntil(() -> a.bytes.size() == MUCH);
    }

    /** Filters what comes in, and lets pass what goes out. */
    private record Half(LinkFilter input) implements LinkFilter {
        @Override
        public Outcome input(Buffer from, Buffer to, Flush mode) {
            return input.input(from, to, mode);
        }

        @Override
        public Outcome output(Buffer from, Buffer to, Flush mode) {
            return from.moveTo(to, 10_000) > 0 ? Outcome.OK : Outcome.NEED_MORE;
        }
    }

    @Test
    void aProducerIsCalledAtTheLowMark() {
        join(new Blocks(1), new Blocks(1));
        List<Long> waiting = new ArrayList<>();
        a.stream.link().flow().writeWatermarks(50_000, 100_000);
        a.stream.onDrained(() -> waiting.add(a.stream.link().pending()));
        b.stream.pause(true);
        a.stream.write(new byte[400_000]);
        run();
        assertEquals(List.of(), waiting, "nothing has fallen");
        b.stream.pause(false);
        runUntil(() -> b.bytes.size() == 400_000);
        run();
        assertTrue(waiting.getFirst() > 0 && waiting.getFirst() <= 50_000, "at the low mark: " + waiting);
        assertEquals(0, waiting.getLast(), "and when all has left: " + waiting);
        assertEquals(2, waiting.size(), "once each: " + waiting);
    }

    // ---- what filters may do ----

    /** Takes whole blocks only, and what is left at the end. */
    private record Blocks(int size) implements LinkFilter {
        @Override
        public Outcome input(Buffer from, Buffer to, Flush mode) {
            int whole = Math.min(from.readable(), 20_000) / size * size;
            int count = mode == Flush.FINISHED && whole == 0 ? from.readable() : whole;
            return from.moveTo(to, count) > 0 ? Outcome.OK : Outcome.NEED_MORE;
        }

        @Override
        public Outcome output(Buffer from, Buffer to, Flush mode) {
            return input(from, to, mode);
        }
    }

    private record Content(byte[] content) {
        OpenFile file() {
            return new OpenFile(new FileInfo("memory", FileInfo.Kind.FILE, content.length, Instant.EPOCH, null, 0, 0)) {
                @Override
                public int read(long position, byte[] into, int offset, int length) {
                    int count = (int) Math.min(length, content.length - position);
                    System.arraycopy(content, (int) position, into, offset, count);
                    return count;
                }

                @Override
                protected void release() {}
            };
        }
    }

    /** What a filter leaves of a file's piece goes in front of the next one. */
    @Test
    void whatAFilterLeavesIsSeenAgain() {
        join(new Blocks(1_000), new Blocks(7));
        byte[] bytes = noise(300_321);
        a.stream.write("1234567");
        a.stream.write(new Content(bytes).file(), 0, bytes.length);
        a.stream.write("tail");
        a.stream.finish();
        runUntil(() -> !b.events.isEmpty());
        byte[] got = b.bytes.toByteArray();
        assertEquals(7 + bytes.length + 4, got.length);
        assertArrayEquals(bytes, Arrays.copyOfRange(got, 7, 7 + bytes.length));
        assertEquals(List.of("end"), b.events);
    }

    /** The end of the stream is not told before what lies in front of it. */
    @Test
    void whatWaitsBelowAPauseComesBeforeTheEnd() {
        join(new DeflateFilter(), new DeflateFilter());
        b.stream.pause(true);
        byte[] bytes = noise(50_000);
        a.stream.write(bytes);
        a.stream.finish();
        run();
        assertEquals(List.of(), b.events);
        b.stream.pause(false);
        runUntil(() -> !b.events.isEmpty());
        assertArrayEquals(bytes, b.bytes.toByteArray());
        assertEquals(List.of("end"), b.events);
    }

    @Test
    void nothingIsShownBehindAClose() {
        Pair.join(
                loop,
                a.protocol(stream -> {}),
                new LayerProtocol(
                        new DeflateFilter(),
                        b.protocol(stream -> stream.onData(in -> {
                            b.events.add("data");
                            in.consume(in.readable());
                            stream.link().close(CloseMode.NOW);
                        }))));
        runUntil(() -> a.stream != null);
        a.stream.write(deflated(new byte[1_000_000]));
        runUntil(() -> b.events.contains("LOCAL"));
        assertEquals(List.of("data", "LOCAL"), b.events);
    }

    @Test
    void aFilterThatFailsInCloseDoesNotKeepTheEndFromBeingTold() {
        QUIET.setLevel(Level.OFF);
        LinkFilter failing = new LinkFilter() {
            @Override
            public Outcome input(Buffer from, Buffer to, Flush mode) {
                return new Blocks(1).input(from, to, mode);
            }

            @Override
            public Outcome output(Buffer from, Buffer to, Flush mode) {
                return new Blocks(1).output(from, to, mode);
            }

            @Override
            public void close() {
                throw new IllegalStateException("on purpose, for a test");
            }
        };
        join(failing, new Blocks(1));
        a.stream.close();
        runUntil(() -> !a.events.isEmpty());
        assertEquals(List.of("LOCAL"), a.events);
    }

    // ---- another protocol ----

    /** Notes what it is told of limits. */
    private static final class Limited implements Protocol {
        final List<String> events = new ArrayList<>();
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Link link;

        @Override
        public void opened(Link now) {
            link = now;
        }

        @Override
        public void receive(Buffer in, Link now) {
            bytes.writeBytes(in.take(in.readable()));
        }

        @Override
        public void expired(Link now) {
            events.add("expired");
        }

        @Override
        public void timedOut(Link now, TimeLimit which) {
            events.add("late " + which);
        }

        @Override
        public void closed(CloseCause why) {
            events.add(why.name());
        }
    }

    private static Protocol limiting(Protocol next) {
        return new Protocol() {
            @Override
            public void opened(Link link) {
                link.deadline(link.now() + 1_000_000);
                link.flow().writeTimeout(1_000_000);
                for (TimeLimit which : TimeLimit.values()) {
                    link.flow().timeout(which, 1_000_000);
                }
                link.flow().writeWatermarks(1, 2);
                link.flow().readWatermarks(100, 200);
                link.switchProtocol(next);
            }

            @Override
            public void receive(Buffer in, Link link) {}
        };
    }

    private void assertNoLimits(Limited next) {
        runUntil(() -> a.stream != null && next.link != null);
        a.stream.write("x");
        run();
        assertEquals(1, next.bytes.size(), "less than the low mark of the one before");
        a.stream.pause(true);
        next.link.out().append(new byte[MUCH]);
        next.link.flush();
        long end = loop.now() + 10_000_000_000L;
        while (loop.now() < end) {
            loop.turn(end - loop.now());
        }
        assertEquals(List.of(), next.events);
        a.stream.pause(false);
        runUntil(() -> a.bytes.size() == MUCH);
    }

    @Test
    void theNextProtocolOfAPairFindsNoLimitsOfTheOneBefore() {
        Limited next = new Limited();
        Pair.join(loop, a.protocol(stream -> {}), limiting(next));
        assertNoLimits(next);
    }

    @Test
    void theNextProtocolAboveAFilterFindsNoLimitsOfTheOneBefore() {
        Limited next = new Limited();
        Pair.join(loop, a.protocol(stream -> {}), new LayerProtocol(new Blocks(1), limiting(next)));
        assertNoLimits(next);
    }

    // ---- the end of the loop ----

    @Test
    void aPairEndsWithItsLoop() {
        join(new Blocks(1), new Blocks(1));
        List<String> released = new ArrayList<>();
        b.stream.pause(true);
        a.stream.write(
                new OpenFile(new FileInfo("file", FileInfo.Kind.FILE, 1_000_000, Instant.EPOCH, null, 0, 0)) {
                    @Override
                    public int read(long position, byte[] into, int offset, int length) {
                        return length;
                    }

                    @Override
                    protected void release() {
                        released.add("file");
                    }
                },
                0,
                1_000_000);
        run();
        loop.close();
        assertEquals(List.of("file"), released);
        assertEquals(List.of("SHUTDOWN"), a.events);
        assertEquals("SHUTDOWN", b.events.getLast());
    }
}
