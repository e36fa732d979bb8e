// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/** A dispatcher with a filter before every route that it finds. */
record FilteredDispatcher(Filter filter, Dispatcher inner) implements Dispatcher {

    @Override
    public Route resolve(Request request) {
        return inner.resolve(request).behind(filter);
    }
}
