// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the handler for a request by its method and path.
 *
 * <pre>
 *   /users            that path and no other
 *   /users/{id}       one part, not empty, as parameter id
 *   /files/{path...}  the rest, empty or not, as parameter path
 *   /files/*          the rest without a name
 * </pre>
 *
 * <p>A literal part goes before a parameter, a parameter before the rest, from left to right; the most exact pattern
 * that has the method answers. HEAD is served by GET unless it has a route of its own; a path without the method is
 * answered 405 with Allow, OPTIONS with Allow, no path at all 404. Filters stand before all of these, which run on the
 * loop, unless all routes run elsewhere or a filter that may block asks for a thread.
 *
 * <p>Is set up first, by one thread, and then used by any number; the first request ends the setting up.
 */
public final class Router implements Dispatcher, Routes<Router> {
    private static final String ANY = "*";

    private final RouteTree tree = new RouteTree();
    private final List<Filter> filters = new ArrayList<>();
    private final Set<String> methods = new TreeSet<>();
    private boolean anyMethod;
    private Dispatch usual = Dispatch.INLINE;

    // Where routes run, and filters that may block: null while there are none.
    private @Nullable Dispatch routesPlace;
    private @Nullable Dispatch filtersPlace;

    // Answers where no route does. Being there says that the setting up is over.
    private volatile @Nullable Route instead;

    /** A router that knows no route. */
    public Router() {}

    @Override
    public synchronized Router defaultDispatch(Dispatch dispatch) {
        usual = Objects.requireNonNull(dispatch, "dispatch");
        return this;
    }

    @Override
    public Router route(String method, String pattern, Handler handler) {
        return route(method, pattern, handler instanceof Dispatcher ? Dispatch.INLINE : usual, handler);
    }

    @Override
    public Router group(String prefix, Consumer<? super RouteGroup> routes) {
        routes.accept(new RouteGroup(this, prefix, usual));
        return this;
    }

    @Override
    public Router filter(String prefix, Filter filter) {
        return filter(new RouteGroup.Below(prefix, filter));
    }

    @Override
    public synchronized Router route(String method, String pattern, Dispatch dispatch, Handler handler) {
        checkOpen();
        checkMethod(method);
        tree.add(method, pattern, dispatch, handler);
        if (method.equals(ANY)) {
            anyMethod = true;
        } else {
            methods.add(method);
        }
        Dispatch place = dispatch.isInline() && handler instanceof Route route ? route.dispatch() : dispatch;
        routesPlace = routesPlace == null ? place : common(routesPlace, place);
        return this;
    }

    // Methods are told apart by case (RFC 9110 section 9.1), and those that exist are in upper case.
    private static void checkMethod(String method) {
        if (!FieldSyntax.isToken(method)) {
            throw new IllegalArgumentException("not a method: " + method);
        }
        String upper = method.toUpperCase(Locale.ROOT);
        if (!method.equals(upper)) {
            throw new IllegalArgumentException("no client sends the method " + method + ": write " + upper);
        }
    }

    /** The place for what belongs to routes of two places: on the loop if one of them is, else where all may block. */
    private static Dispatch common(Dispatch one, Dispatch other) {
        if (one.equals(other)) {
            return one;
        }
        return one.isInline() || other.isInline() ? Dispatch.INLINE : Dispatch.VIRTUAL;
    }

    @Override
    public synchronized Router filter(Dispatch dispatch, Filter filter) {
        checkOpen();
        if (filtersPlace != null && !dispatch.isInline() && !filtersPlace.equals(dispatch)) {
            throw new IllegalArgumentException("one request cannot pass filters " + filtersPlace + " and " + dispatch);
        }
        filters.add(Objects.requireNonNull(filter, "filter"));
        if (!dispatch.isInline()) {
            filtersPlace = dispatch;
        }
        return this;
    }

    private void checkOpen() {
        if (instead != null) {
            throw new IllegalStateException("the router is in use; set it up before the first request");
        }
    }

    /** Finds the route. Allocates nothing for a path that exists and needs no decoding. */
    @Override
    public Route resolve(Request request) {
        Route none = instead;
        if (none == null) {
            none = freeze();
        }
        Route found = tree.find(request, request.method());
        if (found != null) {
            return found.resolve(request);
        }
        request.unrouted();
        return none;
    }

    private synchronized Route freeze() {
        Route none = instead;
        if (none == null) {
            tree.replaceAll(this::filtered);
            none = Route.on(placeInstead(), filtersBefore(this::answerInstead));
            instead = none;
        }
        return none;
    }

    // Filters may block where all routes may.
    private Dispatch placeInstead() {
        if (filtersPlace != null) {
            return filtersPlace;
        }
        return filters.isEmpty() ? Dispatch.INLINE : Objects.requireNonNullElse(routesPlace, Dispatch.INLINE);
    }

    private Route filtered(Route route) {
        Dispatch blocking = filtersPlace;
        Dispatch place = blocking != null && route.dispatch().isInline() ? blocking : route.dispatch();
        return new Route(place, filtersBefore(route.handler()), route.pattern(), route.names());
    }

    private Handler filtersBefore(Handler handler) {
        Handler all = handler;
        for (Filter filter : filters.reversed()) {
            all = filter.before(all);
        }
        return all;
    }

    // The path has no such method, or there is no such path.
    private void answerInstead(Request request, Response response) throws HttpException {
        Set<String> allowed = allowed(request);
        request.unrouted();
        if (allowed.isEmpty()) {
            throw new HttpException(404);
        }
        // Handlers that take any method say themselves which these are: of all of them together it is not known.
        if (!anyMethod || !request.path().equals("*")) {
            response.setHeader("Allow", String.join(", ", allowed));
        }
        if (!request.method().equals("OPTIONS")) {
            throw new HttpException(405);
        }
        response.status(204).send();
    }

    private Set<String> allowed(Request request) {
        Set<String> allowed = new TreeSet<>();
        if (request.path().equals("*")) {
            // Of the server as a whole (RFC 9110 section 9.3.7), which knows at least this method.
            allowed.addAll(methods);
            allowed.add("OPTIONS");
        } else {
            for (String method : methods) {
                if (tree.find(request, method) != null) {
                    allowed.add(method);
                }
            }
        }
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        if (!allowed.isEmpty()) {
            allowed.add("OPTIONS");
        }
        return allowed;
    }
}
