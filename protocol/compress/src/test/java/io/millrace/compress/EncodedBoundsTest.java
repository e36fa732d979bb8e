// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.http.Handler;
import io.millrace.http.ResponseStream;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What compression holds: contexts until an answer ends in whatever way, and little for a reader that is slow. */
final class EncodedBoundsTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n";
    private static final int HIGH = 16 * 1024;

    // What one slice can become, and the block that gathers before it.
    private static final int MOST_PENDING = HIGH + EncodedStream.SLICE + 16 * 1024;

    /** Gzip that counts what has been opened and not been closed. */
    private static final class CountedGzip implements ContentCoding {
        private final GzipCoding gzip = new GzipCoding(1);
        int opened;
        int open;

        @Override
        public String token() {
            return gzip.token();
        }

        @Override
        public String suffix() {
            return gzip.suffix();
        }

        @Override
        public ContentEncoder open() {
            opened++;
            open++;
            return new Counted(gzip.open());
        }

        private final class Counted implements ContentEncoder {
            private final ContentEncoder encoder;
            private boolean closed;

            Counted(ContentEncoder encoder) {
                this.encoder = encoder;
            }

            @Override
            public void encode(byte[] bytes, int offset, int length, Buffer out) {
                encoder.encode(bytes, offset, length, out);
            }

            @Override
            public void flush(Buffer out) {
                encoder.flush(out);
            }

            @Override
            public void finish(Buffer out) {
                encoder.finish(out);
            }

            @Override
            public byte[] filler() {
                return encoder.filler();
            }

            @Override
            public void close() {
                open -= closed ? 0 : 1;
                closed = true;
                encoder.close();
            }
        }
    }

    /** A file of any size that repeats a block, and counts what is read of it. */
    private static final class RepeatedFile extends OpenFile {
        private final byte[] block;
        long read;
        int released;

        RepeatedFile(byte[] block, long size) {
            super(new FileInfo("f", FileInfo.Kind.FILE, size, Instant.EPOCH, Instant.EPOCH, 1, 3));
            this.block = block;
        }

        @Override
        public int read(long position, byte[] into, int offset, int length) {
            int from = (int) (position % block.length);
            int count = Math.min(length, block.length - from);
            System.arraycopy(block, from, into, offset, count);
            read += count;
            return count;
        }

        @Override
        protected void release() {
            released++;
        }
    }

    private final CountedGzip coding = new CountedGzip();
    private final CompressionFilter filter =
            CompressionFilter.of(Compression.DEFAULT.withCodings(coding).withTypes("text/event-stream"));
    private final List<ResponseStream> streams = new ArrayList<>();

    private static byte[] half(int length) {
        Random random = new Random(7);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(16));
        }
        return bytes;
    }

    private Handler streaming(String type) {
        return (request, response) -> streams.add(response.defer().type(type).stream());
    }

    // ---- contexts

    /** One way in which an answer ends. */
    private interface Ending {
        void end(MemoryLink link, ResponseStream out) throws IOException;
    }

    private static Map<String, Ending> endings() {
        byte[] large = half(400_000);
        Map<String, Ending> endings = new LinkedHashMap<>();
        endings.put("it is complete", (link, out) -> out.close());
        endings.put("the client goes before anything", (link, out) -> link.reset());
        endings.put("the client goes behind what was not flushed", (link, out) -> {
            out.write("begun");
            link.reset();
        });
        endings.put("the client goes behind what was flushed", (link, out) -> {
            out.write("begun");
            out.flush();
            link.run().reset();
        });
        endings.put("the client goes while pieces wait", (link, out) -> {
            link.window(0);
            out.write(large);
            out.write("behind");
            link.run().reset();
        });
        endings.put("the client goes when the end waits", (link, out) -> {
            link.window(0);
            out.write(large);
            out.close();
            link.run().reset();
        });
        endings.put("the client takes nothing", (link, out) -> {
            link.window(0);
            out.write(large);
            link.run().advance(Duration.ofHours(1));
        });
        endings.put("it is broken off", (link, out) -> {
            out.write("begun");
            out.abort();
        });
        endings.put("it is broken off while pieces wait", (link, out) -> {
            link.window(0);
            out.write(large);
            link.run();
            out.abort();
        });
        endings.put("the server stops and the client goes", (link, out) -> {
            out.write("begun");
            link.stop().reset();
        });
        return endings;
    }

    @TestFactory
    Stream<DynamicTest> aContextComesBackWhen() {
        return endings().entrySet().stream()
                .map(each -> DynamicTest.dynamicTest(each.getKey(), () -> comesBack(each.getValue())));
    }

    private void comesBack(Ending ending) throws IOException {
        int before = coding.opened;
        MemoryLink link = Answers.link(filter, streaming("text/plain")).highWater(HIGH);
        link.feed(GET).run();
        ending.end(link, streams.getLast());
        link.run();
        assertEquals(before + 1, coding.opened);
        assertEquals(0, coding.open, "contexts that are lent");
        assertEquals(0, filter.openEncoders());
    }

    @Test
    @ExpectedLog("expected by this test")
    void aContextComesBackWhenTheHandlerFails() {
        Handler failing = (request, response) -> {
            response.type("text/plain").stream().write("begun");
            throw new IllegalStateException("expected by this test");
        };
        MemoryLink link = Answers.link(filter, failing).feed(GET).run();
        assertTrue(link.isClosed());
        assertEquals(1, coding.opened);
        assertEquals(0, coding.open);
    }

    // ---- slow readers

    /** A producer that writes while it may, to a reader that takes 4 KiB at a time. */
    @Test
    void littleWaitsForASlowReaderOfALargeStream() throws IOException {
        byte[] block = half(32 * 1024);
        long total = 8L << 20;
        MemoryLink link =
                Answers.link(filter, streaming("text/plain")).highWater(HIGH).window(0);
        link.feed(GET).run();
        ResponseStream out = streams.getFirst();
        long[] written = new long[1];
        Runnable produce = () -> {
            while (written[0] < total && out.writable()) {
                written[0] += block.length;
                write(out, block);
            }
        };
        out.onWritable(produce);
        produce.run();
        link.run();
        assertTrue(written[0] < 1 << 20, "written for one that takes nothing: " + written[0]);
        long most = 0;
        while (written[0] < total) {
            link.window(4096).run();
            most = Math.max(most, link.pending());
        }
        assertTrue(most < MOST_PENDING, "waiting: " + most);
        link.window(Long.MAX_VALUE / 2);
        out.close();
        assertEquals(total, Answers.answer(link.run().sent()).text().length());
        assertEquals(0, coding.open);
    }

    private static void write(ResponseStream out, byte[] block) {
        try {
            out.write(block);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Of a file of a gigabyte no more is read and compressed than the reader follows. */
    @Test
    void aLargeFileIsReadAsFarAsItsReaderFollows() {
        RepeatedFile file = new RepeatedFile(half(64 * 1024), 1L << 30);
        Handler handler = (request, response) -> response.type("text/plain").send(file, 0, file.size());
        MemoryLink link = Answers.link(filter, handler).highWater(HIGH).window(0);
        link.feed(GET).run();
        long taken = 0;
        for (int i = 0; i < 500; i++) {
            link.window(4096).run();
            taken += link.take().length();
            assertTrue(link.pending() < MOST_PENDING, "waiting: " + link.pending());
        }
        assertTrue(file.read < 3 * taken + (1 << 20), "read " + file.read + " for " + taken);
        link.reset().run();
        assertEquals(1, file.released);
        assertEquals(0, coding.open);
        assertEquals(0, filter.keptBytes());
    }

    // ---- events

    /** An event is whole in what leaves by its own flush: no time passes, and nothing is sent after it. */
    @Test
    void anEventLeavesByItsOwnFlush() throws IOException {
        MemoryLink link = Answers.link(filter, streaming("text/event-stream"));
        link.feed(GET).run();
        ResponseStream out = streams.getFirst();
        long before = link.clock().nanos();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            String event = "id: " + i + "\ndata: " + "x".repeat(i) + "\n\n";
            expected.append(event);
            out.write(event);
            out.flush();
            long waiting = link.pending();
            int had = link.sent().length;
            assertTrue(waiting > 0, "it waits for a turn");
            assertEquals(waiting, link.run().sent().length - had, "more came later");
            assertEquals(expected.toString(), decoded(link));
        }
        assertEquals(before, link.clock().nanos());
        assertFalse(link.isClosed());
        link.reset().run();
        assertEquals(0, coding.open);
    }

    private static String decoded(MemoryLink link) throws IOException {
        byte[] body = Answers.answer((link.text() + "0\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1))
                .body();
        return new String(EncodedStreamTest.decodedSoFar(body), StandardCharsets.UTF_8);
    }
}
