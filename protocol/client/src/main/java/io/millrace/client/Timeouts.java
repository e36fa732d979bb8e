// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Link;
import java.time.Duration;

/**
 * How long the parts of a call may take. None is infinite unless it is set to {@link #NONE}.
 *
 * @param connect to open a connection: look up the name, connect, TLS
 * @param head from the end of the request to the first byte of the answer, informational answers aside
 * @param silence without a byte of the answer while one is wanted, or without the server's taking a byte of the request
 * @param total the whole call, waiting for a connection included, up to the last byte of the answer
 * @param continueWait how long a request that expects {@code 100 (Continue)} waits for it before its body is sent
 *     without (RFC 9110 section 10.1.1)
 */
public record Timeouts(Duration connect, Duration head, Duration silence, Duration total, Duration continueWait) {

    /** No limit, where that is what is wanted: for streams of events, say. */
    public static final Duration NONE = Duration.ofSeconds(Long.MAX_VALUE);

    /** 5 s to connect, 30 s to the answer, 30 s of silence, 10 minutes for all, 1 s for 100 (Continue). */
    public static final Timeouts DEFAULT = new Timeouts(
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofMinutes(10),
            Duration.ofSeconds(1));

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if a time is not positive
     */
    public Timeouts {
        check(connect);
        check(head);
        check(silence);
        check(total);
        check(continueWait);
    }

    static void check(Duration time) {
        if (time.isZero() || time.isNegative()) {
            throw new IllegalArgumentException("not a time limit: " + time);
        }
    }

    /** Returns a time in nanoseconds, {@link Link#NEVER} for one of more than 146 years. */
    static long nanos(Duration time) {
        return time.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) > 0 ? Link.NEVER : time.toNanos();
    }

    /** Returns the moment a time after another moment, both in nanoseconds. */
    static long after(long now, long nanos) {
        return nanos == Link.NEVER ? Link.NEVER : now + nanos;
    }

    /** Returns the same with another time to connect. */
    public Timeouts withConnect(Duration other) {
        return new Timeouts(other, head, silence, total, continueWait);
    }

    /** Returns the same with another time to the answer. */
    public Timeouts withHead(Duration other) {
        return new Timeouts(connect, other, silence, total, continueWait);
    }

    /** Returns the same with another time of silence. */
    public Timeouts withSilence(Duration other) {
        return new Timeouts(connect, head, other, total, continueWait);
    }

    /** Returns the same with another time for the whole call. */
    public Timeouts withTotal(Duration other) {
        return new Timeouts(connect, head, silence, other, continueWait);
    }

    /** Returns the same with another time to wait for 100 (Continue). */
    public Timeouts withContinueWait(Duration other) {
        return new Timeouts(connect, head, silence, total, other);
    }
}
