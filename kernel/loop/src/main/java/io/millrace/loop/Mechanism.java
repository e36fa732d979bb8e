// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import java.util.ArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a loop waits, how it is woken, and how it watches descriptors. A loop knows its mechanism and nothing of what the
 * mechanism moves: connections are the business of the rooms above, which extend this class.
 *
 * <p>This class keeps the registry of {@link Source sources} and the list of those that go on next turn. A subclass
 * says how to wait and how to watch.
 *
 * <p>Everything is called by the thread that owns the loop, except {@link #wakeup}.
 */
public abstract class Mechanism {

    /** Makes the mechanism of one loop. */
    @FunctionalInterface
    public interface Factory {
        /**
         * Opens the mechanism of {@code loop}, whose kernel is known already.
         *
         * @throws SysException if the kernel refuses what the mechanism needs, such as another descriptor or a ring
         */
        Mechanism open(EventLoop loop) throws SysException;
    }

    /** The loop that waits with this mechanism. */
    protected final EventLoop loop;

    /** The loop's kernel. */
    protected final Kernel kernel;

    /** All sources that are watched. */
    protected final Slab slab = new Slab();

    /** How many sources an orderly end does not wait for. */
    private int unawaited;

    private boolean closed;

    /** To go on next turn. */
    private ArrayList<Source> again = new ArrayList<>();

    private ArrayList<Source> spare = new ArrayList<>();

    /** The mechanism of {@code loop}. */
    protected Mechanism(EventLoop loop) {
        this.loop = loop;
        this.kernel = loop.kernel();
    }

    /** Returns the loop that waits with this mechanism. Any thread may call. */
    public final EventLoop loop() {
        return loop;
    }

    /** Returns the loop's kernel. Any thread may call. */
    public final Kernel kernel() {
        return kernel;
    }

    // ---- what each mechanism does differently ----

    /** Returns the mechanism in words, such as {@code "epoll, edge-triggered"}. */
    public abstract String engine();

    /** Waits for events up to so many nanoseconds: 0 does not wait, a negative number waits without limit. */
    protected abstract void await(long timeoutNanos);

    /** Handles the events that the wait found. */
    protected abstract void handle();

    /** Ends a running wait. Any thread may call. */
    protected abstract void wakeup();

    /** Begins to watch the descriptor of a source for {@link Interest} bits. Returns 0 or -errno. */
    protected abstract int watch(Source source, int interest);

    /** Watches the descriptor of a source for other {@link Interest} bits from now on. Returns 0 or -errno. */
    public abstract int modify(Source source, int interest);

    /** Watches the descriptor of a source no longer. When this returns the kernel holds nothing of it. */
    protected abstract void unwatch(Source source);

    /** Frees what the mechanism holds. Called once, last. */
    protected abstract void close();

    /**
     * Returns why descriptors of this kind cannot be watched for these {@link Interest} bits, or {@code null} if that
     * is not known.
     */
    protected @Nullable String whyNot(int fd, int interest) {
        return null;
    }

    /** Does what is left to do at the end of a turn. */
    protected void finishTurn() {}

    /** Ends a source, because serving it failed. */
    protected void failed(Source source) {
        source.broken();
    }

    /** Lets go of a source, because the loop ends. */
    protected void end(Source source) {
        source.closeNow();
    }

    /** Shows what a dump lists besides events, an object a line. */
    protected void describe(Consumer<Object> lines) {}

    // ---- the turn ----

    /** Handles the events that the wait found, then resumes the sources that asked for it last turn. */
    protected void dispatch() {
        handle();
        resumeAgain();
    }

    private void resumeAgain() {
        if (again.isEmpty()) {
            return;
        }
        ArrayList<Source> now = again;
        again = spare;
        spare = now;
        for (int i = 0; i < now.size(); i++) {
            Source source = now.get(i);
            try {
                source.resume();
            } catch (Throwable t) {
                broken(source, t);
            }
        }
        now.clear();
    }

    /** Tells a source what was found on its descriptor, {@link Interest} bits. */
    protected final void deliver(Source source, int events) {
        long begun = begin();
        try {
            source.ready(events);
        } catch (Throwable t) {
            broken(source, t);
        }
        if (source.awaited()) {
            called(begun, source);
        }
    }

    /** Whatever goes wrong with one source, such as memory for its input, must not take the others along. */
    protected final void broken(Source source, Throwable thrown) {
        // Before it is said: that takes memory, which may be what there is none of.
        failed(source);
        Log.failure("serving ", source, " failed", thrown);
    }

    /** Resumes a source next turn: it has more to do than its budget. */
    public final void requeue(Source source) {
        again.add(source);
    }

    /** Returns whether something is left to do at once, so that the next wait must not wait. */
    protected boolean hasWork() {
        return !again.isEmpty();
    }

    // ---- counters ----

    /** Counts events that a wait has found. */
    protected final void found(int count) {
        loop.stats.found(count);
    }

    /** Returns the time before a callback, 0 if times are not taken. */
    protected final long begin() {
        return loop.stats.begin();
    }

    /** Counts a callback that has ended. */
    protected final void called(long begun, Object subject) {
        loop.stats.called(begun, subject);
    }

    // ---- sources ----

    /**
     * Begins to watch a descriptor for {@link Interest} bits; {@link Source#ready} is told what is found. Returns 0, or
     * -errno and the source is as before.
     */
    public final int add(Source source, int fd, int interest) {
        if (closed) {
            return -Errno.EBADF;
        }
        slab.add(source);
        source.fd = fd;
        int result = watch(source, interest);
        if (result < 0) {
            slab.remove(source);
            source.fd = -1;
            return result;
        }
        unawaited += source.awaited() ? 0 : 1;
        return 0;
    }

    /**
     * Watches the descriptor of a source no longer; it stays open. Nothing more is told of it, events that were found
     * already included. Its timer is taken out, too.
     */
    public final void remove(Source source) {
        unwatch(source);
        slab.remove(source);
        loop.timers.cancel(source);
        source.fd = -1;
        unawaited -= source.awaited() ? 0 : 1;
    }

    /** Returns whether there is nothing that an orderly end waits for. */
    public final boolean isEmpty() {
        return slab.size() == unawaited;
    }

    /** Returns whether {@link #closeAll} has been called: nothing is opened any more. */
    protected final boolean isClosed() {
        return closed;
    }

    /** Lets go of everything that is watched. */
    protected void closeAll() {
        closed = true;
        for (Source source : slab.toArray()) {
            try {
                end(source);
            } catch (Throwable t) {
                Log.failure("closing ", source, " failed", t);
            }
        }
        again.clear();
    }

    /**
     * The loop cannot go on, perhaps for want of memory: has all sources give up memory, then close their descriptors,
     * and allocates nothing. {@link #closeAll} comes afterwards.
     */
    protected void abandon() {
        closed = true;
        for (int slot = 0; slot < slab.slots(); slot++) {
            if (slab.at(slot) != null) {
                slab.at(slot).forget();
            }
        }
        for (int slot = 0; slot < slab.slots(); slot++) {
            abandon(slab.at(slot));
        }
    }

    private static void abandon(Source source) {
        try {
            if (source != null) {
                source.abandon();
            }
        } catch (Throwable t) {
            // The others all the same. The end of the process closes this one.
        }
    }
}
