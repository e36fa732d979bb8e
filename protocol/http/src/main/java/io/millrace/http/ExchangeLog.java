// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Is told of every exchange when it is over: access logs, metrics, the summary at the end. */
@FunctionalInterface
public interface ExchangeLog {

    /** Keeps no log. */
    ExchangeLog NONE = new ExchangeLog() {
        // No lambda: the start-up cache cannot keep one of an interface's own initializer, and every worker process
        // would link it.
        @Override
        public void completed(@Nullable Request request, int status, long bytes, long nanos) {}
    };

    /**
     * Takes note of an exchange that is over. Called on the loop: it must be quick and must not block, and it must copy
     * what it keeps, since the request is valid during this call only.
     *
     * @param request the request; {@code null} when there was none that could be read (a 400 for garbage)
     * @param status the status sent, or 0 if the connection ended before an answer began (499 elsewhere)
     * @param bytes number of bytes of the body that were handed to the connection
     * @param nanos nanoseconds from the first byte of the request's head until the answer had been handed over
     */
    void completed(@Nullable Request request, int status, long bytes, long nanos);

    /**
     * Takes note of a request that could not be read and has been refused. Calls {@link #completed} without a request
     * unless it is overridden to know the sender.
     *
     * @param peer the sender's address, or {@code null} where the carrier knows none
     */
    default void unreadable(@Nullable SocketAddress peer, int status, long bytes, long nanos) {
        completed(null, status, bytes, nanos);
    }

    /**
     * Takes note of an answer that was broken off after its head had left. Calls {@link #completed} unless it is
     * overridden to know the difference.
     */
    default void brokenOff(@Nullable Request request, int status, long bytes, long nanos) {
        completed(request, status, bytes, nanos);
    }
}
