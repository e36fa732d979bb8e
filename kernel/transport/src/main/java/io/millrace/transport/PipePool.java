// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.socket.Kernel;
import java.util.ArrayDeque;

/** Empty pipes that no splice of the loop needs just now. */
final class PipePool {
    /**
     * A pipe(2) by its descriptors.
     *
     * @param out what comes out of the pipe is read here
     * @param in what goes into the pipe is written here
     */
    record Pipe(int out, int in) {}

    /**
     * What moves at once: room for it is asked for when a pipe is made, and the kernel may give less (pipe(7),
     * pipe-user-pages-soft).
     */
    static final int PORTION = 256 * 1024;

    private static final int MOST_KEPT = 16;

    private final Kernel kernel;
    private final ArrayDeque<Pipe> kept = new ArrayDeque<>();
    private final int[] ends = new int[2];

    PipePool(Kernel kernel) {
        this.kernel = kernel;
    }

    /** An empty pipe, or {@code null} if there is none to be had: out of descriptors, or a kernel without. */
    Pipe take() {
        Pipe pipe = kept.pollLast();
        if (pipe != null) {
            return pipe;
        }
        return kernel.pipe(ends, PORTION) < 0 ? null : new Pipe(ends[0], ends[1]);
    }

    /** Takes an empty pipe back. */
    void give(Pipe pipe) {
        if (kept.size() < MOST_KEPT) {
            kept.addLast(pipe);
        } else {
            drop(pipe);
        }
    }

    /** Closes a pipe with whatever is in it. */
    void drop(Pipe pipe) {
        kernel.close(pipe.out());
        kernel.close(pipe.in());
    }

    /** Closes all. */
    void close() {
        kept.forEach(this::drop);
        kept.clear();
    }
}
