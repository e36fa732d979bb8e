// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Buffer;

/** Buffers that no connection of the loop needs just now. A buffer is here or with one connection, never both. */
final class BufferPool {
    private static final int CAPACITY = 16 * 1024;

    /** One that grew beyond this for a large answer is left to the garbage collector. */
    private static final int LARGEST_KEPT = 128 * 1024;

    private static final int MOST_KEPT = 64;

    private final Buffer[] kept = new Buffer[MOST_KEPT];
    private int count;

    Buffer take() {
        if (count == 0) {
            return new Buffer(CAPACITY);
        }
        Buffer buffer = kept[--count];
        kept[count] = null;
        return buffer;
    }

    void give(Buffer buffer) {
        if (count < MOST_KEPT && buffer.capacity() <= LARGEST_KEPT) {
            buffer.clear();
            kept[count++] = buffer;
        }
    }
}
