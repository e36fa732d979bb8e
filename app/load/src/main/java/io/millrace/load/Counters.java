// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.util.Arrays;
import org.HdrHistogram.Histogram;

/** What has happened on one loop, or on all of them together. One thread at a time. */
final class Counters {
    private static final long SHORTEST_NANOS = 1_000;
    private static final long LONGEST_NANOS = 3_600_000_000_000L;
    private static final int DIGITS = 3;
    private static final int STATUS_CLASSES = 6;

    long requests;
    long bytesIn;
    long bytesOut;
    long connects;

    /** Over TLS: handshakes that have succeeded, and how many of them resumed a session. */
    long handshakes;

    long resumptions;

    /** Requests that were due within the time and could not even be sent. */
    long unsent;

    /**
     * How many of those that are there besides still had their connection at the end, and how often one was taken from
     * them.
     */
    long besideHeld;

    long besideLost;

    /** Answers by the first digit of their status; TCP answers are at 0. */
    final long[] statuses = new long[STATUS_CLASSES];

    final long[] failures = new long[Failure.values().length];

    /** From when the request was due. */
    final Histogram latency = histogram();

    /** From when it was sent. */
    final Histogram service = histogram();

    static Histogram histogram() {
        return new Histogram(SHORTEST_NANOS, LONGEST_NANOS, DIGITS);
    }

    void answered(int statusClass, long sinceDue, long sinceSent) {
        statuses[statusClass]++;
        latency.recordValue(clamp(sinceDue));
        service.recordValue(clamp(sinceSent));
    }

    private static long clamp(long nanos) {
        return Math.max(0, Math.min(nanos, LONGEST_NANOS));
    }

    void failed(Failure why) {
        failures[why.ordinal()]++;
    }

    long failed() {
        long all = 0;
        for (long count : failures) {
            all += count;
        }
        return all;
    }

    void add(Counters other) {
        requests += other.requests;
        bytesIn += other.bytesIn;
        bytesOut += other.bytesOut;
        connects += other.connects;
        handshakes += other.handshakes;
        resumptions += other.resumptions;
        unsent += other.unsent;
        besideHeld += other.besideHeld;
        besideLost += other.besideLost;
        addAll(statuses, other.statuses);
        addAll(failures, other.failures);
        latency.add(other.latency);
        service.add(other.service);
    }

    private static void addAll(long[] to, long[] from) {
        for (int i = 0; i < to.length; i++) {
            to[i] += from[i];
        }
    }

    void reset() {
        requests = bytesIn = bytesOut = connects = handshakes = resumptions = unsent = besideHeld = besideLost = 0;
        Arrays.fill(statuses, 0);
        Arrays.fill(failures, 0);
        latency.reset();
        service.reset();
    }
}
