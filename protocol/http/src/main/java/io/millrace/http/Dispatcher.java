// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/**
 * A handler that decides for each request, before anything runs, who answers it and where. A wire format asks
 * {@link #resolve} and runs the route's handler in the place that the route names; a handler that is no dispatcher runs
 * {@link Dispatch#INLINE}.
 */
public interface Dispatcher extends Handler {

    /** Who answers this request and where. Called on the loop; quick, never fails, never {@code null}. */
    Route resolve(Request request);

    /** Runs the route's handler here, for callers that are handlers themselves and have their place already. */
    @Override
    default void handle(Request request, Response response) throws Exception {
        Route route = resolve(request);
        if (!route.dispatch().isInline() && request.dispatch().isInline()) {
            throw new IllegalStateException("a route that may block was called by a handler on the loop: " + route);
        }
        route.handler().handle(request, response);
    }

    /** The handler as a dispatcher: itself if it is one, else a route that runs it INLINE. */
    static Dispatcher of(Handler handler) {
        return handler instanceof Dispatcher dispatcher ? dispatcher : Route.inline(handler);
    }
}
