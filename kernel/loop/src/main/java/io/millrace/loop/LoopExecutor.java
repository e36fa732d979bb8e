// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The side of a loop that faces other threads: who owns it, and the tasks that any thread may give it. One thread owns
 * a loop at a time; everything but the verbs here is for that thread.
 */
abstract class LoopExecutor implements Executor {
    private static final int TASKS_A_TURN = 1024;
    private static final long CLOSED_CHECK_MILLIS = 20;

    private final String name;
    private final Tasks tasks;

    /**
     * Set for the length of a wait; the thread that clears it owes the wake-up. So any number of tasks cost one system
     * call.
     */
    private final AtomicBoolean waiting = new AtomicBoolean();

    private volatile @Nullable Thread owner;
    private volatile boolean closed;

    /** How long the tasks of one turn may take. */
    private long taskNanos = Long.MAX_VALUE;

    LoopExecutor(String name) {
        this.name = name;
        this.tasks = new Tasks(name);
    }

    /** Ends a running wait. Any thread may call. */
    abstract void endWait();

    /** Runs what the user gave us: whatever it throws must not end the loop. */
    abstract void run(Runnable task);

    /** Returns whether the callback that ran last has asked to leave at once. */
    abstract boolean isBroken();

    /** Returns the time in nanoseconds, and not as of this turn. */
    abstract long clock();

    /** Returns the loop's name, which is its thread's, too. Any thread may call. */
    public final String name() {
        return name;
    }

    // ---- tasks ----

    /**
     * Runs a task on the loop, soon and in order. Any thread may call. A task that has been accepted runs, at the
     * latest while the loop is closed.
     *
     * @throws RejectedExecutionException if the loop has been closed: the task does not run, and what it holds is still
     *     the caller's
     */
    @Override
    public final void execute(Runnable task) {
        if (!offer(task)) {
            throw tasks.refusal();
        }
    }

    /**
     * Runs a task as {@link #execute} does, but returns {@code false} in place of throwing if the loop has been closed.
     * Any thread may call.
     */
    public final boolean offer(Runnable task) {
        boolean taken = tasks.add(task);
        if (taken) {
            wakeup();
        }
        return taken;
    }

    /**
     * Runs a task on the loop and waits until it has run, or until the loop has ended. Any thread may call but the
     * loop's own, which would wait for itself.
     *
     * @throws InterruptedException if the calling thread is interrupted while it waits; the task runs all the same
     */
    public final void await(Runnable task) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        boolean accepted = offer(() -> {
            task.run();
            done.countDown();
        });
        while (accepted && !done.await(CLOSED_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
            if (closed) {
                return;
            }
        }
    }

    /**
     * Refuses what a closed loop cannot do any more. Any thread may call.
     *
     * @throws RejectedExecutionException if the loop has been closed
     */
    public final void checkOpen() {
        tasks.check();
    }

    /**
     * Runs as many tasks as there are; those that they add wait for the next turn when there are too many, for I/O must
     * not starve.
     */
    final void runTasks() {
        long end = taskNanos == Long.MAX_VALUE ? taskNanos : clock() + taskNanos;
        for (int i = 0; i < TASKS_A_TURN && !isBroken(); i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            run(task);
            if (end != Long.MAX_VALUE && clock() >= end) {
                return;
            }
        }
    }

    /** Limits how long the tasks of one turn may take, in nanoseconds. */
    final void limitTasks(long nanos) {
        taskNanos = nanos;
    }

    final boolean hasTasks() {
        return !tasks.isEmpty();
    }

    /** Runs what is left; from then on {@link #execute} refuses. */
    final void runLastTasks() {
        tasks.runLeft(this::run);
    }

    final RejectedExecutionException refusal() {
        return tasks.refusal();
    }

    // ---- waiting ----

    /** A wait begins: from now on tasks of other threads end it. */
    final void beginWait() {
        waiting.set(true);
    }

    /** The wait has ended. */
    final void waited() {
        waiting.set(false);
    }

    final void wakeup() {
        if (!inLoop() && waiting.compareAndSet(true, false)) {
            endWait();
        }
    }

    // ---- the owner ----

    /** Returns whether the calling thread owns the loop. Any thread may call. */
    public final boolean inLoop() {
        return Thread.currentThread() == owner;
    }

    /** Returns whether a thread owns the loop. */
    final boolean isOwned() {
        return owner != null;
    }

    /** Gives a loop that has no owner one; returns whether it had none. */
    final synchronized boolean claim(Thread thread) {
        boolean free = owner == null;
        owner = free ? thread : owner;
        return free;
    }

    final void release() {
        owner = null;
    }

    /**
     * Refuses what only the owner may do. While the loop has no owner, as before it runs, any thread may.
     *
     * @throws IllegalStateException if another thread owns the loop
     */
    void checkOwner() {
        Thread thread = owner;
        if (thread != null && thread != Thread.currentThread()) {
            throw new IllegalStateException("the loop " + name + " belongs to the thread " + thread.getName() + ", and "
                    + Thread.currentThread().getName() + " is not it: use execute");
        }
    }

    /**
     * Does something to what belongs to the loop: at once if the caller owns it or no thread does, else as a task. For
     * verbs of any thread. Returns {@code false}, and does nothing, if a task would be needed and the loop has been
     * closed.
     */
    final boolean byOwner(Runnable action) {
        if (inLoop()) {
            action.run();
            return true;
        }
        return whileFree(action) || offer(action);
    }

    /** Does something while no thread can begin to run the loop; returns {@code false} if one owns it. */
    final synchronized boolean whileFree(Runnable action) {
        if (owner != null) {
            return false;
        }
        action.run();
        return true;
    }

    final boolean isClosed() {
        return closed;
    }

    final void setClosed() {
        closed = true;
    }
}
