// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.http.FieldBlock;

/**
 * One stream of a connection (RFC 9113 section 5.1): its windows, what has come in and is not wanted yet, what waits to
 * be sent, and how far each direction has come. What the bytes mean is for its exchange, and for the tunnel that may
 * come after it.
 *
 * <pre>
 *                 END_STREAM received
 *           open ───────────────────► half-closed (remote)
 *            │                              │
 *            │ END_STREAM sent              │ END_STREAM sent
 *            ▼                              ▼
 *   half-closed (local) ──────────────► closed ◄── RST_STREAM, from any state
 * </pre>
 *
 * <p>Nothing here calls the application from within a call of its own: what has to be told is noted, and told when the
 * connection comes by.
 */
final class Http2Stream {
    /** Bytes that may wait here before a writer is told to stop. */
    private static final int HIGH = 64 * 1024;

    private static final int MOST_KEPT = 16 * 1024;

    // What has to be told.
    private static final int DELIVER = 1;
    private static final int DRAINED = 2;
    private static final int TUNNEL = 4;
    private static final int CLOSE = 8;

    // For the scheduler.
    int id;
    int priority;
    boolean scheduled;
    Http2Stream next;
    Http2Stream previous;

    // For the list of those that have something to tell.
    Http2Stream nextToAttend;
    private int attention;

    private final Http2Exchange exchange;
    private final StreamOutput output = new StreamOutput();
    private final Buffer inbox = new Buffer();
    private Http2Protocol connection;
    private StreamLink tunnel;
    private Protocol successor;

    private boolean remoteClosed;
    private boolean localClosed;
    private boolean reset;
    private boolean served;

    // In.
    private int window;
    private int receiveWindow;
    private int uncredited;

    // Out.
    private int sendWindow;
    private boolean endQueued;
    private boolean choked;
    private FieldBlock trailers;
    private long headAt;
    private long stalledSince;
    private long writeNanos;

    Http2Stream(Http2Factory factory) {
        this.exchange = new Http2Exchange(factory, this);
    }

    /** Begins a stream with a request. */
    void begin(Http2Protocol owner, int number, int newPriority, int newSendWindow) {
        connection = owner;
        id = number;
        priority = newPriority;
        attention = 0;
        tunnel = null;
        successor = null;
        remoteClosed = false;
        localClosed = false;
        reset = false;
        served = false;
        window = owner.factory().limits().streamWindow();
        receiveWindow = window;
        uncredited = 0;
        sendWindow = newSendWindow;
        endQueued = false;
        choked = false;
        trailers = null;
        headAt = -1;
        stalledSince = Link.NEVER;
        writeNanos = owner.factory().context().writeNanos();
    }

    Http2Exchange exchange() {
        return exchange;
    }

    Http2Protocol connection() {
        return connection;
    }

    boolean isRemoteClosed() {
        return remoteClosed;
    }

    boolean isReset() {
        return reset;
    }

    /** Returns whether all of the answer has left, and this side has not been told to stop before that. */
    boolean isServed() {
        return served;
    }

    boolean hasTunnel() {
        return tunnel != null;
    }

    /** The request has no body: nothing more will come in. */
    void beginsClosed() {
        remoteClosed = true;
    }

    // ---- what comes in

    /** A DATA frame begins; returns whether the window has room for its payload (section 6.9.1). */
    boolean takes(int length) {
        receiveWindow -= length;
        return receiveWindow >= 0;
    }

    /** Some bytes of a body, or of what a tunnel carries. */
    void data(byte[] bytes, int from, int count) {
        if (tunnel != null || successor != null) {
            inbox.append(bytes, from, count);
            attend(DELIVER);
        } else {
            exchange.data(bytes, from, count);
        }
    }

    /** The peer has sent its last byte. */
    void remoteEnds() {
        remoteClosed = true;
        if (tunnel != null || successor != null) {
            attend(DELIVER);
        } else {
            exchange.bodyEnds();
        }
        if (localClosed) {
            attend(CLOSE);
        }
    }

    /** Returns what has come in and was not wanted yet. */
    Buffer inbox() {
        return inbox;
    }

    /** Gives memory back that the inbox does not need any more. */
    void trimInbox() {
        if (inbox.isEmpty() && inbox.capacity() > MOST_KEPT) {
            inbox.trim();
        }
    }

    /** Bytes were taken by those who they are for, or dropped: the peer may send as many again. */
    void consumed(int count) {
        connection.consumed(count);
        if (remoteClosed || reset) {
            return;
        }
        uncredited += count;
        if (uncredited >= window / 2) {
            int wider = connection.tuned(window);
            int increment = uncredited + wider - window;
            window = wider;
            uncredited = 0;
            receiveWindow += increment;
            Frame.windowUpdate(connection.out(), id, increment);
            connection.written();
        }
    }

    /** Bytes were dropped, and no more of them are wanted: only the connection gets its window back. */
    void refused(int count) {
        connection.consumed(count);
    }

    /** Returns whether the peer may send nothing more before something was consumed. */
    boolean isInputHeld() {
        return receiveWindow <= 0 || connection.isInputHeld();
    }

    /** There is somebody who wants what has come in. */
    void deliverSoon() {
        attend(DELIVER);
    }

    // ---- what goes out

    /** The head of the answer has been written; {@code last} if the stream ended with it. */
    void headWritten(boolean last) {
        headAt = connection.writes();
        if (last) {
            closeLocal();
        }
    }

    /** Adds bytes, by copying them. */
    void write(byte[] bytes, int offset, int length) {
        if (!localClosed) {
            output.copy(bytes, offset, length);
        }
    }

    /** Adds bytes that never change. */
    void writeLasting(byte[] bytes, int offset, int length) {
        if (!localClosed) {
            output.keep(bytes, offset, length);
        }
    }

    /** Adds part of a file and takes over the hold on it. */
    void write(OpenFile file, long from, long count) {
        if (localClosed) {
            file.close();
        } else {
            output.add(file, from, count);
        }
    }

    /** Nothing more will be written but these trailers, {@code null} for none. */
    void end(FieldBlock newTrailers) {
        endQueued = true;
        trailers = newTrailers;
    }

    /** Asks that what was written be sent, as soon as it may. */
    void flush() {
        if (!localClosed) {
            if (output.queued() == 0) {
                if (endQueued) {
                    writeEnd();
                }
            } else {
                schedule();
            }
        }
        connection.written();
    }

    private void schedule() {
        if (sendWindow > 0) {
            stalledSince = Link.NEVER;
            connection.scheduler().add(this);
        } else if (stalledSince == Link.NEVER) {
            stall();
        }
    }

    // The end of the stream, where nothing waits before it. Where the head was the last that was written it says so.
    private void writeEnd() {
        if (trailers != null) {
            connection.writeTrailers(this, trailers);
        } else if (headAt != connection.writes() || !connection.endLastHead()) {
            Frame.header(connection.out(), 0, Frame.DATA, Frame.END_STREAM, id);
        }
        closeLocal();
    }

    /** Sends one DATA frame of at most {@code most} bytes; returns how many it took from the connection's window. */
    int sendFrame(int most) {
        int count = (int) Math.min(output.queued(), Math.min(most, sendWindow));
        if (tunnel != null) {
            count = tunnel.maySend(count);
            if (count == 0) {
                connection.scheduler().remove(this); // a rate holds it up
                return 0;
            }
        }
        boolean all = count == output.queued();
        boolean ends = all && endQueued && trailers == null;
        Frame.header(connection.out(), count, Frame.DATA, ends ? Frame.END_STREAM : 0, id);
        output.moveTo(connection.link(), count);
        sendWindow -= count;
        if (all) {
            connection.scheduler().remove(this);
            sentAll(ends);
        } else if (sendWindow <= 0) {
            connection.scheduler().remove(this);
            stall();
        }
        if (tunnel != null) {
            tunnel.sent(count);
        }
        return count;
    }

    private void stall() {
        stalledSince = connection.now();
        connection.armFor(stalledDue());
        if (tunnel != null) {
            tunnel.blocked();
        }
    }

    private void sentAll(boolean ended) {
        if (ended) {
            closeLocal();
        } else if (endQueued) {
            writeEnd();
        } else if (choked) {
            attend(DRAINED);
        }
    }

    /** Returns whether more may be written without piling up. */
    boolean writable() {
        boolean free = !localClosed && output.queued() < HIGH;
        choked |= !free;
        return free;
    }

    /** Returns the number of bytes that wait to be sent. */
    long queued() {
        return output.queued();
    }

    /** The peer lets this side send more, or, by new SETTINGS, less; returns whether that can be counted. */
    boolean allow(int more) {
        long sum = (long) sendWindow + more;
        if (sum > Integer.MAX_VALUE) {
            return false;
        }
        sendWindow = (int) sum;
        if (output.queued() > 0 && !localClosed) {
            if (sendWindow > 0) {
                schedule();
            } else {
                connection.scheduler().remove(this);
                schedule();
            }
        }
        return true;
    }

    // ---- the end of things

    private void closeLocal() {
        localClosed = true;
        served = true;
        attend(CLOSE);
    }

    /** The peer has reset the stream. */
    void cutByPeer() {
        served = false;
        cut();
    }

    /** Ends the stream at once: after this side has written RST_STREAM, or with the connection. */
    void cut() {
        if (!reset) {
            reset = true;
            localClosed = true;
            remoteClosed = true;
            connection.scheduler().remove(this);
            output.clear();
            attend(CLOSE);
        }
    }

    private void attend(int what) {
        if (attention == 0) {
            connection.attend(this);
        }
        attention |= what;
    }

    /** Tells what has to be told, now that the connection has come by. */
    void attended() {
        int what = attention;
        attention = 0;
        if ((what & TUNNEL) != 0 && !reset) {
            openTunnel();
        }
        if ((what & DELIVER) != 0 && !reset) {
            deliver();
        }
        if ((what & DRAINED) != 0 && !reset && (tunnel != null || output.queued() < HIGH)) {
            choked = false;
            drained();
        }
        if ((what & CLOSE) != 0) {
            closeIfOver();
        }
    }

    private void deliver() {
        if (tunnel != null) {
            tunnel.deliver();
        } else {
            exchange.deliver();
        }
    }

    private void drained() {
        if (tunnel != null) {
            tunnel.drained();
        } else {
            exchange.sent();
        }
    }

    private void closeIfOver() {
        if (reset) {
            finish();
        } else if (localClosed && tunnel != null) {
            if (remoteClosed) {
                finish();
            } else if (tunnel.isDone()) {
                connection.reset(this, ErrorCode.NO_ERROR);
            }
        } else if (localClosed && exchange.isFinished()) {
            if (remoteClosed) {
                finish();
            } else {
                exchange.lingers();
            }
        }
    }

    private void finish() {
        output.clear();
        // What nobody has taken is given back: else the connection's window would shrink with every such stream.
        connection.consumed(inbox.readable());
        inbox.clear();
        trimInbox();
        if (tunnel != null) {
            connection.consumed(tunnel.kept());
            tunnel.ended();
        }
        exchange.gone();
        connection.finished(this);
    }

    /** The exchange is over; {@link #flush} may still have to send the last of it. */
    void answered() {
        if (successor != null) {
            attend(TUNNEL);
        } else {
            int left = inbox.readable();
            if (left > 0) {
                inbox.clear();
                trimInbox();
                exchange.drop(left);
            }
            attend(CLOSE);
        }
    }

    // ---- tunnels

    /** The stream speaks another protocol once its exchange is over. */
    void switchTo(Protocol protocol) {
        successor = protocol;
    }

    /** Whoever writes is to be told when everything has left. */
    void expectDrained() {
        choked = true;
    }

    /** Enough has left for whoever writes to go on. */
    void drainedSoon() {
        attend(DRAINED);
    }

    /** The tunnel has closed; the end of the stream may be on its way. */
    void closeSoon() {
        attend(CLOSE);
    }

    /** The server is shutting down. */
    void shuttingDown() {
        if (tunnel != null) {
            tunnel.shuttingDown();
        }
    }

    private void openTunnel() {
        tunnel = new StreamLink(this, successor);
        successor = null;
        tunnel.open();
        attend(DELIVER);
    }

    // ---- time

    private long stalledDue() {
        return stalledSince == Link.NEVER ? Link.NEVER : later(stalledSince);
    }

    private long later(long since) {
        return since + writeNanos < since ? Link.NEVER : since + writeNanos;
    }

    /** Sets how long the peer may let nothing leave. */
    void writeTimeout(long nanos) {
        writeNanos = nanos;
    }

    /** Returns when the stream will have taken too long; {@code since} is when the connection's own window ran out. */
    long due(long since) {
        long own = stalledDue();
        if (since != Link.NEVER && output.queued() > 0) {
            own = Math.min(own, later(since));
        }
        long other = tunnel != null ? tunnel.due() : Math.min(exchange.due(), exchange.quietDue());
        return Math.min(own, other);
    }

    /** The moment of {@link #due} may have come. */
    void expired(long now, long since) {
        boolean stalled = stalledDue() <= now || (since != Link.NEVER && output.queued() > 0 && later(since) <= now);
        if (stalled) {
            connection.reset(this, ErrorCode.CANCEL);
        } else if (tunnel != null) {
            tunnel.expired(now);
        } else if (exchange.due() <= now) {
            exchange.tooSlow();
        } else {
            exchange.endQuiet();
        }
    }
}
