// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import java.util.ArrayDeque;
import java.util.function.Supplier;

/** The streams that one loop lends to its connections, and the tables that hold them there. */
final class StreamPool<S extends StreamEntry> {
    private static final int SPARE_STREAMS = 256;
    private static final int SPARE_TABLES = 64;

    private final Supplier<S> maker;
    private final int most;
    private final ArrayDeque<S> streams = new ArrayDeque<>(SPARE_STREAMS);
    private final ArrayDeque<OpenStreams<S>> tables = new ArrayDeque<>(SPARE_TABLES);
    private int open;

    /** A pool that says it is full when {@code most} streams are open. */
    StreamPool(Supplier<S> maker, int most) {
        this.maker = maker;
        this.most = most;
    }

    S lendStream() {
        open++;
        return streams.isEmpty() ? maker.get() : streams.pop();
    }

    /** A stream is over; {@code again} says that nobody else can hold a part of it. */
    void giveBack(S stream, boolean again) {
        open--;
        if (again && streams.size() < SPARE_STREAMS) {
            streams.push(stream);
        }
    }

    OpenStreams<S> lendTable() {
        return tables.isEmpty() ? new OpenStreams<>() : tables.pop();
    }

    void giveBack(OpenStreams<S> table) {
        if (tables.size() < SPARE_TABLES) {
            table.trim();
            tables.push(table);
        }
    }

    /** Returns how many streams the connections of this loop have open. */
    int open() {
        return open;
    }

    /** Returns whether all connections of this loop together have as many streams open as they may. */
    boolean isFull() {
        return open >= most;
    }
}
