// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.net.SocketAddress;
import java.util.concurrent.Executor;

/**
 * What a protocol may ask of whatever carries it. Only the owner thread may call, except {@link #execute}, the one verb
 * for other threads. After the connection has ended every call is without effect ({@code out()} swallows what it is given).
 */
public interface Link extends Executor {

    /** The deadline that never passes. */
    long NEVER = Long.MAX_VALUE;

    /**
     * Where answers are appended. The buffer is the link's: ask for it anew in each call of the protocol and keep no
     * reference. What is appended leaves at the latest at the end of the loop's turn once {@link #flush} was called.
     */
    Buffer out();

    /** Asks that what is in {@link #out()} be sent: now or at the end of the loop's turn, all of the turn's in one call. */
    void flush();

    /**
     * Whether a producer may go on: what waits to be sent is below the high-water mark. When this is {@code false},
     * {@link Protocol#drained} tells when to go on. Nothing is refused or lost when a producer goes on all the same.
     */
    boolean writable();

    /** Number of bytes that wait to be sent, transfers included. */
    long pending();

    /**
     * Sends {@code count} bytes of a file, from byte {@code from}, after what is in {@link #out()} so far: by
     * sendfile(2) where the carrier can. The link takes over the caller's hold on the file and closes it when it is done or the
     * connection ends. A file that turns out shorter ends the connection: the promised length can no longer be kept.
     */
    void transfer(OpenFile file, long from, long count);

    /**
     * {@code true} stops the delivery of input, and with it, over TCP, the peer; {@code false} goes on: input that was left
     * unconsumed is offered again soon, even if nothing new has come.
     */
    void pause(boolean on);

    /**
     * Hands the connection to another protocol (an upgrade): the rest of the input, unconsumed bytes of the running
     * {@link Protocol#receive} included, goes to {@code next}, which is told {@link Protocol#opened} first. The old protocol hears nothing
     * more, {@code closed} included.
     */
    void become(Protocol next);

    /**
     * Calls {@link Protocol#expired} when {@link #now()} reaches {@code at} (nanoseconds, {@link #NEVER} for never). There is
     * one deadline: a new one replaces it, and it is gone once it has passed. Setting it is cheap enough for every request.
     */
    void deadline(long at);

    /**
     * How long the peer may accept not one byte of what waits to be sent before the connection is ended with
     * {@link CloseCause#STALLED}. In nanoseconds, {@link #NEVER} for without limit.
     */
    void stallLimit(long nanos);

    /** Ends the connection in the way named. The first call decides; only {@link Closing#NOW} may follow another. */
    void close(Closing how);

    /** Monotonic time in nanoseconds as of this turn of the loop; meaningful only compared with itself and {@link #deadline}. */
    long now();

    /** Whether the calling thread owns this link. Any thread may ask. */
    boolean inLoop();

    /** The peer's address, or {@code null} where the carrier knows none. */
    SocketAddress peer();

    /** This end's address, or {@code null} where the carrier knows none. */
    SocketAddress local();

    /** Whether what is sent and received is protected by TLS. */
    default boolean secure() {
        return false;
    }

    /** Runs a task on the owner thread, soon and in order. Any thread may call. Runs even after the connection has ended. */
    @Override
    void execute(Runnable task);
}
