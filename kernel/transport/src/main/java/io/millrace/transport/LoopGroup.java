// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.ProtocolFactory;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import io.millrace.socket.Kernel;
import io.millrace.sys.SysException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Several loops, each on a thread of its own, that serve the same addresses: usually one for each processor. Any thread
 * may call. The threads are no daemons: a program goes on as long as its loops do.
 */
public final class LoopGroup implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofDays(365);

    /** Without any grace the loops still need a moment to say that they have nothing open. */
    private static final Duration SHORTEST = Duration.ofMillis(100);

    private final EventLoop[] loops;
    private final Thread[] threads;
    private final List<ListenGroup> listening = new ArrayList<>();
    private final List<CountDownLatch> awaited = new ArrayList<>();
    private boolean closed;

    /** Why a loop could not go on, or {@code null}. */
    private Throwable failure;

    /** Who is told, or {@code null} for the log. */
    private Consumer<? super Throwable> told;

    private LoopGroup(EventLoop[] loops) {
        this.loops = loops;
        this.threads = new Thread[loops.length];
        for (int i = 0; i < loops.length; i++) {
            EventLoop loop = loops[i];
            loop.onFailure(why -> failed(loop, why));
            threads[i] = loop.start();
        }
    }

    /**
     * Opens and starts {@code count} loops over the kernel of this machine.
     *
     * @throws UnsupportedOperationException saying why, where the kernel's calls cannot be used
     * @throws SysException if the kernel refuses what a loop needs, such as another descriptor
     */
    public static LoopGroup open(int count) throws SysException {
        return open(Kernel.host(), count);
    }

    /** Opens and starts {@code count} loops over a kernel. */
    public static LoopGroup open(Kernel kernel, int count) throws SysException {
        return open(kernel, count, Engine.READINESS);
    }

    /** Opens and starts {@code count} loops over a kernel that work in that way. */
    public static LoopGroup open(Kernel kernel, int count, Engine engine) throws SysException {
        return open(kernel, count, engine, HeapLimit.usual());
    }

    /**
     * Opens and starts {@code count} loops over a kernel that work in that way, and whose connections may hold so many
     * bytes of the heap, an equal part for each loop ({@link HeapLimit}).
     *
     * @throws SysException naming the call that failed
     * @throws IllegalArgumentException for a count below 1
     */
    public static LoopGroup open(Kernel kernel, int count, Engine engine, long heap) throws SysException {
        if (count < 1) {
            throw new IllegalArgumentException("a group needs at least one loop, not " + count);
        }
        EventLoop[] loops = new EventLoop[count];
        long part = Math.max(1, heap / count);
        for (int i = 0; i < count; i++) {
            try {
                loops[i] = new EventLoop(kernel, "millrace-" + i, engine.with(Budget.USUAL, new HeapLimit(part)));
            } catch (SysException | UnsupportedOperationException e) {
                for (int j = 0; j < i; j++) {
                    loops[j].close();
                }
                throw e;
            }
        }
        return new LoopGroup(loops);
    }

    /**
     * Sets who is told, in place of the log, when a loop cannot go on: for want of memory, say, or of what the kernel
     * refuses. By then the loop has closed its sockets, and the others have been told to end, for what is left would be
     * half a server. Told once, on the thread of that loop, where memory may be short.
     */
    public synchronized void onFailure(Consumer<? super Throwable> action) {
        told = Objects.requireNonNull(action, "who is told");
    }

    /** A loop cannot go on. On that loop's thread, which may have no memory left. */
    private void failed(EventLoop loop, Throwable why) {
        Consumer<? super Throwable> whom;
        synchronized (this) {
            if (failure != null) {
                return;
            }
            failure = why;
            whom = told;
        }
        try {
            close();
        } catch (Throwable t) {
            // The one who is told ends the process, and with it what could not be closed.
        }
        try {
            if (whom != null) {
                whom.accept(why);
                return;
            }
        } catch (Throwable t) {
            // What is said below is worth more.
        }
        Log.failure("the loop ", loop.name(), " cannot go on", why);
    }

    private synchronized Throwable failure() {
        return failure;
    }

    /** Number of loops. */
    public int size() {
        return loops.length;
    }

    /** The loop number {@code index}. */
    public EventLoop loop(int index) {
        return loops[index];
    }

    /** The mechanism the loops wait with, such as {@code "epoll, edge-triggered"}. */
    public String engine() {
        return loops[0].engine();
    }

    /**
     * Listens on an address with all loops. Bound when this returns.
     *
     * @param protocols makes one factory for each loop
     * @throws SysException if the address cannot be had: names the call and the error number
     * @throws IllegalStateException if the loops are closed
     */
    public synchronized Listener listen(ListenOptions options, Supplier<? extends ProtocolFactory> protocols)
            throws SysException {
        if (closed) {
            throw new IllegalStateException("the loops are closed");
        }
        ListenGroup group = ListenGroup.open(loops[0].kernel(), options, loops, protocols);
        listening.add(group);
        return group;
    }

    /**
     * Shuts down in order: accepts nothing more, tells all protocols ({@link io.millrace.core.Protocol#shuttingDown}),
     * waits until the connections have ended, then ends the loops.
     *
     * <p>A thread that is interrupted while it waits, or before, ends the loops at once all the same.
     *
     * @return whether all connections ended by themselves within {@code grace}
     * @throws IllegalStateException on a thread of these loops, which would wait for itself
     */
    public boolean stop(Duration grace) throws InterruptedException {
        for (EventLoop loop : loops) {
            if (loop.inLoop()) {
                throw new IllegalStateException("a loop cannot wait for its own end: stop from another thread");
            }
        }
        try {
            return drain(grace.compareTo(LONGEST) > 0 ? LONGEST : grace.compareTo(SHORTEST) < 0 ? SHORTEST : grace);
        } finally {
            close();
            join();
        }
    }

    private boolean drain(Duration grace) throws InterruptedException {
        stopListening();
        // The acceptors' last connections have been handed over before any loop is asked whether it is empty.
        CountDownLatch listenersClosed = awaited();
        CountDownLatch empty = awaited();
        for (EventLoop loop : loops) {
            orNow(loop, listenersClosed::countDown, listenersClosed);
        }
        long end = System.nanoTime() + grace.toNanos();
        listenersClosed.await(grace.toNanos(), TimeUnit.NANOSECONDS);
        for (EventLoop loop : loops) {
            orNow(loop, () -> Driver.of(loop).drain(empty), empty);
        }
        return empty.await(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS) && !isClosed();
    }

    /** Runs a task that counts down; a loop that has been closed has nothing left to wait for. */
    private static void orNow(EventLoop loop, Runnable task, CountDownLatch latch) {
        if (!loop.offer(task)) {
            latch.countDown();
        }
    }

    /**
     * Counted down by each loop once; or by {@link #close}, for what a loop is given after its end it does not do any
     * more.
     */
    private synchronized CountDownLatch awaited() {
        CountDownLatch latch = new CountDownLatch(closed ? 0 : loops.length);
        awaited.add(latch);
        return latch;
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void stopListening() {
        listening.forEach(ListenGroup::close);
    }

    private void join() throws InterruptedException {
        for (Thread thread : threads) {
            if (thread != Thread.currentThread()) {
                thread.join();
            }
        }
    }

    /** Ends the loops at once; connections that stand are closed. Returns before they have ended. */
    @Override
    public synchronized void close() {
        closed = true;
        try {
            stopFrom(0);
        } finally {
            for (CountDownLatch latch : awaited) {
                for (long left = latch.getCount(); left > 0; left--) {
                    latch.countDown();
                }
            }
        }
    }

    /** Stops each loop, though another one cannot be told. */
    private void stopFrom(int first) {
        if (first < loops.length) {
            try {
                loops[first].stop();
            } finally {
                stopFrom(first + 1);
            }
        }
    }

    /**
     * Waits until all loops have ended.
     *
     * @throws IllegalStateException if one of them could not go on, with the reason as its cause
     */
    public void await() throws InterruptedException {
        join();
        Throwable why = failure();
        if (why != null) {
            throw new IllegalStateException("a loop could not go on: " + why, why);
        }
    }
}
