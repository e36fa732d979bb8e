// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Buffer;
import io.millrace.core.RecordKeys;
import io.millrace.core.Tls;
import org.jspecify.annotations.Nullable;

/**
 * The cryptography of one connection: records in, plaintext out, and the other way round. Does no I/O, keeps no
 * reference to a buffer and throws nothing but for bugs. One thread at a time calls; while {@link #task} runs elsewhere
 * nothing else is called.
 */
public interface TlsEngine {

    /** What a call of {@link #read} came to. */
    enum Step {
        /** Something was consumed or produced, and there may be more to do. */
        OK,

        /** Nothing more can be done without another record. */
        NEED_INPUT,

        /** {@link #task} has to run first. */
        TASK,

        /** The peer has said that it sends nothing more (close_notify). */
        CLOSED,

        /** It is over: {@link #failure} says why, and an alert for the peer has been appended. */
        FAILED
    }

    /**
     * Goes on with the handshake, or opens one record.
     *
     * @param from records of the peer; whole ones are consumed
     * @param toPeer where answers are appended
     * @param plain where plaintext is appended
     */
    Step read(Buffer from, Buffer toPeer, Buffer plain);

    /**
     * Seals one record of at most {@code most} bytes of {@code plain}, and consumes them. Consumes all and appends
     * nothing when our direction has been closed.
     */
    void write(Buffer plain, int most, Buffer toPeer);

    /** Appends the end of our direction (close_notify), once. */
    void close(Buffer toPeer);

    /** Returns what {@link Step#TASK} asked for; to be run on another thread. */
    Runnable task();

    /** Returns whether the handshake has succeeded. */
    boolean isEstablished();

    /** Returns the facts of the session. Only when it is established. */
    Tls session();

    /** Returns why it failed, {@code null} if it has not. */
    @Nullable
    String failure();

    /** Returns whether {@link #outputKeys} would return keys now. */
    default boolean canReleaseOutput() {
        return false;
    }

    /** Returns whether the peer has asked for new keys of our direction, which has been released. */
    default boolean owesKeyUpdate() {
        return false;
    }

    /**
     * Returns what it takes to go on with our direction elsewhere, {@code null} where it cannot be had. Nothing changes
     * yet: another may not be able to.
     */
    default @Nullable RecordKeys outputKeys() {
        return null;
    }

    /**
     * Another goes on with our direction, by {@link #outputKeys}: {@link #write} and {@link #close} are not called any
     * more, and what {@link #read} appends for the peer cannot be sent.
     */
    default void releaseOutput() {}

    /** Gives back what the garbage collector does not know of. Called last, once. */
    default void free() {}
}
