// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import java.util.ArrayDeque;
import java.util.function.Supplier;

/** The streams that one loop lends to its connections, and the tables that hold them there. */
final class StreamPool<S extends StreamEntry> {
    private static final int SPARE_STREAMS = 256;
    private static final int SPARE_TABLES = 64;

    private static final long LOOK_NANOS = 100_000_000L;

    /** A client that lets a stream wait for so long may lose its connection where others have no room. */
    private static final long PATIENCE_NANOS = 1_000_000_000L;

    private final Supplier<S> maker;
    private final int most;
    private final ArrayDeque<S> streams = new ArrayDeque<>(SPARE_STREAMS);
    private final ArrayDeque<OpenStreams<S>> tables = new ArrayDeque<>(SPARE_TABLES);
    private int open;

    // A chain of those that have streams.
    private LentStreams<S> first;
    private long lookedAt = Long.MIN_VALUE;

    /** A pool that says it is full when {@code most} streams are open. */
    StreamPool(Supplier<S> maker, int most) {
        this.maker = maker;
        this.most = most;
    }

    S lendStream() {
        open++;
        return streams.isEmpty() ? maker.get() : streams.pop();
    }

    /** A stream is over; {@code again} says that no other object can hold a part of it. */
    void giveBack(S stream, boolean again) {
        open--;
        if (again && streams.size() < SPARE_STREAMS) {
            streams.push(stream);
        }
    }

    OpenStreams<S> lendTable(LentStreams<S> to) {
        to.previous = null;
        to.next = first;
        if (first != null) {
            first.previous = to;
        }
        first = to;
        return tables.isEmpty() ? new OpenStreams<>() : tables.pop();
    }

    void giveBack(OpenStreams<S> table, LentStreams<S> from) {
        if (from.previous == null) {
            first = from.next;
        } else {
            from.previous.next = from.next;
        }
        if (from.next != null) {
            from.next.previous = from.previous;
        }
        from.next = null;
        from.previous = null;
        if (tables.size() < SPARE_TABLES) {
            table.trim();
            tables.push(table);
        }
    }

    /**
     * Returns those of the connection whose client has let a stream wait longest, {@code null} if none has for a while.
     * Looks at most ten times a second, however often it is asked.
     */
    LentStreams<S> slowest(long now) {
        if (lookedAt != Long.MIN_VALUE && now - lookedAt < LOOK_NANOS) {
            return null;
        }
        lookedAt = now;
        LentStreams<S> slowest = null;
        long since = now - PATIENCE_NANOS;
        for (LentStreams<S> each = first; each != null; each = each.next) {
            long held = each.heldSince();
            if (held <= since) {
                since = held;
                slowest = each;
            }
        }
        return slowest;
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
