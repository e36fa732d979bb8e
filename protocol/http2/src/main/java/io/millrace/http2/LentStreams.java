// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Link;
import java.util.List;

/**
 * The streams that one connection has open, lent by the pool of its loop. Holds a table only while there are some, and
 * counts the handlers that still run though their streams have ended: else resets would let a client have any number of
 * them at once.
 */
final class LentStreams<S extends StreamEntry> {
    private final StreamPool<S> pool;
    private OpenStreams<S> open;
    private int leftBehind;

    LentStreams(StreamPool<S> pool) {
        this.pool = pool;
    }

    boolean isEmpty() {
        return open == null;
    }

    /** Returns how many streams are open, and handlers still run whose streams have ended. */
    int count() {
        return leftBehind + (open == null ? 0 : open.count());
    }

    /** Returns whether all connections of this loop together have as many streams open as they may. */
    boolean isLoopFull() {
        return pool.isFull();
    }

    /** Returns the open stream with that number, {@code null} for none. */
    S find(int id) {
        return open == null ? null : open.find(id);
    }

    /** Returns the streams as they are now, in the order of their numbers, for walks in which some may go. */
    List<S> snapshot() {
        return open == null ? List.of() : open.snapshot();
    }

    /** Returns what says which stream sends next. There must be a stream. */
    Scheduler scheduler() {
        return open.scheduler();
    }

    /** Returns a stream that is not open yet. */
    S lend() {
        return pool.lendStream();
    }

    /** Adds a stream that was lent and has its number now. */
    void add(S stream) {
        if (open == null) {
            open = pool.lendTable();
        }
        open.add(stream);
    }

    /** Takes a stream out that is over; {@code again} says that nobody else can hold a part of it. */
    void remove(S stream, boolean again) {
        open.remove(stream);
        pool.giveBack(stream, again);
        if (open.count() == 0) {
            pool.giveBack(open);
            open = null;
        }
    }

    // ---- all of them

    /** The connection has ended. */
    void cutAll() {
        for (S stream : snapshot()) {
            stream.cut();
        }
    }

    /** Nothing more comes in: requests that are not whole will never be. */
    void cutUnlessWhole() {
        for (S stream : snapshot()) {
            if (!stream.isRemoteClosed()) {
                stream.cut();
            }
        }
    }

    /** Returns when the first stream will have taken too long; {@code since} as {@link StreamEntry#due} has it. */
    long due(long since) {
        long due = Link.NEVER;
        for (S stream : snapshot()) {
            due = Math.min(due, stream.due(since));
        }
        return due;
    }

    /** Sees to the streams that have taken too long. */
    void expire(long now, long since) {
        for (S stream : snapshot()) {
            if (stream.due(since) <= now) {
                stream.expired(now, since);
            }
        }
    }

    // ---- handlers that are left

    /** A stream is over whose handler still runs. */
    void handlerLeftBehind() {
        leftBehind++;
    }

    /** A handler has returned whose stream had ended before. */
    void handlerReturned() {
        leftBehind--;
    }
}
