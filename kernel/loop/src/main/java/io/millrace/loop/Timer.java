// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.time.Duration;

/**
 * Calls a task when its time has come, once or again and again. Made by {@link EventLoop#schedule},
 * {@link EventLoop#every} and, not yet set, {@link EventLoop#timer}. The clock is monotonic; a timer is never early,
 * and late by what the turn before it took and by the precision of the poller.
 */
public final class Timer extends Event {
    private final Runnable task;

    /** Nanoseconds, 0 for once. */
    private long period;

    Timer(EventLoop loop, Runnable task) {
        super(loop);
        this.task = task;
    }

    /**
     * Sets it, or sets it anew, to call once after a while: a negative one is none, and one beyond a hundred years is a
     * hundred years.
     */
    public Timer set(Duration after) {
        return setNanos(TimerHeap.nanos(after));
    }

    /** As {@link #set(Duration)}, in nanoseconds. */
    public Timer setNanos(long after) {
        loop.checkOwner();
        period = 0;
        begin(loop.kernel.nanos() + Math.clamp(after, 0, TimerHeap.LONGEST_NANOS));
        return this;
    }

    /**
     * Sets it, or sets it anew, to call again and again. Periods are counted from when a call was due and not from when
     * it came; those that have been missed altogether become one call. On the loop.
     *
     * @throws IllegalArgumentException if the period is zero or negative
     */
    public Timer every(Duration each) {
        loop.checkOwner();
        period = TimerHeap.nanos(each);
        if (period == 0) {
            throw new IllegalArgumentException("a period must be longer than nothing");
        }
        begin(loop.kernel.nanos() + period);
        return this;
    }

    /** For a loop's own verbs, which may be called by any thread. */
    void begin(long at) {
        found = 0;
        alive(true);
        loop.timers.set(this, at);
    }

    void repeat(long nanos) {
        period = nanos;
    }

    /** Sets how urgent it is, 0 being the most urgent, among the {@link EventLoop#priorities} of the loop. */
    public Timer priority(int level) {
        urgent(level);
        return this;
    }

    /** Does not keep a loop going that runs until nothing is left. */
    public Timer background() {
        passive();
        return this;
    }

    /** Nanoseconds until the next call, 0 for one that is due, -1 for one that is not set. */
    public long remaining() {
        return index < 0 ? -1 : Math.max(0, due - loop.kernel.nanos());
    }

    @Override
    protected void expire() {
        happened(TIMEOUT);
        if (period == 0) {
            alive(false);
            return;
        }
        long late = loop.now() - due;
        loop.timers.set(this, due + (late / period + 1) * period);
    }

    @Override
    void call(int what) {
        task.run();
    }

    /** Gives the task up, if it has not run yet. Any thread may call; on the loop it takes effect at once. */
    public void cancel() {
        if (loop.inLoop()) {
            off();
        } else {
            loop.byOwner(this::off);
        }
    }

    @Override
    void off() {
        found = 0;
        alive(false);
        loop.timers.cancel(this);
    }

    @Override
    public String toString() {
        return "Timer[" + (period > 0 ? "every " + period / 1000 + " µs, " : "") + task + "]";
    }
}
