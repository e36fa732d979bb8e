// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way: an array with a head, where the next reader reads, and a tail, where the next writer writes.
 *
 * <pre>
 *      +-------------+------------------+------------------+
 *      |    spent    |     readable     |     writable     |
 *      +-------------+------------------+------------------+
 *      0           head               tail          array().length
 * </pre>
 *
 * <p>Lives on the heap, so that nothing above the loop ever sees native memory, and is owned by the place that holds it
 * (pool, connection, pool), never by a count. Grows when more is appended than fits, by doubling, up to 2 GiB. Not safe
 * for use by several threads at once.
 *
 * <p>One piece, not a chain: whatever is readable can be parsed in place, a line or a number never lies across two
 * pieces, and room is had by {@link #reserve}, written to and committed by {@link #wrote}. The price is a copy when it
 * grows; large bodies and files do not go through a buffer at all but beside it ({@link Link#transfer}).
 */
public final class Buffer {
    private static final byte[] NOTHING = {};
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] array;
    private int head;
    private int tail;

    /** An empty buffer that takes its first memory when something is appended. */
    public Buffer() {
        this.array = NOTHING;
    }

    /** An empty buffer that holds {@code capacity} bytes before it has to grow. */
    public Buffer(int capacity) {
        this.array = new byte[capacity];
    }

    /** A buffer whose readable part is all of {@code bytes}, which it takes over without a copy. */
    public static Buffer of(byte[] bytes) {
        Buffer buffer = new Buffer(0);
        buffer.array = bytes;
        buffer.tail = bytes.length;
        return buffer;
    }

    /** The array behind the buffer; it changes when the buffer grows. */
    public byte[] array() {
        return array;
    }

    /** Index of the first readable byte in {@link #array()}. */
    public int head() {
        return head;
    }

    /** Index after the last readable byte in {@link #array()}: where the next byte is written. */
    public int tail() {
        return tail;
    }

    /** Number of bytes that wait to be read. */
    public int readable() {
        return tail - head;
    }

    /** Number of bytes that fit behind the tail before the buffer must compact or grow. */
    public int writable() {
        return array.length - tail;
    }

    /** Number of bytes that the array holds. */
    public int capacity() {
        return array.length;
    }

    /** Whether there is nothing to read. */
    public boolean isEmpty() {
        return head == tail;
    }

    /** Takes {@code count} bytes from the head; an emptied buffer starts again at index 0. */
    public void consume(int count) {
        assert count >= 0 && count <= readable() : count + " of " + readable();
        head += count;
        if (head == tail) {
            head = 0;
            tail = 0;
        }
    }

    /** Says that {@code count} bytes have been written behind the tail from outside. */
    public void wrote(int count) {
        assert count >= 0 && count <= writable() : count + " of " + writable();
        tail += count;
    }

    /** Gives up the last {@code count} readable bytes. */
    public void unwrite(int count) {
        assert count >= 0 && count <= readable() : count + " of " + readable();
        tail -= count;
    }

    /** Drops everything. */
    public void clear() {
        head = 0;
        tail = 0;
    }

    /** Makes room for {@code count} more bytes behind the tail: by moving the readable part down, else by growing. */
    public void reserve(int count) {
        if (count > array.length - tail) {
            makeRoom(count);
        }
    }

    private void makeRoom(int count) {
        int kept = readable();
        long needed = (long) kept + count;
        if (needed > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("a buffer cannot hold " + needed + " bytes");
        }
        // Moving down is only worth its copy when it frees at least as much as it moves.
        if (needed <= array.length && head >= kept) {
            System.arraycopy(array, head, array, 0, kept);
        } else {
            long doubled = Math.max(needed, 2L * array.length);
            byte[] larger = new byte[(int) Math.min(Math.max(doubled, 64), Integer.MAX_VALUE - 8)];
            System.arraycopy(array, head, larger, 0, kept);
            array = larger;
        }
        head = 0;
        tail = kept;
    }

    /** Gives up the memory that nothing readable is in: the array becomes as small as what it holds. */
    public void trim() {
        if (readable() < array.length) {
            array = isEmpty() ? NOTHING : Arrays.copyOfRange(array, head, tail);
            tail -= head;
            head = 0;
        }
    }

    /** Appends one byte. */
    public void append(byte value) {
        reserve(1);
        array[tail++] = value;
    }

    /** Appends all of {@code bytes}. */
    public void append(byte[] bytes) {
        append(bytes, 0, bytes.length);
    }

    /** Appends {@code length} of {@code bytes} from {@code offset}. */
    public void append(byte[] bytes, int offset, int length) {
        reserve(length);
        System.arraycopy(bytes, offset, array, tail, length);
        tail += length;
    }

    /** Appends what {@code other} has to read and leaves {@code other} as it is. */
    public void append(Buffer other) {
        append(other.array, other.head, other.readable());
    }

    /** Appends a text whose characters are all below U+0100, a byte each (ISO 8859-1). */
    @SuppressWarnings("deprecation") // String.getBytes(int, int, byte[], int): just the low bytes, and no allocation
    public void appendLatin1(String text) {
        int length = text.length();
        reserve(length);
        text.getBytes(0, length, array, tail);
        tail += length;
    }

    /** Appends a text in UTF-8. */
    public void appendUtf8(String text) {
        append(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Appends four bytes, the highest first. */
    public void appendInt(int value) {
        reserve(Integer.BYTES);
        INTS.set(array, tail, value);
        tail += Integer.BYTES;
    }

    /** Appends eight bytes, the highest first. */
    public void appendLong(long value) {
        reserve(Long.BYTES);
        LONGS.set(array, tail, value);
        tail += Long.BYTES;
    }

    /** Appends a number in decimal digits. */
    public void appendDecimal(long value) {
        if (value == Long.MIN_VALUE) {
            appendLatin1("-9223372036854775808");
            return;
        }
        long rest = value;
        if (rest < 0) {
            append((byte) '-');
            rest = -rest;
        }
        int digits = 1;
        for (long bound = 10; digits < 19 && rest >= bound; bound *= 10) {
            digits++;
        }
        reserve(digits);
        for (int i = tail + digits - 1; i >= tail; i--) {
            array[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        tail += digits;
    }

    /** Appends a number that is not negative in lower-case hexadecimal digits without leading zeros. */
    public void appendHex(long value) {
        int digits = Math.max(1, (67 - Long.numberOfLeadingZeros(value)) / 4);
        reserve(digits);
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            int digit = (int) (value >>> shift) & 0xf;
            array[tail++] = (byte) (digit < 10 ? '0' + digit : 'a' + digit - 10);
        }
    }

    /** The byte {@code index} places behind the head. */
    public byte peek(int index) {
        Objects.checkIndex(index, readable());
        return array[head + index];
    }

    /** The four bytes from {@code index} places behind the head as a number, the highest first. */
    public int peekInt(int index) {
        Objects.checkFromIndexSize(index, Integer.BYTES, readable());
        return (int) INTS.get(array, head + index);
    }

    /** The eight bytes from {@code index} places behind the head as a number, the highest first. */
    public long peekLong(int index) {
        Objects.checkFromIndexSize(index, Long.BYTES, readable());
        return (long) LONGS.get(array, head + index);
    }

    /** Takes up to {@code length} bytes out into {@code into} and returns how many. */
    public int take(byte[] into, int offset, int length) {
        int count = Math.min(length, readable());
        System.arraycopy(array, head, into, offset, count);
        consume(count);
        return count;
    }

    /** Takes the next {@code count} bytes out. */
    public byte[] take(int count) {
        Objects.checkFromIndexSize(0, count, readable());
        byte[] bytes = Arrays.copyOfRange(array, head, head + count);
        consume(count);
        return bytes;
    }

    /**
     * Copies {@code length} bytes, from {@code index} places behind the head, into {@code into} and leaves them here.
     */
    public void copyOut(int index, byte[] into, int offset, int length) {
        Objects.checkFromIndexSize(index, length, readable());
        System.arraycopy(array, head + index, into, offset, length);
    }

    /** Moves up to {@code most} bytes to the end of {@code other} and returns how many. */
    public int moveTo(Buffer other, int most) {
        int count = Math.min(most, readable());
        other.append(array, head, count);
        consume(count);
        return count;
    }

    /** Where the first such byte is, at or behind {@code from}; places are counted from the head, -1 is nowhere. */
    public int indexOf(byte value, int from) {
        for (int i = head + from; i < tail; i++) {
            if (array[i] == value) {
                return i - head;
            }
        }
        return -1;
    }

    /**
     * Where {@code text} begins, at or behind {@code from}; places are counted from the head, -1 is nowhere. A caller
     * that waits for more input goes on at {@code readable() - text.length + 1} and looks at no byte twice.
     */
    public int indexOf(byte[] text, int from) {
        if (text.length == 0) {
            return from <= readable() ? from : -1;
        }
        for (int at = indexOf(text[0], from); at >= 0; at = indexOf(text[0], at + 1)) {
            if (at + text.length > readable()) {
                return -1;
            }
            if (Arrays.equals(array, head + at, head + at + text.length, text, 0, text.length)) {
                return at;
            }
        }
        return -1;
    }

    /**
     * Where the line at the head ends, searched for from {@code from} on: the length of the line, or -1 if it is not
     * whole.
     */
    public int lineEnd(LineEnd end, int from) {
        int at = end.find(array, head, head + from, tail);
        return at < 0 ? -1 : at - head;
    }

    /** How many bytes the end of a line takes that {@link #lineEnd} found at {@code at}. */
    public int endWidth(LineEnd end, int at) {
        return end.width(array, head + at, tail);
    }

    /**
     * Takes a whole line with its end out and returns it without: a character for each byte; {@code null} if there is
     * none.
     */
    public @Nullable String readLine(LineEnd end) {
        return readLine(end, StandardCharsets.ISO_8859_1);
    }

    /**
     * Takes a whole line with its end out and returns it without, {@code null} if there is none yet. How long a line
     * may get is for the caller to say, who looks at {@link #readable} when there is none.
     */
    public @Nullable String readLine(LineEnd end, Charset charset) {
        int length = lineEnd(end, 0);
        if (length < 0) {
            return null;
        }
        String line = new String(array, head, length, charset);
        consume(length + endWidth(end, length));
        return line;
    }

    /** What is readable as text. */
    public String text(Charset charset) {
        return new String(array, head, readable(), charset);
    }

    /** A copy of what is readable. */
    public byte[] toBytes() {
        return Arrays.copyOfRange(array, head, tail);
    }

    @Override
    public String toString() {
        return "Buffer[" + readable() + " readable of " + array.length + "]";
    }
}
