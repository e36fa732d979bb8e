// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.CloseCause;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import java.net.SocketAddress;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A connection without a loop: the thread that serves it is its loop. {@link #serve} gives it the calling thread for
 * its whole life, the way of servers with a process or a thread for each client; {@link #step} is one round of that
 * without the sleep, for carriers that sleep in ways of their own. The protocol sees no difference to a connection of
 * an {@link EventLoop}.
 *
 * <pre>
 *   serve:   step ──► sleep on the socket and the bell ──► step ──► ... until over
 *   step:    run tasks ─► ring the deadline ─► receive ─► protocol ─► send
 * </pre>
 *
 * <p>A link is served by one thread at a time, which owns it meanwhile. What other threads {@link #execute} once the
 * link is over runs on their own thread, one after the other.
 */
public final class BlockingLink extends BlockingInput {
    private static final int TASKS_A_STEP = 1024;

    private final SocketAddress peer;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private volatile Thread owner;
    private volatile boolean over;

    /** Why it is to end, as another thread has decided; {@code null} for not at all. */
    private volatile CloseCause ordered;

    /**
     * A link over a connected socket, with a limit of its own on what it holds.
     *
     * @param socketIo the socket, which the link closes at its end
     * @param peer the peer's address, or {@code null}
     * @param protocol what is spoken
     */
    public BlockingLink(SocketIo socketIo, SocketAddress peer, Protocol protocol) {
        this(socketIo, peer, protocol, new HeapLimit(HeapLimit.usual()));
    }

    /**
     * A link over a connected socket, one of several that share a limit.
     *
     * @param heap how much of the heap they may hold
     */
    public BlockingLink(SocketIo socketIo, SocketAddress peer, Protocol protocol, HeapLimit heap) {
        super(socketIo, protocol, heap);
        this.peer = peer;
    }

    // ---- for carriers ----

    /**
     * Serves the connection on the calling thread until it is over, and returns why it ended. Has a desk only while it
     * works.
     */
    public CloseCause serve(ThreadBuffers.Pool desks) {
        step(desks);
        while (!over) {
            ready(hasWork() ? 0 : socketIo.await(interest(), untilDue()));
            step(desks);
        }
        return cause;
    }

    /** Takes a step at a desk that is free. */
    public boolean step(ThreadBuffers.Pool desks) {
        ThreadBuffers taken = desks.take();
        try {
            return step(taken);
        } finally {
            desks.give(taken);
        }
    }

    /**
     * Does what can be done without waiting. The caller owns the link for the length of the call.
     *
     * @return whether anything moved
     */
    public boolean step(ThreadBuffers threadBuffers) {
        if (over) {
            return false;
        }
        this.threadBuffers = threadBuffers;
        owner = Thread.currentThread();
        now = System.nanoTime();
        moved = false;
        try {
            round();
        } catch (Throwable t) {
            failed(t);
        }
        if (is(CLOSING)) {
            bury();
            return true;
        }
        count();
        this.threadBuffers = null;
        owner = null;
        heap.relieve();
        return moved;
    }

    /**
     * When the next step is due even if nothing happens, in {@link System#nanoTime}; {@link #NEVER}. By the carrier,
     * between two steps.
     */
    public long due() {
        return Math.min(deadline, flow.due());
    }

    private long untilDue() {
        long due = due();
        return due == NEVER ? -1 : Math.max(0, due - System.nanoTime());
    }

    /**
     * Whether a step would get anywhere now: its budget was used up, or there is a task. By the carrier, between two
     * steps.
     */
    public boolean hasWork() {
        return hasIo() || !tasks.isEmpty() || ordered != null;
    }

    /** Whether the connection has ended; nothing more is to be done for it then. Any thread may ask. */
    public boolean over() {
        return over;
    }

    /**
     * Tells the protocol that the server is stopping, once what has arrived was delivered. Once. Any thread may call.
     */
    public void stop() {
        execute(() -> {
            if (!is(STOPPING)) {
                set(STOPPING | READABLE);
                read(BUDGET.read());
                if (closing == null && !is(CLOSING | DEAD)) {
                    protocol.shuttingDown(this);
                }
            }
        });
    }

    /** Ends the connection at once, with {@link CloseCause#SHUTDOWN}. Any thread may call. */
    public void cut() {
        order(CloseCause.SHUTDOWN);
    }

    /** Allocates nothing: the end may be for want of memory. */
    private void order(CloseCause why) {
        if (ordered == null) {
            ordered = why;
        }
        socketIo.wake();
    }

    /**
     * Ends the connection at once, with {@link CloseCause#FAILED}: its carrier cannot go on with it. By the carrier,
     * between two steps.
     */
    public void abandon() {
        if (!over) {
            owner = Thread.currentThread();
            doom(CloseCause.FAILED);
            bury();
        }
    }

    // ---- memory ----

    /** Ends the connection soon, with {@link CloseCause#MEMORY_PRESSURE}. Any thread may call. */
    public void evict() {
        order(CloseCause.MEMORY_PRESSURE);
    }

    /** Whether it has been told to end for the sake of memory. Any thread may ask. */
    public boolean evicted() {
        return ordered == CloseCause.MEMORY_PRESSURE;
    }

    // ---- one round ----

    private void round() {
        if (ordered != null) {
            if (evicted()) {
                set(ABORTING);
            }
            doom(ordered);
            return;
        }
        if (!is(OPENED)) {
            set(OPENED);
            moved = true;
            protocol.opened(this);
        }
        runTasks();
        move();
        // After the bytes: what has just moved puts a limit off.
        if (due() <= now && !is(CLOSING)) {
            ring();
            move();
        }
    }

    private void move() {
        long left = BUDGET.read();
        int rounds = BUDGET.rounds();
        do {
            left = read(left);
            if (is(DIRTY)) {
                write();
            }
        } while (hasIo() && !is(CLOSING) && left > 0 && --rounds > 0);
    }

    /** Those that are there; one that executes another for ever must not keep the socket waiting. */
    private void runTasks() {
        for (int i = 0; i < TASKS_A_STEP; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            moved = true;
            try {
                task.run();
            } catch (Throwable t) {
                failed(t);
            }
        }
    }

    private void ring() {
        if (flow.isStalled(now)) {
            doom(CloseCause.STALLED);
        } else if (deadline <= now) {
            deadline = NEVER;
            moved = true;
            if (is(LINGERING)) {
                doom(CloseCause.LOCAL);
            } else {
                protocol.expired(this);
            }
        }
        flow.expire(now);
    }

    @Override
    void late(TimeLimit which) {
        if (closing == null && !is(CLOSING)) {
            moved = true;
            protocol.timedOut(this, which);
        }
    }

    private void failed(Throwable thrown) {
        if (is(DEAD)) {
            Log.failure("a task of a connection that has ended threw", thrown);
            return;
        }
        doom(CloseCause.FAILED);
        if (thrown instanceof OutOfMemoryError) {
            forget();
        }
        Log.failure("a protocol failed on the connection from ", peer, "", thrown);
    }

    /** Ends the link, whatever fails meanwhile: memory is given up first, then the socket closed. */
    private void bury() {
        set(DEAD);
        forget();
        flow.end();
        try {
            if (is(ABORTING)) {
                socketIo.abort();
            } else {
                socketIo.close();
            }
            releaseOutput();
        } catch (Throwable t) {
            Log.failure("closing ", this, " failed", t);
        }
        count();
        try {
            protocol.closed(cause);
        } catch (Throwable t) {
            Log.failure("a protocol failed in closed()", t);
        }
        threadBuffers = null;
        owner = null;
        over = true;
        runLate();
    }

    /** After the end there is no owner any more: one thread at a time stands in for it. */
    private synchronized void runLate() {
        Thread before = owner;
        owner = Thread.currentThread();
        while (!tasks.isEmpty()) {
            runTasks();
        }
        // A task that executes another one comes through here twice on the same thread.
        owner = before;
    }

    // ---- wishes, from the protocol ----

    @Override
    public void deadline(long at) {
        assert inLoop();
        deadline = at;
    }

    @Override
    public long now() {
        return now;
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread() == owner;
    }

    @Override
    public SocketAddress peer() {
        return peer;
    }

    @Override
    public SocketAddress local() {
        return is(DEAD) ? null : socketIo.local();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (over) {
            runLate();
        } else if (!inLoop()) {
            socketIo.wake();
        }
    }

    @Override
    public String toString() {
        return "BlockingLink[" + peer + "]";
    }
}
