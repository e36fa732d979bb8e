// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/** Stands before handlers: looks at a request, adds to its response, answers it itself or lets it pass. */
@FunctionalInterface
public interface Filter {

    /**
     * Calls {@code next} to let the request pass, or answers it without. Runs where the handler behind it runs: on the
     * loop for an INLINE one, where a filter must not block either. Behind the filters of a {@link Router} stand its
     * own answers too (404, 405, OPTIONS); {@link Router#filter(Dispatch, Filter)} is for filters that block.
     */
    void filter(Request request, Response response, Handler next) throws Exception;

    /** The handler that has this filter before it. Where it runs remains as it was. */
    default Handler before(Handler handler) {
        if (handler instanceof Dispatcher dispatcher) {
            Dispatcher filtered = request -> dispatcher.resolve(request).behind(this);
            return filtered;
        }
        return (request, response) -> filter(request, response, handler);
    }
}
