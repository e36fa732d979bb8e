// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/** The events that a call of {@link Poller#poll} found: parallel arrays, which the poller fills anew with each call. */
public final class Ready {
    final long[] tokens;
    final int[] events;
    int count;

    /** Makes room for {@code capacity} events; those that do not fit are found by the next call. */
    public Ready(int capacity) {
        tokens = new long[capacity];
        events = new int[capacity];
    }

    /** Returns the number of events found. */
    public int count() {
        return count;
    }

    /** Returns the number of events that fit. */
    public int capacity() {
        return tokens.length;
    }

    /** Returns the token under which the descriptor of event {@code index} is watched. */
    public long token(int index) {
        return tokens[index];
    }

    /** Returns what was found for event {@code index}: {@link Interest} bits. */
    public int events(int index) {
        return events[index];
    }

    /** Removes all events. For pollers. */
    public void clear() {
        count = 0;
    }

    /** Adds an event. For pollers; there must be room. */
    public void add(long token, int found) {
        tokens[count] = token;
        events[count++] = found;
    }
}
