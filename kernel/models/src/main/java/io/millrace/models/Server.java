// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.ProtocolFactory;
import io.millrace.loop.EventLoop;
import io.millrace.loop.LoopCounters;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.workers.WorkerCounters;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A running I/O model: listens on addresses and serves each connection with a protocol that knows nothing of how. Made
 * by {@link IoModel#open}. Any thread may call; the threads that serve are no daemons.
 */
public interface Server extends AutoCloseable {

    /**
     * Listens on one more address. Bound when this returns.
     *
     * @param protocols makes a factory for each carrier (a loop, a thread, a connection that moves between threads), so
     *     that a factory is never used by two threads at once
     * @throws IOException if the address cannot be had: a {@link io.millrace.sys.SysException} names the call and the
     *     error number
     */
    Listener listen(ListenOptions options, Supplier<? extends ProtocolFactory> protocols) throws IOException;

    /** What it waits with and how many of it, such as {@code "epoll, edge-triggered, 2 loops"}. */
    String engine();

    /** Number of carriers that are there from the start: loops, threads or processes. */
    int carriers();

    /** What each event loop has done so far, for models that have some. */
    default List<LoopCounters> counters() {
        return List.of();
    }

    /** The event loops that serve, for models that have some. */
    default List<EventLoop> loops() {
        return List.of();
    }

    /** What has become of the worker processes, for models that have some. */
    default Optional<WorkerCounters> workers() {
        return Optional.empty();
    }

    /**
     * Whether loops take the times that {@link #counters} tells; off at first, since it costs two looks at the clock
     * for each callback.
     */
    default void timing(boolean on) {}

    /**
     * Measures how long each event loop takes to come to a task: what a client that has just sent something waits for.
     * Waits for the loops, at most {@code limit}.
     *
     * @return nanoseconds for each loop, in the order of {@link #counters}; -1 where the loop did not come to it in
     *     time. Empty for models without loops.
     * @throws IllegalStateException on a thread that serves
     */
    default long[] lag(Duration limit) throws InterruptedException {
        return new long[0];
    }

    /** Whether the calling thread is one that serves connections: it must not wait for the server's end. */
    boolean isCarrier();

    /**
     * Replaces all worker processes by new ones without refusing a connection, where there are such; else does nothing.
     * Returns at once: the old ones leave when the new ones are ready.
     */
    default void reload() {}

    /**
     * Tells worker processes, where they serve many clients each, that {@link #stop} is going to follow: what they have
     * given to {@link #onDrain} is called. Everything else goes on as before. Returns at once.
     */
    default void drain() {}

    /**
     * What to call in a worker process when its supervisor says that it is going to stop, on a thread of the model's
     * own; before {@link #listen}. Models without workers never call it.
     */
    default void onDrain(Runnable action) {}

    /**
     * Shuts down in order: accepts nothing more, tells all protocols ({@link io.millrace.core.Protocol#shuttingDown}),
     * waits until the connections have ended, and cuts off those that are left after {@code grace}.
     *
     * @return whether all connections ended by themselves
     * @throws IllegalStateException on a thread that serves
     */
    boolean stop(Duration grace) throws InterruptedException;

    /** Ends everything at once. Returns before all has ended. */
    @Override
    void close();

    /**
     * Waits until the server has ended.
     *
     * @throws IllegalStateException if it could not go on, with the reason as its cause
     */
    void await() throws InterruptedException;
}
