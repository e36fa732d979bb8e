// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/** Routes and filters below a prefix of the path; made by {@link Routes#group}. */
public final class RouteGroup implements Routes<RouteGroup> {
    private final Router router;
    private final String prefix;
    private Dispatch usual;

    RouteGroup(Router router, String prefix, Dispatch usual) {
        Below.check(prefix);
        this.router = router;
        this.prefix = prefix;
        this.usual = usual;
    }

    @Override
    public RouteGroup route(String method, String pattern, Handler handler) {
        return route(method, pattern, handler instanceof Dispatcher ? Dispatch.INLINE : usual, handler);
    }

    /** Answers as {@link Router} does; the pattern {@code ""} is the prefix itself. */
    @Override
    public RouteGroup route(String method, String pattern, Dispatch dispatch, Handler handler) {
        if (!pattern.isEmpty() && !pattern.startsWith("/")) {
            throw new IllegalArgumentException("a pattern begins with a slash: \"" + pattern + "\"");
        }
        router.route(method, prefix + pattern, dispatch, handler);
        return this;
    }

    @Override
    public RouteGroup filter(Filter filter) {
        router.filter(prefix, filter);
        return this;
    }

    /**
     * Passes what lies below the prefix through a filter.
     *
     * @throws IllegalArgumentException if {@code dispatch} is not {@link Dispatch#INLINE}: where the requests of a
     *     group run is said by {@link #defaultDispatch}
     */
    @Override
    public RouteGroup filter(Dispatch dispatch, Filter filter) {
        if (!dispatch.isInline()) {
            throw new IllegalArgumentException("a filter of a group runs where the handler behind it runs: set"
                    + " defaultDispatch(" + dispatch + ") before the routes of " + prefix);
        }
        return filter(filter);
    }

    @Override
    public RouteGroup filter(String below, Filter filter) {
        router.filter(prefix + below, filter);
        return this;
    }

    @Override
    public RouteGroup group(String below, Consumer<? super RouteGroup> routes) {
        routes.accept(new RouteGroup(router, prefix + below, usual));
        return this;
    }

    @Override
    public RouteGroup defaultDispatch(Dispatch dispatch) {
        usual = Objects.requireNonNull(dispatch, "dispatch");
        return this;
    }

    /** A filter for what lies below a prefix, by the path that routes are found by. */
    static final class Below implements Filter {
        private static final byte[] ANY = {};

        private final byte[][] parts;
        private final Filter filter;

        Below(String prefix, Filter filter) {
            check(prefix);
            this.filter = Objects.requireNonNull(filter, "filter");
            this.parts = Arrays.stream(prefix.substring(1).split("/", -1))
                    .map(part -> part.startsWith("{") ? ANY : part.getBytes(StandardCharsets.UTF_8))
                    .toArray(byte[][]::new);
        }

        static void check(String prefix) {
            boolean proper = prefix.startsWith("/") && prefix.length() > 1 && !prefix.endsWith("/");
            if (!proper || prefix.contains("//") || prefix.contains("*") || prefix.contains("...")) {
                throw new IllegalArgumentException(
                        "a prefix begins with a slash, ends without one and has no rest: \"" + prefix + "\"");
            }
        }

        @Override
        public void filter(Request request, Response response, Handler next) throws Exception {
            if (matches(request.pathArray(), request.pathStart(), request.pathEnd())) {
                filter.filter(request, response, next);
            } else {
                next.handle(request, response);
            }
        }

        private boolean matches(byte[] path, int start, int end) {
            int at = start;
            for (byte[] part : parts) {
                int from = at + 1;
                int to = from;
                while (to < end && path[to] != '/') {
                    to++;
                }
                if (at >= end || (part == ANY ? to == from : !Arrays.equals(part, 0, part.length, path, from, to))) {
                    return false;
                }
                at = to;
            }
            return true;
        }
    }
}
