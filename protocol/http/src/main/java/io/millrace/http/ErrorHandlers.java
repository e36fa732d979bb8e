// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How errors are answered, in one place: by the class of what was thrown, or by the status that it comes to. Set up by
 * one thread before the first request, then used by any number.
 *
 * <p>For what a handler, a filter or a reader of a body throws, or an asynchronous answer {@linkplain Response#fail
 * fails} with, the nearest class decides; where there is none, the status: that of an {@link HttpException}, or 500.
 * The status is set when an error handler is called, and the fields that filters have set stand.
 */
public final class ErrorHandlers {
    private final Map<Class<?>, ErrorHandler<Throwable>> byClass = new ConcurrentHashMap<>();
    private final Map<Integer, Handler> byStatus = new HashMap<>();

    /** Makes a table without entries. */
    public ErrorHandlers() {}

    /**
     * Answers an error.
     *
     * @param <E> what has been thrown
     */
    @FunctionalInterface
    public interface ErrorHandler<E extends Throwable> {

        /**
         * Answers as a {@link Handler} does. Runs on the thread that has failed, or on the loop for what fails after
         * the handler has returned. What it throws itself is logged and answered with 500 in plain text.
         */
        void handle(E error, Request request, Response response) throws Exception;
    }

    /**
     * Sets what answers for errors of a class and of those below it. They are not logged.
     *
     * @throws IllegalArgumentException if the class has a handler
     */
    @SuppressWarnings("unchecked") // it is called with what is of that class
    public <E extends Throwable> ErrorHandlers on(Class<E> type, ErrorHandler<? super E> handler) {
        Objects.requireNonNull(handler, "handler");
        if (byClass.putIfAbsent(type, (ErrorHandler<Throwable>) handler) != null) {
            throw new IllegalArgumentException(type.getName() + " has an error handler already");
        }
        return this;
    }

    /**
     * Sets what answers for errors that come to a status, those of the router and of static files included.
     *
     * @param status 400 to 599
     * @throws IllegalArgumentException if it is none of these, or has a handler
     */
    public ErrorHandlers on(int status, Handler handler) {
        Objects.requireNonNull(handler, "handler");
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("not an error status: " + status);
        }
        if (byStatus.putIfAbsent(status, handler) != null) {
            throw new IllegalArgumentException(status + " has an error handler already");
        }
        return this;
    }

    /**
     * Returns whether an error handler answers for an {@link HttpException} with that status. For what answers errors
     * itself where the application does not.
     */
    public boolean handles(int status) {
        return byStatus.containsKey(status)
                || byClass.containsKey(HttpException.class)
                || byClass.containsKey(Exception.class)
                || byClass.containsKey(Throwable.class);
    }

    /** Returns the handler of the nearest class, {@code null} if there is none. */
    @Nullable
    ErrorHandler<Throwable> of(Throwable error) {
        if (byClass.isEmpty()) {
            return null;
        }
        for (@Nullable Class<?> type = error.getClass(); type != null; type = type.getSuperclass()) {
            ErrorHandler<Throwable> found = byClass.get(type);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** Returns the handler of a status, {@code null} if there is none. */
    @Nullable
    Handler of(int status) {
        return byStatus.get(status);
    }
}
