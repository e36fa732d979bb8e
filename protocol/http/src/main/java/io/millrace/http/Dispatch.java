// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Where a handler runs: {@link #INLINE} on the loop, or by an {@link Executor}, of which {@link #VIRTUAL} is one and
 * {@link #on} takes any other. Blocking is a choice of place here, not a second API.
 *
 * <p>A handler that runs by an executor may block: on a database, on the request's body, on a slow reader.
 */
public final class Dispatch implements Executor {

    /** On the loop, within the turn that read the request. Fastest; the handler must not block. */
    public static final Dispatch INLINE = new Dispatch("INLINE", null);

    /** On a virtual thread of its own for each request. */
    public static final Dispatch VIRTUAL = new Dispatch("VIRTUAL", new VirtualThreads());

    private final @Nullable String name;
    private final @Nullable Executor executor;

    private Dispatch(@Nullable String name, @Nullable Executor executor) {
        this.name = name;
        this.executor = executor;
    }

    /**
     * Returns the place that an executor is: a pool of platform threads, perhaps bounded, or what an application has
     * already. The executor is the caller's, who shuts it down after the server.
     *
     * <p>A request whose task the executor rejects is answered with 503 and {@code Retry-After: 1}. An executor that
     * drops tasks without a {@link java.util.concurrent.RejectedExecutionException} leaves their clients without an
     * answer. One that runs tasks on the calling thread runs them on the loop.
     *
     * @throws NullPointerException if {@code executor} is {@code null}
     */
    public static Dispatch on(Executor executor) {
        Objects.requireNonNull(executor, "executor");
        return executor instanceof Dispatch place ? place : new Dispatch(null, executor);
    }

    /** Returns whether handlers run on the loop, where they must not block. */
    public boolean isInline() {
        return executor == null;
    }

    /**
     * Runs a task in this place: at once on the calling thread for {@link #INLINE}, else by the executor.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the executor takes no more tasks
     */
    @Override
    public void execute(Runnable task) {
        if (executor == null) {
            task.run();
        } else {
            executor.execute(task);
        }
    }

    /** Returns whether {@code other} is the same place: the same constant, or made of the same executor. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Dispatch place && place.executor == executor;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(executor);
    }

    /** Returns {@code INLINE}, {@code VIRTUAL}, or a text that names the executor. */
    @Override
    public String toString() {
        return name == null ? "on " + executor : name;
    }

    /** Starts a thread for each task. A class: every worker process would link a lambda when it starts. */
    private static final class VirtualThreads implements Executor {
        @Override
        public void execute(Runnable task) {
            Thread.ofVirtual().name("millrace-exchange").start(task);
        }
    }
}
