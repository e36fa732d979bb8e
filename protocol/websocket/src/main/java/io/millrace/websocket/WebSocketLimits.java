// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.time.Duration;

/**
 * What a peer may ask of a WebSocket.
 *
 * @param message the largest message in bytes, inflated; beyond it the connection is closed with 1009
 * @param frame the largest payload of a frame in bytes, as sent; beyond it the connection is closed with 1009
 * @param fragments the most frames of one message; beyond it the connection is closed with 1008
 * @param controls the most pings and pongs a second; beyond it the connection is closed with 1008
 * @param idle how long the peer may be silent before it is sent a ping; zero sends none
 * @param pong how long the peer may then go on being silent before the connection is ended
 * @param close how long the peer may take to answer a Close
 * @param write how long the peer may take nothing of what waits to be sent
 * @param opening how long a server may take to answer a client's opening handshake
 */
public record WebSocketLimits(
        int message,
        int frame,
        int fragments,
        int controls,
        Duration idle,
        Duration pong,
        Duration close,
        Duration write,
        Duration opening) {

    /** The limits that hold where nothing else is said: messages and frames of 1 MiB, a ping after 60 s of silence. */
    public static final WebSocketLimits DEFAULT = new WebSocketLimits(
            1 << 20,
            1 << 20,
            1024,
            100,
            Duration.ofSeconds(60),
            Duration.ofSeconds(20),
            Duration.ofSeconds(2),
            Duration.ofSeconds(60),
            Duration.ofSeconds(10));

    /**
     * Checks the limits.
     *
     * @throws IllegalArgumentException if one is not positive; {@code idle} may be zero
     */
    public WebSocketLimits {
        positive(message, "message");
        positive(frame, "frame");
        positive(fragments, "fragments");
        positive(controls, "controls");
        if (idle.isNegative()) {
            throw new IllegalArgumentException("not a time: " + idle);
        }
        positive(pong, "pong");
        positive(close, "close");
        positive(write, "write");
        positive(opening, "opening");
    }

    private static void positive(int value, String name) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
    }

    private static void positive(Duration value, String name) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " must be more than nothing, not " + value);
        }
    }

    /** Returns these limits with another size of messages and frames, in bytes. */
    public WebSocketLimits withSizes(int messageBytes, int frameBytes) {
        return new WebSocketLimits(messageBytes, frameBytes, fragments, controls, idle, pong, close, write, opening);
    }

    /** Returns these limits with another number of frames a message, and of pings and pongs a second. */
    public WebSocketLimits withCounts(int fragmentsPerMessage, int controlsPerSecond) {
        return new WebSocketLimits(
                message, frame, fragmentsPerMessage, controlsPerSecond, idle, pong, close, write, opening);
    }

    /** Returns these limits with other keep-alive pings: after {@code silence}, answered within {@code answer}. */
    public WebSocketLimits withPings(Duration silence, Duration answer) {
        return new WebSocketLimits(message, frame, fragments, controls, silence, answer, close, write, opening);
    }

    /** Returns these limits with other times for the close handshake and for a peer that takes nothing. */
    public WebSocketLimits withTimes(Duration closing, Duration writing) {
        return new WebSocketLimits(message, frame, fragments, controls, idle, pong, closing, writing, opening);
    }

    /** Returns these limits with another time for the opening handshake of a client. */
    public WebSocketLimits withOpening(Duration time) {
        return new WebSocketLimits(message, frame, fragments, controls, idle, pong, close, write, time);
    }
}
