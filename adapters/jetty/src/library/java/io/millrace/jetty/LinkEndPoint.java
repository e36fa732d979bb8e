// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.EofException;

/**
 * A connection after 101 (Switching Protocols) as Jetty's protocols want it. The loop adds what comes and sends; fill
 * and flush are called by any one thread of Jetty's.
 */
final class LinkEndPoint extends AbstractEndPoint {
    private static final int FULL = 64 * 1024;

    private final MillraceConnector connector;
    private final SocketAddress remote;
    private final SocketAddress local;
    private final SslSessionData tls;
    private final Buffer received = new Buffer();
    private Link link;
    private boolean held;
    private boolean interested;
    private boolean inputEnded;
    private boolean ended;
    private boolean flushing;
    private long underWay;

    LinkEndPoint(MillraceConnector connector, SocketAddress remote, SocketAddress local, boolean secure) {
        super(connector.getScheduler());
        this.connector = connector;
        this.remote = remote;
        this.local = local;
        this.tls = secure ? SslSessionData.from(null, null, null, null) : null;
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return local;
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return remote;
    }

    @Override
    public SslSessionData getSslSessionData() {
        return tls;
    }

    @Override
    public Object getTransport() {
        return link;
    }

    // ---- Jetty's side

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        boolean release;
        int count;
        int position = buffer.limit();
        synchronized (this) {
            if (received.isEmpty()) {
                return inputEnded || ended ? -1 : 0;
            }
            count = Math.min(received.readable(), buffer.capacity() - position);
            byte[] bytes = new byte[count];
            received.take(bytes, 0, count);
            // In Jetty's flush mode there is data from position to limit, and room behind it.
            buffer.limit(position + count);
            buffer.put(position, bytes);
            release = held && received.readable() < FULL / 2;
            held &= !release;
        }
        notIdle();
        if (release) {
            onLoop(() -> link.pause(false));
        }
        return count;
    }

    @Override
    protected void needsFillInterest() {
        boolean now;
        synchronized (this) {
            now = !received.isEmpty() || inputEnded || ended;
            interested = !now;
        }
        if (now) {
            fillable();
        }
    }

    private void fillable() {
        try {
            connector.tasks().execute(() -> getFillInterest().fillable());
        } catch (RejectedExecutionException e) {
            close(e);
        }
    }

    @Override
    public boolean flush(ByteBuffer... buffers) throws IOException {
        boolean all = true;
        int total = 0;
        for (ByteBuffer buffer : buffers) {
            total += buffer.remaining();
        }
        byte[] bytes;
        synchronized (this) {
            if (ended) {
                throw new EofException("the connection has ended");
            }
            int room = (int) Math.min(total, Math.max(0, FULL - underWay));
            if (link == null) {
                room = 0;
            }
            bytes = new byte[room];
            int at = 0;
            for (ByteBuffer buffer : buffers) {
                int count = Math.min(buffer.remaining(), room - at);
                buffer.get(bytes, at, count);
                at += count;
            }
            underWay += room;
            all = room == total;
            flushing = !all;
        }
        if (bytes.length > 0) {
            notIdle();
            onLoop(() -> send(bytes));
        }
        return all;
    }

    @Override
    protected void onIncompleteFlush() {
        boolean now;
        synchronized (this) {
            now = flushing && (ended || (link != null && underWay < FULL));
            flushing = !now;
        }
        if (now) {
            completeWrite();
        }
    }

    private void completeWrite() {
        try {
            connector.tasks().execute(() -> getWriteFlusher().completeWrite());
        } catch (RejectedExecutionException e) {
            close(e);
        }
    }

    @Override
    protected void doShutdownOutput() {
        onLoop(() -> link.shutdownOutput());
    }

    @Override
    protected void doClose() {
        onLoop(() -> link.close(CloseMode.FLUSHED));
    }

    private void onLoop(Runnable task) {
        Link carrier;
        synchronized (this) {
            carrier = link;
        }
        if (carrier == null) {
            return;
        }
        try {
            carrier.execute(task);
        } catch (RejectedExecutionException e) {
            // The connection has ended with its loop.
        }
    }

    // ---- the loop's side

    private void send(byte[] bytes) {
        link.out().append(bytes);
        link.flush();
        if (link.writable()) {
            sent();
        }
    }

    private void sent() {
        boolean tell;
        synchronized (this) {
            underWay = 0;
            tell = flushing;
            flushing = false;
        }
        if (tell) {
            completeWrite();
        }
    }

    /** Returns what carries the connection once it has been upgraded. */
    Protocol protocol() {
        return new Raw();
    }

    private final class Raw implements Protocol {
        @Override
        public void opened(Link carrier) {
            carrier.deadline(Link.NEVER);
            synchronized (LinkEndPoint.this) {
                link = carrier;
            }
            sent();
        }

        @Override
        public void receive(Buffer in, Link from) {
            boolean tell;
            boolean full;
            synchronized (LinkEndPoint.this) {
                in.moveTo(received, in.readable());
                full = received.readable() >= FULL;
                held |= full;
                tell = interested;
                interested = false;
            }
            if (full) {
                from.pause(true);
            }
            if (tell) {
                fillable();
            }
        }

        @Override
        public void drained(Link from) {
            sent();
        }

        @Override
        public void inputClosed(Link from) {
            over(false);
        }

        // The protocol above ends the connection in its own way.
        @Override
        public void shuttingDown(Link from) {}

        @Override
        public void closed(CloseCause why) {
            over(true);
        }

        private void over(boolean whole) {
            boolean tell;
            synchronized (LinkEndPoint.this) {
                inputEnded = true;
                ended |= whole;
                tell = interested;
                interested = false;
            }
            if (tell) {
                fillable();
            }
            if (whole) {
                sent();
            }
        }
    }
}
