// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Errno;
import io.millrace.sys.ThreadSignals;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The thread that a poller's signals are sent to. It blocks them (pthread_sigmask(3)) and takes them one at a time by
 * sigtimedwait(2); no handler runs. Other threads send it the same signal to end its wait.
 */
final class SignalReceiver {
    /** A real-time signal: those are queued. The C library uses the first ones and the JVM the last. */
    static final int SIGNAL = ThreadSignals.realTimeMinimum() + 7;

    private static final MemorySegment BOTH = ThreadSignals.set(SIGNAL, ThreadSignals.SIGIO);

    static {
        // Once, before any descriptor is enabled: to ignore a signal discards those that are pending in all threads
        // (sigaction(2)).
        ThreadSignals.harmless(SIGNAL);
        ThreadSignals.harmless(ThreadSignals.SIGIO);
    }

    private final MemorySegment info = ThreadSignals.info();
    private @Nullable Thread owner;
    private volatile int thread;

    /** The signals that the owner blocked before. */
    private @Nullable MemorySegment oldMask;

    /** Set when a wake-up is sent, cleared when it is taken. */
    private final AtomicBoolean woken = new AtomicBoolean();

    private boolean tookWakeup;
    private boolean closed;

    /**
     * Makes the calling thread, a platform thread, the one that signals are sent to. They are blocked before the first
     * descriptor is enabled, for their default action ends the process. Returns whether another thread, or none, was it
     * before; then the descriptors have to be enabled for this one.
     */
    boolean claim() {
        if (owner == Thread.currentThread()) {
            return false;
        }
        move();
        return true;
    }

    private synchronized void move() {
        owner = Thread.currentThread();
        oldMask = ThreadSignals.set();
        ThreadSignals.mask(ThreadSignals.SIG_BLOCK, BOTH, oldMask);
        thread = ThreadSignals.thread();
        if (woken.get()) {
            // The wake-up found no thread to be sent to, or went to another one.
            ThreadSignals.send(thread, SIGNAL);
        }
    }

    /** Returns the kernel's number of the thread. */
    int thread() {
        return thread;
    }

    /**
     * Takes a signal, or waits up to {@code nanos} for one (negative: without limit). Returns its number, -EAGAIN when
     * the time is up, or -EINTR. Blocks.
     */
    int take(long nanos) {
        int signal = ThreadSignals.take(BOTH, info, nanos);
        // A SIGIO says that some signals did not fit into the queue, and one of them may have been a wake-up.
        if (signal == ThreadSignals.SIGIO || (signal >= 0 && !ThreadSignals.fromKernel(info))) {
            tookWakeup = true;
            woken.set(false);
        }
        return signal;
    }

    /** Returns the descriptor that the signal taken last is about, or -1 if it was sent by {@link #wakeup}. */
    int descriptor() {
        return ThreadSignals.fromKernel(info) ? ThreadSignals.fd(info) : -1;
    }

    /** Tells whether a wake-up was taken since the last call. */
    boolean tookWakeup() {
        boolean took = tookWakeup;
        tookWakeup = false;
        return took;
    }

    /**
     * Ends the wait, or the next one. Any thread. Any number of calls before that wait send one signal, since the queue
     * is short.
     */
    synchronized void wakeup() {
        if (!closed
                && woken.compareAndSet(false, true)
                && thread != 0
                && ThreadSignals.send(thread, SIGNAL) == -Errno.EAGAIN) {
            // The queue is full. A classic signal needs no place in it, and to look at every descriptor is right then.
            ThreadSignals.send(thread, ThreadSignals.SIGIO);
        }
    }

    /** Makes later wake-ups do nothing; if the owner calls, discards what is pending and restores its signal mask. */
    synchronized void close() {
        if (!closed && owner == Thread.currentThread()) {
            while (ThreadSignals.take(BOTH, info, 0) > 0) {}
            ThreadSignals.mask(ThreadSignals.SIG_SETMASK, Objects.requireNonNull(oldMask), MemorySegment.NULL);
        }
        closed = true;
    }
}
