// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import java.util.Arrays;

/**
 * Buffers that no connection needs just now, of a bounded size all together. A buffer is here or with one connection,
 * never both.
 */
final class BufferPool {
    /** An answer of 16 KiB and what stands before it. */
    static final int CAPACITY = 20 * 1024;

    private final Buffer[] kept;
    private final long mostBytes;
    private long bytes;
    private int count;

    /** A pool that keeps so many buffers of the usual size, or fewer that are larger. */
    BufferPool(int most) {
        this.kept = new Buffer[most];
        this.mostBytes = (long) most * CAPACITY;
    }

    /** Leaves everything to the garbage collector. */
    void clear() {
        Arrays.fill(kept, null);
        count = 0;
        bytes = 0;
    }

    Buffer take() {
        if (count == 0) {
            return new Buffer(CAPACITY);
        }
        Buffer buffer = kept[--count];
        kept[count] = null;
        bytes -= buffer.capacity();
        return buffer;
    }

    /** Takes a buffer back; one for which there is no room, or that has become small, is the garbage collector's. */
    void give(Buffer buffer) {
        int capacity = buffer.capacity();
        if (count < kept.length && capacity >= CAPACITY && bytes + capacity <= mostBytes) {
            buffer.clear();
            kept[count++] = buffer;
            bytes += capacity;
        }
    }
}
