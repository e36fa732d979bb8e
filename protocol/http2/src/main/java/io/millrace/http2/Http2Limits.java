// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * What a client may ask of an HTTP/2 connection, beside the {@link io.millrace.http.Limits limits} that hold for every
 * request. Change one with its {@code with} method.
 *
 * @param streams requests that one connection may have open at once; more are refused, to be sent again
 * @param streamsPerLoop requests that all connections of one loop may have open at once
 * @param glitches the tokens of a connection: each frame that costs this side more than it brings takes some, and with
 *     none left the connection ends with ENHANCE_YOUR_CALM
 * @param glitchRate tokens that come back in a second; work that is done brings back more
 * @param continuations frames that one header block may have after its first
 * @param settings entries that one SETTINGS frame may have
 * @param streamWindow bytes of a body that may be under way on a stream before its handler has taken them
 * @param mostStreamWindow what the window of a stream grows to while the handler takes a body faster than it comes
 * @param connectionWindow bytes of all bodies together that may be under way on a connection
 * @param mostConnectionWindow what the window of a connection grows to
 * @param backlog bytes that are handed to the connection beyond what it has sent: more would leave before anything more
 *     urgent that is asked for later
 * @param tunnels whether clients are told that they may open other protocols in streams, WebSocket above all (RFC 8441
 *     section 3): browsers that are told so do not try HTTP/1.1
 */
public record Http2Limits(
        int streams,
        int streamsPerLoop,
        int glitches,
        int glitchRate,
        int continuations,
        int settings,
        int streamWindow,
        int mostStreamWindow,
        int connectionWindow,
        int mostConnectionWindow,
        int backlog,
        boolean tunnels) {

    /** The window that every stream and connection has before anything is said (RFC 9113 section 6.9.2). */
    static final int USUAL_WINDOW = 65_535;

    /** The limits of a server without a configuration. */
    public static final Http2Limits DEFAULT = new Http2Limits(
            128, 16_384, 1000, 100, 16, 32, 64 * 1024, 1024 * 1024, 256 * 1024, 4 * 1024 * 1024, 128 * 1024, true);

    /** Refuses what cannot be meant. */
    public Http2Limits {
        atLeast("streams", streams, 1);
        atLeast("streamsPerLoop", streamsPerLoop, 1);
        atLeast("glitches", glitches, 1);
        atLeast("glitchRate", glitchRate, 1);
        atLeast("continuations", continuations, 0);
        atLeast("settings", settings, 1);
        atLeast("streamWindow", streamWindow, 1);
        atLeast("mostStreamWindow", mostStreamWindow, streamWindow);
        atLeast("connectionWindow", connectionWindow, USUAL_WINDOW);
        atLeast("mostConnectionWindow", mostConnectionWindow, connectionWindow);
        atLeast("backlog", backlog, 1);
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
        }
    }

    /** Returns the same with other {@link #streams}. */
    public Http2Limits withStreams(int value) {
        return new Http2Limits(
                value,
                streamsPerLoop,
                glitches,
                glitchRate,
                continuations,
                settings,
                streamWindow,
                mostStreamWindow,
                connectionWindow,
                mostConnectionWindow,
                backlog,
                tunnels);
    }

    /** Returns the same with other {@link #streamsPerLoop}. */
    public Http2Limits withStreamsPerLoop(int value) {
        return new Http2Limits(
                streams,
                value,
                glitches,
                glitchRate,
                continuations,
                settings,
                streamWindow,
                mostStreamWindow,
                connectionWindow,
                mostConnectionWindow,
                backlog,
                tunnels);
    }

    /** Returns the same with other {@link #glitches} and {@link #glitchRate}. */
    public Http2Limits withGlitches(int most, int rate) {
        return new Http2Limits(
                streams,
                streamsPerLoop,
                most,
                rate,
                continuations,
                settings,
                streamWindow,
                mostStreamWindow,
                connectionWindow,
                mostConnectionWindow,
                backlog,
                tunnels);
    }

    /** Returns the same with other windows for what comes in, to begin with and at most. */
    public Http2Limits withWindows(int stream, int mostStream, int connection, int mostConnection) {
        return new Http2Limits(
                streams,
                streamsPerLoop,
                glitches,
                glitchRate,
                continuations,
                settings,
                stream,
                mostStream,
                connection,
                mostConnection,
                backlog,
                tunnels);
    }

    /** Returns the same with another {@link #backlog}. */
    public Http2Limits withBacklog(int value) {
        return new Http2Limits(
                streams,
                streamsPerLoop,
                glitches,
                glitchRate,
                continuations,
                settings,
                streamWindow,
                mostStreamWindow,
                connectionWindow,
                mostConnectionWindow,
                value,
                tunnels);
    }

    /** Returns the same with other {@link #tunnels}. */
    public Http2Limits withTunnels(boolean on) {
        return new Http2Limits(
                streams,
                streamsPerLoop,
                glitches,
                glitchRate,
                continuations,
                settings,
                streamWindow,
                mostStreamWindow,
                connectionWindow,
                mostConnectionWindow,
                backlog,
                on);
    }
}
