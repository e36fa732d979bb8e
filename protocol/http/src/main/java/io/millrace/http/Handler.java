// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/** Answers requests. This is the one interface that an application implements. */
@FunctionalInterface
public interface Handler {

    /**
     * Answers one request: with one of the {@code send} methods, by opening a {@link Response#stream}, or later after
     * {@link Response#defer}. A handler that returns having done none of these has forgotten to answer: the client gets
     * 500, and the fault is logged.
     *
     * <p>Runs where {@link Dispatch} of its route says: on the loop, where it must not block, or by an executor, where
     * it may.
     *
     * @param request the request, valid until this method returns or, deferred, until the exchange is over
     * @param response the answer, valid as long
     * @throws HttpException to answer with a status and a short text
     * @throws Exception to answer with 500; the exception is logged. Once the head of the answer has left, the
     *     connection is ended instead
     */
    void handle(Request request, Response response) throws Exception;
}
