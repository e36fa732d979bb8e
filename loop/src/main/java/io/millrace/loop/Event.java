// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/**
 * Something that may happen on a loop, and what is to be called then: a {@link Watch} or a {@link Timer}. What has happened is collected
 * first and told in the order of priorities, once in a turn, all of it together.
 *
 * <p>To be used on the loop, or by the thread that prepares a loop before it runs.
 */
public abstract sealed class Event extends Alarm permits Watch, Timer {
    /** What a manual {@link #activate()} is told as when nothing else is said. */
    public static final int ACTIVATED = 1 << 24;

    /** The time has come: of a timer, or of a watch for which nothing has happened. */
    public static final int TIMEOUT = 1 << 25;

    final EventLoop loop;
    int priority;

    /** What has happened and has not been told, 0 for nothing. */
    int found;

    /** Lies in a queue of {@link Callbacks}. One whose {@link #found} has been taken back lies there all the same, and is passed over. */
    boolean queued;

    Event(EventLoop loop) {
        this.loop = loop;
        this.priority = loop.callbacks.usual();
    }

    /** Calls what is to be called. */
    abstract void call(int what);

    /** The loop that it belongs to. Any thread may ask. */
    public EventLoop loop() {
        return loop;
    }

    /** How urgent it is: 0 is the most urgent. */
    public int priority() {
        return priority;
    }

    /** Acts as if it had happened: it is told {@link #ACTIVATED}. */
    public void activate() {
        activate(ACTIVATED);
    }

    /**
     * Acts as if these bits had been found; several of them add up until they are told. Also what is not enabled can be activated.
     *
     * @param bits at least one
     */
    public void activate(int bits) {
        loop.own();
        if (bits == 0) {
            throw new IllegalArgumentException("activated with no bits: nothing to tell");
        }
        happened(bits);
    }

    /** Whether something has happened that has not been told yet. */
    public boolean isActive() {
        return found != 0;
    }

    /** Notes what has happened; it is told before the turn ends. */
    void happened(int bits) {
        found |= bits;
        if (!queued) {
            loop.callbacks.add(this);
        }
    }

    void urgent(int level) {
        loop.own();
        if (level < 0 || level >= loop.callbacks.priorities()) {
            throw new IllegalArgumentException(
                    "priority " + level + ": the loop has 0 to " + (loop.callbacks.priorities() - 1));
        }
        if (queued) {
            throw new IllegalStateException("it is active: its priority cannot be changed until it has been called");
        }
        priority = level;
    }
}
