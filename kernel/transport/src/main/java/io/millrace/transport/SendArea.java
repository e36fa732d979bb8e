// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Native memory for what is handed to the kernel in one batch: filled from the front, and empty again as soon as the
 * batch has been submitted, for by then each of its sends has been tried (MSG_DONTWAIT). So a peer that does not read
 * holds none of it.
 */
final class SendArea {
    private final MemorySegment memory;
    private int used;

    SendArea(int size) {
        memory = Arena.ofAuto().allocate(size, 64);
    }

    boolean fits(int length) {
        return length <= memory.byteSize() - used;
    }

    /** Copies bytes in and returns their address. */
    long put(byte[] bytes, int offset, int length) {
        MemorySegment.copy(bytes, offset, memory, ValueLayout.JAVA_BYTE, used, length);
        long address = memory.address() + used;
        used += length;
        return address;
    }

    void clear() {
        used = 0;
    }
}
