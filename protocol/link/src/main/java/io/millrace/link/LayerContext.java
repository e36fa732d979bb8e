// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Protocol;
import io.millrace.core.RecordKeys;
import io.millrace.core.Tls;
import java.util.concurrent.Executor;

/** What a {@link Layer} may ask of the place it stands in. Only the owner thread calls. */
public interface LayerContext {

    /** Returns the buffer below the layer: what is appended goes to the peer as it is, in order with the output. */
    Buffer below();

    /** Asks that what is in {@link #below} be sent. */
    void flushBelow();

    /** Opens the protocol that the layer was put below, as soon as the running call of the layer has returned. Once. */
    void established();

    /** Opens {@code above}, which the layer has chosen, as soon as the running call of the layer has returned. Once. */
    void established(Protocol above);

    /**
     * Runs a task elsewhere. Until it has been done nothing is read and the layer is not called; then
     * {@link Layer#input} is, with empty input if nothing has come. What the task throws ends the connection.
     */
    void run(Executor executor, Runnable task);

    /**
     * Calls {@link Layer#expired} at {@code at}, beside the protocol's own deadline.
     *
     * @param at in nanoseconds of {@link #now}, {@link io.millrace.core.Link#NEVER} for none
     */
    void layerDeadline(long at);

    /** Sets what {@link io.millrace.core.Link#tls} of the link above returns. */
    void session(Tls session);

    /**
     * Has the link below protect what it is given from now on, as {@link io.millrace.core.Link#protectOutput} says;
     * {@code false} if it cannot now.
     */
    boolean protectBelow(RecordKeys keys);

    /** Returns whether nothing waits in the link below. */
    boolean isIdleBelow();

    /** Sends a record that is no data by the link below, which protects it. */
    void sendRecordBelow(int type, byte[] content);

    /** Returns the link's time in nanoseconds. */
    long now();

    /** Ends the connection for that cause, after what is in {@link #below} has left. Nothing is called but close. */
    void fail(CloseCause why);
}
