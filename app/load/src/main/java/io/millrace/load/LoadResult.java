// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** What came of a run. Results of several machines that ran parts of one plan can be put together. */
public final class LoadResult {
    private final LoadPlan plan;
    private final Duration duration;
    private final double busy;
    private final Counters counters;

    LoadResult(LoadPlan plan, Duration duration, double busy, Counters counters) {
        this.plan = plan;
        this.duration = duration;
        this.busy = busy;
        this.counters = counters;
    }

    /** What was asked. */
    public LoadPlan plan() {
        return plan;
    }

    /** The time that counted; shorter than planned if the run was ended early. */
    public Duration duration() {
        return duration;
    }

    /**
     * The busiest of the generator's threads, as a share of one processor from 0 to 1. Near 1 the generator itself may
     * have been the limit.
     */
    public double busy() {
        return busy;
    }

    /** Answers that counted. */
    public long requests() {
        return counters.requests;
    }

    /** Answers a second. */
    public double throughput() {
        return duration.isZero() ? 0 : counters.requests / (duration.toNanos() / 1e9);
    }

    /** Bytes received. */
    public long bytesIn() {
        return counters.bytesIn;
    }

    /** Bytes sent. */
    public long bytesOut() {
        return counters.bytesOut;
    }

    /** Connections opened in the time that counted. */
    public long connects() {
        return counters.connects;
    }

    /** Returns the number of TLS handshakes in the time that counted. */
    public long handshakes() {
        return counters.handshakes;
    }

    /** Returns how many of them resumed a session. */
    public long resumptions() {
        return counters.resumptions;
    }

    /** Requests that were due in time and could not be sent, because no connection was free. */
    public long unsent() {
        return counters.unsent;
    }

    /** Answers whose status began with that digit, from 1 to 5; TCP answers are at 0. */
    public long statuses(int digit) {
        return counters.statuses[digit];
    }

    /** Requests that got no answer, by why; empty if there were none. */
    public Map<Failure, Long> failures() {
        Map<Failure, Long> all = new EnumMap<>(Failure.class);
        for (Failure failure : Failure.values()) {
            if (counters.failures[failure.ordinal()] > 0) {
                all.put(failure, counters.failures[failure.ordinal()]);
            }
        }
        return all;
    }

    /** Requests that got no answer, those that were not sent left out. */
    public long failed() {
        return counters.failed();
    }

    /** Connections besides that stood at the end. */
    public long besideHeld() {
        return counters.besideHeld;
    }

    /** How often a connection besides was refused or taken away. */
    public long besideLost() {
        return counters.besideLost;
    }

    /**
     * Nanoseconds from when a request was due, or sent where there was no rate, to the end of its answer. Not to be
     * changed.
     */
    public Histogram latency() {
        return counters.latency;
    }

    /**
     * Nanoseconds from when a request was sent: what a generator would see that waits for the server. Not to be
     * changed.
     */
    public Histogram service() {
        return counters.service;
    }

    Counters counters() {
        return counters;
    }

    /** This result and another of a part of the same plan, as one of {@code whole}. */
    LoadResult plus(LoadResult other, LoadPlan whole) {
        Counters both = new Counters();
        both.add(counters);
        both.add(other.counters);
        Duration longer = duration.compareTo(other.duration) > 0 ? duration : other.duration;
        return new LoadResult(whole, longer, Math.max(busy, other.busy), both);
    }
}
