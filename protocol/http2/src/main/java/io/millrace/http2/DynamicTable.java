// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import java.util.Arrays;

/**
 * A dynamic table of HPACK (RFC 7541 section 4): the fields added last, the oldest of which go when the size that was
 * agreed upon is exceeded. Their bytes lie one behind the other in one array, which moves down when its end is reached.
 * Takes no memory before something is added.
 *
 * <pre>
 *   index   newest = 0                                oldest = count - 1
 *   bytes   [ spent | oldest name value | ... | newest name value | free ]
 * </pre>
 */
final class DynamicTable {
    /** What each entry counts beside its bytes. */
    static final int OVERHEAD = 32;

    private static final byte[] NOTHING = {};
    private static final int[] NONE = {};

    // Small: most connections add a field or two, and there may be very many of them.
    private static final int FIRST_BYTES = 64;
    private static final int FIRST_ENTRIES = 2;
    private static final int SPAN = 4;

    private byte[] bytes = NOTHING;
    private int head;
    private int tail;

    // A ring of start, length of the name, length of the value and hash of both; the oldest entry is at first.
    private int[] spans = NONE;
    private int first;
    private int count;

    private int most;
    private int size;
    private long added;

    /** Makes an empty table that may have {@code most} bytes. */
    DynamicTable(int most) {
        this.most = most;
    }

    /** Returns the number of entries. */
    int count() {
        return count;
    }

    /** Returns the size as RFC 7541 counts it. */
    int size() {
        return size;
    }

    /** Returns the size that the table may have. */
    int most() {
        return most;
    }

    /** Returns how many entries were ever added: the next will have this number. */
    long added() {
        return added;
    }

    /** Sets the size that the table may have; entries beyond it go. */
    void resize(int newMost) {
        most = newMost;
        evict(0);
        if (count == 0) {
            bytes = NOTHING;
            spans = NONE;
            head = 0;
            tail = 0;
            first = 0;
        }
    }

    private void evict(int wanted) {
        while (count > 0 && size + wanted > most) {
            int at = SPAN * first;
            int length = spans[at + 1] + spans[at + 2];
            size -= length + OVERHEAD;
            head = spans[at] + length;
            first = first + 1 & spans.length / SPAN - 1;
            count--;
        }
        if (count == 0) {
            head = 0;
            tail = 0;
        }
    }

    /** Adds an entry whose name and value lie one behind the other. One larger than the table empties it. */
    void add(byte[] from, int nameStart, int nameEnd, int valueEnd) {
        int length = valueEnd - nameStart;
        evict(length + OVERHEAD);
        if (length + OVERHEAD > most) {
            return;
        }
        reserve(length);
        int at = SPAN * slot();
        System.arraycopy(from, nameStart, bytes, tail, length);
        spans[at] = tail;
        spans[at + 1] = nameEnd - nameStart;
        spans[at + 2] = valueEnd - nameEnd;
        spans[at + 3] = hash(from, nameStart, valueEnd);
        tail += length;
        count++;
        size += length + OVERHEAD;
        added++;
    }

    /** Returns all entries as bytes, the oldest first, {@code null} if there are none: for {@link #addAll}. */
    byte[] toBytes() {
        if (count == 0) {
            return null;
        }
        byte[] all = new byte[size - count * OVERHEAD + count * 2 * Short.BYTES];
        int to = 0;
        for (int index = count - 1; index >= 0; index--) {
            int at = span(index);
            int length = spans[at + 1] + spans[at + 2];
            all[to++] = (byte) (spans[at + 1] >>> 8);
            all[to++] = (byte) spans[at + 1];
            all[to++] = (byte) (length >>> 8);
            all[to++] = (byte) length;
            System.arraycopy(bytes, spans[at], all, to, length);
            to += length;
        }
        return all;
    }

    /** Adds the entries of a table whose size was at most 64 KiB. */
    void addAll(byte[] all) {
        int from = 0;
        while (all != null && from < all.length) {
            int nameLength = (all[from] & 0xff) << 8 | (all[from + 1] & 0xff);
            int length = (all[from + 2] & 0xff) << 8 | (all[from + 3] & 0xff);
            from += 2 * Short.BYTES;
            add(all, from, from + nameLength, from + length);
            from += length;
        }
    }

    private void reserve(int length) {
        if (length <= bytes.length - tail) {
            return;
        }
        int used = tail - head;
        byte[] into = used + length <= bytes.length && head >= length
                ? bytes
                : new byte[Math.max(used + length, Math.max(FIRST_BYTES, 2 * bytes.length))];
        System.arraycopy(bytes, head, into, 0, used);
        for (int i = 0; i < count; i++) {
            spans[SPAN * (first + i & spans.length / SPAN - 1)] -= head;
        }
        bytes = into;
        tail = used;
        head = 0;
    }

    // The ring has room for a power of two of entries.
    private int slot() {
        int capacity = spans.length / SPAN;
        if (count == capacity) {
            int[] larger = new int[Math.max(FIRST_ENTRIES * SPAN, 2 * spans.length)];
            for (int i = 0; i < count; i++) {
                System.arraycopy(spans, SPAN * (first + i & capacity - 1), larger, SPAN * i, SPAN);
            }
            spans = larger;
            first = 0;
            capacity = spans.length / SPAN;
        }
        return first + count & capacity - 1;
    }

    private int span(int index) {
        return SPAN * (first + count - 1 - index & spans.length / SPAN - 1);
    }

    /** Returns the array that the entries lie in, until the next is added. */
    byte[] bytes() {
        return bytes;
    }

    /** Returns where in {@link #bytes} the name of entry {@code index} begins; the newest has 0. */
    int nameStart(int index) {
        return spans[span(index)];
    }

    /** Returns where the name of entry {@code index} ends and its value begins. */
    int nameEnd(int index) {
        int at = span(index);
        return spans[at] + spans[at + 1];
    }

    /** Returns where the value of entry {@code index} ends. */
    int valueEnd(int index) {
        int at = span(index);
        return spans[at] + spans[at + 1] + spans[at + 2];
    }

    /** Returns the index of the newest entry with this name, and behind it this value; -1 for none. */
    int find(byte[] from, int nameStart, int nameEnd, int valueEnd) {
        int hash = count == 0 ? 0 : hash(from, nameStart, valueEnd);
        for (int index = 0; index < count; index++) {
            int at = span(index);
            if (spans[at + 3] == hash && is(at, from, nameStart, nameEnd, valueEnd)) {
                return index;
            }
        }
        return -1;
    }

    private boolean is(int at, byte[] from, int nameStart, int nameEnd, int valueEnd) {
        int start = spans[at];
        return spans[at + 1] == nameEnd - nameStart
                && spans[at + 2] == valueEnd - nameEnd
                && Arrays.equals(bytes, start, start + valueEnd - nameStart, from, nameStart, valueEnd);
    }

    private static int hash(byte[] from, int start, int end) {
        int hash = 1;
        for (int i = start; i < end; i++) {
            hash = 31 * hash + from[i];
        }
        return hash;
    }
}
