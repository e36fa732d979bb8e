// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.socket.Trace;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Poll;
import io.millrace.sys.SysException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * How one thread sleeps on a descriptor and another wakes it: poll(2) on the descriptor and an eventfd. A thread that
 * sleeps in recv(2) or accept(2) itself could be woken by its peer alone, and neither an answer that another thread has
 * computed nor a shutdown could reach it. Rung any number of times between two sleeps, it costs one write and one read.
 */
public final class WakeupChannel implements AutoCloseable {
    private static final int MILLION = 1_000_000;

    private final AtomicBoolean rung = new AtomicBoolean();
    private final int eventfd;

    /** Where sleeps are written down, {@code null} for nowhere. */
    private final @Nullable Trace trace;

    private boolean closed;

    private WakeupChannel(int eventfd, @Nullable Trace trace) {
        this.eventfd = eventfd;
        this.trace = trace;
    }

    /**
     * A new bell; needs a descriptor. Its sleeps are part of the kernel's trace, if that has one.
     *
     * @throws SysException if the process has no descriptor left
     */
    public static WakeupChannel open(Kernel kernel) throws SysException {
        int fd = Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC | Descriptors.EFD_NONBLOCK);
        if (fd < 0) {
            throw new SysException("eventfd", fd, "for wake-ups");
        }
        return new WakeupChannel(fd, Trace.of(kernel));
    }

    /**
     * Sleeps until {@code fd} is ready, {@code nanos} have passed (rounded up to milliseconds; negative: for ever) or
     * the bell is rung, even if that was before. By the bell's one sleeper.
     *
     * @param interest {@link Interest} READ, WRITE or none
     * @return the Interest bits found for {@code fd}; errors and hang-ups come unasked
     */
    public int await(int fd, int interest, long nanos) {
        int events = (interest & Interest.READ) != 0 ? Poll.POLLIN : 0;
        events |= (interest & Interest.WRITE) != 0 ? Poll.POLLOUT : 0;
        int found = trace == null
                ? Poll.await(fd, events, eventfd, millis(nanos))
                : traced(trace, fd, interest, events, nanos);
        // A negative result is EINTR: the caller looks around and sleeps again.
        if (found > 0 && found >>> 16 != 0) {
            Descriptors.clear(eventfd);
            rung.set(false);
        }
        return found <= 0 ? 0 : interests(found);
    }

    private int traced(Trace lines, int fd, int interest, int events, long nanos) {
        String in = "poll " + (fd < 0 ? "" : fd + " " + Interest.describe(interest) + " or ") + "wakeup " + eventfd;
        long since = System.nanoTime();
        int found = Poll.await(fd, events, eventfd, millis(nanos));
        String bits = found > 0 && (found & 0xffff) != 0 ? Interest.describe(interests(found)) : "";
        String wakeupChannel = found > 0 && found >>> 16 != 0 ? (bits.isEmpty() ? "" : " and ") + "wakeup" : "";
        lines.slept(
                in, nanos, since, found < 0 ? Errno.symbol(found) : found == 0 ? "time is up" : bits + wakeupChannel);
        return found;
    }

    private static int interests(int found) {
        int bits = (found & Poll.POLLIN) != 0 ? Interest.READ : 0;
        bits |= (found & Poll.POLLOUT) != 0 ? Interest.WRITE : 0;
        bits |= (found & (Poll.POLLERR | Poll.POLLNVAL)) != 0 ? Interest.ERROR : 0;
        return bits | ((found & Poll.POLLHUP) != 0 ? Interest.HANGUP : 0);
    }

    private static int millis(long nanos) {
        if (nanos < 0) {
            return -1;
        }
        long millis = nanos / MILLION + (nanos % MILLION == 0 ? 0 : 1);
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }

    /** Ends the running or the next sleep. Any thread may call, also after {@link #close}. */
    public void wakeup() {
        if (rung.compareAndSet(false, true)) {
            write();
        }
    }

    /** The lock keeps the number of a closed eventfd, which may be another file's by then, from being written to. */
    private synchronized void write() {
        if (!closed) {
            Descriptors.signal(eventfd);
        }
    }

    /** Gives the descriptor back. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Descriptors.close(eventfd);
        }
    }
}
