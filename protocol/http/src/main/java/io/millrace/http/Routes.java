// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

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

    /** Answers GET (and HEAD), on the loop. */
    default R get(String pattern, Handler handler) {
        return route("GET", pattern, handler);
    }

    /** Answers GET (and HEAD), where {@code dispatch} says. */
    default R get(String pattern, Dispatch dispatch, Handler handler) {
        return route("GET", pattern, dispatch, handler);
    }

    /** Answers POST, on the loop. */
    default R post(String pattern, Handler handler) {
        return route("POST", pattern, handler);
    }

    /** Answers POST, where {@code dispatch} says. */
    default R post(String pattern, Dispatch dispatch, Handler handler) {
        return route("POST", pattern, dispatch, handler);
    }

    /** Answers PUT, on the loop. */
    default R put(String pattern, Handler handler) {
        return route("PUT", pattern, handler);
    }

    /** Answers PUT, where {@code dispatch} says. */
    default R put(String pattern, Dispatch dispatch, Handler handler) {
        return route("PUT", pattern, dispatch, handler);
    }

    /** Answers PATCH, on the loop. */
    default R patch(String pattern, Handler handler) {
        return route("PATCH", pattern, handler);
    }

    /** Answers PATCH, where {@code dispatch} says. */
    default R patch(String pattern, Dispatch dispatch, Handler handler) {
        return route("PATCH", pattern, dispatch, handler);
    }

    /** Answers DELETE, on the loop. */
    default R delete(String pattern, Handler handler) {
        return route("DELETE", pattern, handler);
    }

    /** Answers DELETE, where {@code dispatch} says. */
    default R delete(String pattern, Dispatch dispatch, Handler handler) {
        return route("DELETE", pattern, dispatch, handler);
    }

    /** Answers every method that has no route of its own at this pattern, on the loop. */
    default R any(String pattern, Handler handler) {
        return route("*", pattern, handler);
    }

    /** Answers a method on the loop, or where the handler says if it is a {@link Dispatcher}. */
    default R route(String method, String pattern, Handler handler) {
        return route(method, pattern, Dispatch.INLINE, handler);
    }

    /**
     * Answers a method where {@code dispatch} says: {@link Dispatch#VIRTUAL}, or {@link Dispatch#on} an executor, for a
     * handler that blocks.
     *
     * @param method the method, case counts; {@code *} for every method that has no route of its own at this pattern
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
}
