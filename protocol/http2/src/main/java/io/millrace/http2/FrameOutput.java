// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.http.FieldBlock;

/**
 * Where a connection writes its frames, and which stream's DATA goes next as far as the client's window lets it. Knows
 * whether something was written that the link has not been asked to send.
 */
final class FrameOutput implements IdleConnection.Part {
    private final LoopState loop;
    private final HpackEncoder encoder = new HpackEncoder();
    private Link link;

    // What the client takes, and when its window for the whole connection ran out with something left to send.
    private int window = Http2Limits.USUAL_WINDOW;
    private int mostPayload = Frame.MOST_PAYLOAD;
    private long starvedSince = Link.NEVER;

    // Number of times that something was written, to know whether a frame was the last.
    private long writes;
    private int headLength;
    private boolean unflushed;

    // Whether the client had taken nearly all at the beginning of the turn.
    private long turn;
    private boolean readsFiles;

    FrameOutput(LoopState loop) {
        this.loop = loop;
    }

    void opened(Link carrier) {
        link = carrier;
    }

    @Override
    public void save(IdleConnection idle) {
        idle.sendWindow = window;
        idle.mostPayload = mostPayload;
        encoder.save(idle);
    }

    @Override
    public void restore(IdleConnection idle) {
        window = idle.sendWindow;
        mostPayload = idle.mostPayload;
        encoder.restore(idle);
    }

    /** Returns where frames are written. */
    Buffer out() {
        writes++;
        return link.out();
    }

    Link link() {
        return link;
    }

    /** Returns a number that changes with everything that is written. */
    long writes() {
        return writes;
    }

    /** Writes the frames that a connection begins with (RFC 9113 section 3.4). */
    void preface() {
        Buffer out = out();
        Http2Limits limits = loop.limits();
        Frame.header(out, 5 * 6, Frame.SETTINGS, 0, 0);
        Frame.setting(out, Frame.MAX_CONCURRENT_STREAMS, limits.streams());
        Frame.setting(out, Frame.INITIAL_WINDOW_SIZE, limits.streamWindow());
        Frame.setting(out, Frame.MAX_HEADER_LIST_SIZE, loop.context().limits().head());
        Frame.setting(out, Frame.ENABLE_CONNECT_PROTOCOL, limits.tunnels() ? 1 : 0);
        Frame.setting(out, Frame.NO_RFC7540_PRIORITIES, 1);
        traced(Frame.SETTINGS, 0, 0, 5 * 6);
    }

    private void traced(int type, int flags, int stream, int length) {
        loop.traced(link, "send", type, flags, stream, length);
    }

    void acknowledgeSettings() {
        Frame.header(out(), 0, Frame.SETTINGS, Frame.ACK, 0);
        traced(Frame.SETTINGS, Frame.ACK, 0, 0);
    }

    void ping(int flags, long data) {
        Frame.ping(out(), flags, data);
        traced(Frame.PING, flags, 0, Long.BYTES);
    }

    void windowUpdate(int stream, int increment) {
        Frame.windowUpdate(out(), stream, increment);
        traced(Frame.WINDOW_UPDATE, 0, stream, Integer.BYTES);
    }

    void goAway(int last, int code, String text) {
        Frame.goAway(out(), last, code, text);
        traced(Frame.GOAWAY, 0, 0, 2 * Integer.BYTES + text.length());
    }

    /** Writes what stands before {@code length} bytes of DATA. */
    void data(int stream, int length, int flags) {
        Frame.header(out(), length, Frame.DATA, flags, stream);
        traced(Frame.DATA, flags, stream, length);
    }

    void reset(int stream, int code) {
        Frame.reset(out(), stream, code);
        traced(Frame.RST_STREAM, 0, stream, Integer.BYTES);
        loop.stats().resetSent();
    }

    // ---- heads

    void head(int stream, boolean last, int status, FieldBlock fields, long length) {
        Buffer out = out();
        int before = out.readable();
        loop.heads().head(out, encoder, stream, last, status, fields, length, link.now(), mostPayload);
        headLength = out.readable() - before;
        tracedHead(stream, headLength, last);
    }

    void interim(int stream, int status, FieldBlock fields) {
        Buffer out = out();
        int before = out.readable();
        loop.heads().interim(out, encoder, stream, status, fields, mostPayload);
        tracedHead(stream, out.readable() - before, false);
    }

    void trailers(int stream, FieldBlock fields) {
        Buffer out = out();
        int before = out.readable();
        loop.heads().trailers(out, encoder, stream, fields, mostPayload);
        tracedHead(stream, out.readable() - before, true);
    }

    // As one frame, though a large block goes on in others.
    private void tracedHead(int stream, int length, boolean last) {
        traced(Frame.HEADERS, Frame.END_HEADERS | (last ? Frame.END_STREAM : 0), stream, length - Frame.HEADER);
    }

    /** Lets the head that was written last say that the stream ends; returns whether that is still possible. */
    boolean endLastHead(int stream) {
        Buffer out = link.out();
        int at = out.readable() - headLength;
        if (at < 0 || headLength > Frame.HEADER + mostPayload) {
            return false;
        }
        out.array()[out.head() + at + 4] |= Frame.END_STREAM;
        traced(Frame.HEADERS, Frame.END_STREAM, stream, 0);
        return true;
    }

    // ---- what the client takes

    /** The table of the client has this size now. */
    void resizeEncoder(int size) {
        encoder.resize(size);
    }

    /** The client takes payloads of this size now. */
    void mostPayload(int bytes) {
        mostPayload = bytes;
    }

    /** The client lets this side send more; returns whether that can be counted. */
    boolean allow(int more) {
        long sum = (long) window + more;
        if (sum > Integer.MAX_VALUE) {
            return false;
        }
        window = (int) sum;
        return true;
    }

    /** Returns since when the client's window for the connection has held up a stream, {@link Link#NEVER} if none. */
    long starvedSince() {
        return starvedSince;
    }

    /** No stream is left that could wait. */
    void nothingWaits() {
        starvedSince = Link.NEVER;
    }

    // ---- what leaves

    /**
     * Lets streams send, the most urgent first, as long as little waits before it, and until one of them has sent all:
     * its application may have more, and more urgent than what would be next. Returns whether the window of the
     * connection has begun to hold streams up.
     */
    boolean pump(Scheduler scheduler, AttentionQueue attention, GlitchMeter glitches) {
        int backlog = loop.limits().backlog();
        if (turn != link.now()) {
            turn = link.now();
            readsFiles = link.pending() < Frame.MOST_PAYLOAD;
        }
        while (window > 0 && link.pending() < backlog) {
            StreamEntry stream = scheduler.next();
            if (stream == null) {
                return false;
            }
            // A larger frame would let nothing more urgent pass.
            int sent = stream.sendFrame(Math.min(window, Math.min(mostPayload, Frame.MOST_PAYLOAD)));
            window -= sent;
            glitches.carried(sent);
            unflushed = true;
            starvedSince = Link.NEVER;
            if (!attention.isEmpty()) {
                break;
            }
        }
        return window <= 0 && !scheduler.isEmpty() && starves();
    }

    /**
     * Returns whether bytes of files are read, for they leave at once; for a client that takes them slowly they wait in
     * the file and not in memory.
     */
    boolean readsFiles() {
        return readsFiles;
    }

    private boolean starves() {
        boolean begins = starvedSince == Link.NEVER;
        if (begins) {
            starvedSince = link.now();
        }
        return begins;
    }

    /** Something was written that is to be sent. */
    void written() {
        unflushed = true;
    }

    /** Asks the link to send what was written. */
    void flush() {
        if (unflushed) {
            unflushed = false;
            link.flush();
        }
    }
}
