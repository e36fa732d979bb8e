// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Ascii;
import java.util.Arrays;

/**
 * Field lines as bytes, with four offsets for each: no string is made before one is asked for. Either a view of a
 * request's head where it lies ({@link #view} and {@link #add}), or lines of its own ({@link #append}, {@link #set}):
 * names and values one behind the other, with nothing between them; never both at once. How lines are written is a
 * matter of the wire format.
 *
 * <pre>
 *   base ─► GET / HTTP/1.1 CR LF Host: example.org CR LF
 *                                │  │ │          │
 *                       spans:   0  1 2          3
 * </pre>
 */
public final class FieldBlock extends Headers {
    private static final byte[] NOTHING = {};
    private static final int REMEMBERED = 8;
    private static final int LONGEST_REMEMBERED = 128;

    private byte[] text = NOTHING;
    private int base;
    private int used;
    private int[] spans = new int[4 * 16];
    private int size;
    private long revision;

    // The strings whose bytes lie where the next line goes: an answer mostly repeats the lines of the one before.
    private final String[] names = new String[REMEMBERED];
    private final String[] values = new String[REMEMBERED];
    private int remembered;

    /** A block without lines. */
    public FieldBlock() {}

    /** Forgets all lines. */
    public void clear() {
        size = 0;
        used = 0;
    }

    /** Sets the array that the offsets of the lines mean, and the index in it from which they count. */
    public void view(byte[] array, int from) {
        text = array;
        base = from;
        remembered = 0;
        revision++;
    }

    /** One more line of a view: offsets of its name and its value. */
    public void add(int nameStart, int nameEnd, int valueStart, int valueEnd) {
        remembered = 0;
        revision++;
        span(nameStart, nameEnd, valueStart, valueEnd);
    }

    private void span(int nameStart, int nameEnd, int valueStart, int valueEnd) {
        int at = 4 * size;
        if (at == spans.length) {
            spans = Arrays.copyOf(spans, 2 * at);
        }
        spans[at] = nameStart;
        spans[at + 1] = nameEnd;
        spans[at + 2] = valueStart;
        spans[at + 3] = valueEnd;
        size++;
    }

    /** Appends a line of its own, which the caller has checked: a token and a value without control characters. */
    public void append(String name, String value) {
        if (!repeat(name, value)) {
            write(name, value);
        }
    }

    /**
     * Appends the line that stood in its place before {@link #clear}, if it was made from these very strings: it has
     * been checked and written then.
     */
    public boolean repeat(String name, String value) {
        int line = size;
        if (line >= remembered || names[line] != name || values[line] != value) {
            return false;
        }
        size++;
        used = spans[4 * line + 3];
        return true;
    }

    private void write(String name, String value) {
        int at = used;
        int nameEnd = at + name.length();
        int valueEnd = nameEnd + value.length();
        room(valueEnd - at);
        latin1(name, at);
        latin1(value, nameEnd);
        used = valueEnd;
        revision++;
        remember(name, value);
        span(at, nameEnd, nameEnd, valueEnd);
    }

    // The lines before this one are remembered, or this one cannot be: what follows them has been written over.
    private void remember(String name, String value) {
        remembered = Math.min(remembered, size);
        if (remembered == size && size < REMEMBERED && value.length() <= LONGEST_REMEMBERED) {
            names[size] = name;
            values[size] = value;
            remembered++;
        }
    }

    /** Appends a copy of line {@code index} of another block. */
    public void append(FieldBlock other, int index) {
        append(other.name(index), other.value(index));
    }

    private void room(int count) {
        if (used + count > text.length) {
            text = Arrays.copyOf(text, Math.max(used + count, Math.max(128, 2 * text.length)));
        }
    }

    @SuppressWarnings("deprecation") // String.getBytes(int, int, byte[], int): just the low bytes, and no allocation
    private void latin1(String from, int at) {
        from.getBytes(0, from.length(), text, at);
    }

    /** Sets a line of its own in place of all of that name. */
    public void set(String name, String value) {
        remove(name);
        append(name, value);
    }

    /** Takes out all lines of its own of that name. */
    public void remove(String name) {
        for (int i = size - 1; i >= 0; i--) {
            if (isNamed(i, name)) {
                remove(i);
            }
        }
    }

    private void remove(int index) {
        remembered = Math.min(remembered, index);
        revision++;
        int from = spans[4 * index];
        int to = spans[4 * index + 3];
        System.arraycopy(text, to, text, from, used - to);
        used -= to - from;
        size--;
        for (int i = 4 * index; i < 4 * size; i++) {
            spans[i] = spans[i + 4] - (to - from);
        }
    }

    /**
     * Returns a number that stays the same as long as lines are only forgotten by {@link #clear} and {@link #repeat
     * repeated}: with the same number and {@link #size} a block has the same lines. For wire formats that keep what
     * they made of the lines last time.
     */
    public long revision() {
        return revision;
    }

    /** The array that holds the bytes. */
    public byte[] array() {
        return text;
    }

    /** Index in {@link #array} where the name of line {@code index} begins. */
    public int nameStart(int index) {
        return base + spans[4 * index];
    }

    /** Index in {@link #array} after the name of line {@code index}. */
    public int nameEnd(int index) {
        return base + spans[4 * index + 1];
    }

    /** Index in {@link #array} where the value of line {@code index} begins. */
    public int valueStart(int index) {
        return base + spans[4 * index + 2];
    }

    /** Index in {@link #array} after the value of line {@code index}. */
    public int valueEnd(int index) {
        return base + spans[4 * index + 3];
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public String name(int index) {
        checkIndex(index);
        return Ascii.string(text, nameStart(index), nameEnd(index) - nameStart(index));
    }

    @Override
    public String value(int index) {
        checkIndex(index);
        return Ascii.string(text, valueStart(index), valueEnd(index) - valueStart(index));
    }

    @Override
    public boolean isNamed(int index, String name) {
        checkIndex(index);
        int start = nameStart(index);
        return Ascii.equalsIgnoreCase(text, start, nameEnd(index) - start, name);
    }

    private void checkIndex(int index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException("field line " + index + " of " + size);
        }
    }

    @Override
    public String toString() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < size; i++) {
            lines.append(name(i)).append(": ").append(value(i)).append('\n');
        }
        return lines.toString();
    }
}
