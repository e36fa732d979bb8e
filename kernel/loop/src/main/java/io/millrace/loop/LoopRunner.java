// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs a loop turn by turn, and knows what ends that: a stop, an exit, a break, or that nothing is left to do. */
abstract class LoopRunner extends LoopExecutor {
    private static final ThreadLocal<LoopRunner> CURRENT = new ThreadLocal<>();

    final TimerHeap timers = new TimerHeap();

    private final AtomicInteger holds = new AtomicInteger();
    private final Exit exit = new Exit();
    private boolean running;
    private boolean exiting;
    private boolean broken;
    private volatile boolean stopped;

    /** The time to leave, if there is one. */
    private final class Exit extends TimerNode {
        @Override
        protected void expire() {
            exiting = true;
        }
    }

    LoopRunner(String name) {
        super(name);
    }

    /** Makes one turn. */
    abstract void turn(long longest);

    /** Returns whether a turn is under way. */
    abstract boolean isTurning();

    /** Returns whether nothing is left that could call back. */
    abstract boolean isEmpty();

    /** Returns whether events wait to be called back. */
    abstract boolean hasActive();

    /** Returns how many callbacks there have been. */
    abstract long callbacks();

    /** Calls nothing more back after the callback that runs. */
    abstract void leaveCallbacks();

    /** Returns the loop that runs on the calling thread, or {@code null}. */
    static LoopRunner running() {
        return CURRENT.get();
    }

    /** The calling thread runs this loop from now on. Returns what it ran before, for {@link #leaveThread}. */
    final LoopRunner enterThread() {
        LoopRunner before = CURRENT.get();
        if (before != this) {
            CURRENT.set(this);
        }
        return before;
    }

    /** The calling thread runs what it ran before again. */
    final void leaveThread(LoopRunner before) {
        if (before != this) {
            // Not removed where it is null: to set it again would allocate.
            CURRENT.set(before);
        }
    }

    /**
     * Runs the loop on the calling thread, which owns it meanwhile. May be called again when it has returned.
     *
     * @return why it has returned
     * @throws IllegalStateException if the loop runs already: on this thread, from a callback, or on another
     */
    public final RunEnd run(RunMode mode) {
        boolean lent = claim(Thread.currentThread());
        if (!inLoop() || running || isTurning()) {
            throw new IllegalStateException("the loop " + name() + " runs already");
        }
        running = true;
        broken = false;
        LoopRunner before = enterThread();
        try {
            return turnOn(mode);
        } finally {
            leaveThread(before);
            running = false;
            exiting = false;
            if (lent) {
                release();
            }
        }
    }

    private RunEnd turnOn(RunMode mode) {
        long told = callbacks();
        while (!stopped) {
            if (mode != RunMode.UNTIL_STOPPED && holds.get() == 0 && exit.index < 0 && isEmpty()) {
                return RunEnd.EMPTY;
            }
            turn(mode == RunMode.NOW ? 0 : Long.MAX_VALUE);
            if (broken) {
                return RunEnd.BROKEN;
            }
            if (exiting) {
                return RunEnd.EXITED;
            }
            boolean did = callbacks() != told && !hasActive();
            if (mode == RunMode.NOW || (mode == RunMode.ONCE && did)) {
                return RunEnd.DONE;
            }
        }
        return RunEnd.STOPPED;
    }

    /** Returns whether {@link #run(RunMode)} makes the turns, and not the user. */
    final boolean isRunning() {
        return running;
    }

    /** Returns whether the next wait must not wait, because the loop is to be left. */
    final boolean isLeaving() {
        return stopped || (running && exiting);
    }

    @Override
    final boolean isBroken() {
        return broken;
    }

    // ---- the end of a run ----

    /**
     * Leaves {@link #run(RunMode)} at the end of this turn; one that does not run, at the end of its next turn. Any
     * thread may call.
     */
    public final void exit() {
        byOwner(() -> exiting = true);
    }

    /** Leaves {@link #run(RunMode)} after a while, unless it is to be left before. Any thread may call. */
    public final void exitAfter(Duration after) {
        long due = clock() + TimerHeap.nanos(after);
        byOwner(() -> {
            if (exit.index < 0 || due < exit.due) {
                timers.set(exit, due);
            }
        });
    }

    /**
     * Leaves {@link #run(RunMode)} after the callback that runs: what is active besides stays so for the next run. Does
     * nothing to a loop that does not run. On the loop.
     *
     * @throws IllegalStateException if another thread owns the loop
     */
    public final void breakLoop() {
        checkOwner();
        broken = running;
        leaveCallbacks();
    }

    /**
     * Looks at the kernel after the callback that runs, before more is called back. On the loop.
     *
     * @throws IllegalStateException if another thread owns the loop
     */
    public final void continueLoop() {
        checkOwner();
        leaveCallbacks();
    }

    /** Keeps a loop going that runs until nothing is left, until {@link #unref}. Any thread may call. */
    public final void ref() {
        holds.incrementAndGet();
    }

    /**
     * Takes one {@link #ref} back. Any thread may call.
     *
     * @throws IllegalStateException if all have been taken back already
     */
    public final void unref() {
        if (holds.decrementAndGet() < 0) {
            holds.incrementAndGet();
            throw new IllegalStateException("released more often than held");
        }
        offer(() -> {});
    }

    /** Returns whether {@link #stop} has been called. Any thread may call. */
    public final boolean isStopped() {
        return stopped;
    }

    /** Asks the loop to end: connections that stand are closed, tasks not yet run are run. Any thread may call. */
    public final void stop() {
        stopped = true;
        wakeup();
    }

    final void setStopped() {
        stopped = true;
    }
}
