// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * Finds the windows that keep a fast and distant client sending: counts what comes in within one round trip, measured
 * by a PING of its own, and doubles the windows when that was more than half of what they let through. Only a
 * connection whose bodies are being taken has one, and only what handlers take lets a window open again.
 */
final class WindowTuner {
    /** What the PING says whose answer ends a round trip. */
    static final long PING = 0x77696e646f777321L;

    /** Between two measurements, in nanoseconds. */
    private static final long PAUSE = 100_000_000L;

    private final int mostStream;
    private final int mostConnection;
    private int stream;
    private int connection;
    private boolean measuring;
    private boolean rested;
    private long restUntil;
    private long received;

    WindowTuner(Http2Limits limits) {
        this.mostStream = limits.mostStreamWindow();
        this.mostConnection = limits.mostConnectionWindow();
        this.stream = limits.streamWindow();
        this.connection = limits.connectionWindow();
    }

    void save(IdleConnection idle) {
        idle.tunedStream = stream;
        idle.tunedConnection = connection;
    }

    void restore(IdleConnection idle) {
        stream = idle.tunedStream;
        connection = idle.tunedConnection;
    }

    /** Bytes of bodies have come in; returns whether a PING is to be sent now. */
    boolean received(int count, long now) {
        received += count;
        boolean atMost = stream >= mostStream && connection >= mostConnection;
        if (measuring || atMost || (rested && now < restUntil)) {
            return false;
        }
        measuring = true;
        received = 0;
        return true;
    }

    /** The answer to the PING is there. */
    void roundTripEnds(long now) {
        if (!measuring) {
            return;
        }
        measuring = false;
        rested = true;
        restUntil = now + PAUSE;
        if (received > stream / 2) {
            stream = (int) Math.min(2L * stream, mostStream);
        }
        if (received > connection / 2) {
            connection = (int) Math.min(2L * connection, mostConnection);
        }
    }

    /** Returns the window that streams should have. */
    int streamWindow() {
        return stream;
    }

    /** Returns the window that the connection should have. */
    int connectionWindow() {
        return connection;
    }
}
