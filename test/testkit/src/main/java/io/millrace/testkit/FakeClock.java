// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * A clock that stands still until it is told to go on. Starts on 6 November 1994, 08:49:37 GMT (RFC 9110's example).
 */
public final class FakeClock implements Clock {
    private static final long START_MILLIS =
            Instant.parse("1994-11-06T08:49:37Z").toEpochMilli();

    // Not zero, so that code which takes zero for "never set" is found out.
    private volatile long nanos = 1_000_000_000L;
    private volatile long startMillis = START_MILLIS;

    /** A clock at its start. */
    public FakeClock() {}

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public long millis() {
        return startMillis + (nanos - 1_000_000_000L) / 1_000_000;
    }

    /** Goes on by that much. */
    public void advance(Duration time) {
        nanos += time.toNanos();
    }

    /** Goes on to that moment of {@link #nanos}; never back. */
    public void advanceTo(long at) {
        nanos = Math.max(nanos, at);
    }

    /** Puts the calendar, and only it, to another moment. */
    public void calendar(Instant now) {
        startMillis = now.toEpochMilli() - (nanos - 1_000_000_000L) / 1_000_000;
    }
}
