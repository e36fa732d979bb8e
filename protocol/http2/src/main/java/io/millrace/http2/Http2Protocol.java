// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.FieldBlock;
import java.lang.System.Logger.Level;
import java.util.concurrent.RejectedExecutionException;

/**
 * One HTTP/2 connection (RFC 9113): its streams, its windows, what leaves next, time limits, the end. Small, since
 * there may be very many that do nothing; what its streams need is lent by {@link Http2Factory} while there are some.
 *
 * <pre>
 *   receive ─► FrameReader ─► InboundFrames ─► Http2Stream ─► Http2Exchange ─► handler
 *                                                  ▲                              │
 *      flush ◄─ Link.out ◄─ pump ◄─ Scheduler ◄────┴── DATA that waits ◄──────────┘
 * </pre>
 *
 * <p>The verbs that the streams call only note what is to be done; {@link #settle} does it when the input has been
 * read, or, where a handler acts by itself, in a task of its own.
 */
final class Http2Protocol implements Protocol, Runnable {
    /** Between the two GOAWAY of an orderly end, for a client that does not answer PING. */
    private static final long DRAIN_NANOS = 1_000_000_000L;

    /** What the PING between the two says. */
    static final long DRAIN_PING = 0x6d696c6c72616365L;

    private final Http2Factory factory;
    private final InboundFrames inbound;
    private final FrameReader reader;
    private final HpackEncoder encoder = new HpackEncoder();
    private WindowTuner tuner;
    private GlitchMeter glitches;
    private Link link;

    private OpenStreams streams;
    private Http2Stream attentive;
    private Http2Stream lastAttentive;

    // Windows of the connection, and when the one for output ran out with something left to send.
    private int sendWindow = Http2Limits.USUAL_WINDOW;
    private int receiveWindow = Http2Limits.USUAL_WINDOW;
    private int uncredited;
    private long outSince = Link.NEVER;

    private long idleSince;
    private long armed = Link.NEVER;
    private long drainAt = Link.NEVER;
    private int served;

    // Handlers that still run though their streams have ended: else resets would let a client have any number at once.
    private int leftBehind;

    // Number of times that something was written, to know whether a frame was the last.
    private long writes;
    private int headLength;

    private boolean busy;
    private boolean posted;
    private boolean unflushed;
    private boolean closing;
    private boolean leaving;

    /** The highest stream that is answered, once a GOAWAY has said so. */
    private int goAwayLast = Integer.MAX_VALUE;

    Http2Protocol(Http2Factory factory) {
        this.factory = factory;
        this.inbound = new InboundFrames(this);
        this.reader = new FrameReader(inbound);
    }

    // ---- what the link says

    @Override
    public void opened(Link carrier) {
        link = carrier;
        glitches = new GlitchMeter(limits(), link.now());
        factory.stats().connection();
        link.flow().writeTimeout(factory.context().writeNanos());
        idleSince = link.now();
        writePreface();
        link.flush();
        arm(due());
    }

    // Section 3.4: SETTINGS come first.
    private void writePreface() {
        Buffer out = out();
        Frame.header(out, 5 * 6, Frame.SETTINGS, 0, 0);
        Frame.setting(out, Frame.MAX_CONCURRENT_STREAMS, limits().streams());
        Frame.setting(out, Frame.INITIAL_WINDOW_SIZE, limits().streamWindow());
        Frame.setting(
                out, Frame.MAX_HEADER_LIST_SIZE, factory.context().limits().head());
        Frame.setting(out, Frame.ENABLE_CONNECT_PROTOCOL, 1);
        Frame.setting(out, Frame.NO_RFC7540_PRIORITIES, 1);
        int more = limits().connectionWindow() - receiveWindow;
        if (more > 0) {
            Frame.windowUpdate(out, 0, more);
            receiveWindow += more;
        }
    }

    @Override
    public void receive(Buffer in, Link carrier) {
        busy = true;
        if (!closing) {
            reader.read(in);
        }
        if (closing) {
            in.consume(in.readable());
        }
        busy = false;
        settle();
    }

    @Override
    public void drained(Link carrier) {
        settle();
    }

    @Override
    public void run() {
        posted = false;
        settle();
    }

    @Override
    public void inputClosed(Link carrier) {
        // Whose requests are whole may still be waiting for the answers; others will never be.
        busy = true;
        if (streams != null) {
            for (Http2Stream stream : streams.snapshot()) {
                if (!stream.isRemoteClosed()) {
                    stream.cut();
                }
            }
        }
        goAwayLast = Math.min(goAwayLast, inbound.lastStream());
        leaving = true;
        busy = false;
        settle();
    }

    @Override
    public void shuttingDown(Link carrier) {
        busy = true;
        drain();
        for (Http2Stream stream : snapshot()) {
            stream.shuttingDown();
        }
        busy = false;
        settle();
    }

    // Section 6.8: what is on its way is still answered, what comes after the client has heard goes elsewhere.
    private void drain() {
        if (!closing && drainAt == Link.NEVER && goAwayLast == Integer.MAX_VALUE) {
            Frame.goAway(out(), Integer.MAX_VALUE, ErrorCode.NO_ERROR, "shutting down");
            Frame.ping(out(), 0, DRAIN_PING);
            drainAt = link.now() + DRAIN_NANOS;
            written();
        }
    }

    /** The client has heard that the server is shutting down: no request that comes from now on is answered. */
    void drainHeard() {
        if (drainAt != Link.NEVER) {
            drainAt = Link.NEVER;
            leave();
        }
    }

    /** Takes no more streams; the connection ends with the last of those that are open. */
    void leave() {
        if (!leaving && !closing) {
            leaving = true;
            goAwayLast = inbound.lastStream();
            Frame.goAway(out(), goAwayLast, ErrorCode.NO_ERROR, "");
            written();
        }
    }

    /** Returns whether a stream is above those that are still answered. */
    boolean isBeyond(int stream) {
        return stream > goAwayLast;
    }

    /** The client takes no more streams, which this side never opens: it will say nothing more of its own. */
    void peerLeaves() {
        leaving = true;
        goAwayLast = Math.min(goAwayLast, Integer.MAX_VALUE - 1);
    }

    @Override
    public void closed(CloseCause why) {
        closing = true;
        busy = true;
        inbound.closed();
        if (streams != null) {
            for (Http2Stream stream : streams.snapshot()) {
                stream.cut();
            }
        }
        tellAll();
        busy = false;
    }

    // ---- errors and resets

    /** Ends the connection because of what the client sent (section 5.4.1). */
    void fail(int code, String text) {
        if (closing) {
            return;
        }
        if (code == ErrorCode.ENHANCE_YOUR_CALM) {
            factory.stats().calm();
            if (Http2Factory.LOG.isTimeToSay()) {
                Http2Factory.LOG.log(Level.INFO, "ended a connection of " + link.peer() + ": " + text, null);
            }
        } else {
            factory.stats().failure();
        }
        Frame.goAway(out(), inbound.lastStream(), code, text);
        end(CloseMode.LINGERING);
        if (streams != null) {
            for (Http2Stream stream : streams.snapshot()) {
                stream.cut();
            }
        }
    }

    private void end(CloseMode how) {
        closing = true;
        unflushed = false;
        link.flush();
        link.close(how);
    }

    /** Resets a stream. */
    void reset(Http2Stream stream, int code) {
        if (!stream.isReset()) {
            writeReset(stream.id, code);
            stream.cut();
        }
    }

    /** Writes RST_STREAM, and remembers it: frames that are on their way are no error then (section 5.1). */
    void writeReset(int id, int code) {
        Frame.reset(out(), id, code);
        written();
        inbound.resets().addOwn(id);
        factory.stats().resetSent();
    }

    /** Resets a stream whose request turned out to be none, and ends the connection if there are many. */
    void malformed(Http2Stream stream, String text) {
        reset(stream, ErrorCode.PROTOCOL_ERROR);
        spend(GlitchMeter.RESET, text);
    }

    /** Takes tokens for a glitch; returns whether the connection goes on. */
    boolean spend(int weight, String what) {
        factory.stats().glitch();
        if (!glitches.spend(weight, link.now())) {
            fail(ErrorCode.ENHANCE_YOUR_CALM, what);
        }
        return !closing;
    }

    /** Counts bytes that carried nothing; returns whether the connection goes on. */
    boolean waste(int bytes) {
        if (!glitches.waste(bytes)) {
            fail(ErrorCode.ENHANCE_YOUR_CALM, "too many bytes that carry nothing");
        }
        return !closing;
    }

    // ---- streams

    /** Returns the open stream with that number, {@code null} for none. */
    Http2Stream find(int id) {
        return streams == null ? null : streams.find(id);
    }

    /** Returns how many streams are open, and handlers still run whose streams have ended. */
    int openCount() {
        return leftBehind + (streams == null ? 0 : streams.count());
    }

    /** A handler has returned whose stream had ended before. Any thread calls. */
    void handlerReturned() {
        try {
            link.execute(() -> leftBehind--);
        } catch (RejectedExecutionException e) {
            // The loop has been closed, and the connection with it.
        }
    }

    Http2Stream[] snapshot() {
        return streams == null ? new Http2Stream[0] : streams.snapshot();
    }

    /** Opens a stream. */
    Http2Stream open(int id, int priority, int window) {
        if (streams == null) {
            streams = factory.lendTable();
        }
        Http2Stream stream = factory.lendStream();
        stream.begin(this, id, priority, window);
        streams.add(stream);
        served++;
        if (served >= factory.context().limits().requests()) {
            leave();
        } else if (factory.context().isDraining()) {
            drain();
        }
        return stream;
    }

    /** A stream is over. */
    void finished(Http2Stream stream) {
        streams.remove(stream);
        inbound.forget(stream);
        if (stream.isServed()) {
            glitches.answered();
        }
        if (stream.exchange().leavesHandlerBehind()) {
            leftBehind++;
        }
        factory.giveBack(stream, stream.exchange().isSpare() && !stream.hasTunnel());
        if (streams.count() == 0) {
            factory.giveBack(streams);
            streams = null;
            outSince = Link.NEVER;
            idleSince = link.now();
        }
    }

    Scheduler scheduler() {
        return streams.scheduler();
    }

    /** A stream has something to tell. */
    void attend(Http2Stream stream) {
        stream.nextToAttend = null;
        if (lastAttentive == null) {
            attentive = stream;
        } else {
            lastAttentive.nextToAttend = stream;
        }
        lastAttentive = stream;
        post();
    }

    private void post() {
        if (!busy && !posted) {
            posted = true;
            try {
                link.execute(this);
            } catch (RejectedExecutionException e) {
                // The loop has been closed: closed() has told everybody, or is about to.
            }
        }
    }

    // ---- what leaves

    /** Returns where frames are written. */
    Buffer out() {
        writes++;
        return link.out();
    }

    /** Returns a number that changes with everything that is written. */
    long writes() {
        return writes;
    }

    void writeHead(Http2Stream stream, boolean last, int status, FieldBlock fields, long length) {
        Buffer out = out();
        int before = out.readable();
        factory.heads().head(out, encoder, stream.id, last, status, fields, length, link.now(), inbound.mostPayload());
        headLength = out.readable() - before;
        stream.headWritten(last);
    }

    void writeInterim(Http2Stream stream, int status, FieldBlock fields) {
        factory.heads().interim(out(), encoder, stream.id, status, fields, inbound.mostPayload());
    }

    void writeTrailers(Http2Stream stream, FieldBlock fields) {
        factory.heads().trailers(out(), encoder, stream.id, fields, inbound.mostPayload());
    }

    /** Lets the head that was written last say that the stream ends; returns whether that is still possible. */
    boolean endLastHead() {
        Buffer out = link.out();
        int at = out.readable() - headLength;
        if (at < 0 || headLength > Frame.HEADER + inbound.mostPayload()) {
            return false;
        }
        out.array()[out.head() + at + 4] |= Frame.END_STREAM;
        return true;
    }

    /** The table of the client has this size now. */
    void resizeEncoder(int size) {
        encoder.resize(size);
    }

    /** Something was written: it is sent once for all that is done together. */
    void written() {
        unflushed = true;
        if (!busy) {
            pump();
            flush();
        }
    }

    private void flush() {
        if (unflushed && !closing) {
            unflushed = false;
            link.flush();
        }
    }

    // Lets streams send, the most urgent first, as long as little waits before it.
    private void pump() {
        while (streams != null && sendWindow > 0 && link.pending() < limits().backlog()) {
            Http2Stream stream = streams.scheduler().next();
            if (stream == null) {
                return;
            }
            int sent = stream.sendFrame(Math.min(sendWindow, inbound.mostData()));
            sendWindow -= sent;
            glitches.carried(sent);
            unflushed = true;
            outSince = Link.NEVER;
            if (attentive != null) {
                return; // whoever sent all may have more, and more urgent than what would be next
            }
        }
        if (sendWindow <= 0 && streams != null && !streams.scheduler().isEmpty() && outSince == Link.NEVER) {
            outSince = link.now();
            armFor(outSince + factory.context().writeNanos());
        }
    }

    /** The client lets this side send more; returns whether that can be counted. */
    boolean allow(int more) {
        long sum = (long) sendWindow + more;
        if (sum > Integer.MAX_VALUE) {
            return false;
        }
        sendWindow = (int) sum;
        return true;
    }

    // ---- what comes in

    /** A DATA frame begins; returns whether the window of the connection has room for its payload. */
    boolean takes(int length) {
        receiveWindow -= length;
        return receiveWindow >= 0;
    }

    /** Bytes were taken or dropped: the client may send as many again. */
    void consumed(int count) {
        uncredited += count;
        int window = tuner == null ? limits().connectionWindow() : tuner.connectionWindow();
        if (uncredited >= window / 2 && !closing) {
            receiveWindow += uncredited;
            // What the window grows by is given with what is given back.
            int more = uncredited + grown(window);
            uncredited = 0;
            Frame.windowUpdate(out(), 0, more);
            written();
        }
    }

    private int grown(int window) {
        int more = tuner == null ? 0 : tuner.grow() - window;
        receiveWindow += more;
        return more;
    }

    /** Counts bytes of bodies, for the tokens and for the windows. */
    void carried(int count) {
        glitches.carried(count);
        if (tuner != null && tuner.received(count, link.now())) {
            Frame.ping(out(), 0, WindowTuner.PING);
            written();
        }
    }

    /** A PING of the tuner has come back. */
    void roundTripEnds() {
        if (tuner != null) {
            tuner.roundTripEnds(link.now());
        }
    }

    /** Returns the window that a stream should have which has {@code window} now, and has used half of it. */
    int tuned(int window) {
        if (tuner == null) {
            tuner = new WindowTuner(limits());
        }
        return Math.max(window, tuner.streamWindow());
    }

    /** Returns whether the client may send no more of any body before something was consumed. */
    boolean isInputHeld() {
        return receiveWindow <= 0;
    }

    // ---- the end of a call

    /** Tells and sends all that was noted, and looks at the time. */
    private void settle() {
        busy = true;
        if (link != null) {
            tellAll();
            if (!closing) {
                leaveIfDone();
            }
            flush();
            if (!closing) {
                arm(due());
            }
        }
        busy = false;
    }

    private void tellAll() {
        do {
            tellThose();
            if (!closing) {
                pump();
            }
        } while (attentive != null);
    }

    private void tellThose() {
        while (attentive != null) {
            Http2Stream stream = attentive;
            attentive = stream.nextToAttend;
            lastAttentive = attentive == null ? null : lastAttentive;
            stream.nextToAttend = null;
            stream.attended();
        }
    }

    private void leaveIfDone() {
        if (leaving && streams == null) {
            end(CloseMode.FLUSHED);
        }
    }

    // ---- time

    @Override
    public void expired(Link carrier) {
        armed = Link.NEVER;
        busy = true;
        long now = link.now();
        if (!closing && drainAt <= now) {
            drainAt = Link.NEVER;
            leave();
        }
        if (!closing && inbound.due() <= now) {
            fail(ErrorCode.ENHANCE_YOUR_CALM, "a header block that does not end");
        }
        for (Http2Stream stream : snapshot()) {
            if (!closing && stream.due(outSince) <= now) {
                stream.expired(now, outSince);
            }
        }
        if (!closing && streams == null && idleDue() <= now) {
            idle();
        }
        busy = false;
        settle();
    }

    private void idle() {
        if (link.pending() > 0) {
            idleSince = link.now(); // the last answer is still leaving
        } else if (reader.isBegun()) {
            leave();
        } else {
            end(CloseMode.FLUSHED);
        }
    }

    private long idleDue() {
        long most =
                served == 0 ? factory.context().headNanos() : factory.context().idleNanos();
        return streams == null ? idleSince + most : Link.NEVER;
    }

    private long due() {
        long due = Math.min(drainAt, inbound.due());
        due = Math.min(due, idleDue());
        // Whatever begins to be waited for arms by itself: only what is left after the deadline has passed is looked
        // up.
        return armed == Link.NEVER ? Math.min(due, dueOfStreams()) : due;
    }

    private long dueOfStreams() {
        long due = Link.NEVER;
        for (Http2Stream stream : snapshot()) {
            due = Math.min(due, stream.due(outSince));
        }
        return due;
    }

    /** Sees to it that the connection looks at the time at {@code due} at the latest. */
    void armFor(long due) {
        arm(due);
    }

    private void arm(long due) {
        if (due < armed && !closing) {
            armed = due;
            link.deadline(due);
        }
    }

    // ---- for the parts

    Http2Factory factory() {
        return factory;
    }

    Http2Limits limits() {
        return factory.limits();
    }

    Link link() {
        return link;
    }

    long now() {
        return link.now();
    }

    boolean isClosing() {
        return closing;
    }
}
