// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.function.Consumer;

/**
 * What takes routes and filters: a {@link Router}, or a server that has one. {@link Router} says what patterns are and
 * which route answers. Set up by one thread, before the first request.
 *
 * <p>All verbs throw {@link IllegalArgumentException} if the pattern is malformed, or if the method has a route for it
 * already, and {@link IllegalStateException} once requests are served.
 *
 * @param <R> what the verbs return: this
 */
public interface Routes<R extends Routes<R>> {

    /** Answers GET (and HEAD), in the {@link #defaultDispatch}. */
    default R get(String pattern, Handler handler) {
        return route("GET", pattern, handler);
    }

    /** Answers GET (and HEAD), where {@code dispatch} says. */
    default R get(String pattern, Dispatch dispatch, Handler handler) {
        return route("GET", pattern, dispatch, handler);
    }

    /** Answers POST, in the {@link #defaultDispatch}. */
    default R post(String pattern, Handler handler) {
        return route("POST", pattern, handler);
    }

    /** Answers POST, where {@code dispatch} says. */
    default R post(String pattern, Dispatch dispatch, Handler handler) {
        return route("POST", pattern, dispatch, handler);
    }

    /** Answers PUT, in the {@link #defaultDispatch}. */
    default R put(String pattern, Handler handler) {
        return route("PUT", pattern, handler);
    }

    /** Answers PUT, where {@code dispatch} says. */
    default R put(String pattern, Dispatch dispatch, Handler handler) {
        return route("PUT", pattern, dispatch, handler);
    }

    /** Answers PATCH, in the {@link #defaultDispatch}. */
    default R patch(String pattern, Handler handler) {
        return route("PATCH", pattern, handler);
    }

    /** Answers PATCH, where {@code dispatch} says. */
    default R patch(String pattern, Dispatch dispatch, Handler handler) {
        return route("PATCH", pattern, dispatch, handler);
    }

    /** Answers DELETE, in the {@link #defaultDispatch}. */
    default R delete(String pattern, Handler handler) {
        return route("DELETE", pattern, handler);
    }

    /** Answers DELETE, where {@code dispatch} says. */
    default R delete(String pattern, Dispatch dispatch, Handler handler) {
        return route("DELETE", pattern, dispatch, handler);
    }

    /** Answers every method that has no route of its own at this pattern, in the {@link #defaultDispatch}. */
    default R any(String pattern, Handler handler) {
        return route("*", pattern, handler);
    }

    /** Answers every method that has no route of its own at this pattern, where {@code dispatch} says. */
    default R any(String pattern, Dispatch dispatch, Handler handler) {
        return route("*", pattern, dispatch, handler);
    }

    /** Answers a method in the {@link #defaultDispatch}, or where the handler says if it is a {@link Dispatcher}. */
    R route(String method, String pattern, Handler handler);

    /**
     * Answers a method where {@code dispatch} says: {@link Dispatch#VIRTUAL}, or {@link Dispatch#on} an executor, for a
     * handler that blocks.
     *
     * @param method the method in upper case; {@code *} for every method that has no route of its own at this pattern
     */
    R route(String method, String pattern, Dispatch dispatch, Handler handler);

    /** Passes every request through a filter, behind those added so far. It runs where the handler behind it runs. */
    default R filter(Filter filter) {
        return filter(Dispatch.INLINE, filter);
    }

    /**
     * Passes every request through a filter, behind those added so far.
     *
     * @param dispatch {@link Dispatch#VIRTUAL}, or {@link Dispatch#on} an executor, for a filter that may block: all
     *     that is answered here runs there then, what has no route included, but for routes that have a place of their
     *     own beside the loop
     * @throws IllegalArgumentException if a filter before this one runs by another executor
     */
    R filter(Dispatch dispatch, Filter filter);

    /**
     * Passes the requests below a path through a filter, behind the filters added so far: those for the path itself and
     * for what follows it after a slash. What has no route there is filtered, too. It runs where the handler behind it
     * runs.
     *
     * @param prefix a path such as {@code /admin}; {@code /users/{id}} stands for any part in that place
     */
    R filter(String prefix, Filter filter);

    /**
     * Adds routes and filters whose patterns begin with a prefix. A filter that is added to the group passes what lies
     * below the prefix. A default dispatch that is set in the group holds in it alone.
     *
     * <pre>{@code
     * server.group("/api", api -> api.filter(authentication)
     *         .get("/users", users::list)         // answers /api/users
     *         .post("/users", users::add));
     * }</pre>
     *
     * @param routes is given the group at once
     */
    R group(String prefix, Consumer<? super RouteGroup> routes);

    /**
     * Sets where handlers run whose routes are added from now on without a dispatch of their own;
     * {@link Dispatch#INLINE}, on the loop, if never set. Handlers that are {@link Dispatcher dispatchers} know their
     * place themselves.
     */
    R defaultDispatch(Dispatch dispatch);
}
