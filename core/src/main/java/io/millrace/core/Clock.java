// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/** Where the time comes from; a test or a simulated kernel brings its own. */
public interface Clock {

    /** The machine's clock. */
    Clock SYSTEM = new Clock() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public long millis() {
            return System.currentTimeMillis();
        }
    };

    /** Monotonic nanoseconds from an arbitrary start (System.nanoTime). */
    long nanos();

    /** Milliseconds since 1970 (UTC), for dates that people read. */
    long millis();
}
