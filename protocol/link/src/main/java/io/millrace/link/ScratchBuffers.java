// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Buffers that layers borrow while bytes pass, so that an idle connection holds none. A slot for a few threads each;
 * whoever finds it empty makes a buffer, and what does not fit when it comes back is garbage. Any thread may call.
 */
public final class ScratchBuffers {
    private static final int SLOTS = 64;
    private static final int CAPACITY = 34 * 1024;

    /** A buffer that has grown beyond this is not kept. */
    private static final int MOST_KEPT = 4 * CAPACITY;

    private static final AtomicReferenceArray<Buffer> FREE = new AtomicReferenceArray<>(2 * SLOTS);

    private ScratchBuffers() {}

    /** Returns an empty buffer, to be given back. */
    public static Buffer take() {
        int slot = slot();
        Buffer free = FREE.getAndSet(slot, null);
        if (free == null) {
            free = FREE.getAndSet(slot + 1, null);
        }
        return free == null ? new Buffer(CAPACITY) : free;
    }

    /** Takes a buffer back, emptied. */
    public static void give(Buffer buffer) {
        if (buffer.capacity() < CAPACITY || buffer.capacity() > MOST_KEPT) {
            return;
        }
        buffer.clear();
        int slot = slot();
        if (!FREE.compareAndSet(slot, null, buffer)) {
            FREE.compareAndSet(slot + 1, null, buffer);
        }
    }

    /**
     * What stays in a buffer after a turn: nothing, and then {@code null}; a little, in a buffer no larger; or much, as
     * it is.
     */
    static Buffer settle(Buffer buffer) {
        if (buffer == null || (!buffer.isEmpty() && buffer.readable() >= buffer.capacity() / 4)) {
            return buffer;
        }
        Buffer kept = null;
        if (!buffer.isEmpty()) {
            kept = new Buffer(buffer.readable());
            kept.append(buffer);
        }
        give(buffer);
        return kept;
    }

    private static int slot() {
        long id = Thread.currentThread().threadId();
        return 2 * (int) ((id * 0x9E3779B97F4A7C15L) >>> 58);
    }
}
