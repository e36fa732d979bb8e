// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/** What one call of {@link Poller#poll} found: parallel arrays that the poller fills anew each time. */
public final class Ready {
    final long[] tokens;
    final int[] events;
    int count;

    /** Room for that many events a call; the rest is found by the next call. */
    public Ready(int capacity) {
        tokens = new long[capacity];
        events = new int[capacity];
    }

    /** Number of events found. */
    public int count() {
        return count;
    }

    /** Number of events that fit. */
    public int capacity() {
        return tokens.length;
    }

    /** The token that the descriptor of event {@code index} was added with. */
    public long token(int index) {
        return tokens[index];
    }

    /** What was found, {@link Interest} bits. */
    public int events(int index) {
        return events[index];
    }

    /** Forgets all events. For pollers. */
    public void clear() {
        count = 0;
    }

    /** Adds an event. For pollers; there must be room. */
    public void add(long token, int found) {
        tokens[count] = token;
        events[count++] = found;
    }
}
