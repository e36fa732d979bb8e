// SPDX-License-Identifier: Apache-2.0
package io.millrace.filters;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Counts events of clients: each has a number of them at once, and gets them back evenly over a time. Remembers a
 * bounded number of clients, those that were seen last. Any number of threads may call.
 */
final class AttemptLimit {
    private static final int MOST_CLIENTS = 10_000;

    private final double most;
    private final double perNano;
    private final LongSupplier nanos;
    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MOST_CLIENTS;
        }
    };

    private static final class Bucket {
        private double left;
        private long at;
    }

    AttemptLimit(int most, Duration time, LongSupplier nanos) {
        if (most < 1 || time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("not a limit: " + most + " in " + time);
        }
        this.most = most;
        this.perNano = most / (double) time.toNanos();
        this.nanos = nanos;
    }

    /** Returns 0 and counts one event, or the nanoseconds until the client may try again. */
    synchronized long take(String client) {
        Bucket bucket = refilled(client);
        if (bucket.left >= 1) {
            bucket.left--;
            return 0;
        }
        return wait(bucket);
    }

    /** Returns 0, or the nanoseconds until the client may try again, and counts nothing. */
    synchronized long look(String client) {
        Bucket known = buckets.get(client);
        return known == null || refilled(client).left >= 1 ? 0 : wait(known);
    }

    private long wait(Bucket bucket) {
        return Math.max(1, (long) ((1 - bucket.left) / perNano));
    }

    private Bucket refilled(String client) {
        long now = nanos.getAsLong();
        Bucket bucket = buckets.computeIfAbsent(client, name -> {
            Bucket fresh = new Bucket();
            fresh.left = most;
            fresh.at = now;
            return fresh;
        });
        bucket.left = Math.min(most, bucket.left + (now - bucket.at) * perNano);
        bucket.at = now;
        return bucket;
    }
}
