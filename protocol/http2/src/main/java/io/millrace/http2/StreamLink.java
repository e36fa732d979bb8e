// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;
import io.millrace.core.Tls;
import io.millrace.link.LinkFlow;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;

/**
 * The link of a protocol that has taken over a stream (RFC 8441 section 5): what the peer sends as DATA is its input,
 * what it writes leaves as DATA, END_STREAM is the end of a direction, RST_STREAM breaks off. The protocol sees no
 * difference to a connection of its own.
 */
final class StreamLink implements Link, LinkFlow.Carrier {
    /** How long input is dropped after the last byte has left, in nanoseconds. */
    private static final long LINGER_NANOS = 2_000_000_000L;

    private static final int MOST_KEPT = 16 * 1024;

    private final Http2Stream stream;
    private final Http2Protocol connection;
    private final LinkFlow flow;
    private final Buffer in = new Buffer();
    private final Buffer out = new Buffer();
    private Protocol protocol;
    private Protocol next;
    private boolean paused;
    private boolean outputEnded;
    private boolean endTold;
    private boolean over;
    private CloseMode closing;
    private CloseCause cause = CloseCause.RESET;
    private long deadline = NEVER;
    private long lingersUntil = NEVER;

    StreamLink(Http2Stream stream, Protocol protocol) {
        this.stream = stream;
        this.connection = stream.connection();
        this.protocol = protocol;
        this.flow = new StreamFlow();
    }

    // ---- what the stream says, never from within a call of the protocol

    void open() {
        guarded(() -> protocol.opened(this));
    }

    // What the protocol throws is its end, and no other stream notices.
    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            LoopState.LOG.log(Level.ERROR, "a protocol on a stream failed", e);
            cause = CloseCause.FAILED;
            connection.reset(stream, ErrorCode.INTERNAL_ERROR);
        }
    }

    /** Something has come in, or is wanted again. */
    void deliver() {
        if (next != null) {
            takeOver();
        }
        if (closing != null) {
            drop(stream.inbox());
            drop(in);
        } else if (!paused) {
            receive();
        }
        stream.trimInbox();
        if (next != null) {
            stream.deliverSoon();
        } else if (isAtEnd() && !endTold) {
            endTold = true;
            guarded(() -> protocol.inputClosed(this));
        }
    }

    private void drop(Buffer bytes) {
        stream.consumed(bytes.readable());
        bytes.clear();
    }

    private boolean isAtEnd() {
        return stream.isRemoteClosed() && stream.inbox().isEmpty() && !paused && closing == null && !stream.isReset();
    }

    // What the rate lets through, and what the protocol has left before.
    private void receive() {
        Buffer inbox = stream.inbox();
        int count = inbox.isEmpty() ? 0 : flow.mayReceive(inbox.readable());
        if (count > 0) {
            inbox.moveTo(in, count);
            flow.received(count);
        }
        boolean last = stream.isRemoteClosed() && inbox.isEmpty();
        if (in.isEmpty() || (in.readable() < flow.inputLow() && !last)) {
            return;
        }
        int before = in.readable();
        guarded(() -> protocol.receive(in, this));
        stream.consumed(before - Math.min(before, in.readable()));
        if (in.isEmpty() && in.capacity() > MOST_KEPT) {
            in.trim();
        }
        if (count > 0 && !inbox.isEmpty() && !paused) {
            stream.deliverSoon();
        }
    }

    private void takeOver() {
        protocol = next;
        next = null;
        if (closing == null) {
            deadline = NEVER;
            flow.reset();
        }
        guarded(() -> protocol.opened(this));
    }

    void drained() {
        if (closing == null) {
            guarded(() -> protocol.drained(this));
        }
    }

    /** The server is shutting down. */
    void shuttingDown() {
        if (closing == null) {
            guarded(() -> protocol.shuttingDown(this));
        }
    }

    /** Everything that the protocol has written has left; returns whether the stream is done with. */
    boolean isDone() {
        if (closing == CloseMode.LINGERING && lingersUntil == NEVER) {
            lingersUntil = connection.link().now() + LINGER_NANOS;
            connection.armFor(lingersUntil);
        }
        return closing == CloseMode.FLUSHED;
    }

    /** The stream has ended. */
    void ended() {
        if (!over) {
            over = true;
            CloseCause why = closing != null && cause == CloseCause.RESET ? CloseCause.LOCAL : cause;
            guarded(() -> protocol.closed(why));
        }
    }

    long due() {
        return Math.min(flow.due(), Math.min(deadline, lingersUntil));
    }

    void expired(long now) {
        if (lingersUntil <= now) {
            connection.reset(stream, ErrorCode.NO_ERROR);
        } else if (deadline <= now) {
            deadline = NEVER;
            guarded(() -> protocol.expired(this));
        }
        if (!over && closing == null && flow.due() <= now) {
            flow.expire(now);
        }
    }

    @Override
    public void timedOut(TimeLimit which) {
        guarded(() -> protocol.timedOut(this, which));
    }

    /** Returns how many of {@code count} bytes may leave now. */
    int maySend(int count) {
        return (int) flow.maySend(count);
    }

    /** Bytes have left; some may still wait. */
    void sent(int count) {
        flow.sent(count);
        if (flow.fellToLow(pending())) {
            stream.sender().expectDrained();
            stream.drainedSoon();
        }
    }

    /** The window of the stream is empty. */
    void blocked() {
        flow.blocked();
    }

    @Override
    public int kept() {
        return in.readable();
    }

    @Override
    public boolean isInputOff() {
        return paused || endTold;
    }

    @Override
    public boolean isInputWaiting() {
        return !stream.inbox().isEmpty();
    }

    @Override
    public boolean isOutputWaiting() {
        return stream.sender().queued() > 0;
    }

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public void offerAgain() {
        stream.deliverSoon();
    }

    @Override
    public void inputReleased() {
        stream.deliverSoon();
    }

    @Override
    public void outputReleased() {
        stream.flush();
    }

    @Override
    public void arm() {
        connection.armFor(flow.due());
    }

    /** A stream's sender sees for itself whether the peer takes something: the connection's window counts, too. */
    private final class StreamFlow extends LinkFlow {
        StreamFlow() {
            super(StreamLink.this, StreamLink.this.now());
        }

        @Override
        public void writeTimeout(long nanos) {
            stream.sender().writeTimeout(nanos);
        }

        @Override
        public void reset() {
            super.reset();
            writeTimeout(Link.NEVER);
        }
    }

    // ---- what the protocol says

    @Override
    public Buffer out() {
        return over || outputEnded ? new Buffer() : out;
    }

    @Override
    public void flush() {
        if (gather()) {
            stream.sender().expectDrained();
            stream.flush();
        }
    }

    // Whether there is something to send.
    private boolean gather() {
        if (over || out.isEmpty()) {
            out.clear();
            return !over && stream.sender().queued() > 0;
        }
        stream.sender().write(out.array(), out.head(), out.readable());
        out.clear();
        if (out.capacity() > MOST_KEPT) {
            out.trim();
        }
        return true;
    }

    @Override
    public boolean writable() {
        stream.sender().expectDrained();
        return pending() < flow.outputHigh();
    }

    @Override
    public long pending() {
        return out.readable() + stream.sender().queued();
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        if (over || outputEnded) {
            file.close();
        } else {
            gather();
            stream.sender().write(file, from, count);
        }
    }

    @Override
    public void transfer(byte[] bytes, int offset, int length) {
        if (!over && !outputEnded) {
            gather();
            stream.sender().writeLasting(bytes, offset, length);
        }
    }

    @Override
    public void pause(boolean on) {
        paused = on;
        if (!on && !over) {
            flow.resumed();
            stream.deliverSoon();
        }
    }

    @Override
    public void switchProtocol(Protocol successor) {
        next = successor;
        if (!over) {
            stream.deliverSoon();
        }
    }

    @Override
    public void deadline(long at) {
        deadline = at;
        connection.armFor(at);
    }

    @Override
    public void shutdownOutput() {
        if (!over && !outputEnded) {
            gather();
            outputEnded = true;
            stream.sender().end(null);
            stream.flush();
        }
    }

    @Override
    public void close(CloseMode how) {
        boolean atOnce = how == CloseMode.NOW || how == CloseMode.ABORT;
        if (over || (closing != null && !atOnce)) {
            return;
        }
        closing = how;
        if (atOnce) {
            connection.reset(stream, ErrorCode.CANCEL);
        } else {
            shutdownOutput();
            stream.closeSoon();
        }
    }

    @Override
    public long now() {
        return connection.link().now();
    }

    @Override
    public boolean inLoop() {
        return connection.link().inLoop();
    }

    @Override
    public SocketAddress peer() {
        return connection.link().peer();
    }

    @Override
    public SocketAddress local() {
        return connection.link().local();
    }

    @Override
    public SocketAddress socketPeer() {
        return connection.link().socketPeer();
    }

    @Override
    public Flow flow() {
        return flow;
    }

    @Override
    public Tls tls() {
        return connection.link().tls();
    }

    @Override
    public void execute(Runnable task) {
        connection.link().execute(task);
    }
}
