// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Link;

/**
 * How far the orderly end of a connection has come (RFC 9113 section 6.8): a GOAWAY for all that is on its way, then,
 * when the client has heard it or after a second, one that names the last stream that is answered.
 */
final class Departure {
    /** What the PING between the two says. */
    static final long PING = 0x6d696c6c72616365L;

    /** Between the two, for a client that does not answer PING. */
    private static final long DRAIN_NANOS = 1_000_000_000L;

    private final FrameOutput output;
    private long drainAt = Link.NEVER;
    private boolean leaving;

    /** The highest stream that is answered, once a GOAWAY has said so. */
    private int last = Integer.MAX_VALUE;

    Departure(FrameOutput output) {
        this.output = output;
    }

    /** Begins the orderly end; returns whether frames were written, since it had not begun before. */
    boolean drains(long now) {
        if (drainAt != Link.NEVER || last != Integer.MAX_VALUE) {
            return false;
        }
        drainAt = now + DRAIN_NANOS;
        output.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR, "shutting down");
        output.ping(0, PING);
        return true;
    }

    /** Returns when the second GOAWAY is due at the latest. */
    long due() {
        return drainAt;
    }

    /** The client has heard the first GOAWAY, or had the time to; returns whether there was one. */
    boolean heard() {
        boolean waited = drainAt != Link.NEVER;
        drainAt = Link.NEVER;
        return waited;
    }

    /** Takes no streams after {@code lastStream}; returns whether a frame was written. */
    boolean leaves(int lastStream) {
        if (leaving) {
            return false;
        }
        leaving = true;
        last = lastStream;
        output.goAway(lastStream, ErrorCode.NO_ERROR, "");
        return true;
    }

    /** The client opens no more streams, {@code most} at the most counts as the last. */
    void peerLeaves(int most) {
        leaving = true;
        last = Math.min(last, most);
    }

    /** Returns whether the orderly end has begun. */
    boolean isBegun() {
        return leaving || drainAt != Link.NEVER || last != Integer.MAX_VALUE;
    }

    /** Returns whether the connection ends with its last stream. */
    boolean isLeaving() {
        return leaving;
    }

    /** Returns whether a stream is above those that are still answered. */
    boolean isBeyond(int stream) {
        return stream > last;
    }
}
