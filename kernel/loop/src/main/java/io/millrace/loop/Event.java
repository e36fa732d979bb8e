// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import org.jspecify.annotations.Nullable;

/**
 * Something that may happen on a loop, and what is to be called then: a {@link Watch} or a {@link Timer}. What has
 * happened is collected first and told in the order of priorities, once in a turn, all of it together.
 *
 * <p>To be used on the loop, or by the thread that prepares a loop before it runs.
 */
public abstract sealed class Event extends TimerNode permits Watch, Timer {
    /** What a manual {@link #activate()} is told as when nothing else is said. */
    public static final int ACTIVATED = 1 << 24;

    /** The time has come: of a timer, or of a watch for which nothing has happened. */
    public static final int TIMEOUT = 1 << 25;

    final EventLoop loop;
    int priority;

    /** What has happened and has not been told, 0 for nothing. */
    int found;

    /**
     * Lies in a queue of {@link ActiveQueue}. One whose {@link #found} has been taken back lies there all the same, and
     * is passed over.
     */
    boolean queued;

    /** Enabled or set. */
    private boolean alive;

    /** Does not count among those that a loop goes on for. */
    private boolean passive;

    private boolean closed;

    /** Where it was made, in a loop that is debugged, or {@code null}. */
    private final @Nullable CreationSite creationSite;

    Event(EventLoop loop) {
        this.loop = loop;
        this.priority = loop.activeQueue.usual();
        this.creationSite = loop.debug == null ? null : loop.debug.made(this);
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
     * Acts as if these bits had been found; several of them add up until they are told. Also what is not enabled can be
     * activated.
     *
     * @param bits at least one
     * @throws IllegalArgumentException if there are none
     */
    public void activate(int bits) {
        open();
        if (bits == 0) {
            throw new IllegalArgumentException("activated with no bits: nothing to tell");
        }
        happened(bits);
    }

    /** Whether something has happened that has not been told yet. */
    public boolean isActive() {
        return found != 0;
    }

    /** Ends it for now: nothing is told any more. On the loop. */
    abstract void off();

    /**
     * Ends it for good: nothing is told any more, and to use it again is an error. Any thread may call; on the loop it
     * takes effect at once, from another thread a callback may be running or follow.
     */
    public final void close() {
        close(null);
    }

    /**
     * Ends it for good and then runs {@code last}, once and on the loop, when no callback of the event is running or
     * can follow: the place to free what the callback uses. When the loop has been closed, the calling thread runs it.
     * Any thread may call.
     */
    public final void close(@Nullable Runnable last) {
        boolean told = loop.byOwner(() -> {
            closeNow();
            if (last != null && !loop.offer(last)) {
                loop.run(last);
            }
        });
        if (!told && last != null) {
            last.run();
        }
    }

    /**
     * Ends it for good, and returns when no callback of it is running or can follow. Any thread may call; on the loop
     * it does not wait.
     *
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public final void closeAndWait() throws InterruptedException {
        if (loop.inLoop()) {
            closeNow();
        } else if (!loop.whileFree(this::closeNow)) {
            loop.await(this::closeNow);
        }
    }

    private void closeNow() {
        off();
        closed = true;
        if (creationSite != null) {
            creationSite.closed();
        }
    }

    /** Belongs at the start of what cannot be done any more once it is closed. */
    void open() {
        loop.checkOwner();
        if (closed) {
            throw new IllegalStateException(this + " has been closed" + (creationSite == null ? "" : creationSite));
        }
    }

    /** Where it was made, in a loop that is debugged, or {@code ""}. */
    String place() {
        return creationSite == null ? "" : creationSite.toString();
    }

    void alive(boolean on) {
        if (alive != on) {
            alive = on;
            loop.live += passive ? 0 : on ? 1 : -1;
            if (creationSite != null) {
                creationSite.used();
            }
        }
    }

    void passive() {
        open();
        if (!passive) {
            passive = true;
            loop.live -= alive ? 1 : 0;
        }
    }

    boolean isAlive() {
        return alive;
    }

    /** Notes what has happened; it is told before the turn ends. */
    void happened(int bits) {
        found |= bits;
        if (creationSite != null) {
            creationSite.used();
        }
        if (!queued) {
            loop.activeQueue.add(this);
        }
    }

    void urgent(int level) {
        open();
        if (level < 0 || level >= loop.activeQueue.priorities()) {
            throw new IllegalArgumentException(
                    "priority " + level + ": the loop has 0 to " + (loop.activeQueue.priorities() - 1));
        }
        if (queued) {
            throw new IllegalStateException("it is active: its priority cannot be changed until it has been called");
        }
        priority = level;
    }
}
