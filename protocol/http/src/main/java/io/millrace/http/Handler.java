// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/** Answers requests. The one interface that an application implements. */
@FunctionalInterface
public interface Handler {

    /**
     * Answers one request: with one of the {@code send} methods, by opening a {@link Response#stream}, or later after
     * {@link Response#defer}. A handler that returns having done none of these has answered with the status and headers
     * it set and an empty body.
     *
     * <p>Runs where its route's {@link Dispatch} says: on the loop, where it must not block, or on a virtual thread of
     * its own, where it may.
     *
     * @throws HttpException to answer with a status and a short text
     * @throws Exception for 500; once the head of the answer has left, the connection is ended instead
     */
    void handle(Request request, Response response) throws Exception;
}
