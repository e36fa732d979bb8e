// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.net.SocketAddress;

/** Is told of every exchange when it is over: access logs, metrics, the summary at the end. */
@FunctionalInterface
public interface ExchangeLog {

    /** Keeps no log. */
    ExchangeLog NONE = new ExchangeLog() {
        // No lambda: the start-up cache cannot keep one of an interface's own initializer, and every worker process
        // would link it.
        @Override
        public void completed(Request request, int status, long bytes, long nanos) {}
    };

    /**
     * One exchange is over. Called on the loop; must be quick, must not block, and must copy what it keeps: the request
     * is valid during this call only.
     *
     * @param request the request; {@code null} when there was none that could be read (a 400 for garbage)
     * @param status the status sent, or 0 if the connection ended before an answer began (499 elsewhere)
     * @param bytes bytes of the body that were handed to the connection
     * @param nanos from the first byte of the request's head until the answer had been handed over
     */
    void completed(Request request, int status, long bytes, long nanos);

    /**
     * A request that could not be read has been refused: as {@link #completed} without a request, which it calls unless
     * somebody wants to know who has sent it.
     *
     * @param peer the sender's address, or {@code null} where the carrier knows none
     */
    default void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
        completed(null, status, bytes, nanos);
    }

    /**
     * The connection ended in the middle of an answer, whose head had left: as {@link #completed}, which it calls
     * unless somebody wants to know the difference.
     */
    default void brokenOff(Request request, int status, long bytes, long nanos) {
        completed(request, status, bytes, nanos);
    }
}
