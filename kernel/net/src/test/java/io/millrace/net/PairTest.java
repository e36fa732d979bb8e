// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.FileInfo;
import io.millrace.core.LineEnd;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import io.millrace.link.DeflateFilter;
import io.millrace.link.Flush;
import io.millrace.link.LayerProtocol;
import io.millrace.link.LinkFilter;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.SimKernel;
import io.millrace.transport.Engine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two links joined in memory, and filters over them, on a virtual clock: libevent's cases for bufferevent_pair and
 * bufferevent_filter (61 to 69 of the plan).
 */
@Timeout(60)
class PairTest {
    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        loop = new EventLoop(SimKernel.calm(1), "pair", Engine.READINESS);
    }

    @AfterEach
    void close() {
        loop.close();
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Turns until nothing is left to do but to wait for time to pass. */
    private void run() {
        for (int i = 0; i < 3000; i++) {
            loop.turn(0);
        }
    }

    private void pass(long millis) {
        long end = loop.now() + millis * 1_000_000;
        while (loop.now() < end) {
            loop.turn(end - loop.now());
        }
        // Some turns more for what it has set off: a turn takes no more than some microseconds here.
        for (int i = 0; i < 50; i++) {
            loop.turn(0);
        }
    }

    /** What an end has seen. */
    private static final class Seen {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final List<String> events = new ArrayList<>();
        ByteStream stream;

        Protocol protocol() {
            return ByteStream.protocol(opened -> {
                stream = opened;
                opened.onData(in -> bytes.writeBytes(in.take(in.readable())))
                        .onEnd(() -> events.add("end"))
                        .onLate(which -> events.add(which.name()))
                        .onClosed(why -> events.add(why.name()));
            });
        }

        String text() {
            return bytes.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private final Seen a = new Seen();
    private final Seen b = new Seen();

    private Pair join() {
        Pair pair = Pair.join(loop, a.protocol(), b.protocol());
        run();
        return pair;
    }

    /** bufferevent_pair: both ways, half-close in each direction, orderly end. */
    @Test
    void pairTransfersBothWaysAndEndsInOrder() {
        join();
        a.stream.write("to b");
        b.stream.write("to a");
        a.stream.finish();
        a.stream.write("dropped");
        run();
        assertEquals("to b", b.text());
        assertEquals("to a", a.text());
        assertEquals(List.of("end"), b.events);
        b.stream.write(", still");
        b.stream.close();
        run();
        assertEquals("to a, still", a.text());
        assertEquals(List.of("end", "LOCAL"), b.events);
        assertEquals(List.of("end"), a.events);
        a.stream.close();
        run();
        assertEquals(List.of("end", "LOCAL"), a.events);
    }

    /** bufferevent_pair_flush: what was not flushed stays; an end comes after everything before it. */
    @Test
    void pairFlushSendsWhatWasAppended() {
        join();
        a.stream.out().appendLatin1("abc");
        run();
        assertEquals("", b.text());
        a.stream.flush(Flush.NORMAL);
        run();
        assertEquals("abc", b.text());
        a.stream.out().appendLatin1("def");
        a.stream.flush(Flush.FINISHED);
        run();
        assertEquals("abcdef", b.text());
        assertEquals(List.of("end"), b.events);
    }

    @Test
    void abortResetsTheOtherEnd() {
        join();
        a.stream.abort();
        run();
        assertEquals(List.of("LOCAL"), a.events);
        assertEquals(List.of("RESET"), b.events);
        assertEquals(0, b.stream.link().pending());
        b.stream.write("into nothing");
        run();
        assertEquals(List.of("RESET"), b.events, "a dead link swallows it");
    }

    @Test
    void sendingToAnEndThatIsGoneIsAReset() {
        join();
        b.stream.onEnd(() -> {});
        a.stream.link().close(CloseMode.NOW);
        run();
        b.stream.write("too late");
        run();
        assertEquals(List.of("RESET"), b.events);
    }

    @ExpectedLog("a protocol failed on one end of a pair")
    @Test
    void aProtocolThatThrowsEndsItsEndAndResetsTheOther() {
        join();
        b.stream.onData(in -> {
            throw new IllegalStateException("on purpose");
        });
        a.stream.write("x");
        run();
        assertEquals(List.of("FAILED"), b.events);
        assertEquals(List.of("RESET"), a.events);
    }

    /** watermarks over a pair: 10 to 20 bytes at a time; the rest of fewer at the end. */
    @Test
    void watermarksPairInput() {
        join();
        List<Integer> sizes = new ArrayList<>();
        b.stream.link().flow().readWatermarks(10, 20);
        b.stream.onData(in -> {
            sizes.add(in.readable());
            in.consume(in.readable());
        });
        a.stream.write(new byte[9]);
        run();
        assertEquals(List.of(), sizes);
        a.stream.write(new byte[56]);
        run();
        assertEquals(List.of(20, 20, 20), sizes);
        a.stream.finish();
        run();
        assertEquals(List.of(20, 20, 20, 5), sizes);
    }

    /**
     * watermarks over a pair, and suspended reading: the producer stops at the high mark and is called at the low one.
     */
    @Test
    void watermarksPairOutput() {
        join();
        List<Long> calls = new ArrayList<>();
        a.stream.link().flow().writeWatermarks(1000, 100_000);
        b.stream.pause(true);
        a.stream.write(new byte[64 * 1024 + 150_000]);
        a.stream.onDrained(() -> calls.add(a.stream.link().pending()));
        run();
        assertFalse(a.stream.writable());
        assertEquals(150_000, a.stream.link().pending(), "a window's worth lies at the other end");
        assertEquals(List.of(), calls);
        b.stream.link().flow().readWatermarks(1, 1000);
        b.stream.pause(false);
        run();
        assertEquals(214 * 1000 + 1536, b.bytes.size());
        assertEquals(2, calls.size(), "at the low mark and when all had left: " + calls);
        assertTrue(calls.getFirst() <= 1000 && calls.getFirst() > 0);
        assertEquals(0, calls.getLast());
    }

    /** bufferevent_timeout_pair: each limit once, by itself, at its time. */
    @Test
    void timeoutPair() {
        join();
        pass(1);
        a.stream.link().flow().timeout(TimeLimit.READ, 150_000_000);
        a.stream.link().flow().timeout(TimeLimit.WRITE, 100_000_000);
        b.stream.pause(true);
        a.stream.write(new byte[200_000]);
        pass(95);
        assertEquals(List.of(), a.events);
        pass(10);
        assertEquals(List.of("WRITE"), a.events);
        pass(50);
        assertEquals(List.of("WRITE", "READ"), a.events);
        pass(1000);
        assertEquals(List.of("WRITE", "READ"), a.events, "once");
        b.stream.write("x");
        pass(160);
        assertEquals(List.of("WRITE", "READ", "READ"), a.events, "and again after something moved");
    }

    @Test
    void idleDeadlineAndStallLimit() {
        join();
        pass(1);
        a.stream.link().flow().timeout(TimeLimit.IDLE, 100_000_000);
        pass(90);
        b.stream.write("x");
        pass(90);
        assertEquals(List.of(), a.events);
        pass(20);
        assertEquals(List.of("IDLE"), a.events);
        b.stream.link().flow().writeTimeout(50_000_000);
        a.stream.pause(true);
        b.stream.write(new byte[100_000]);
        pass(60);
        assertEquals(List.of("STALLED"), b.events);
    }

    /** trigger: the callback comes again with what it left, and never from within a verb. */
    @Test
    void triggerOffersTheRestAgainAndNothingIsReentrant() {
        join();
        List<String> offers = new ArrayList<>();
        boolean[] inside = new boolean[1];
        b.stream.onData(in -> {
            assertFalse(inside[0], "called from within its own call");
            inside[0] = true;
            offers.add(in.text(StandardCharsets.ISO_8859_1));
            if (offers.size() < 3) {
                b.stream.trigger();
                b.stream.write("y");
            } else {
                in.consume(in.readable());
            }
            inside[0] = false;
        });
        a.stream.write("x");
        run();
        assertEquals(List.of("x", "x", "x"), offers);
    }

    /** add_reference, multicast, add_file over memory: order kept, released once, unread ones as well. */
    @Test
    void bodiesAndFilesKeepTheirOrderAndAreReleasedOnce() {
        join();
        byte[] content = noise(200_000);
        List<String> released = new ArrayList<>();
        try (SharedBytes body = SharedBytes.of(content, 10, 100_000, () -> released.add("body"))) {
            a.stream
                    .write("1")
                    .write(body)
                    .write("2")
                    .write(new Memory(content, released), 5, 150_000)
                    .write("3")
                    .write(body);
        }
        run();
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.write('1');
        expected.write(content, 10, 100_000);
        expected.write('2');
        expected.write(content, 5, 150_000);
        expected.write('3');
        expected.write(content, 10, 100_000);
        assertArrayEquals(expected.toByteArray(), b.bytes.toByteArray());
        assertEquals(List.of("file", "body"), released);
        try (SharedBytes body = SharedBytes.of(content, 0, 100_000, () -> released.add("dropped"))) {
            b.stream.pause(true);
            a.stream.write(body).write(body);
        }
        run();
        b.stream.abort();
        run();
        assertEquals(List.of("file", "body", "dropped"), released);
    }

    private static final class Memory extends OpenFile {
        private final byte[] content;
        private final List<String> released;

        Memory(byte[] content, List<String> released) {
            super(FileInfo.ofSize("memory", content.length));
            this.content = content;
            this.released = released;
        }

        @Override
        public int read(long position, byte[] into, int offset, int length) {
            if (position >= content.length) {
                return -1;
            }
            int n = (int) Math.min(length, content.length - position);
            System.arraycopy(content, (int) position, into, offset, n);
            return n;
        }

        @Override
        protected void release() {
            released.add("file");
        }
    }

    @Test
    void aFileShorterThanPromisedEndsTheLink() {
        join();
        a.stream.write(new Memory(new byte[100], new ArrayList<>()), 0, 101);
        run();
        assertEquals(List.of("FAILED"), a.events);
        assertEquals(List.of("RESET"), b.events);
    }

    // ---- filters ----

    /** Adds one to each byte on the way out and takes it away on the way in; at most 7 bytes a call. */
    private static class Rotate implements LinkFilter {
        int closed;

        @Override
        public Outcome input(Buffer from, Buffer to, Flush mode) {
            return move(from, to, -1);
        }

        @Override
        public Outcome output(Buffer from, Buffer to, Flush mode) {
            return move(from, to, 1);
        }

        private static Outcome move(Buffer from, Buffer to, int change) {
            int n = Math.min(7, from.readable());
            for (int i = 0; i < n; i++) {
                to.append((byte) (from.peek(i) + change));
            }
            from.consume(n);
            return n > 0 ? Outcome.OK : Outcome.NEED_MORE;
        }

        @Override
        public void close() {
            closed++;
        }
    }

    /** bufferevent_filters, _pair: what one filter does the other undoes; each is closed once. */
    @Test
    void filtersOverAPair() {
        Rotate mine = new Rotate();
        Rotate theirs = new Rotate();
        Pair.join(loop, new LayerProtocol(mine, a.protocol()), new LayerProtocol(theirs, b.protocol()));
        run();
        byte[] bytes = noise(300_000);
        a.stream.write(bytes);
        b.stream.write("back");
        run();
        assertArrayEquals(bytes, b.bytes.toByteArray());
        assertEquals("back", a.text());
        a.stream.close();
        b.stream.onEnd(b.stream::close);
        run();
        assertEquals(1, mine.closed);
        assertEquals(1, theirs.closed);
    }

    /** What is on the wire is what the filter made; a filter put in later works from there on. */
    @Test
    void aFilterPutInLaterTransformsWhatFollows() {
        join();
        a.stream.write("plain ");
        run();
        a.stream.filter(new Rotate());
        a.stream.write("abc");
        run();
        assertEquals("plain bcd", b.text());
        b.stream.filter(new Rotate());
        a.stream.write("xyz");
        run();
        assertEquals("plain bcdxyz", b.text());
    }

    /** filter_data_stuck: more than the high mark of the layer above, in one piece, comes through. */
    @Test
    void filterDataStuck() {
        join();
        a.stream.filter(new Rotate());
        b.stream.filter(new Rotate());
        List<Integer> sizes = new ArrayList<>();
        b.stream.link().flow().readWatermarks(1, 4096);
        b.stream.onData(in -> {
            sizes.add(in.readable());
            in.consume(in.readable());
        });
        a.stream.write(new byte[4096 + 20]);
        run();
        assertEquals(4096 + 20, sizes.stream().mapToInt(n -> n).sum());
    }

    /** bufferevent_filters_disable: an upper layer that pauses is given nothing, and everything when it goes on. */
    @Test
    void pausingAboveAFilterHoldsTheInput() {
        join();
        a.stream.filter(new Rotate());
        b.stream.filter(new Rotate());
        run();
        b.stream.pause(true);
        byte[] bytes = noise(500_000);
        a.stream.write(bytes);
        run();
        assertEquals(0, b.bytes.size());
        assertTrue(a.stream.link().pending() > 0, "the peer has to wait");
        b.stream.pause(false);
        run();
        assertArrayEquals(bytes, b.bytes.toByteArray());
    }

    /** ERROR: the connection ends, and says why. */
    @Test
    void aFilterThatFailsEndsTheConnection() {
        join();
        b.stream.filter(new DeflateFilter());
        a.stream.write("this was never compressed");
        run();
        assertEquals(List.of("FAILED"), b.events);
    }

    /**
     * zlib: compressed for real, in both directions, whatever the pieces; flush gets everything across, and normal may
     * keep it.
     */
    @Test
    void deflateCompressesAndFlushes() {
        join();
        a.stream.filter(new DeflateFilter());
        b.stream.filter(new DeflateFilter());
        run();
        a.stream.out().appendLatin1("kept back");
        a.stream.flush(Flush.NORMAL);
        run();
        assertEquals("", b.text());
        a.stream.flush(Flush.FLUSH);
        run();
        assertEquals("kept back", b.text());
        byte[] same = new byte[5_000_000];
        Arrays.fill(same, (byte) 'm');
        a.stream.write(same);
        b.stream.write(noise(100_000));
        run();
        assertEquals(5_000_009, b.bytes.size());
        assertArrayEquals(noise(100_000), a.bytes.toByteArray());
        assertTrue(
                b.stream.link().flow().stats().bytesIn() < 20_000,
                "compressed: " + b.stream.link().flow().stats().bytesIn());
    }

    /** flush_finished: the end of the layer comes through, and then nothing. */
    @Test
    void finishedEndsTheCompressedStream() {
        join();
        a.stream.filter(new DeflateFilter());
        b.stream.filter(new DeflateFilter());
        a.stream.out().appendLatin1("last");
        a.stream.flush(Flush.FINISHED);
        a.stream.write("dropped");
        run();
        assertEquals("last", b.text());
        assertEquals(List.of("end"), b.events);
        b.stream.write("answer").close();
        run();
        assertEquals("answer", a.text());
    }

    @Test
    void aCompressedStreamThatIsCutIsAFailure() {
        Seen raw = new Seen();
        Pair.join(loop, raw.protocol(), new LayerProtocol(new DeflateFilter(), b.protocol()));
        run();
        raw.stream.write(new byte[] {0x78, (byte) 0x9c, 0x4b});
        raw.stream.finish();
        run();
        assertEquals(List.of("FAILED"), b.events);
    }

    /** Files and bodies go through a filter, in order, and no faster than the other side takes them. */
    @Test
    void filesGoThroughFilters() {
        join();
        a.stream.filter(new DeflateFilter());
        b.stream.filter(new DeflateFilter());
        run();
        byte[] content = noise(2_000_000);
        List<String> released = new ArrayList<>();
        b.stream.pause(true);
        a.stream
                .write("<")
                .write(new Memory(content, released), 0, content.length)
                .write(">")
                .write(SharedBytes.of(content));
        a.stream.close();
        run();
        assertEquals(List.of(), released, "the file waits");
        b.stream.pause(false);
        run();
        byte[] got = b.bytes.toByteArray();
        assertEquals(2 * content.length + 2, got.length);
        assertArrayEquals(content, Arrays.copyOfRange(got, 1, 1 + content.length));
        assertArrayEquals(content, Arrays.copyOfRange(got, 2 + content.length, got.length));
        assertEquals(List.of("file"), released);
        assertEquals(List.of("end"), b.events);
    }

    // ---- lines ----

    @Test
    void linesComeWholeAndOneTooLongEndsTheConnection() {
        join();
        List<String> lines = new ArrayList<>();
        b.stream.onLine(LineEnd.CRLF, 10, lines::add);
        a.stream.write("one\r\nt");
        run();
        a.stream.write("wo\n\r\n0123456789");
        run();
        assertEquals(List.of("one", "two", ""), lines);
        a.stream.write("\r\n0123456789a");
        run();
        assertEquals(List.of("one", "two", "", "0123456789"), lines);
        a.stream.write("b\r\n");
        run();
        assertEquals(List.of("one", "two", "", "0123456789"), lines);
        assertEquals(List.of("LOCAL"), b.events);
    }

    @Test
    void noLineIsShownAfterAPauseOrAClose() {
        join();
        List<String> lines = new ArrayList<>();
        b.stream.onLine(LineEnd.LF, 100, line -> {
            lines.add(line);
            if (line.equals("pause")) {
                b.stream.pause(true);
            } else if (line.equals("quit")) {
                b.stream.close();
            }
        });
        a.stream.write("one\npause\ntwo\nquit\nthree\n");
        run();
        assertEquals(List.of("one", "pause"), lines);
        b.stream.pause(false);
        run();
        assertEquals(List.of("one", "pause", "two", "quit"), lines);
    }

    @Test
    void aCallbackCanHandTheRestToAnother() {
        join();
        b.stream.onLine(LineEnd.LF, 100, line -> b.stream.onData(in -> b.bytes.writeBytes(in.take(in.readable()))));
        a.stream.write("head\nbody\nbody");
        run();
        assertEquals("body\nbody", b.text());
    }

    @Test
    void aPairHasNoAddressesAndIsOwnedByItsLoop() {
        Pair pair = join();
        assertNull(pair.a().peer());
        assertNull(pair.b().local());
        assertTrue(pair.a().inLoop());
        Link link = pair.a();
        List<String> ran = new ArrayList<>();
        link.execute(() -> ran.add("task"));
        run();
        assertEquals(List.of("task"), ran);
    }
}
