// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.FileInfo;
import io.millrace.core.FileInfo.Kind;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The entries of a folder, packed into pages: 31 bytes and its name for each, its place and the room to sort it
 * included. A folder may have a million. One thread at a time; to be closed when the listing has been sent.
 *
 * <pre>
 *   page   │ seconds 8 │ nanoseconds 4 │ size 8 │ folder 1 │ length 2 │ name, UTF-8 │ seconds ...
 *   places │ page and offset of each entry, 4 bytes: what is sorted
 * </pre>
 */
final class EntryTable implements AutoCloseable {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

    private static final int PAGE_BITS = 14;
    private static final int PAGE = 1 << PAGE_BITS;

    private static final int NANOS = 8;
    private static final int SIZE = 12;
    private static final int FOLDER = 20;
    private static final int LENGTH = 21;
    private static final int NAME = 23;

    /** Places that a table has without taking memory for them. */
    private static final int FEW = 128;

    /** A place, and another for sorting. */
    private static final int PLACE_BYTES = 8;

    /** Runs of this length are sorted without letting other virtual threads go first. */
    private static final int LONG_RUN = 4096;

    private final ListingMemory memory;
    private final List<byte[]> pages = new ArrayList<>();
    private int tail = PAGE;
    private int[] places = new int[FEW];
    private int count;
    private long taken;
    private long folders;
    private long bytes;

    /** An empty table, which takes its memory from that account. */
    EntryTable(ListingMemory memory) {
        this.memory = memory;
    }

    /** Adds an entry; false, and nothing, if there is no memory for it. */
    boolean add(FileInfo entry) {
        byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
        if (!hasPlace() || !hasRoom(NAME + name.length)) {
            return false;
        }
        byte[] page = pages.getLast();
        LONGS.set(page, tail, entry.modified().getEpochSecond());
        INTS.set(page, tail + NANOS, entry.modified().getNano());
        LONGS.set(page, tail + SIZE, entry.size());
        page[tail + FOLDER] = (byte) (entry.isFolder() ? 1 : 0);
        SHORTS.set(page, tail + LENGTH, (short) name.length);
        System.arraycopy(name, 0, page, tail + NAME, name.length);
        places[count++] = (pages.size() - 1) << PAGE_BITS | tail;
        tail += NAME + name.length;
        folders += entry.isFolder() ? 1 : 0;
        bytes += entry.isFolder() ? 0 : entry.size();
        return true;
    }

    private boolean hasPlace() {
        if (count < places.length) {
            return true;
        }
        if (!take((long) PLACE_BYTES * places.length)) {
            return false;
        }
        places = Arrays.copyOf(places, 2 * places.length);
        return true;
    }

    private boolean hasRoom(int length) {
        if (tail + length <= PAGE) {
            return true;
        }
        if (length > PAGE || pages.size() == Integer.MAX_VALUE >> PAGE_BITS || !take(PAGE)) {
            return false;
        }
        pages.add(new byte[PAGE]);
        tail = 0;
        return true;
    }

    private boolean take(long more) {
        if (taken + more > memory.mostForOne() || !memory.take(more)) {
            return false;
        }
        taken += more;
        return true;
    }

    /** As {@link #clear}. */
    @Override
    public void close() {
        clear();
    }

    /** Forgets all entries and gives the memory back. */
    void clear() {
        pages.clear();
        tail = PAGE;
        places = new int[FEW];
        count = 0;
        folders = 0;
        bytes = 0;
        memory.give(taken);
        taken = 0;
    }

    /** Number of entries. */
    int count() {
        return count;
    }

    /** Number of folders among them. */
    long folders() {
        return folders;
    }

    /** Bytes of the files among them. */
    long bytes() {
        return bytes;
    }

    /** The entry at that place of the order. */
    FileInfo entry(int index) {
        byte[] page = page(places[index]);
        int at = offset(places[index]);
        String name = new String(page, at + NAME, nameLength(page, at), StandardCharsets.UTF_8);
        Kind kind = page[at + FOLDER] == 1 ? Kind.FOLDER : Kind.FILE;
        Instant modified = Instant.ofEpochSecond((long) LONGS.get(page, at), (int) INTS.get(page, at + NANOS));
        return new FileInfo(name, kind, (long) LONGS.get(page, at + SIZE), modified, null, 0, 0);
    }

    private byte[] page(int place) {
        return pages.get(place >> PAGE_BITS);
    }

    private static int offset(int place) {
        return place & PAGE - 1;
    }

    private static int nameLength(byte[] page, int at) {
        return (short) SHORTS.get(page, at + LENGTH);
    }

    // ---- order

    /** Puts the entries in order. Lets other virtual threads go first now and then: a million take seconds. */
    void sort(ListingOrder order) {
        sort(order, new int[count / 2 + 1], 0, count);
    }

    /** Merges halves: as few comparisons as can be, for they are what costs. */
    private void sort(ListingOrder order, int[] aside, int from, int to) {
        if (to - from < 2) {
            return;
        }
        int middle = (from + to) >>> 1;
        sort(order, aside, from, middle);
        sort(order, aside, middle, to);
        if (compare(order, places[middle - 1], places[middle]) > 0) {
            merge(order, aside, from, middle, to);
        }
        if (to - from >= LONG_RUN) {
            Thread.yield();
        }
    }

    private void merge(ListingOrder order, int[] aside, int from, int middle, int to) {
        int left = middle - from;
        System.arraycopy(places, from, aside, 0, left);
        int right = middle;
        int into = from;
        for (int i = 0; i < left; ) {
            boolean second = right < to && compare(order, aside[i], places[right]) > 0;
            places[into++] = second ? places[right++] : aside[i++];
        }
    }

    /** Folders first, then the key, then the name. */
    private int compare(ListingOrder order, int place, int other) {
        byte[] page = page(place);
        byte[] otherPage = page(other);
        int at = offset(place);
        int otherAt = offset(other);
        if (page[at + FOLDER] != otherPage[otherAt + FOLDER]) {
            return otherPage[otherAt + FOLDER] - page[at + FOLDER];
        }
        int byKey = switch (order.key()) {
            case NAME -> compareNames(page, at, otherPage, otherAt);
            case SIZE -> Long.compare((long) LONGS.get(page, at + SIZE), (long) LONGS.get(otherPage, otherAt + SIZE));
            case TIME -> compareTimes(page, at, otherPage, otherAt);
        };
        if (byKey != 0) {
            return order.descending() ? -byKey : byKey;
        }
        return compareNames(page, at, otherPage, otherAt);
    }

    private static int compareNames(byte[] page, int at, byte[] other, int otherAt) {
        int end = at + NAME + nameLength(page, at);
        int otherEnd = otherAt + NAME + nameLength(other, otherAt);
        return ListingOrder.compareNames(page, at + NAME, end, other, otherAt + NAME, otherEnd);
    }

    private static int compareTimes(byte[] page, int at, byte[] other, int otherAt) {
        int bySecond = Long.compare((long) LONGS.get(page, at), (long) LONGS.get(other, otherAt));
        return bySecond != 0
                ? bySecond
                : Integer.compare((int) INTS.get(page, at + NANOS), (int) INTS.get(other, otherAt + NANOS));
    }
}
