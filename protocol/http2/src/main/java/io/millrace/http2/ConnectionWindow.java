// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * How much the client may send over a connection, all its streams together (RFC 9113 section 6.9). The window grows
 * with what a round trip moves, once bodies are being taken.
 */
final class ConnectionWindow implements IdleConnection.Part {
    private final Http2Limits limits;
    private final FrameOutput output;
    private final ReceiveWindow window = new ReceiveWindow();
    private WindowTuner tuner;

    ConnectionWindow(Http2Limits limits, FrameOutput output) {
        this.limits = limits;
        this.output = output;
    }

    /** Tells the client how large the window is, as far as it is larger than it knows. */
    void begin() {
        window.begin(Http2Limits.USUAL_WINDOW);
        int more = window.widen(limits.connectionWindow());
        if (more > 0) {
            output.windowUpdate(0, more);
        }
    }

    @Override
    public void save(IdleConnection idle) {
        window.save(idle);
        if (tuner != null) {
            tuner.save(idle);
        }
    }

    @Override
    public void restore(IdleConnection idle) {
        window.restore(idle);
        if (idle.tunedStream > 0) {
            tuner = new WindowTuner(limits);
            tuner.restore(idle);
        }
    }

    /** A DATA frame begins; returns whether the window has room for its payload. */
    boolean takes(int length) {
        return window.takes(length);
    }

    /** Bytes were taken or dropped: the client may send as many again. Returns whether a frame was written. */
    boolean consumed(int count) {
        boolean enough = window.consumed(count);
        if (enough) {
            // What the window grows by is given with what is given back.
            output.windowUpdate(0, window.credit(tuner == null ? 0 : tuner.connectionWindow()));
        }
        return enough;
    }

    /** Counts bytes of bodies that have come in; returns whether a frame was written. */
    boolean received(int count, long now) {
        boolean measures = tuner != null && tuner.received(count, now);
        if (measures) {
            output.ping(0, WindowTuner.PING);
        }
        return measures;
    }

    /** A PING of the tuner has come back. */
    void roundTripEnds(long now) {
        if (tuner != null) {
            tuner.roundTripEnds(now);
        }
    }

    /** Returns the window that a stream should have whose body is being taken. */
    int streamWindow() {
        if (tuner == null) {
            tuner = new WindowTuner(limits);
        }
        return tuner.streamWindow();
    }

    /** Returns how many bytes have come, or are coming in, that have not been consumed. */
    int held() {
        return window.held();
    }

    /** Returns whether the client may send no more of any body before something was consumed. */
    boolean isShut() {
        return window.isShut();
    }
}
