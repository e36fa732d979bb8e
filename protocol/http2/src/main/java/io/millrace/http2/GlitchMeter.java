// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * Weighs what a client sends that costs this side more than it brings (RFC 9113 section 10.5). One bucket of tokens for
 * a connection: each glitch takes some, time and work that is done bring some back, so that a client with many requests
 * may stumble more often than one that does nothing else. Beside it a ratio: the bytes that carried nothing may not be
 * many times the bytes that did.
 *
 * <pre>
 *   a second          + Http2Limits.glitchRate
 *   a whole answer    + 10
 *   1 KiB of a body   +  1
 * </pre>
 */
final class GlitchMeter implements IdleConnection.Part {
    /** A stream that the client resets before it was answered, or that it makes this side reset. */
    static final int RESET = 5;

    /** A stream that the client resets in the middle of its answer. */
    static final int LATE_RESET = 2;

    /** A stream beyond the number that may be open. */
    static final int REFUSED = 7;

    /** A PING that must be answered. */
    static final int PING = 10;

    /** SETTINGS, which must be acknowledged and may move every window. */
    static final int SETTINGS = 50;

    /** A frame that could carry something and does not: DATA or CONTINUATION without content. */
    static final int EMPTY = 5;

    /** A frame that changes little: WINDOW_UPDATE, PRIORITY, PRIORITY_UPDATE, DATA for a stream that is gone. */
    static final int SMALL = 1;

    /** A frame of a type that is not known. */
    static final int UNKNOWN = 5;

    private static final int ANSWER = 10;
    private static final double TOKENS_PER_BYTE = 1.0 / 1024;
    private static final double BILLION = 1e9;
    private static final int WASTE_RATIO = 8;
    private static final long FREE_WASTE = 1024 * 1024;

    private final int most;
    private final int rate;
    private double tokens;
    private long at;
    private long useful;
    private long wasted;

    /** Makes an empty bucket. */
    GlitchMeter(Http2Limits limits) {
        this.most = limits.glitches();
        this.rate = limits.glitchRate();
    }

    /** Fills the bucket. */
    void begin(long now) {
        tokens = most;
        at = now;
    }

    /** Takes tokens; returns whether there were as many. */
    boolean spend(int weight, long now) {
        tokens = Math.min(most, tokens + (now - at) * rate / BILLION) - weight;
        at = now;
        return tokens >= 0;
    }

    /** Counts bytes that carried nothing; returns whether there may be as many. */
    boolean waste(int bytes) {
        wasted += bytes;
        return wasted / WASTE_RATIO <= useful + FREE_WASTE;
    }

    @Override
    public void save(IdleConnection idle) {
        idle.tokens = (float) tokens;
        idle.tokensAt = at;
        idle.useful = useful - wasted / WASTE_RATIO;
    }

    @Override
    public void restore(IdleConnection idle) {
        tokens = idle.tokens;
        at = idle.tokensAt;
        useful = Math.max(0, idle.useful);
        wasted = Math.max(0, -idle.useful) * WASTE_RATIO;
    }

    /** Counts bytes of a body that a handler took or that the client took. */
    void carried(long bytes) {
        useful += bytes;
        refill(bytes * TOKENS_PER_BYTE);
    }

    /** Counts a request that was answered as a whole. */
    void answered() {
        useful += Frame.HEADER;
        refill(ANSWER);
    }

    private void refill(double count) {
        tokens = Math.min(most, tokens + count);
    }
}
