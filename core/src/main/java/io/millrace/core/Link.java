// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.net.SocketAddress;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What a protocol may ask of whatever carries it. Only the owner thread may call, except {@link #execute}, the one verb
 * for other threads. After the connection has ended every call is without effect ({@code out()} swallows what it is
 * given).
 */
public interface Link extends Executor {

    /** The deadline that never passes. */
    long NEVER = Long.MAX_VALUE;

    /**
     * Where answers are appended. The buffer is the link's: ask for it anew in each call of the protocol and keep no
     * reference. What is appended leaves at the latest at the end of the loop's turn once {@link #flush} was called.
     */
    Buffer out();

    /**
     * Asks that what is in {@link #out()} be sent: now or at the end of the loop's turn, all of the turn's in one call.
     */
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
     * sendfile(2) where the carrier can. The link takes over the caller's hold on the file and closes it when it is
     * done or the connection ends. A file that turns out shorter ends the connection: the promised length can no longer
     * be kept.
     */
    void transfer(OpenFile file, long from, long count);

    /**
     * Sends a body after what is in {@link #out()} so far, without copying it; one too small to be worth a system call
     * of its own is copied all the same. The link takes a hold of its own, and gives it back when the body has been
     * sent or the connection has ended.
     */
    default void transfer(SharedBytes body) {
        out().append(body.array(), body.offset(), body.length());
    }

    /**
     * Sends part of an array after what is in {@link #out()} so far. It may be sent without having been copied, so the
     * array must not change until the connection has sent it or has ended: for bytes that never change, such as those
     * of a cache. Bodies whose release is to be told are for {@link #transfer(SharedBytes)}.
     */
    default void transfer(byte[] bytes, int offset, int length) {
        out().append(bytes, offset, length);
    }

    /**
     * {@code true} stops the delivery of input, and with it, over TCP, the peer; {@code false} goes on: input that was
     * left unconsumed is offered again soon, even if nothing new has come.
     */
    void pause(boolean on);

    /**
     * Hands the connection to another protocol (an upgrade): the rest of the input, unconsumed bytes of the running
     * {@link Protocol#receive} included, goes to {@code next}, which is told {@link Protocol#opened} first. The old
     * protocol hears nothing more, {@code closed} included.
     *
     * <p>What the old protocol has set for itself ends with it, unless it has {@link #close closed} the link: the
     * {@link #deadline}, and of its {@link #flow} the write timeout, the time limits, the watermarks and
     * {@link Flow#spliceTo}. The next one sets its own. Rates, portions and a pause stay as they are.
     */
    void switchProtocol(Protocol next);

    /**
     * Calls {@link Protocol#expired} when {@link #now()} reaches {@code at} (nanoseconds, {@link #NEVER} for never).
     * There is one deadline: a new one replaces it, and it is gone once it has passed. Setting it is cheap enough for
     * every request.
     */
    void deadline(long at);

    /**
     * Closes our direction once everything has left: the peer reads the end of the stream and may still send; its input
     * is delivered as before. What is appended or transferred afterwards is dropped. A protocol that has finished and
     * been {@link Protocol#inputClosed told the end} still closes.
     */
    void shutdownOutput();

    /**
     * Ends the connection in the way named. The first call decides; only {@link CloseMode#NOW} and
     * {@link CloseMode#ABORT} may follow another.
     */
    void close(CloseMode how);

    /**
     * Monotonic time in nanoseconds as of this turn of the loop; meaningful only compared with itself and
     * {@link #deadline}.
     */
    long now();

    /** Whether the calling thread owns this link. Any thread may ask. */
    boolean inLoop();

    /** The peer's address, or {@code null} where the carrier knows none. */
    @Nullable
    SocketAddress peer();

    /**
     * Returns the address at the other end of the socket, or {@code null} where the carrier knows none. It is that of
     * {@link #peer} unless a protocol in front, such as the PROXY protocol, has said who the client is: a link that
     * replaces {@code peer()} passes this on to the link below.
     */
    default @Nullable SocketAddress socketPeer() {
        return peer();
    }

    /** This end's address, or {@code null} where the carrier knows none. */
    @Nullable
    SocketAddress local();

    /**
     * Returns what limits and counts the bytes of this link. The same object each time; only the owner thread calls it.
     */
    Flow flow();

    /** Returns the facts of the TLS session that protects this link; {@code null} in the clear. */
    default @Nullable Tls tls() {
        return null;
    }

    /**
     * Has the carrier itself make TLS records of everything that is sent from now on, files included. Only while
     * nothing waits to be sent ({@link #pending} is 0). Returns {@code false} where the carrier cannot, and then
     * nothing has changed.
     */
    default boolean protectOutput(RecordKeys keys) {
        return false;
    }

    /**
     * Sends a record that is no data, such as an alert, after what is in {@link #out()} so far. Only after
     * {@link #protectOutput} has returned {@code true}.
     *
     * @param type the record's content type
     * @param content its bytes, which must not change
     */
    default void sendRecord(int type, byte[] content) {
        throw new IllegalStateException("this link makes no records");
    }

    /**
     * Runs a task on the owner thread, soon and in order. Any thread may call. Runs even after the connection has
     * ended.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the loop that carries the link has been closed, and
     *     the connection with it: the task does not run
     */
    @Override
    void execute(Runnable task);
}
