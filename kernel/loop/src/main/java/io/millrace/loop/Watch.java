// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import static io.millrace.core.Link.NEVER;

import io.millrace.poll.Interest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Watches a descriptor for what happens to it, and calls back on the loop. Made by {@link EventLoop#watch}, at first
 * not enabled; the descriptor is the user's and stays open.
 *
 * <pre>{@code
 * Watch watch = loop.watch(fd, Interest.READ, (self, found) -> {
 *     if ((found & Event.TIMEOUT) != 0) { … nothing came for five seconds … }
 * }).timeout(Duration.ofSeconds(5));
 * int result = watch.enable();          // 0, or -errno
 * }</pre>
 *
 * <p>Level-triggered unless {@link Interest#EDGE} is asked for: then a change is told once, and a callback that does
 * not read until {@code EAGAIN} is not told again. Any number of watches may be on one descriptor, all in the same
 * mode. Without a descriptor (-1) a watch is for {@link #activate} and timeouts alone.
 *
 * <p>A descriptor must not be closed before its watches are disabled.
 */
public final class Watch extends Event {

    /** What a watch calls. */
    @FunctionalInterface
    public interface Callback {
        /**
         * Something happened, on the loop.
         *
         * @param watch the one it happened to: to disable it, or to ask for its descriptor
         * @param found {@link Interest} bits among those that were asked for, {@link Interest#ERROR} and
         *     {@link Interest#HANGUP}, {@link Event#TIMEOUT} and what {@link Event#activate(int)} was called with
         */
        void ready(Watch watch, int found);
    }

    final int fd;
    final int interest;
    private final Callback callback;

    /** The descriptor in the table while the watch is enabled and has one. */
    @Nullable
    FdEntry entry;

    /** The next watch on the same descriptor. */
    @Nullable
    Watch next;

    private boolean once;
    private long timeout = NEVER;

    Watch(EventLoop loop, int fd, int interest, Callback callback) {
        super(loop);
        this.fd = fd;
        this.interest = interest;
        this.callback = callback;
    }

    /** The descriptor, or -1. */
    public int descriptor() {
        return fd;
    }

    /** What it watches for, {@link Interest} bits. */
    public int interest() {
        return interest;
    }

    /** Whether it is enabled. */
    public boolean isEnabled() {
        return isAlive();
    }

    /** Is disabled before its first callback, and may be enabled again there. */
    public Watch once() {
        open();
        once = true;
        return this;
    }

    /** Sets how urgent it is, 0 being the most urgent, among the {@link EventLoop#priorities} of the loop. */
    public Watch priority(int level) {
        urgent(level);
        return this;
    }

    /** Does not keep a loop going that runs until nothing is left. */
    public Watch background() {
        passive();
        return this;
    }

    /**
     * Is told {@link Event#TIMEOUT} when for so long nothing has happened since it was enabled or since it was last
     * called. A persistent one goes on then, and what it was told last by time was due a whole timeout before the next.
     * Zero tells in the next turn. {@code null} for no limit, as at first.
     */
    public Watch timeout(Duration limit) {
        open();
        timeout = limit == null ? NEVER : TimerHeap.nanos(limit);
        if (isAlive()) {
            arm(loop.kernel.nanos());
        }
        return this;
    }

    /** Nanoseconds until {@link Event#TIMEOUT} is told, or -1 without a limit. */
    public long remaining() {
        return index < 0 ? -1 : Math.max(0, due - loop.kernel.nanos());
    }

    /**
     * Begins to watch; for one that is enabled already, begins its timeout anew.
     *
     * @return 0, or -errno: {@code EBADF} for what is no descriptor, {@code EINVAL} for what the loop's mechanism
     *     cannot watch for, {@code EPERM} for files of a kind that it cannot watch; {@link #whyNot} has words for both.
     *     A regular file is always ready
     * @throws IllegalStateException if the descriptor is watched already in the other mode, edge or level
     */
    public int enable() {
        open();
        if (!isAlive()) {
            int result = loop.watches.add(this);
            if (result < 0) {
                return result;
            }
            alive(true);
        }
        arm(loop.kernel.nanos());
        return 0;
    }

    /**
     * Why the loop's mechanism cannot watch for what is asked for on this descriptor, or {@code null} if it can, as far
     * as is known. On the loop.
     */
    public @Nullable String whyNot() {
        loop.checkOwner();
        return fd < 0 ? null : loop.mechanism.whyNot(fd, interest);
    }

    /** Watches no longer. What has happened and has not been told is not told any more. May be enabled again. */
    public void disable() {
        loop.checkOwner();
        off();
    }

    @Override
    void off() {
        found = 0;
        if (isAlive()) {
            alive(false);
            loop.timers.cancel(this);
            loop.watches.remove(this);
        }
    }

    private void arm(long from) {
        if (timeout == NEVER) {
            loop.timers.cancel(this);
        } else {
            loop.timers.set(this, from + timeout);
        }
    }

    @Override
    protected void expire() {
        happened(TIMEOUT);
    }

    @Override
    void call(int what) {
        if (isAlive()) {
            if (once) {
                disable();
            } else if (timeout != NEVER) {
                rearm(what);
            }
        }
        callback.ready(this, what);
    }

    /** By the time that was due, so that a late turn does not add up; but never for a time that has passed already. */
    private void rearm(int what) {
        boolean byTime = (what & ~TIMEOUT) == 0;
        long next = (byTime ? due : loop.now()) + timeout;
        loop.timers.set(this, next < loop.now() ? loop.now() + timeout : next);
    }

    @Override
    public String toString() {
        return "Watch[" + (fd < 0 ? "no descriptor" : "descriptor " + fd) + ", " + Interest.describe(interest)
                + (isAlive() ? "" : ", disabled") + "]";
    }
}
