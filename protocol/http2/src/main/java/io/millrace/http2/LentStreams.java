// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Link;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/**
 * The streams that one connection has open, lent by the pool of its loop. Holds a table only while there are some, and
 * counts the handlers that still run though their streams have ended: else resets would let a client have any number of
 * them at once.
 */
final class LentStreams<S extends StreamEntry> {
    private final StreamPool<S> pool;
    private final Runnable standsStill;
    private OpenStreams<S> open;
    private int leftBehind;

    // For the pool, which chains those together that have streams.
    LentStreams<S> next;
    LentStreams<S> previous;

    /** {@code standsStill} ends the connection, for others to have room. */
    LentStreams(StreamPool<S> pool, Runnable standsStill) {
        this.pool = pool;
        this.standsStill = standsStill;
    }

    boolean isEmpty() {
        return open == null;
    }

    /** Returns how many streams are open, and handlers still run whose streams have ended. */
    int count() {
        return leftBehind + (open == null ? 0 : open.count());
    }

    /** Returns whether there are {@code most} streams, or as many as all connections of the loop may have. */
    boolean isFull(int most) {
        return count() >= most || pool.isFull();
    }

    /** Where the loop has no room, ends the connection whose streams have waited for their client longest. */
    void makeRoom(long now) {
        LentStreams<S> slowest = pool.isFull() ? pool.slowest(now) : null;
        if (slowest != null) {
            slowest.standsStill.run();
        }
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
            open = pool.lendTable(this);
        }
        open.add(stream);
    }

    /** Takes a stream out that is over; {@code again} says that no other object can hold a part of it. */
    void remove(S stream, boolean again) {
        open.remove(stream);
        pool.giveBack(stream, again);
        if (open.count() == 0) {
            pool.giveBack(open, this);
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

    /** Returns since when a client has let a stream wait, that which waits longest, {@link Link#NEVER} for none. */
    long heldSince() {
        long since = Link.NEVER;
        for (S stream : snapshot()) {
            since = Math.min(since, stream.heldSince());
        }
        return since;
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

    /** A handler has returned whose stream had ended before. Any thread calls. */
    void handlerReturned(Link link) {
        try {
            link.execute(() -> leftBehind--);
        } catch (RejectedExecutionException e) {
            // The loop has been closed, and the connection with it.
        }
    }
}
