// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/**
 * Says which descriptors are ready. Knows nothing of what they are for: a descriptor is watched under a token, a number of the
 * caller's choice that comes back with each event. Methods return 0 or -errno.
 *
 * <p>To be used by one thread, except {@link #wakeup}. Back ends have these methods in this order, so that two of them can be read
 * side by side.
 */
public abstract class Poller implements AutoCloseable {

    /** For back ends. */
    protected Poller() {}

    /** A short name of the mechanism: {@code "epoll"}. */
    public abstract String name();

    /** Begins to watch a descriptor for {@link Interest} bits. */
    public abstract int add(int fd, int interest, long token);

    /** Watches a descriptor for something else from now on. */
    public abstract int modify(int fd, int interest, long token);

    /** Watches a descriptor no longer. To be called before the descriptor is closed. */
    public abstract int remove(int fd);

    /**
     * Waits until something is ready, {@code timeoutNanos} have passed (rounded up to what the mechanism can; negative: for ever) or
     * {@link #wakeup} is called, and puts what was found into {@code ready}.
     *
     * @return the number of events, 0 included when woken up or interrupted by a signal, or -errno
     */
    public abstract int poll(long timeoutNanos, Ready ready);

    /** Makes a running or the next {@link #poll} return. Any thread may call, also after {@link #close}. */
    public abstract void wakeup();

    /** Frees the mechanism; the descriptors it watched stay open. */
    @Override
    public abstract void close();
}
