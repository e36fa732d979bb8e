// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.util.function.LongConsumer;

/**
 * Something that a loop does in each turn before or after its wait. Made by {@link LoopMonitor#beforeWait},
 * {@link LoopMonitor#afterWait}.
 */
public final class Hook implements AutoCloseable {
    private final LongConsumer action;
    private volatile boolean closed;

    Hook(LongConsumer action) {
        this.action = action;
    }

    void call(long timeout) {
        if (closed) {
            return;
        }
        try {
            action.accept(timeout);
        } catch (Throwable t) {
            Log.error("a hook of the loop threw", t);
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Is not called any more. Any thread may call. */
    @Override
    public void close() {
        closed = true;
    }
}
