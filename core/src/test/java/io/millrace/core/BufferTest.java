// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The buffer, after libevent's evbuffer cases (73 to 85 of the plan): the names of the cases stand at the tests. */
final class BufferTest {

    private static Buffer of(String text) {
        // Something spent in front, so that places from the head are told from indices.
        Buffer buffer = new Buffer(3);
        buffer.appendLatin1("???" + text);
        buffer.consume(3);
        return buffer;
    }

    private static String text(Buffer buffer) {
        return buffer.text(StandardCharsets.ISO_8859_1);
    }

    /** evbuffer_readln: each way to end a line over the same bytes. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ':',
            value = {
                "CRLF:a|b\\rc|d|:rest",
                "CRLF_STRICT:a|b\\rc\\nd|:rest",
                "LF:a\\r|b\\rc|d\\r|\\r:rest",
                "ANY:a|b|c|d:rest",
            })
    void readlnEveryEnd(LineEnd end, String lines, String rest) {
        Buffer buffer = of("a\r\nb\rc\nd\r\n\r\nrest");
        List<String> found = new ArrayList<>();
        for (String line = buffer.readLine(end); line != null; line = buffer.readLine(end)) {
            found.add(line.replace("\r", "\\r").replace("\n", "\\n"));
        }
        assertEquals(lines, String.join("|", found));
        assertEquals(rest, text(buffer));
    }

    /** evbuffer_readln, NUL. */
    @Test
    void readlnNul() {
        Buffer buffer = of("a\n\0\0b");
        assertEquals("a\n", buffer.readLine(LineEnd.NUL));
        assertEquals("", buffer.readLine(LineEnd.NUL));
        assertNull(buffer.readLine(LineEnd.NUL));
        assertEquals("b", text(buffer));
    }

    /**
     * search_eol: whatever the network does to the bytes, the lines are the same; blank ones aside where runs count as
     * one.
     */
    @ParameterizedTest
    @EnumSource(LineEnd.class)
    void searchEolOnePieceOrMany(LineEnd end) {
        byte[] alphabet = {'x', '\r', '\n', 0};
        for (int seed = 0; seed < 500; seed++) {
            Random random = new Random(seed);
            byte[] bytes = new byte[random.nextInt(40)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = alphabet[random.nextInt(alphabet.length)];
            }
            Buffer whole = of("");
            whole.append(bytes);
            Buffer pieces = of("");
            List<String> expected = lines(whole, end);
            List<String> found = new ArrayList<>();
            for (byte value : bytes) {
                pieces.append(value);
                found.addAll(lines(pieces, end));
            }
            assertEquals(expected, found, "seed " + seed);
        }
    }

    private static List<String> lines(Buffer buffer, LineEnd end) {
        List<String> lines = new ArrayList<>();
        for (String line = buffer.readLine(end); line != null; line = buffer.readLine(end)) {
            if (end != LineEnd.ANY || !line.isEmpty()) {
                lines.add(line);
            }
        }
        return lines;
    }

    @Test
    void searchGoesOnWhereItStopped() {
        Buffer buffer = of("abc");
        assertEquals(-1, buffer.lineEnd(LineEnd.CRLF, 0));
        buffer.appendLatin1("d\r");
        assertEquals(-1, buffer.lineEnd(LineEnd.CRLF, 3));
        buffer.appendLatin1("\n");
        assertEquals(4, buffer.lineEnd(LineEnd.CRLF, 5), "the CR before the place belongs to the end");
        assertEquals(2, buffer.endWidth(LineEnd.CRLF, 4));
    }

    /** evbuffer_search, find, ptr_set. */
    @Test
    void searchFindsTheFirstAtOrBehindAPlace() {
        Buffer buffer = of("aabaabaaab");
        assertEquals(0, buffer.indexOf(bytes("aab"), 0));
        assertEquals(3, buffer.indexOf(bytes("aab"), 1));
        assertEquals(6, buffer.indexOf(bytes("aaab"), 0));
        assertEquals(-1, buffer.indexOf(bytes("aabb"), 0));
        assertEquals(-1, buffer.indexOf(bytes("ba"), 9), "not beyond what is readable");
        assertEquals(4, buffer.indexOf(bytes(""), 4));
        assertEquals(-1, buffer.indexOf(bytes(""), 11));
        assertEquals(9, buffer.indexOf((byte) 'b', 6));
        assertEquals(-1, buffer.indexOf((byte) 'c', 0));
        assertEquals(-1, of("").indexOf((byte) '?', 0), "nor in what is spent");
    }

    private static byte[] bytes(String text) {
        return Ascii.bytes(text);
    }

    /** evbuffer_copyout, peek. */
    @Test
    void copyoutLeavesTheBytesWhereTheyAre() {
        Buffer buffer = of("hello");
        byte[] into = new byte[5];
        buffer.copyOut(1, into, 1, 3);
        assertArrayEquals(new byte[] {0, 'e', 'l', 'l', 0}, into);
        assertEquals("hello", text(buffer));
        assertThrows(IndexOutOfBoundsException.class, () -> buffer.copyOut(3, into, 0, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> buffer.peek(5));
    }

    /** evbuffer_remove_buffer, remove_buffer_with_empty. */
    @Test
    void removeBufferMovesUpToTheNumber() {
        Buffer from = of("hello");
        Buffer to = of("> ");
        assertEquals(3, from.moveTo(to, 3));
        assertEquals("> hel", text(to));
        assertEquals("lo", text(from));
        assertEquals(2, from.moveTo(to, 100));
        assertEquals("> hello", text(to));
        assertTrue(from.isEmpty());
        assertEquals(0, from.moveTo(to, 1));
        assertArrayEquals(bytes("> h"), to.take(3));
        assertEquals("ello", text(to));
        assertThrows(IndexOutOfBoundsException.class, () -> to.take(5));
    }

    /** evbuffer_reserve2, reserve_many: reserve room, write into it, say how much it was. */
    @Test
    void reserveThenCommit() {
        Buffer buffer = of("abc");
        for (int i = 1; i < 1000; i++) {
            buffer.reserve(i);
            assertTrue(buffer.writable() >= i);
            buffer.array()[buffer.tail()] = (byte) i;
            buffer.wrote(1);
        }
        assertEquals(1002, buffer.readable());
        assertEquals((byte) 999, buffer.peek(1001));
        assertEquals("abc", new String(buffer.take(3), StandardCharsets.ISO_8859_1));
    }

    /** evbuffer_expand_overflow. */
    @Test
    void expandBeyondAnArrayIsRefusedBeforeAnythingIsLost() {
        Buffer buffer = of("abc");
        assertThrows(IllegalStateException.class, () -> buffer.reserve(Integer.MAX_VALUE));
        assertEquals("abc", text(buffer));
    }

    /** evbuffer_iterative: many small pieces, against a StringBuilder. */
    @Test
    void iterativeAppendingAndConsuming() {
        Random random = new Random(7);
        Buffer buffer = new Buffer();
        StringBuilder model = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(3) > 0) {
                String piece = "0123456789abcdef".substring(random.nextInt(16));
                buffer.appendLatin1(piece);
                model.append(piece);
            } else {
                int count = random.nextInt(1 + Math.min(20, model.length()));
                buffer.consume(count);
                model.delete(0, count);
            }
        }
        assertEquals(model.toString(), text(buffer));
        assertTrue(
                buffer.capacity() <= 5 * Math.max(64, model.length()),
                "grows by doubling, and only when half of it is in use");
    }

    @Test
    void numbersAreBigEndian() {
        Buffer buffer = of("x");
        buffer.appendInt(0x01020304);
        buffer.appendLong(-2);
        buffer.appendUtf8("ü");
        assertEquals(0x01020304, buffer.peekInt(1));
        assertEquals(1, buffer.peek(1));
        assertEquals(-2, buffer.peekLong(5));
        assertEquals("ü", new String(buffer.toBytes(), 13, 2, StandardCharsets.UTF_8));
        assertThrows(IndexOutOfBoundsException.class, () -> buffer.peekInt(12));
        assertThrows(IndexOutOfBoundsException.class, () -> buffer.peekLong(8));
    }

    /** evbuffer_add_reference: the release happens once, and not before the last holder has let go. */
    @Test
    void addReferenceReleasesOnceAfterTheLastHolder() {
        int[] released = new int[1];
        SharedBytes body = SharedBytes.of(new byte[10], 2, 5, () -> released[0]++);
        body.hold();
        body.close();
        assertEquals(0, released[0]);
        body.close();
        body.close();
        assertEquals(1, released[0]);
        assertThrows(IllegalStateException.class, body::hold);
        assertThrows(IndexOutOfBoundsException.class, () -> SharedBytes.of(new byte[10], 6, 5, () -> {}));
        SharedBytes forEver = SharedBytes.of(new byte[3]);
        forEver.close();
        assertEquals(3, forEver.hold().length());
    }

    /** ratelimit_div_by_zero, ratelimit_overflow. */
    @Test
    void ratesThatWouldNeverMoveAnythingAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> RateLimit.of(0));
        assertThrows(IllegalArgumentException.class, () -> RateLimit.of(-5));
        assertThrows(IllegalArgumentException.class, () -> RateLimit.of(10).withBursts(0, 1));
        assertEquals(RateLimit.NONE, RateLimit.of(RateLimit.UNLIMITED));
        assertEquals(125, RateLimit.NONE.withIn(1000).inBurst());
        assertEquals(1, RateLimit.of(1).outBurst());
    }
}
