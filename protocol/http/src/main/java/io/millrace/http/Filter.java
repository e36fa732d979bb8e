// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/** Stands before handlers: looks at a request, adds to its response, answers it itself or lets it pass. */
@FunctionalInterface
public interface Filter {

    /**
     * Lets the request pass by calling {@code next}, or answers it without. Runs where the handler behind it runs: on
     * the loop for an INLINE one, where a filter must not block either. Behind the filters of a {@link Router} stand
     * its own answers too (404, 405, OPTIONS); {@link Router#filter(Dispatch, Filter)} is for filters that block.
     *
     * @param next what stands behind this filter; called at most once, on this thread or after {@link Response#defer}
     * @throws Exception as a handler's: {@link HttpException} for a status, anything else for 500
     */
    void filter(Request request, Response response, Handler next) throws Exception;

    /** Returns the handler with this filter in front of it. The place where it runs remains the same. */
    default Handler before(Handler handler) {
        if (handler instanceof Dispatcher dispatcher) {
            Filter filter = this;
            return new Dispatcher() {
                @Override
                public Route resolve(Request request) {
                    return dispatcher.resolve(request).behind(filter);
                }
            };
        }
        return (request, response) -> filter(request, response, handler);
    }
}
