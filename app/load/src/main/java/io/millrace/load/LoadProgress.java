// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import org.HdrHistogram.Histogram;

/**
 * How a run is going.
 *
 * @param requests answers that counted so far
 * @param failures requests without one so far
 * @param bytesIn bytes received so far
 * @param connections clients there are
 * @param recent nanoseconds that the answers since the last report took, counted from when they were due
 */
public record LoadProgress(long requests, long failures, long bytesIn, int connections, Histogram recent) {

    /** Both together. */
    LoadProgress plus(LoadProgress other) {
        Histogram both = recent.copy();
        both.add(other.recent);
        return new LoadProgress(
                requests + other.requests,
                failures + other.failures,
                bytesIn + other.bytesIn,
                connections + other.connections,
                both);
    }
}
