// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.ExchangeLog;
import io.millrace.http.Request;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what a server did: requests, bytes, errors and how long answers took. Takes part as an {@link ExchangeLog};
 * any number of loops may record at once, any thread may ask at any time. Allocates nothing while it records.
 */
public final class ServerStats implements ExchangeLog {
    private final LongAdder requests = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder clientErrors = new LongAdder();
    private final LongAdder serverErrors = new LongAdder();
    private final LongAdder aborted = new LongAdder();
    private final LatencyHistogram latency = new LatencyHistogram();

    /** Counts from zero. */
    public ServerStats() {}

    @Override
    public void completed(Request request, int status, long sent, long nanos) {
        requests.increment();
        bytes.add(sent);
        latency.record(nanos);
        if (status == 0) {
            aborted.increment();
        } else if (status >= 500) {
            serverErrors.increment();
        } else if (status >= 400) {
            clientErrors.increment();
        }
    }

    /**
     * The time of an answer that the client did not take to its end says nothing of the server's: it is not recorded.
     */
    @Override
    public void brokenOff(Request request, int status, long sent, long nanos) {
        requests.increment();
        bytes.add(sent);
        aborted.increment();
    }

    /** Number of exchanges that are over. */
    public long requests() {
        return requests.sum();
    }

    /** Bytes of bodies sent. */
    public long bytes() {
        return bytes.sum();
    }

    /** Number of answers with a status from 400 to 499. */
    public long clientErrors() {
        return clientErrors.sum();
    }

    /** Number of answers with a status from 500 on. */
    public long serverErrors() {
        return serverErrors.sum();
    }

    /** Number of exchanges whose connection ended before or in the middle of the answer. */
    public long aborted() {
        return aborted.sum();
    }

    /** How long the exchanges took, from the first byte of the request to the handing over of the answer. */
    public LatencyHistogram latency() {
        return latency;
    }

    /** The median of how long the exchanges took, in nanoseconds; 0 without any. */
    public long p50() {
        return latency.quantile(0.5);
    }

    /** What 90 % of the exchanges did not exceed, in nanoseconds. */
    public long p90() {
        return latency.quantile(0.9);
    }

    /** What 99 % of the exchanges did not exceed, in nanoseconds. */
    public long p99() {
        return latency.quantile(0.99);
    }
}
