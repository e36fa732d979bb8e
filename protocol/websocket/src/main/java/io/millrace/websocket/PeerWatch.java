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

    private static final long NOTHING = Long.MIN_VALUE;

    // When the peer was last heard, and when the ping or Close was sent that it has to answer.
    private long heard;
    private long awaitedSince = NOTHING;

    // In seconds, so that there is room for it beside the count: many sockets are idle.
    private int countedSince;
    private int controls;

    void begin(long now) {
        heard = now;
        countedSince = (int) (now / SECOND);
    }

    /** Something has come. */
    void heard(long now) {
        heard = now;
    }

    /** A Close has been sent, which the peer has to answer. */
    void closing(long now) {
        awaitedSince = now;
    }

    /** Counts a ping or pong; whether there were too many within a second of the clock. */
    boolean floods(WebSocketLimits limits) {
        int second = (int) (heard / SECOND);
        if (second != countedSince) {
            countedSince = second;
            controls = 0;
        }
        return ++controls > limits.controls();
    }

    private boolean isPinged() {
        return awaitedSince != NOTHING;
    }

    /**
     * Judges the peer now.
     *
     * @param deaf whether it is not read from, or has not taken all that was sent: it cannot be heard then, and whether
     *     it takes what is sent is for the link to watch
     */
    Verdict judge(long now, CloseState state, boolean deaf, WebSocketLimits limits) {
        if (state == CloseState.CLOSING) {
            return now - awaitedSince >= limits.close().toNanos() ? Verdict.NO_CLOSE : Verdict.WAIT;
        }
        if (deaf) {
            heard = now;
            awaitedSince = NOTHING;
        } else if (isPinged() && heard - awaitedSince > 0) {
            awaitedSince = NOTHING;
        } else if (isPinged()) {
            return now - awaitedSince >= limits.pong().toNanos() ? Verdict.NO_PONG : Verdict.WAIT;
        } else if (now - heard >= limits.idle().toNanos()) {
            awaitedSince = now;
            return Verdict.PING;
        }
        return Verdict.WAIT;
    }

    /**
     * Returns when to judge next, {@link Link#NEVER} for never. That is left to pass too early rather than moved with
     * every message.
     */
    long due(CloseState state, WebSocketLimits limits) {
        if (state == CloseState.CLOSING) {
            return awaitedSince + limits.close().toNanos();
        }
        if (isPinged()) {
            return awaitedSince + limits.pong().toNanos();
        }
        return limits.idle().isZero() ? Link.NEVER : heard + limits.idle().toNanos();
    }
}
