// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

/**
 * How large the parts of a loop's ring are.
 *
 * @param submissions entries that are written down before they have to be handed over
 * @param completions results that fit before the kernel has to keep them aside
 * @param buffers number of buffers for input that the kernel may take from, a power of two
 * @param bufferSize bytes of each of them
 * @param incremental whether a buffer is filled by several completions where the kernel can
 * @param sendArea bytes that one batch of sends may copy
 * @param sendLimit bytes beyond which a send is a call of its own, straight from the heap
 */
record RingSizes(
        int submissions,
        int completions,
        int buffers,
        int bufferSize,
        boolean incremental,
        int sendArea,
        int sendLimit) {
    static final RingSizes USUAL = new RingSizes(1024, 4096, 32, 32 * 1024, true, 512 * 1024, 16 * 1024);

    RingSizes {
        if (sendLimit > sendArea) {
            throw new IllegalArgumentException("one send must fit: " + sendLimit + " of " + sendArea);
        }
    }

    RingSizes withBuffers(int count, int size, boolean filledInParts) {
        return new RingSizes(submissions, completions, count, size, filledInParts, sendArea, sendLimit);
    }

    RingSizes withQueues(int entries, int results) {
        return new RingSizes(entries, results, buffers, bufferSize, incremental, sendArea, sendLimit);
    }

    RingSizes withSends(int area, int limit) {
        return new RingSizes(submissions, completions, buffers, bufferSize, incremental, area, limit);
    }
}
