// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/** Something that happens when its time has come. Lies in {@link TimerHeap} at most once. */
public abstract class TimerNode {
    /** When, in the loop's nanoseconds. To be set by {@link TimerHeap} only while the timer lies there. */
    long due;

    /** Where in the heap, or -1. */
    int index = -1;

    /** A node that is not set. */
    protected TimerNode() {}

    /** Returns whether it is set. On the loop. */
    public final boolean isSet() {
        return index >= 0;
    }

    /** Returns when it is due, in the nanoseconds of {@link EventLoop#now}, if it is set. On the loop. */
    public final long due() {
        return due;
    }

    /** Is told that the time has come, on the loop. It has been taken out and may be set again. */
    protected abstract void expire();

    /** Is told what {@link #expire} threw, and says so. */
    protected void failed(Throwable thrown) {
        Log.failure("an alarm failed", thrown);
    }
}
