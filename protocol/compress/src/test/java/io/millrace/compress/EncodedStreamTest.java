// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.compress.Answers.Answer;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.http.Handler;
import io.millrace.http.ResponseStream;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.MemoryLink;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Contents that are compressed as they are made, on the loop. */
final class EncodedStreamTest {
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n";

    private final CompressionFilter filter = CompressionFilter.of(Compression.DEFAULT);
    private final List<ResponseStream> streams = new ArrayList<>();

    private final Handler opening =
            (request, response) -> streams.add(response.defer().type("text/plain").header("ETag", "\"s\"").stream());

    /** Bytes that compress to about half. */
    private static byte[] content(int length) {
        Random random = new Random(7);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(16));
        }
        return bytes;
    }

    /** A file in memory that is counted. */
    private static final class MemoryFile extends OpenFile {
        final byte[] bytes;
        final AtomicBoolean released = new AtomicBoolean();
        int largestRead;

        MemoryFile(byte[] bytes, long size, long inode) {
            super(new FileInfo("f", FileInfo.Kind.FILE, size, Instant.EPOCH, Instant.EPOCH, 1, inode));
            this.bytes = bytes;
        }

        @Override
        public int read(long position, byte[] into, int offset, int length) {
            if (position >= bytes.length) {
                return -1;
            }
            int count = (int) Math.min(length, bytes.length - position);
            largestRead = Math.max(largestRead, count);
            System.arraycopy(bytes, (int) position, into, offset, count);
            return count;
        }

        @Override
        protected void release() {
            released.set(true);
        }
    }

    static byte[] decodedSoFar(byte[] gzip) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip))) {
            byte[] decoded = new byte[1 << 20];
            int count = 0;
            try {
                for (int n; (n = in.read(decoded, count, 1)) > 0; ) {
                    count += n;
                }
            } catch (EOFException e) {
                // there is no more of it yet
            }
            return Arrays.copyOf(decoded, count);
        }
    }

    private static byte[] bodySoFar(MemoryLink link) {
        return Answers.answer((link.text() + "0\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1))
                .body();
    }

    @Test
    void whatIsFlushedCanBeDecoded() throws IOException {
        MemoryLink link = Answers.link(filter, opening).feed(GET).run();
        ResponseStream out = streams.getFirst();
        String expected = "";
        for (String part : new String[] {"first ", "second ", "third"}) {
            expected += part;
            out.write(part);
            out.flush();
            link.run();
            assertEquals(expected, new String(decodedSoFar(bodySoFar(link)), StandardCharsets.UTF_8));
        }
        out.close();
        Answer answer = Answers.answer(link.run().sent());
        assertEquals("\"s-gz\"", answer.field("ETag"));
        assertEquals(expected, answer.text());
        assertEquals(0, filter.openEncoders());
    }

    @Test
    void aLargeContentIsCompressedInTurnsForAsLongAsTheClientFollows() {
        byte[] content = content(1 << 20);
        Handler handler = (request, response) -> response.type("text/plain").send(content);
        MemoryLink link = Answers.link(filter, handler).highWater(32 * 1024).window(0);
        link.feed(GET).run();
        assertEquals(1, filter.openEncoders());
        assertTrue(link.pending() < 200_000, "much waits: " + link.pending());
        link.window(Long.MAX_VALUE / 2).run();
        assertArrayEquals(content, Answers.gunzip(Answers.answer(link.sent()).body()));
        assertEquals(0, filter.openEncoders());
    }

    @Test
    void whatIsWrittenBehindALargePieceComesBehindIt() throws IOException {
        byte[] content = content(300_000);
        MemoryLink link = Answers.link(filter, opening).feed(GET);
        ResponseStream out = streams.getFirst();
        out.write("head ");
        out.write(content);
        assertFalse(out.writable());
        List<String> told = new ArrayList<>();
        out.onWritable(() -> told.add("writable"));
        out.write(" tail");
        out.flush();
        MemoryFile file = new MemoryFile(content, content.length, 5);
        out.transfer(file, 100_000, 200_000);
        link.run();
        assertEquals(List.of("writable"), told);
        assertTrue(file.released.get());
        assertTrue(file.largestRead <= EncodedStream.SLICE);
        out.close();
        String expected = "head " + new String(content, StandardCharsets.US_ASCII) + " tail"
                + new String(content, 100_000, 200_000, StandardCharsets.US_ASCII);
        assertEquals(expected, Answers.answer(link.run().sent()).text());
    }

    @Test
    void aFileIsCompressedOnce() {
        byte[] content = content(500_000);
        List<MemoryFile> files = new ArrayList<>();
        Handler handler = (request, response) -> {
            MemoryFile file = new MemoryFile(content, content.length, 9);
            files.add(file);
            response.type("text/plain").send(file, 0, file.size());
        };
        for (int i = 0; i < 3; i++) {
            Answer answer =
                    Answers.answer(Answers.link(filter, handler).feed(GET).run().sent());
            assertArrayEquals(content, Answers.gunzip(answer.body()));
            assertEquals(i == 0, answer.field("Content-Length") == null);
        }
        assertTrue(files.stream().allMatch(file -> file.released.get()));
        assertTrue(files.get(0).largestRead > 0);
        assertEquals(0, files.get(1).largestRead);
        assertEquals(0, files.get(2).largestRead);
        Answer head = Answers.ask(filter, handler, "HEAD", "", "Accept-Encoding: gzip");
        assertEquals("gzip", head.field("Content-Encoding"));
        assertTrue(head.field("Content-Length") != null);
    }

    @Test
    void aFileThatHasJustChangedOrThatNothingTellsApartIsNotKept() {
        Instant now = Instant.now();
        ContentCoding coding = new GzipCoding(1);
        FileInfo.Kind kind = FileInfo.Kind.FILE;
        assertNull(EncodedContents.key(new FileInfo("f", kind, 1, now, now, 1, 1), coding, now));
        assertNull(EncodedContents.key(new FileInfo("f", kind, 1, now, null, 1, 1), coding, now));
        assertNull(EncodedContents.key(new FileInfo("f", kind, 1, now, now.minusSeconds(9), 1, 0), coding, now));
    }

    @Test
    void partOfAFileIsCompressedAndNotKept() {
        byte[] content = content(200_000);
        Handler handler = (request, response) ->
                response.type("text/plain").send(new MemoryFile(content, content.length, 11), 1000, 5000);
        Answer answer = Answers.get(filter, handler, "Accept-Encoding: gzip");
        assertEquals(new String(content, 1000, 5000, StandardCharsets.US_ASCII), answer.text());
        assertEquals(0, filter.keptBytes());
    }

    @Test
    @ExpectedLog("an answer cannot be completed")
    void aFileThatBecomesShorterBreaksTheAnswerOff() {
        byte[] content = content(100_000);
        MemoryFile file = new MemoryFile(content, 200_000, 3);
        Handler handler = (request, response) -> response.type("text/plain").send(file, 0, file.size());
        MemoryLink link = Answers.link(filter, handler).feed(GET).run();
        assertTrue(link.isClosed());
        assertFalse(link.text().endsWith("0\r\n\r\n"));
        assertTrue(file.released.get());
        assertEquals(0, filter.openEncoders());
        assertEquals(0, filter.keptBytes());
    }

    @Test
    void aClientThatGoesLeavesNothingOpen() throws IOException {
        byte[] content = content(1 << 20);
        MemoryFile file = new MemoryFile(content, content.length, 4);
        Handler handler = (request, response) -> response.type("text/plain").send(file, 0, file.size());
        MemoryLink sending = Answers.link(filter, handler).highWater(16 * 1024).window(0);
        sending.feed(GET).run();
        MemoryLink streaming = Answers.link(filter, opening).feed(GET).run();
        assertEquals(2, filter.openEncoders());
        sending.reset().run();
        streaming.reset().run();
        assertEquals(0, filter.openEncoders());
        assertTrue(file.released.get());
        assertEquals(0, filter.keptBytes());
        assertThrows(Exception.class, () -> {
            streams.getFirst().write(content);
            streams.getFirst().flush();
        });
    }

    @Test
    void aLengthThatWasAnnouncedIsKept() {
        List<ResponseStream> opened = new ArrayList<>();
        Handler handler = (request, response) -> opened.add(response.defer().type("text/plain").stream(5000));
        MemoryLink enough = Answers.link(filter, handler).feed(GET);
        assertThrows(IOException.class, () -> opened.get(0).write(new byte[5001]));
        assertTrue(enough.run().isClosed());
        MemoryLink tooFew = Answers.link(filter, handler).feed(GET);
        assertThrows(IOException.class, () -> opened.get(1).close());
        assertTrue(tooFew.run().isClosed());
        assertEquals(0, filter.openEncoders());
    }

    @Test
    void silenceIsBrokenByBytesThatStandForNothing() throws IOException {
        MemoryLink link = Answers.link(filter, opening).feed(GET).run();
        ResponseStream out = streams.getFirst();
        out.keepAlive(Duration.ofSeconds(15), "never seen".getBytes());
        out.flush();
        int before = link.run().sent().length;
        link.advance(Duration.ofSeconds(16)).run();
        link.advance(Duration.ofSeconds(16)).run();
        assertTrue(link.sent().length > before);
        out.write("said");
        out.flush();
        link.advance(Duration.ofSeconds(16)).run();
        out.write(" again");
        out.close();
        assertEquals("said again", Answers.answer(link.run().sent()).text());
    }
}
