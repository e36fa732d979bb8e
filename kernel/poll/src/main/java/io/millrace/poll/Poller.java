// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Errno;
import org.jspecify.annotations.Nullable;

/**
 * Tells which descriptors are ready. A poller does not know what a descriptor is used for: each is watched under a
 * token, a number of 0 or more that the caller chooses and that comes back with every event. Methods that return an int
 * return 0 or -errno unless they say otherwise.
 *
 * <p>A poller belongs to one thread; only {@link #wakeup} may be called by any other. All back ends have these methods
 * in this order, so that two of them can be read side by side.
 */
public abstract class Poller implements AutoCloseable {

    private final String name;
    private final int supported;

    /**
     * For back ends.
     *
     * @param name what {@link #name} returns
     * @param supported what {@link #supports} returns
     */
    protected Poller(String name, int supported) {
        this.name = name;
        this.supported = supported;
    }

    /** Returns a short name of the mechanism, such as {@code "epoll"}. */
    public final String name() {
        return name;
    }

    /** Returns the {@link Interest} bits that this mechanism can be asked for. */
    public final int supports() {
        return supported;
    }

    /**
     * Explains why {@link #add} would refuse this interest in this descriptor with -EINVAL. Returns {@code null} if the
     * mechanism itself has no reason to refuse it.
     */
    public @Nullable String whyNot(int fd, int interest) {
        int unknown = interest & ~supports();
        return unknown == 0 ? null : name() + " has no " + Interest.describe(unknown);
    }

    /**
     * Begins to watch a descriptor for {@link Interest} bits. A descriptor that is watched already is modified. Returns
     * -EINVAL for an interest that the mechanism does not support ({@link #whyNot} explains), -EBADF for a descriptor
     * that is not open.
     */
    public abstract int add(int fd, int interest, long token);

    /**
     * Changes the interest in a descriptor and its token. What is ready at this moment is reported again, also with
     * edge trigger. A descriptor that is not watched, because its number was closed and opened again, is added.
     */
    public abstract int modify(int fd, int interest, long token);

    /**
     * Stops watching a descriptor; to be called before it is closed. Returns -ENOENT or -EBADF if it was not watched.
     */
    public abstract int remove(int fd);

    /**
     * Announces that a descriptor is about to be closed and that no other descriptor refers to the same file. A back
     * end whose kernel forgets such a descriptor by itself saves the system call.
     */
    public void closing(int fd) {
        remove(fd);
    }

    /**
     * Returns the {@link Interest} bits that the kernel has registered for a descriptor at this moment, or -ENOENT.
     * Slow; for diagnosis.
     */
    public abstract int registeredInterest(int fd);

    /**
     * Waits until a descriptor is ready, the timeout ends or {@link #wakeup} is called, and fills {@code ready} with
     * one event for each descriptor that is ready.
     *
     * @param timeoutNanos nanoseconds, rounded up to the mechanism's unit; 0 does not wait, a negative number waits
     *     without limit
     * @return the number of events, which is 0 after a wake-up or an interruption by a signal, or -errno
     */
    public abstract int poll(long timeoutNanos, Ready ready);

    /**
     * Opens a second poller on the same kernel object, for another thread that takes events from it. It is valid as
     * long as this one is open.
     *
     * @throws UnsupportedOperationException where threads cannot share the mechanism
     */
    public Poller sibling() {
        throw new UnsupportedOperationException(name() + " is for one thread");
    }

    /**
     * Makes the running {@link #poll}, or the next one, return. Any thread may call this, also after {@link #close}.
     */
    public abstract void wakeup();

    /** Frees the mechanism. The descriptors that it watched stay open. */
    @Override
    public abstract void close();

    /** Turns an interrupted wait into one that found no events. */
    static int unlessInterrupted(int result) {
        return result == -Errno.EINTR ? 0 : result;
    }
}
