// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.MemorySegment;

/**
 * Keeps the segments of the arrays that a thread has used last for one purpose, where a few take turns: from the place
 * on where it has used them. A segment made for each call costs an allocation. What is larger than a buffer for a
 * record or two is not kept.
 */
final class HeapSegments {
    private static final int KEPT = 4;
    private static final int MOST = 256 * 1024;

    private final byte[][] arrays = new byte[KEPT][];
    private final int[] offsets = new int[KEPT];
    private final MemorySegment[] segments = new MemorySegment[KEPT];
    private int next;

    /** Those of a thread, for what OpenSSL reads and writes. */
    static final class OfThread {
        final HeapSegments recordsIn = new HeapSegments();
        final HeapSegments recordsOut = new HeapSegments();
        final HeapSegments plainIn = new HeapSegments();
        final HeapSegments plainOut = new HeapSegments();
    }

    /** Returns a segment of the array from an index on. */
    MemorySegment from(byte[] wanted, int offset) {
        for (int i = 0; i < KEPT; i++) {
            if (arrays[i] == wanted && offsets[i] == offset) {
                return segments[i];
            }
        }
        MemorySegment made = MemorySegment.ofArray(wanted).asSlice(offset);
        if (wanted.length <= MOST) {
            next = (next + 1) % KEPT;
            arrays[next] = wanted;
            offsets[next] = offset;
            segments[next] = made;
        }
        return made;
    }
}
