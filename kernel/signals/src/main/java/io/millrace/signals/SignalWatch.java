// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Watch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** A loop's interest in a signal, from {@link Signals#watch} until it is closed. */
public final class SignalWatch implements AutoCloseable {

    /** What a signal calls. */
    @FunctionalInterface
    public interface Callback {
        /**
         * The signal has come {@code times} times since the last call, as far as the kernel told them apart. On the
         * loop.
         */
        void raised(SignalWatch watch, int times);
    }

    private final EventLoop loop;
    private final JdkSignal signal;
    private final Callback callback;
    private final Watch event;
    private final AtomicInteger pending = new AtomicInteger();
    private volatile boolean closed;

    SignalWatch(EventLoop loop, JdkSignal signal, Callback callback) {
        this.loop = loop;
        this.signal = signal;
        this.callback = callback;
        this.event = loop.watch(-1, 0, (self, found) -> raised());
        event.enable();
    }

    /** The signal's name: {@code "HUP"}. */
    public String name() {
        return signal.name();
    }

    /** The signal's number on this machine. */
    public int number() {
        return signal.number();
    }

    /** Sets how urgent it is, 0 being the most urgent. On the loop, or before it runs. */
    public SignalWatch priority(int level) {
        event.priority(level);
        return this;
    }

    /** Does not keep a loop going that runs until nothing is left. On the loop, or before it runs. */
    public SignalWatch background() {
        event.background();
        return this;
    }

    JdkSignal signal() {
        return signal;
    }

    /** On a thread of the JDK. Any number of signals make one task of the loop until that has run. */
    void arrived() {
        if (pending.getAndIncrement() == 0) {
            try {
                loop.execute(this::activate);
            } catch (RejectedExecutionException e) {
                // The loop has been closed without closing this: other loops may watch for the signal, too.
                close();
            }
        }
    }

    private void activate() {
        if (!closed) {
            event.activate();
        }
    }

    private void raised() {
        int times = pending.getAndSet(0);
        if (times > 0 && !closed) {
            callback.raised(this, times);
        }
    }

    /** Watches no longer; with the last watch the signal does what it did before. Any thread may call. */
    @Override
    public void close() {
        closed = true;
        Signals.remove(this);
        event.close();
    }

    @Override
    public String toString() {
        return "SignalWatch[SIG" + name() + "]";
    }
}
