// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/**
 * What one connection speaks: bytes in, answers out. Does no I/O and starts no thread, so it runs on plain arrays in a
 * test and unchanged over every way of waiting.
 *
 * <p>Every method is called by the thread that owns the link, never concurrently and never from within a call that the
 * protocol itself makes on its {@link Link}. After {@link #closed} nothing is called any more. An exception thrown out
 * of any of them ends the connection with {@link CloseCause#FAILED} and is reported; no other connection notices.
 */
public interface Protocol {

    /** The connection stands. Called once, before anything else. */
    default void opened(Link link) {}

    /**
     * Bytes have come in. Consume what is whole and leave the rest: what stays unconsumed is seen again, with more
     * behind it, at the next call. The buffer is lent for the length of this call.
     */
    void receive(Buffer in, Link link);

    /**
     * The peer has sent its last byte (a half-close, shutdown(2) SHUT_WR, or the first half of a full one); it may
     * still read. Called once, after the last {@link #receive}. A protocol that owes no more answers closes.
     */
    default void inputClosed(Link link) {
        link.close(CloseMode.FLUSHED);
    }

    /**
     * Everything in {@link Link#out()} and every transfer has left, or all but the low mark of
     * {@link Flow#writeWatermarks}: a protocol with more to send may go on.
     */
    default void drained(Link link) {}

    /** The {@link Link#deadline deadline} passed. */
    default void expired(Link link) {
        link.close(CloseMode.NOW);
    }

    /** A {@link Flow#timeout time limit} passed. */
    default void timedOut(Link link, TimeLimit which) {
        link.close(CloseMode.NOW);
    }

    /** The server is shutting down: owe nothing new, finish what is in flight, then close. */
    default void shuttingDown(Link link) {
        link.close(CloseMode.FLUSHED);
    }

    /**
     * Returns how many bytes the protocol holds of what it has received, beside what it leaves in the link's input.
     * They count as the link's own against the memory that connections may hold. Asked after every call, so that it
     * must cost nearly nothing; 0 by default.
     */
    default long heldBytes() {
        return 0;
    }

    /** The connection has ended; the link is dead. Called once, after {@link #opened}. */
    default void closed(CloseCause why) {}
}
