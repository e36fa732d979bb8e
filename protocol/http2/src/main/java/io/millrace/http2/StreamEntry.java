// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * What the table, the scheduler and the queues of a connection know of one of its streams, and the references by which
 * they chain streams together without objects of their own.
 */
abstract class StreamEntry {
    int id;

    // For the scheduler.
    int priority;
    boolean scheduled;
    StreamEntry next;
    StreamEntry previous;

    // For the queue of those that have something to tell.
    StreamEntry nextToAttend;

    /** Sends one DATA frame of at most {@code most} bytes; returns how many it took from the connection's window. */
    abstract int sendFrame(int most);

    /** Tells the application what has been noted for it. */
    abstract void attended();

    /** Returns whether nothing more comes in. */
    abstract boolean isRemoteClosed();

    /** Ends the stream at once: after this side has written RST_STREAM, or with the connection. */
    abstract void cut();

    /** Returns when the stream will have taken too long; {@code since} is when the connection's own window ran out. */
    abstract long due(long since);

    /** Returns since when the client has let the stream wait, {@link io.millrace.core.Link#NEVER} if it does not. */
    abstract long heldSince();

    /** The moment of {@link #due} may have come. */
    abstract void expired(long now, long since);
}
