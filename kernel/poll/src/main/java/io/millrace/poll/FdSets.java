// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Select;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The three sets of select(2): for reading, for writing, and for exceptional conditions, by {@link Interest} bits. They
 * grow as descriptors need it, where the type fd_set of C ends at {@value Select#FD_SETSIZE}.
 */
final class FdSets {
    private MemorySegment reading;
    private MemorySegment writing;
    private MemorySegment exceptional;

    /** The highest descriptor that is in any of the sets plus one: the kernel scans no further. */
    private int end;

    FdSets() {
        allocate(Select.bytes(Select.FD_SETSIZE));
    }

    private void allocate(long bytes) {
        MemorySegment all = Arena.ofAuto().allocate(3 * bytes, 8);
        reading = all.asSlice(0, bytes);
        writing = all.asSlice(bytes, bytes);
        exceptional = all.asSlice(2 * bytes, bytes);
    }

    /** Returns the highest descriptor that is in any of the sets plus one, or a number above it. */
    int end() {
        return end;
    }

    /** Sets a descriptor's bits to an interest (FD_SET, FD_CLR). */
    void put(int fd, int interest) {
        if (Select.bytes(fd + 1) > reading.byteSize()) {
            grow(fd);
        }
        put(reading, fd, (interest & Interest.READ) != 0);
        put(writing, fd, (interest & Interest.WRITE) != 0);
        put(exceptional, fd, (interest & Interest.PRIORITY) != 0);
        end = interest != 0 ? Math.max(end, fd + 1) : end;
        while (end > 0 && get(end - 1) == 0) {
            end--;
        }
    }

    private static void put(MemorySegment set, int fd, boolean in) {
        if (in) {
            Select.set(set, fd);
        } else {
            Select.clear(set, fd);
        }
    }

    private void grow(int fd) {
        MemorySegment[] old = {reading, writing, exceptional};
        allocate(Math.max(Select.bytes(fd + 1), 2 * reading.byteSize()));
        reading.copyFrom(old[0]);
        writing.copyFrom(old[1]);
        exceptional.copyFrom(old[2]);
    }

    /** Returns the interest that a descriptor's bits stand for (FD_ISSET). */
    int get(int fd) {
        return (Select.isSet(reading, fd) ? Interest.READ : 0)
                | (Select.isSet(writing, fd) ? Interest.WRITE : 0)
                | (Select.isSet(exceptional, fd) ? Interest.PRIORITY : 0);
    }

    /** Returns the lowest descriptor of {@code from} to {@code end - 1} that is in any of the sets, or -1. */
    int next(int from, int end) {
        if (from >= end) {
            return -1;
        }
        int index = from / Select.WORD;
        long any = word(index) & -1L << from % Select.WORD;
        while (any == 0) {
            if (++index * Select.WORD >= end) {
                return -1;
            }
            any = word(index);
        }
        int fd = index * Select.WORD + Long.numberOfTrailingZeros(any);
        return fd < end ? fd : -1;
    }

    private long word(int index) {
        return Select.word(reading, index) | Select.word(writing, index) | Select.word(exceptional, index);
    }

    /** Makes these sets equal to others up to their {@link #end}. */
    void copyFrom(FdSets other) {
        if (reading.byteSize() < other.reading.byteSize()) {
            allocate(other.reading.byteSize());
        }
        end = other.end;
        long bytes = Select.bytes(end);
        MemorySegment.copy(other.reading, 0, reading, 0, bytes);
        MemorySegment.copy(other.writing, 0, writing, 0, bytes);
        MemorySegment.copy(other.exceptional, 0, exceptional, 0, bytes);
    }

    /** Calls select(2), which leaves in the sets what is ready. Returns the number of bits, 0 or -errno. Blocks. */
    int select(long timeoutNanos) {
        return Select.select(end, reading, writing, exceptional, timeoutNanos);
    }
}
