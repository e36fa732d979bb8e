// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts of the exchanges of one route, or of a whole server. Any number of threads may record at once, any thread may
 * ask at any time; figures that are asked for while others are recorded may be of slightly different moments.
 */
public final class RouteStats {
    /** Exchanges by the first digit of the status; at 0 those that were broken off before or in their answer. */
    private final LongAdder[] byClass = new LongAdder[6];

    private final LongAdder bytes = new LongAdder();
    private final LatencyHistogram latency = new LatencyHistogram();

    RouteStats() {
        for (int i = 0; i < byClass.length; i++) {
            byClass[i] = new LongAdder();
        }
    }

    void completed(int status, long sent, long nanos) {
        byClass[Math.clamp(status / 100, 0, 5)].increment();
        bytes.add(sent);
        latency.record(nanos);
    }

    void brokenOff(long sent) {
        byClass[0].increment();
        bytes.add(sent);
    }

    /** Returns the number of exchanges that are over. */
    public long requests() {
        long sum = 0;
        for (LongAdder one : byClass) {
            sum += one.sum();
        }
        return sum;
    }

    /**
     * Returns the number of exchanges that were answered with a status of a class, whole.
     *
     * @param statusClass the first digit of the status: 1 to 5
     * @throws IllegalArgumentException for another number
     */
    public long requests(int statusClass) {
        if (statusClass < 1 || statusClass > 5) {
            throw new IllegalArgumentException("a class of statuses is a number from 1 to 5, not " + statusClass);
        }
        return byClass[statusClass].sum();
    }

    /** Returns the number of exchanges whose connection ended before or in the middle of the answer. */
    public long aborted() {
        return byClass[0].sum();
    }

    /** Returns the number of bytes of bodies that were sent. */
    public long bytes() {
        return bytes.sum();
    }

    /**
     * Returns how long the exchanges took, from the first byte of the request to the handing over of the answer. Those
     * that were broken off in the middle of an answer are not in it: their time says nothing of the server's.
     */
    public LatencyHistogram latency() {
        return latency;
    }
}
