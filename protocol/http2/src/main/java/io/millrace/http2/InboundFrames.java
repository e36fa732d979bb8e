// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * What each frame that comes in means (RFC 9113 section 6), and whether it may come now: errors end the stream or the
 * connection with the code that the section names. Header blocks have a class of their own, {@link HeaderBlocks}.
 */
final class InboundFrames implements FrameReader.Handler, IdleConnection.Part {
    private static final int MOST_FRAME_SIZE = 0xff_ffff;

    private final Http2Protocol connection;
    private final HeaderBlocks blocks;
    private final ResetStreams resets = new ResetStreams();
    private final EarlyPriorities early = new EarlyPriorities();

    private boolean settled;

    // What the peer takes.
    private int initialWindow = Http2Limits.USUAL_WINDOW;

    // The DATA frame that is coming in: its stream unless that is gone.
    private Http2Stream receiver;
    private boolean dataEndsStream;
    private int dataCount;
    private int wasted;

    InboundFrames(Http2Protocol connection) {
        this.connection = connection;
        this.blocks = new HeaderBlocks(connection, this);
    }

    ResetStreams resets() {
        return resets;
    }

    /** Returns the highest stream that the client has opened. */
    int lastStream() {
        return blocks.lastStream();
    }

    /** Returns the window that the client's new streams have for what this side sends. */
    int initialWindow() {
        return initialWindow;
    }

    /** Returns when a header block will have taken too long. */
    long due() {
        return blocks.due();
    }

    /**
     * A stream is over: what still comes of a DATA frame that had begun is dropped, for the stream may serve another.
     */
    void forget(Http2Stream stream) {
        if (receiver == stream) {
            receiver = null;
        }
    }

    /** Returns whether nothing is under way that is not over. */
    boolean isAtRest() {
        return settled && !blocks.isOpen() && early.isEmpty();
    }

    @Override
    public void save(IdleConnection idle) {
        idle.initialWindow = initialWindow;
        idle.resetUpTo = resets.isEmpty() ? 0 : lastStream();
        blocks.save(idle);
    }

    @Override
    public void restore(IdleConnection idle) {
        settled = true;
        initialWindow = idle.initialWindow;
        resets.forget(idle.resetUpTo);
        blocks.restore(idle);
    }

    /** The connection has ended. */
    void closed() {
        blocks.closed();
        receiver = null;
    }

    // ---- before the payload

    @Override
    public boolean begins(int type, int flags, int stream, int length) {
        connection.loop().traced(connection.link(), "recv", type, flags, stream, length);
        if (!settled && (type != Frame.SETTINGS || (flags & Frame.ACK) != 0)) {
            return fail(ErrorCode.PROTOCOL_ERROR, "the first frame is " + Frame.name(type));
        }
        if (blocks.isOpen() && !(type == Frame.CONTINUATION && stream == blocks.stream())) {
            return fail(ErrorCode.PROTOCOL_ERROR, Frame.name(type) + " within a header block");
        }
        if (type == Frame.DATA) {
            return dataBegins(flags, stream, length);
        }
        if (FrameReader.isUnknown(type)) {
            return connection.waste(Frame.HEADER + length)
                    && connection.spend(GlitchMeter.UNKNOWN, "too many frames of unknown types");
        }
        return true;
    }

    private boolean fail(int code, String text) {
        connection.fail(code, text);
        return false;
    }

    @Override
    public void broken(int code, String text) {
        connection.fail(code, text);
    }

    // ---- DATA

    private boolean dataBegins(int flags, int stream, int length) {
        if (stream == 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "DATA on stream 0");
        }
        if (!connection.window().takes(length)) {
            return fail(ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the window of the connection lets through");
        }
        dataEndsStream = (flags & Frame.END_STREAM) != 0;
        dataCount = 0;
        wasted = Frame.HEADER;
        receiver = connection.streams().find(stream);
        if (receiver == null || receiver.isReset()) {
            receiver = null;
            return late(Frame.DATA, stream);
        }
        if (receiver.isRemoteClosed()) {
            connection.reset(receiver, ErrorCode.STREAM_CLOSED);
            receiver = null;
            return connection.spend(GlitchMeter.RESET, "DATA after the end of its stream");
        }
        if (!receiver.takes(length)) {
            connection.reset(receiver, ErrorCode.FLOW_CONTROL_ERROR);
            receiver = null;
            return connection.spend(GlitchMeter.RESET, "more DATA than the window of its stream lets through");
        }
        return true;
    }

    /** A frame came for a stream that is not open: whether that is the fault of the stream, of the peer, or of none. */
    boolean late(int type, int stream) {
        if (stream > blocks.lastStream() || (stream & 1) == 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, Frame.name(type) + " on an idle stream");
        }
        if (blocks.wasSkipped(stream)) {
            // Section 5.1.1: numbers only go up.
            return fail(ErrorCode.PROTOCOL_ERROR, Frame.name(type) + " on a stream that was passed over");
        }
        if (connection.departure().isBeyond(stream)) {
            return true;
        }
        if (resets.isForeign(stream)) {
            connection.writeReset(stream, ErrorCode.STREAM_CLOSED);
            return connection.spend(GlitchMeter.RESET, Frame.name(type) + " after RST_STREAM");
        }
        if (resets.isOwn(stream)) {
            return connection.spend(GlitchMeter.SMALL, "too many frames for streams that were reset");
        }
        return fail(ErrorCode.STREAM_CLOSED, Frame.name(type) + " on a closed stream");
    }

    @Override
    public boolean padding(int count) {
        wasted += count;
        credit(count);
        return true;
    }

    // What is not to be taken is given back at once.
    private void credit(int count) {
        if (receiver == null) {
            connection.consumed(count);
        } else {
            receiver.consumed(count);
        }
    }

    @Override
    public boolean data(byte[] bytes, int from, int to) {
        int count = to - from;
        dataCount += count;
        if (receiver == null || receiver.isReset()) {
            connection.consumed(count);
            wasted += count;
        } else {
            connection.carried(count);
            receiver.data(bytes, from, count);
        }
        return !connection.isClosing();
    }

    @Override
    public boolean dataEnds() {
        Http2Stream stream = receiver;
        receiver = null;
        if (stream != null && dataEndsStream && !stream.isReset()) {
            stream.remoteEnds();
        } else if (dataCount == 0 && !connection.spend(GlitchMeter.EMPTY, "too many DATA frames without content")) {
            return false;
        }
        return !connection.isClosing() && connection.waste(wasted);
    }

    // ---- all others

    @Override
    public boolean frame(int type, int flags, int stream, byte[] bytes, int from, int to) {
        boolean goesOn = switch (type) {
            case Frame.HEADERS -> blocks.headers(flags, stream, bytes, from, to);
            case Frame.CONTINUATION -> blocks.continuation(flags, stream, bytes, from, to);
            case Frame.PRIORITY -> priority(stream, bytes, from, to);
            case Frame.RST_STREAM -> reset(stream, bytes, from, to);
            case Frame.SETTINGS -> settings(flags, stream, bytes, from, to);
            case Frame.PING -> ping(flags, stream, bytes, from, to);
            case Frame.GOAWAY -> goAway(stream, to - from);
            case Frame.WINDOW_UPDATE -> windowUpdate(stream, bytes, from, to);
            case Frame.PRIORITY_UPDATE -> priorityUpdate(stream, bytes, from, to);
            default -> fail(ErrorCode.PROTOCOL_ERROR, Frame.name(type) + " from a client");
        };
        return goesOn && !connection.isClosing();
    }

    // Deprecated: read, checked and ignored (section 5.3.2).
    private boolean priority(int stream, byte[] bytes, int from, int to) {
        if (stream == 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "PRIORITY on stream 0");
        }
        if (to - from != 5) {
            return streamError(stream, ErrorCode.FRAME_SIZE_ERROR, "PRIORITY of a wrong size");
        }
        if ((Frame.number(bytes, from) & Integer.MAX_VALUE) == stream) {
            return streamError(stream, ErrorCode.PROTOCOL_ERROR, "a stream that depends on itself");
        }
        return connection.waste(Frame.HEADER + 5) && connection.spend(GlitchMeter.SMALL, "too many PRIORITY");
    }

    // RST_STREAM may not be sent on an idle stream: there the error is the connection's.
    private boolean streamError(int id, int code, String text) {
        Http2Stream stream = connection.streams().find(id);
        if (stream == null) {
            return fail(code, text);
        }
        connection.reset(stream, code);
        return connection.spend(GlitchMeter.RESET, text);
    }

    private boolean reset(int id, byte[] bytes, int from, int to) {
        if (id == 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "RST_STREAM on stream 0");
        }
        if (to - from != 4) {
            return fail(ErrorCode.FRAME_SIZE_ERROR, "RST_STREAM of a wrong size");
        }
        if (id > blocks.lastStream() || (id & 1) == 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "RST_STREAM on an idle stream");
        }
        Http2Stream stream = connection.streams().find(id);
        if (stream == null || stream.isReset()) {
            return connection.spend(GlitchMeter.SMALL, "too many RST_STREAM");
        }
        connection.loop().stats().resetReceived();
        int weight = stream.isServed() ? GlitchMeter.LATE_RESET : GlitchMeter.RESET;
        stream.cutByPeer();
        resets.addForeign(id);
        return connection.spend(weight, "too many streams that were reset");
    }

    private boolean settings(int flags, int stream, byte[] bytes, int from, int to) {
        if (stream != 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "SETTINGS on a stream");
        }
        if ((flags & Frame.ACK) != 0) {
            return to == from || fail(ErrorCode.FRAME_SIZE_ERROR, "an ACK of SETTINGS with a payload");
        }
        if ((to - from) % 6 != 0) {
            return fail(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS of a wrong size");
        }
        if ((to - from) / 6 > connection.limits().settings()) {
            return fail(ErrorCode.ENHANCE_YOUR_CALM, "SETTINGS with too many entries");
        }
        if (settled && !connection.spend(GlitchMeter.SETTINGS, "too many SETTINGS")) {
            return false;
        }
        settled = true;
        for (int at = from; at < to; at += 6) {
            if (!setting(Frame.shortNumber(bytes, at), Frame.number(bytes, at + 2))) {
                return false;
            }
        }
        connection.output().acknowledgeSettings();
        connection.written();
        return true;
    }

    // Section 6.5.2. What is not known is ignored; values are without sign.
    private boolean setting(int name, int value) {
        switch (name) {
            case Frame.HEADER_TABLE_SIZE -> connection.output().resizeEncoder(value < 0 ? Integer.MAX_VALUE : value);
            case Frame.ENABLE_PUSH, Frame.ENABLE_CONNECT_PROTOCOL, Frame.NO_RFC7540_PRIORITIES -> {
                if (value != 0 && value != 1) {
                    return fail(ErrorCode.PROTOCOL_ERROR, "a setting that is neither 0 nor 1");
                }
            }
            case Frame.INITIAL_WINDOW_SIZE -> {
                return value < 0
                        ? fail(ErrorCode.FLOW_CONTROL_ERROR, "an initial window of 2 GiB or more")
                        : moveWindows(value);
            }
            case Frame.MAX_FRAME_SIZE -> {
                if (value < Frame.MOST_PAYLOAD || value > MOST_FRAME_SIZE) {
                    return fail(ErrorCode.PROTOCOL_ERROR, "a frame size that may not be");
                }
                connection.output().mostPayload(value);
            }
            default -> {}
        }
        return true;
    }

    // Section 6.9.2: the windows of all streams move by the difference, below zero too.
    private boolean moveWindows(int value) {
        int difference = value - initialWindow;
        initialWindow = value;
        for (Http2Stream stream : connection.streams().snapshot()) {
            if (!stream.sender().allow(difference)) {
                return fail(ErrorCode.FLOW_CONTROL_ERROR, "a window of 2 GiB or more");
            }
        }
        return true;
    }

    private boolean ping(int flags, int stream, byte[] bytes, int from, int to) {
        if (stream != 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "PING on a stream");
        }
        if (to - from != 8) {
            return fail(ErrorCode.FRAME_SIZE_ERROR, "PING of a wrong size");
        }
        long data = Frame.longNumber(bytes, from);
        if ((flags & Frame.ACK) != 0) {
            return answered(data);
        }
        if (!connection.waste(Frame.HEADER + 8) || !connection.spend(GlitchMeter.PING, "too many PING")) {
            return false;
        }
        connection.output().ping(Frame.ACK, data);
        connection.written();
        return true;
    }

    private boolean answered(long data) {
        if (data == Departure.PING) {
            connection.drainHeard();
        } else if (data == WindowTuner.PING) {
            connection.window().roundTripEnds(connection.link().now());
        } else {
            return connection.spend(GlitchMeter.SMALL, "too many answers to no PING");
        }
        return true;
    }

    private boolean goAway(int stream, int length) {
        if (stream != 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "GOAWAY on a stream");
        }
        if (length < 8) {
            return fail(ErrorCode.FRAME_SIZE_ERROR, "GOAWAY of a wrong size");
        }
        connection.departure().peerLeaves(Integer.MAX_VALUE - 1);
        return connection.spend(GlitchMeter.SMALL, "too many GOAWAY");
    }

    private boolean windowUpdate(int id, byte[] bytes, int from, int to) {
        if (to - from != 4) {
            return fail(ErrorCode.FRAME_SIZE_ERROR, "WINDOW_UPDATE of a wrong size");
        }
        int increment = Frame.number(bytes, from) & Integer.MAX_VALUE;
        if (id == 0) {
            if (increment == 0) {
                return fail(ErrorCode.PROTOCOL_ERROR, "a WINDOW_UPDATE of 0");
            }
            if (!connection.output().allow(increment)) {
                return fail(ErrorCode.FLOW_CONTROL_ERROR, "a window of 2 GiB or more");
            }
        } else if (!widen(id, increment)) {
            return false;
        }
        return connection.spend(GlitchMeter.SMALL, "too many WINDOW_UPDATE");
    }

    private boolean widen(int id, int increment) {
        if (id > blocks.lastStream() || (id & 1) == 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE on an idle stream");
        }
        Http2Stream stream = connection.streams().find(id);
        if (stream == null || stream.isReset()) {
            return true; // it may come after the end (section 5.1)
        }
        if (increment == 0) {
            return streamError(id, ErrorCode.PROTOCOL_ERROR, "a WINDOW_UPDATE of 0");
        }
        return stream.sender().allow(increment)
                || streamError(id, ErrorCode.FLOW_CONTROL_ERROR, "a window of 2 GiB or more");
    }

    // RFC 9218 section 7.1.
    private boolean priorityUpdate(int stream, byte[] bytes, int from, int to) {
        if (stream != 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "PRIORITY_UPDATE on a stream");
        }
        if (to - from < 4) {
            return fail(ErrorCode.FRAME_SIZE_ERROR, "PRIORITY_UPDATE of a wrong size");
        }
        int id = Frame.number(bytes, from) & Integer.MAX_VALUE;
        if ((id & 1) == 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "PRIORITY_UPDATE for a stream that no client has");
        }
        int priority = Priority.parse(bytes, from + 4, to);
        Http2Stream known = connection.streams().find(id);
        if (known != null) {
            connection.streams().scheduler().prioritize(known, priority);
        } else if (id > blocks.lastStream()) {
            early.remember(id, priority);
        }
        return connection.waste(Frame.HEADER + to - from)
                && connection.spend(GlitchMeter.SMALL, "too many PRIORITY_UPDATE");
    }

    /** Returns the priority that a stream begins with. */
    int priorityOf(int id, int said) {
        return early.priorityOf(id, said);
    }
}
