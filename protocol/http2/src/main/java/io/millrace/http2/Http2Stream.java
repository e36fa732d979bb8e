// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
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
final class Http2Stream extends StreamEntry implements StreamSender.Owner {
    private static final int MOST_KEPT = 16 * 1024;

    // What has to be told.
    private static final int DELIVER = 1;
    private static final int DRAINED = 2;
    private static final int TUNNEL = 4;
    private static final int CLOSE = 8;

    private int attention;

    private final Http2Exchange exchange;
    private final StreamSender sender = new StreamSender(this);
    private final ReceiveWindow window = new ReceiveWindow();
    private final Buffer inbox = new Buffer();
    private Http2Protocol connection;
    private StreamLink tunnel;
    private Protocol successor;

    private boolean remoteClosed;
    private boolean reset;
    private boolean served;

    Http2Stream(LoopState loop) {
        this.exchange = new Http2Exchange(loop, this);
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
        reset = false;
        served = false;
        window.begin(owner.limits().streamWindow());
        sender.begin(newSendWindow, owner.loop().context().writeNanos());
    }

    Http2Exchange exchange() {
        return exchange;
    }

    Http2Protocol connection() {
        return connection;
    }

    @Override
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
        return window.takes(length);
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
        if (sender.isEnded()) {
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
        if (window.consumed(count)) {
            connection
                    .output()
                    .windowUpdate(id, window.credit(connection.window().streamWindow()));
            connection.written();
        }
    }

    /** Bytes were dropped, and no more of them are wanted: only the connection gets its window back. */
    void refused(int count) {
        connection.consumed(count);
    }

    /** Returns whether the peer may send nothing more before something was consumed. */
    boolean isInputHeld() {
        return window.isShut() || connection.window().isShut();
    }

    /** What has come in is wanted. */
    void deliverSoon() {
        attend(DELIVER);
    }

    // ---- what goes out

    /** Returns what the stream sends after the head of its answer. */
    StreamSender sender() {
        return sender;
    }

    /** Writes the head of the answer; {@code last} if the stream ends with it. */
    void writeHead(boolean last, int status, FieldBlock fields, long length) {
        connection.output().head(id, last, status, fields, length);
        sender.headWritten(last);
    }

    /** Writes a head that comes before that of the answer. */
    void writeInterim(int status, FieldBlock fields) {
        connection.output().interim(id, status, fields);
    }

    /** Asks that what was written be sent, as soon as it may. */
    void flush() {
        sender.flush();
        connection.written();
    }

    @Override
    int sendFrame(int most) {
        return sender.sendFrame(most);
    }

    @Override
    public int number() {
        return id;
    }

    @Override
    public FrameOutput frames() {
        return connection.output();
    }

    @Override
    public void scheduled(boolean on) {
        if (on) {
            connection.streams().scheduler().add(this);
        } else {
            connection.streams().scheduler().remove(this);
        }
    }

    @Override
    public void stalled() {
        connection.armFor(sender.due(Link.NEVER));
        if (tunnel != null) {
            tunnel.blocked();
        }
    }

    @Override
    public int maySend(int count) {
        return tunnel == null ? count : tunnel.maySend(count);
    }

    @Override
    public void sent(int count) {
        if (tunnel != null) {
            tunnel.sent(count);
        }
    }

    @Override
    public void roomAgain() {
        attend(DRAINED);
    }

    @Override
    public void outputEnded() {
        served = true;
        attend(CLOSE);
    }

    // ---- the end of things

    /** The peer has reset the stream. */
    void cutByPeer() {
        served = false;
        cut();
    }

    @Override
    void cut() {
        if (!reset) {
            reset = true;
            remoteClosed = true;
            connection.streams().scheduler().remove(this);
            sender.cut();
            attend(CLOSE);
        }
    }

    private void attend(int what) {
        if (attention == 0) {
            connection.attend(this);
        }
        attention |= what;
    }

    @Override
    void attended() {
        int what = attention;
        attention = 0;
        if ((what & TUNNEL) != 0 && !reset) {
            openTunnel();
        }
        if ((what & DELIVER) != 0 && !reset) {
            deliver();
        }
        if ((what & DRAINED) != 0 && !reset && sender.takeRoom(tunnel != null)) {
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
        } else if (sender.isEnded() && tunnel != null) {
            if (remoteClosed) {
                finish();
            } else if (tunnel.isDone()) {
                connection.reset(this, ErrorCode.NO_ERROR);
            }
        } else if (sender.isEnded() && exchange.isFinished()) {
            if (remoteClosed) {
                finish();
            } else {
                exchange.lingers();
            }
        }
    }

    private void finish() {
        sender.cut();
        // What was not taken is given back: else the connection's window would shrink with every such stream.
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

    /** Enough has left for the writer to go on. */
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
        } else {
            exchange.stopping();
        }
    }

    private void openTunnel() {
        tunnel = new StreamLink(this, successor);
        successor = null;
        tunnel.open();
        attend(DELIVER);
    }

    // ---- time

    @Override
    long due(long since) {
        long other = tunnel != null ? tunnel.due() : Math.min(exchange.due(), exchange.quietDue());
        return Math.min(sender.due(since), other);
    }

    @Override
    long heldSince() {
        return Math.min(sender.heldSince(frames().starvedSince()), tunnel == null ? exchange.heldSince() : Link.NEVER);
    }

    @Override
    void expired(long now, long since) {
        if (sender.due(since) <= now) {
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
