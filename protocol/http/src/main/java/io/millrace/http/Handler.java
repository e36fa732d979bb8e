// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

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

    /**
     * Returns a handler that answers when a stage completes. What the stage fails with is answered as if the handler
     * had thrown it. Its value is the answer unless one has been given: a {@code String}, a {@code byte[]}, or an
     * object that becomes JSON by the {@link BodyMapper} of the server. A stage that completes with {@code null} where
     * nothing was answered is a forgotten answer: 500.
     *
     * <pre>{@code
     * server.get("/users/{id}", Handler.async((request, response) -> users.find(request.param("id"))));
     * }</pre>
     */
    static Handler async(Async handler) {
        return (request, response) -> {
            response.defer();
            CompletionStage<?> stage = Objects.requireNonNull(
                    handler.handle(request, response), () -> "the stage that answers " + request);
            stage.whenComplete((value, error) -> Async.complete(response, value, error));
        };
    }

    /** Answers a request when a stage completes. */
    @FunctionalInterface
    interface Async {

        /**
         * Returns a stage of what {@link Handler#async} answers with. Runs where the route says; request and response
         * stay valid until the exchange is over.
         */
        CompletionStage<?> handle(Request request, Response response) throws Exception;

        private static void complete(Response response, @Nullable Object value, @Nullable Throwable error) {
            try {
                if (error != null) {
                    Throwable cause = error.getCause();
                    response.fail(error instanceof CompletionException && cause != null ? cause : error);
                } else if (!response.committed()) {
                    answer(response, value);
                }
            } catch (RuntimeException | Error e) {
                response.fail(e);
            }
        }

        private static void answer(Response response, @Nullable Object value) {
            switch (value) {
                case null ->
                    throw new IllegalStateException("the stage of a handler completed with null and without an answer");
                case String text -> response.send(text);
                case byte[] bytes -> response.send(bytes);
                default -> response.json(value);
            }
        }
    }
}
