// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

/** {@link Timeouts} in nanoseconds, {@link io.millrace.core.Link#NEVER} for none. */
record TimeoutNanos(long connect, long head, long silence, long total, long continueWait) {

    static TimeoutNanos of(Timeouts times) {
        return new TimeoutNanos(
                Timeouts.nanos(times.connect()),
                Timeouts.nanos(times.head()),
                Timeouts.nanos(times.silence()),
                Timeouts.nanos(times.total()),
                Timeouts.nanos(times.continueWait()));
    }
}
