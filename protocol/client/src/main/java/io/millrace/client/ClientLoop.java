// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Protocol;
import java.io.IOException;
import java.util.concurrent.Executor;

/**
 * An event loop as the client sees it: a thread that runs tasks, keeps time and opens connections. The client has one
 * pool of connections for each. {@link #execute} and {@link #inLoop} may be called by any thread, everything else by
 * the loop's own.
 *
 * <p>{@code execute} throws {@link java.util.concurrent.RejectedExecutionException} once the loop has been closed.
 */
public interface ClientLoop extends Executor {

    /** Something under way that can be given up. Called on the loop. */
    @FunctionalInterface
    interface Pending {

        /** Gives it up: nothing is told any more. Has no effect once it is over. */
        void cancel();
    }

    /** What becomes of a connection: one of these methods is called, once, on the loop. */
    interface Outcome {

        /**
         * A connection stands, TLS included. Returns the protocol that is to have it, or {@code null} to close it at
         * once. The protocol is opened before the loop runs another task, or never.
         */
        Protocol connected();

        /**
         * There is no connection.
         *
         * @param why a {@link HttpFailure}, which is passed on as it is, or another failure; one that was caused by a
         *     {@link java.net.UnknownHostException} means that the name has no address
         */
        void failed(IOException why);
    }

    /** Returns whether the calling thread is the loop's. */
    boolean inLoop();

    /** Returns the monotonic time in nanoseconds as of this turn of the loop; the same clock as that of its links. */
    long now();

    /** Runs a task on the loop once {@code nanos} nanoseconds have passed. */
    Pending schedule(long nanos, Runnable task);

    /**
     * Opens a connection to an origin, TLS included if its scheme asks for it.
     *
     * @param origin where to
     * @param nanos how long all of it may take; the client takes a failure from then on for a time-out
     * @param outcome is told, never before this method has returned
     */
    Pending connect(Origin origin, long nanos, Outcome outcome);
}
