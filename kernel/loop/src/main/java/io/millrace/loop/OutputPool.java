// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/** Outputs and buffers that no connection needs just now. For one thread at a time. */
final class OutputPool {
    private final Output[] spare;
    private int count;

    final BufferPool buffers;

    /** A pool that keeps so many outputs, and as many buffers. */
    OutputPool(int most) {
        this.spare = new Output[most];
        this.buffers = new BufferPool(most);
    }

    Output take() {
        if (count == 0) {
            return new Output();
        }
        Output output = spare[--count];
        spare[count] = null;
        return output;
    }

    /** Takes back an output of which everything has left. */
    void give(Output empty) {
        empty.clear(buffers);
        if (count < spare.length) {
            spare[count++] = empty;
        }
    }
}
