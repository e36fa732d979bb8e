// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Errno;

/**
 * Says which descriptors are ready. Knows nothing of what they are for: a descriptor is watched under a token, a number
 * of the caller's choice, not negative, that comes back with each event. Methods return 0 or -errno.
 *
 * <p>To be used by one thread, except {@link #wakeup}. Back ends have these methods in this order, so that two of them
 * can be read side by side.
 */
public abstract class Poller implements AutoCloseable {

    /** For back ends. */
    protected Poller() {}

    /** A short name of the mechanism: {@code "epoll"}. */
    public abstract String name();

    /** The {@link Interest} bits that this mechanism can be asked for. */
    public abstract int supports();

    /**
     * Why {@link #add} would refuse such an interest in such a descriptor with -EINVAL, or {@code null} if it is none
     * of this mechanism's own reasons.
     */
    public String whyNot(int fd, int interest) {
        int unknown = interest & ~supports();
        return unknown == 0 ? null : name() + " has no " + Interest.describe(unknown);
    }

    /** Begins to watch a descriptor for {@link Interest} bits; one that is watched already is modified. */
    public abstract int add(int fd, int interest, long token);

    /**
     * Watches a descriptor for something else from now on; what is there already is reported, with edge trigger once
     * more. A descriptor that is not watched, its number having been closed, is added.
     */
    public abstract int modify(int fd, int interest, long token);

    /**
     * Watches a descriptor no longer; -ENOENT or -EBADF if it was not watched. To be called before the descriptor is
     * closed.
     */
    public abstract int remove(int fd);

    /**
     * The descriptor is about to be closed, and it is the only one for its file: what the kernel forgets by itself then
     * need not be removed, which saves a system call.
     */
    public void closing(int fd) {
        remove(fd);
    }

    /**
     * What the kernel really watches a descriptor for just now: {@link Interest} bits, or -ENOENT. Slow, for diagnosis.
     */
    public abstract int registeredInterest(int fd);

    /**
     * Waits until something is ready, {@code timeoutNanos} have passed (rounded up to what the mechanism can; negative:
     * for ever) or {@link #wakeup} is called, and puts what was found into {@code ready}: one event for each
     * descriptor.
     *
     * @return the number of events, 0 included when woken up or interrupted by a signal, or -errno
     */
    public abstract int poll(long timeoutNanos, Ready ready);

    /**
     * Another poller of the same instance, for one more thread that takes events from it; lives as long as this one.
     *
     * @throws UnsupportedOperationException where the mechanism cannot be shared by threads
     */
    public Poller sibling() {
        throw new UnsupportedOperationException(name() + " is for one thread");
    }

    /** Makes a running or the next {@link #poll} return. Any thread may call, also after {@link #close}. */
    public abstract void wakeup();

    /** Frees the mechanism; the descriptors it watched stay open. */
    @Override
    public abstract void close();

    /** What an interrupted wait returns: no events. */
    static int unlessInterrupted(int result) {
        return result == -Errno.EINTR ? 0 : result;
    }
}
