// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Link;

/**
 * What the time says about the peer of one WebSocket: whether it is alive, answers a ping or a Close in time, and sends
 * no flood of pings. All times are nanoseconds of the link's clock.
 */
final class PeerWatch {
    private static final long SECOND = 1_000_000_000L;

    /** What is to be done about the peer. */
    enum Verdict {
        /** Nothing yet. */
        WAIT,
        /** It has been silent for long: ping it. */
        PING,
        /** It did not answer a ping. */
        NO_PONG,
        /** It did not answer a Close. */
        NO_CLOSE
    }

    private final WebSocketLimits limits;

    // When the peer was last heard, or the ping or Close was sent that it has to answer.
    private long heard;
    private long awaitedSince;
    private boolean pinged;
    private long countedSince;
    private int controls;

    PeerWatch(WebSocketLimits limits) {
        this.limits = limits;
    }

    void begin(long now) {
        heard = now;
        countedSince = now;
    }

    /** Something has come. */
    void heard(long now) {
        heard = now;
    }

    /** A Close has been sent, which the peer has to answer. */
    void closing(long now) {
        awaitedSince = now;
    }

    /** Counts a ping or pong; whether there were too many within a second. */
    boolean floods() {
        if (heard - countedSince >= SECOND) {
            countedSince = heard;
            controls = 0;
        }
        return ++controls > limits.controls();
    }

    /**
     * Judges the peer now.
     *
     * @param deaf whether it is not read from, or has not taken all that was sent: it cannot be heard then, and whether
     *     it takes what is sent is for the link to watch
     */
    Verdict judge(long now, CloseState state, boolean deaf) {
        if (state == CloseState.CLOSING) {
            return now - awaitedSince >= limits.close().toNanos() ? Verdict.NO_CLOSE : Verdict.WAIT;
        }
        if (deaf) {
            heard = now;
            pinged = false;
        } else if (pinged && heard - awaitedSince > 0) {
            pinged = false;
        } else if (pinged) {
            return now - awaitedSince >= limits.pong().toNanos() ? Verdict.NO_PONG : Verdict.WAIT;
        } else if (now - heard >= limits.idle().toNanos()) {
            pinged = true;
            awaitedSince = now;
            return Verdict.PING;
        }
        return Verdict.WAIT;
    }

    /**
     * Returns when to judge next, {@link Link#NEVER} for never. That is left to pass too early rather than moved with
     * every message.
     */
    long due(CloseState state) {
        if (state == CloseState.CLOSING) {
            return awaitedSince + limits.close().toNanos();
        }
        if (pinged) {
            return awaitedSince + limits.pong().toNanos();
        }
        return limits.idle().isZero() ? Link.NEVER : heard + limits.idle().toNanos();
    }
}
