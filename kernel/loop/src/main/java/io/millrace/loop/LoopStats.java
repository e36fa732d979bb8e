// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Counts what a loop does. Written by the loop, read by any thread: opaque stores, which cost no more than plain ones.
 * The clock is read for each callback only while times are asked for.
 */
final class LoopStats {
    private final AtomicLong turns = new AtomicLong();
    private final AtomicLong events = new AtomicLong();
    private final AtomicLong callbacks = new AtomicLong();
    private final AtomicLong kernelNanos = new AtomicLong();
    private final AtomicLong callbackNanos = new AtomicLong();
    private final AtomicLong longestNanos = new AtomicLong();
    private volatile String longest = "";
    private boolean wanted;
    private boolean timing;
    private long slow = Long.MAX_VALUE;
    private @Nullable SlowCallback listener;

    /** Begins or ends to take times. On the loop. */
    void timing(boolean on) {
        wanted = on;
        timing = on || listener != null;
    }

    void slow(long nanos, @Nullable SlowCallback callback) {
        slow = nanos;
        listener = callback;
        timing = wanted || callback != null;
    }

    /** Before a wait or a callback: the time, or 0 when times are not taken. */
    long begin() {
        return timing ? System.nanoTime() : 0;
    }

    /** A wait has ended. */
    void waited(long begun) {
        add(turns, 1);
        if (begun != 0) {
            add(kernelNanos, System.nanoTime() - begun);
        }
    }

    /** The poller has found so many. */
    void found(int count) {
        add(events, count);
    }

    /** A callback has ended. */
    void called(long begun, Object subject) {
        add(callbacks, 1);
        if (begun != 0) {
            took(System.nanoTime() - begun, subject);
        }
    }

    private void took(long nanos, Object subject) {
        add(callbackNanos, nanos);
        if (nanos > longestNanos.getPlain()) {
            longestNanos.setOpaque(nanos);
            longest = Log.text(subject);
        }
        if (nanos >= slow && listener != null) {
            tellSlow(listener, nanos, subject);
        }
    }

    /** Runs code of the user's, outside the callback that is guarded: it must not end the loop either. */
    private static void tellSlow(SlowCallback told, long nanos, Object subject) {
        try {
            told.took(nanos, subject);
        } catch (Throwable t) {
            Log.error("whoever is told of slow callbacks failed", t);
        }
    }

    private static void add(AtomicLong counter, long count) {
        counter.setOpaque(counter.getPlain() + count);
    }

    long turns() {
        return turns.getOpaque();
    }

    long callbacks() {
        return callbacks.getPlain();
    }

    LoopCounters read() {
        return new LoopCounters(
                turns.getOpaque(),
                events.getOpaque(),
                callbacks.getOpaque(),
                kernelNanos.getOpaque(),
                callbackNanos.getOpaque(),
                longestNanos.getOpaque(),
                longest);
    }
}
