// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/**
 * How fast bytes may move, in each direction by itself: a token bucket that fills with so many bytes a second, up to
 * the burst. Bytes are counted as they pass between the link and the kernel.
 *
 * @param in bytes a second that may come in, {@link #UNLIMITED} for any number
 * @param inBurst how many may come at once after a time of silence
 * @param out bytes a second that may go out, {@link #UNLIMITED} for any number
 * @param outBurst how many may go at once after a time of silence
 */
public record RateLimit(long in, long inBurst, long out, long outBurst) {

    /** A rate that never holds anything up. */
    public static final long UNLIMITED = Long.MAX_VALUE;

    /** No limit in any direction. */
    public static final RateLimit NONE = new RateLimit(UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED);

    /**
     * Without a burst that is remembered longer, an eighth of a second is: enough to fill the gaps between two turns.
     */
    private static final int USUAL_BURST = 8;

    /**
     * Refuses rates and bursts below one byte: nothing would ever move.
     *
     * @throws IllegalArgumentException for a rate or a burst below one byte
     */
    public RateLimit {
        if (in < 1 || inBurst < 1 || out < 1 || outBurst < 1) {
            throw new IllegalArgumentException("a rate and its burst are at least one byte: " + in + ", " + inBurst
                    + ", " + out + ", " + outBurst);
        }
    }

    /** The same number of bytes a second in each direction. */
    public static RateLimit of(long bytesPerSecond) {
        return NONE.withIn(bytesPerSecond).withOut(bytesPerSecond);
    }

    /** With another rate for input, in bytes a second. */
    public RateLimit withIn(long bytesPerSecond) {
        return new RateLimit(bytesPerSecond, burst(bytesPerSecond), out, outBurst);
    }

    /** With another rate for output, in bytes a second. */
    public RateLimit withOut(long bytesPerSecond) {
        return new RateLimit(in, inBurst, bytesPerSecond, burst(bytesPerSecond));
    }

    /** With other bursts, in bytes. */
    public RateLimit withBursts(long input, long output) {
        return new RateLimit(in, input, out, output);
    }

    private static long burst(long bytesPerSecond) {
        return bytesPerSecond == UNLIMITED ? UNLIMITED : Math.max(1, bytesPerSecond / USUAL_BURST);
    }
}
