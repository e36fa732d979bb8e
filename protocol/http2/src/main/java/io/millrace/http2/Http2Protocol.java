// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;

/**
 * One HTTP/2 connection (RFC 9113): its streams, its windows, what leaves next, time limits, the end. Small, since
 * there may be very many that do nothing; what its streams need is lent by {@link StreamPool} while there are some.
 *
 * <p>The verbs that the streams call only note what is to be done; {@link #settle} does it when the input has been
 * read, or, where a handler acts by itself, in a task of its own.
 */
final class Http2Protocol implements Protocol, Runnable {
    private final LoopState loop;
    private final LentStreams<Http2Stream> streams;
    private final InboundFrames inbound;
    private final FrameReader reader;
    private final FrameOutput output;
    private final AttentionQueue attention = new AttentionQueue();
    private final ConnectionWindow window;
    private final Departure departure;
    private final GlitchMeter glitches;
    private final IdleConnection.Part[] parts;
    private Link link;
    private IdleConnection rested;

    private final IdleConnection.Timer idle = new IdleConnection.Timer();
    private long armed = Link.NEVER;
    private boolean busy;
    private boolean closing;
    private boolean stopping;

    /** Begins, or goes on where {@code rested} has stopped unless that is {@code null}. */
    Http2Protocol(LoopState loop, StreamPool<Http2Stream> pool, IdleConnection rested) {
        this.loop = loop;
        this.rested = rested;
        this.streams = new LentStreams<>(
                pool, () -> fail(ErrorCode.ENHANCE_YOUR_CALM, "streams that stand still, and the loop is full"));
        this.inbound = new InboundFrames(this);
        this.reader = new FrameReader(inbound);
        this.output = new FrameOutput(loop);
        this.window = new ConnectionWindow(loop.limits(), output);
        this.departure = new Departure(output);
        this.glitches = new GlitchMeter(loop.limits());
        this.parts = new IdleConnection.Part[] {idle, inbound, output, window, glitches, reader};
    }

    // ---- what the link says

    @Override
    public void opened(Link carrier) {
        link = carrier;
        output.opened(carrier);
        link.flow().writeTimeout(loop.context().writeNanos());
        idle.begin(link.now());
        if (rested == null) {
            glitches.begin(link.now());
            loop.stats().connection();
            output.preface();
            window.begin();
            link.flush();
        } else {
            restore();
        }
        armFor(due());
    }

    private void restore() {
        IdleConnection from = rested;
        rested = null;
        for (IdleConnection.Part part : parts) {
            part.restore(from);
        }
        if (from.stopping) {
            shuttingDown(link);
        }
        if (from.ended) {
            inputClosed(link);
        }
    }

    // Nothing refers to a connection at rest but its link: all that it was made of is given up.
    private void rest() {
        IdleConnection to = new IdleConnection(loop.waker());
        for (IdleConnection.Part part : parts) {
            part.save(to);
        }
        link.switchProtocol(to);
    }

    private boolean isAtRest() {
        boolean isFree = streams.count() == 0
                && attention.isEmpty()
                && !attention.isPosted()
                && !closing
                && !departure.isBegun();
        return isFree && reader.isBetweenFrames() && inbound.isAtRest() && link.pending() == 0;
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
        attention.ran();
        settle();
    }

    @Override
    public void inputClosed(Link carrier) {
        // Whose requests are whole may still be waiting for the answers; others will never be.
        busy = true;
        streams.cutUnlessWhole();
        departure.peerLeaves(inbound.lastStream());
        busy = false;
        settle();
    }

    @Override
    public void shuttingDown(Link carrier) {
        busy = true;
        stopping = true;
        drain();
        for (Http2Stream stream : streams.snapshot()) {
            stream.shuttingDown();
        }
        busy = false;
        settle();
    }

    // Section 6.8: what is on its way is still answered, what comes after the client has heard goes elsewhere.
    private void drain() {
        if (!closing && departure.drains(link.now())) {
            written();
        }
    }

    /** Returns whether the server is shutting down. */
    boolean isStopping() {
        return stopping;
    }

    /** The client has heard that the server is shutting down: no request that comes from now on is answered. */
    void drainHeard() {
        if (departure.heard()) {
            leave();
        }
    }

    /** Takes no more streams; the connection ends with the last of those that are open. */
    void leave() {
        if (!closing && departure.leaves(inbound.lastStream())) {
            written();
        }
    }

    /** Returns how far the orderly end has come. */
    Departure departure() {
        return departure;
    }

    @Override
    public void closed(CloseCause why) {
        closing = true;
        busy = true;
        inbound.closed();
        streams.cutAll();
        tellAll();
        busy = false;
    }

    @Override
    public long heldBytes() {
        return window.held();
    }

    // ---- errors and resets

    /** Ends the connection because of what the client sent (section 5.4.1). */
    void fail(int code, String text) {
        if (closing) {
            return;
        }
        loop.failed(link, code, text);
        output.goAway(inbound.lastStream(), code, text);
        end(CloseMode.LINGERING);
        streams.cutAll();
    }

    private void end(CloseMode how) {
        closing = true;
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
        output.reset(id, code);
        inbound.resets().addOwn(id);
        written();
    }

    /** Resets a stream whose request turned out to be none, and ends the connection if there are many. */
    void malformed(Http2Stream stream, String text) {
        reset(stream, ErrorCode.PROTOCOL_ERROR);
        spend(GlitchMeter.RESET, text);
    }

    /** Takes tokens for a glitch; returns whether the connection goes on. */
    boolean spend(int weight, String what) {
        loop.stats().glitch();
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

    /** Returns the streams that are open. */
    LentStreams<Http2Stream> streams() {
        return streams;
    }

    /** Opens a stream. */
    Http2Stream open(int id, int priority, int sendWindow) {
        Http2Stream stream = streams.lend();
        stream.begin(this, id, priority, sendWindow);
        streams.add(stream);
        if (idle.streamOpens() >= loop.context().limits().requests()) {
            leave();
        } else if (loop.context().isDraining()) {
            drain();
        }
        return stream;
    }

    /** A stream is over. */
    void finished(Http2Stream stream) {
        inbound.forget(stream);
        if (stream.isServed()) {
            glitches.answered();
        }
        if (stream.exchange().leavesHandlerBehind()) {
            streams.handlerLeftBehind();
        }
        streams.remove(stream, stream.exchange().isSpare() && !stream.hasTunnel());
        if (streams.isEmpty()) {
            output.nothingWaits();
            idle.begin(link.now());
        }
    }

    /** A stream has something to tell. */
    void attend(Http2Stream stream) {
        attention.add(stream);
        if (!busy) {
            attention.post(link, this);
        }
    }

    // ---- what leaves

    /** Returns where frames are written, and what leaves next is decided. */
    FrameOutput output() {
        return output;
    }

    /** Something was written: it is sent once for all that is done together. */
    void written() {
        output.written();
        if (!busy) {
            pump();
            flush();
        }
    }

    private void flush() {
        if (!closing) {
            output.flush();
        }
    }

    private void pump() {
        if (!streams.isEmpty() && output.pump(streams.scheduler(), attention, glitches)) {
            armFor(output.starvedSince() + loop.context().writeNanos());
        }
    }

    // ---- what comes in

    /** Returns how much the client may send, of all its bodies together. */
    ConnectionWindow window() {
        return window;
    }

    /** Bytes were taken or dropped: the client may send as many again. */
    void consumed(int count) {
        if (!closing && window.consumed(count)) {
            written();
        }
    }

    /** Counts bytes of bodies, for the tokens and for the windows. */
    void carried(int count) {
        glitches.carried(count);
        if (window.received(count, link.now())) {
            written();
        }
    }

    // ---- the end of a call

    /** Tells and sends all that was noted, and looks at the time. */
    private void settle() {
        busy = true;
        if (link != null) {
            tellAll();
            if (!closing && departure.isLeaving() && streams.isEmpty()) {
                end(CloseMode.FLUSHED);
            }
            flush();
            if (!closing) {
                armFor(due());
            }
        }
        busy = false;
    }

    /** Tells streams what they have noted, those included that note something meanwhile. */
    void tellAll() {
        do {
            attention.tellAll();
            if (!closing) {
                pump();
            }
        } while (!attention.isEmpty());
    }

    // ---- time

    @Override
    public void expired(Link carrier) {
        armed = Link.NEVER;
        busy = true;
        long now = link.now();
        if (!closing && departure.due() <= now) {
            drainHeard();
        }
        if (!closing && inbound.due() <= now) {
            fail(ErrorCode.ENHANCE_YOUR_CALM, "a header block that does not end");
        }
        if (!closing) {
            streams.expire(now, output.starvedSince());
        }
        if (!closing && streams.isEmpty() && idle.endDue(loop.context()) <= now) {
            idle();
        }
        busy = false;
        if (idle.isTimeToRest(now) && isAtRest()) {
            rest();
        } else {
            settle();
        }
    }

    private void idle() {
        if (link.pending() > 0) {
            idle.begin(link.now()); // the last answer is still leaving
        } else if (reader.isBegun()) {
            leave();
        } else {
            end(CloseMode.FLUSHED);
        }
    }

    private long due() {
        long due = Math.min(departure.due(), inbound.due());
        due = Math.min(due, streams.isEmpty() ? idle.due(loop.context()) : Link.NEVER);
        // Whatever begins to be waited for arms by itself: only what is left after the deadline has passed is looked
        // up.
        return armed == Link.NEVER ? Math.min(due, streams.due(output.starvedSince())) : due;
    }

    /** Sees to it that the connection looks at the time at {@code due} at the latest. */
    void armFor(long due) {
        if (due < armed && !closing) {
            armed = due;
            link.deadline(due);
        }
    }

    // ---- for the parts

    LoopState loop() {
        return loop;
    }

    Http2Limits limits() {
        return loop.limits();
    }

    Link link() {
        return link;
    }

    boolean isClosing() {
        return closing;
    }
}
