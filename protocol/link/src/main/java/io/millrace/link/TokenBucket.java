// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

/**
 * A token bucket: so many bytes flow in a second, up to the burst, and what is moved is taken out. It may be overdrawn,
 * by a driver that cannot say beforehand how much will come; then nothing more moves until it has filled again.
 */
public final class TokenBucket {
    /**
     * Who has used all up goes on when this part of a second's worth is there: 50 pieces a second are smooth, and
     * cheap.
     */
    private static final double PIECES_A_SECOND = 50;

    private static final double BILLION = 1e9;

    private final double rate;
    private final double burst;
    private double tokens;
    private long at;

    /** A bucket that is full: {@code rate} bytes a second, up to {@code burst} bytes; {@code now} in nanoseconds. */
    public TokenBucket(long rate, long burst, long now) {
        this.rate = rate;
        this.burst = burst;
        this.tokens = burst;
        this.at = now;
    }

    /** How many bytes may move now. */
    public double fill(long now) {
        tokens = Math.min(burst, tokens + (now - at) * rate / BILLION);
        at = now;
        return tokens;
    }

    /** So many bytes have been moved. */
    public void take(double bytes) {
        tokens -= bytes;
    }

    /** The number of bytes that it is worth to go on with. */
    public double piece() {
        return Math.max(1, Math.min(burst, rate / PIECES_A_SECOND));
    }

    /** When so many bytes will be there, after the last {@link #fill}. */
    public long when(double wanted) {
        double nanos = (Math.min(wanted, burst) - tokens) / rate * BILLION;
        return nanos >= Long.MAX_VALUE - at ? Long.MAX_VALUE : at + Math.max(1, (long) Math.ceil(nanos));
    }
}
