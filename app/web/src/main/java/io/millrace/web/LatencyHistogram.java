// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;

/**
 * How long things took, in buckets: 32 to each power of two, so that every value is told to within 1.6 % from
 * nanoseconds to an hour, in 10 kB whatever the number of values. Recording is one atomic addition and allocates
 * nothing; any number of threads may record and ask.
 *
 * <pre>
 *   value   0 .. 31 | 32 .. 63 | 64 .. 127 | 128 .. 255 | ...
 *   width      1    |    1     |     2     |     4      | ...
 * </pre>
 */
public final class LatencyHistogram {
    private static final int BITS = 5;
    private static final int PER_POWER = 1 << BITS;

    /** 2^42 ns are 73 minutes; what takes longer counts as that. */
    private static final int LARGEST_POWER = 42;

    private static final long LARGEST = (1L << LARGEST_POWER) - 1;
    private static final int BUCKETS = (LARGEST_POWER - BITS + 1) * PER_POWER;

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
    private final LongAccumulator largest = new LongAccumulator(Math::max, 0);

    /** An empty histogram. */
    public LatencyHistogram() {}

    /** Counts a value in nanoseconds; a negative one as 0. */
    public void record(long nanos) {
        long value = Math.clamp(nanos, 0, LARGEST);
        counts.getAndIncrement(bucket(value));
        largest.accumulate(value);
    }

    /** The five bits behind the leading one say which of the 32 buckets of its power a value belongs to. */
    private static int bucket(long value) {
        int shift = Math.max(0, 63 - BITS - Long.numberOfLeadingZeros(value));
        return shift * PER_POWER + (int) (value >>> shift);
    }

    /** The middle of a bucket. */
    private static long value(int bucket) {
        int shift = Math.max(0, bucket / PER_POWER - 1);
        long low = (long) (bucket - shift * PER_POWER) << shift;
        return low + (1L << shift) / 2;
    }

    /**
     * What has been recorded since {@code earlier}, a {@link #copy} of this histogram; the largest is told to within
     * 1.6 % then.
     */
    public LatencyHistogram since(LatencyHistogram earlier) {
        LatencyHistogram difference = new LatencyHistogram();
        for (int i = 0; i < BUCKETS; i++) {
            long more = counts.get(i) - earlier.counts.get(i);
            if (more > 0) {
                difference.counts.set(i, more);
                difference.largest.accumulate(Math.min(value(i), max()));
            }
        }
        return difference;
    }

    /** A histogram of its own with what has been recorded so far. */
    public LatencyHistogram copy() {
        return since(new LatencyHistogram());
    }

    /** Number of values recorded. */
    public long count() {
        long sum = 0;
        for (int i = 0; i < BUCKETS; i++) {
            sum += counts.get(i);
        }
        return sum;
    }

    /** Returns the sum of the values recorded, in nanoseconds, to within 1.6 %. */
    public long sum() {
        long sum = 0;
        for (int i = 0; i < BUCKETS; i++) {
            sum += counts.get(i) * value(i);
        }
        return sum;
    }

    /**
     * Returns how many of the values recorded do not exceed each of some bounds, to within 1.6 % of a bound.
     *
     * @param bounds in nanoseconds, in ascending order
     */
    public long[] upTo(long... bounds) {
        long[] result = new long[bounds.length];
        long seen = 0;
        int bucket = 0;
        for (int i = 0; i < bounds.length; i++) {
            for (; bucket < BUCKETS && value(bucket) <= bounds[i]; bucket++) {
                seen += counts.get(bucket);
            }
            result[i] = seen;
        }
        return result;
    }

    /** The largest value recorded, in nanoseconds and exact, but not above 73 minutes. */
    public long max() {
        return largest.get();
    }

    /**
     * Returns the value in nanoseconds that a share of all values does not exceed, to within 1.6 %; 0 if there are
     * none.
     *
     * @param share 0.5 for the median, 0.99 for the 99th percentile; 0 to 1
     * @throws IllegalArgumentException if the share is outside 0 to 1
     */
    public long quantile(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("a share lies between 0 and 1: " + share);
        }
        long rank = Math.max(1, (long) Math.ceil(share * count()));
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += counts.get(i);
            if (seen >= rank) {
                return Math.min(value(i), max());
            }
        }
        return 0;
    }
}
