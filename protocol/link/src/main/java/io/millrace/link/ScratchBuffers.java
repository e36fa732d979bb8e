// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Buffers that layers borrow while bytes pass, so that an idle connection holds none. A few threads share a slot, which
 * keeps as many buffers as a thread borrows at once: what came in, what goes out, and one for each layer in between.
 * When a slot is empty a buffer is made, and what does not fit when it comes back is garbage. Any thread may call.
 */
public final class ScratchBuffers {
    private static final int SLOT_BITS = 6;
    private static final int IN_SLOT = 4;
    private static final int CAPACITY = 34 * 1024;

    /** A buffer that has grown beyond this is not kept. */
    private static final int MOST_KEPT = 4 * CAPACITY;

    private static final AtomicReferenceArray<Buffer> FREE = new AtomicReferenceArray<>(IN_SLOT << SLOT_BITS);

    private ScratchBuffers() {}

    /** Returns an empty buffer, to be given back. */
    public static Buffer take() {
        int slot = slot();
        for (int i = slot; i < slot + IN_SLOT; i++) {
            Buffer free = FREE.getPlain(i) == null ? null : FREE.getAndSet(i, null);
            if (free != null) {
                return free;
            }
        }
        return new Buffer(CAPACITY);
    }

    /** Takes a buffer back, emptied. */
    public static void give(Buffer buffer) {
        if (buffer.capacity() < CAPACITY || buffer.capacity() > MOST_KEPT) {
            return;
        }
        buffer.clear();
        int slot = slot();
        for (int i = slot; i < slot + IN_SLOT; i++) {
            if (FREE.getPlain(i) == null && FREE.compareAndSet(i, null, buffer)) {
                return;
            }
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
        return IN_SLOT * (int) ((id * 0x9E3779B97F4A7C15L) >>> (Long.SIZE - SLOT_BITS));
    }
}
