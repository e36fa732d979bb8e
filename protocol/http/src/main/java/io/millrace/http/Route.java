// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A handler and the place where it runs. It is a handler itself: {@code Route.virtual(handler)} is one that may block.
 * Immutable; any number of threads may use it.
 */
public final class Route implements Dispatcher {
    private static final String[] NO_NAMES = {};

    private final Dispatch dispatch;
    private final Handler handler;
    private final String pattern;
    private final String[] names;

    // The last filter that was put before this route, and what came of it: one filter is put before it again and again.
    private volatile @Nullable Filtered filtered;

    private record Filtered(Filter filter, Route route) {}

    Route(Dispatch dispatch, Handler handler, String pattern, String[] names) {
        this.dispatch = Objects.requireNonNull(dispatch, "dispatch");
        this.handler = Objects.requireNonNull(handler, "handler");
        this.pattern = pattern;
        this.names = names;
    }

    /** Returns a route that runs a handler on the loop, where it must not block. */
    public static Route inline(Handler handler) {
        return new Route(Dispatch.INLINE, handler, "", NO_NAMES);
    }

    /** Returns a route that runs a handler on a virtual thread of its own for each request. */
    public static Route virtual(Handler handler) {
        return new Route(Dispatch.VIRTUAL, handler, "", NO_NAMES);
    }

    /**
     * Returns a route that runs a handler by an executor; {@link Dispatch#on} says what becomes of requests that it
     * rejects.
     *
     * @throws NullPointerException if one of them is {@code null}
     */
    public static Route on(Executor executor, Handler handler) {
        return new Route(Dispatch.on(executor), handler, "", NO_NAMES);
    }

    /** Returns where the handler runs. */
    public Dispatch dispatch() {
        return dispatch;
    }

    /** Returns the handler. */
    public Handler handler() {
        return handler;
    }

    /** Returns the pattern that the router knows the route by, {@code ""} for none. It is good for metrics. */
    public String pattern() {
        return pattern;
    }

    /** Names of the path parameters in the order of the pattern. */
    String[] names() {
        return names;
    }

    /**
     * Returns this route, or what its handler says if that is a {@link Dispatcher} and this route is inline. A place
     * that may block contains all others.
     */
    @Override
    public Route resolve(Request request) {
        if (dispatch.isInline() && handler instanceof Dispatcher inner) {
            return inner.resolve(request);
        }
        return this;
    }

    @Override
    public void handle(Request request, Response response) throws Exception {
        handler.handle(request, response);
    }

    /** The route with a filter before its handler. Remembers the last one, so that asking again costs nothing. */
    Route behind(Filter filter) {
        Filtered last = filtered;
        if (last == null || last.filter != filter) {
            last = new Filtered(filter, new Route(dispatch, filter.before(handler), pattern, names));
            filtered = last;
        }
        return last.route;
    }

    @Override
    public String toString() {
        return "Route[" + (pattern.isEmpty() ? "" : pattern + " ") + dispatch + "]";
    }
}
