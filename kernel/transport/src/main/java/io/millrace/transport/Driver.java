// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.CloseCause;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import io.millrace.loop.Mechanism;
import io.millrace.loop.Source;
import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * Moves bytes between the kernel and connections; knows no protocol. The seam between readiness and completion lies
 * here, and it is "bytes moved", never "ready": a connection appends to its output and is served, and it is given what
 * came in, whatever the kernel's way of saying so.
 *
 * <p>What all ways have in common is in this class: who there is, who is to be served before the turn ends, who goes on
 * next turn, and how one connection is served within its budget. A way itself says how to wait, how to receive and to
 * send, and how to let go of a socket.
 */
abstract class Driver extends Mechanism {
    /**
     * What offering input again counts in a connection's budget: a protocol that asks for it for ever must not hold up
     * the others.
     */
    private static final int REDELIVER_COST = 4096;

    /** So many outputs and buffers are kept for those who have something to send. */
    private static final int OUTPUTS = 64;

    final Budget budget;

    /** How much of the heap the connections may hold. */
    final HeapLimit heap;

    /** Those that were not accepted are not limited in number: their opener has them in hand. */
    private final ConnectionLimit outgoing = new ConnectionLimit(Integer.MAX_VALUE);

    final OutputQueue.Pool outputs = new OutputQueue.Pool(OUTPUTS);
    final ReceiveBuffer receiveBuffer;
    final SocketReader reader;
    final SocketWriter writer;

    /** Has connections give up memory while it is short. */
    private final HeapTrimmer trimmer;

    /** Where splices borrow their pipes. */
    final PipePool pipes;

    /** To be served before this turn ends. */
    private final ArrayList<Connection> touched = new ArrayList<>();

    /** Counted down when no connection is left, or {@code null} as long as none is told to end. */
    private CountDownLatch draining;

    private boolean drained;

    Driver(EventLoop loop, Budget budget, HeapLimit heap) {
        super(loop);
        this.budget = budget;
        this.heap = heap;
        this.trimmer = new HeapTrimmer(slab, heap, holder -> destroy((Connection) holder));
        this.receiveBuffer = new ReceiveBuffer(budget.lent());
        this.pipes = new PipePool(kernel);
        this.reader = new SocketReader(kernel, budget, receiveBuffer, pipes);
        this.writer = new SocketWriter(kernel, budget, receiveBuffer, outputs);
    }

    /**
     * Returns the driver of a loop.
     *
     * @throws IllegalArgumentException if the loop was opened with a mechanism that carries no connections
     */
    static Driver of(EventLoop loop) {
        if (loop.mechanism() instanceof Driver driver) {
            return driver;
        }
        throw new IllegalArgumentException("the loop " + loop.name() + " carries no connections: " + loop.engine());
    }

    // ---- what each way does differently ----

    /** Begins to move the bytes of a connection that has its slot and its descriptor. Returns 0 or -errno. */
    abstract int begin(Connection connection);

    /** Looks whether something has arrived that no event has reported yet, and serves the connection. */
    abstract void pollNow(Connection connection);

    /** Takes input that can be had now and delivers it. Returns the bytes it took from the connection's budget. */
    abstract int receive(Connection connection);

    /**
     * Sends from the first part of the output, which there is, up to {@code most} bytes of a file: bytes moved, 0 if
     * they are under way and their completion serves the connection, or -errno.
     */
    abstract long send(Connection connection, long most);

    /** The socket takes no more: sees to it that the connection is served when it does. */
    abstract void awaitWritable(Connection connection);

    /**
     * The connection has been served, and is alive: sees to it that it is served when something happens that it wants
     * to know.
     */
    abstract void rearm(Connection connection);

    /** Lets go of the socket, in as many steps as that takes; the last one is {@link #free}. */
    abstract void release(Connection connection);

    /** Why {@link #begin} failed, in words. */
    String refusal(Connection connection, int result) {
        return Errno.describe(result);
    }

    /**
     * The {@link Interest} bits to accept connections with. Without EDGE among them the acceptor has to ask for nothing
     * while it does not take those who wait. With {@code exclusive} one of several loops is woken, where the mechanism
     * can.
     */
    int listening(boolean exclusive) {
        return Interest.READ | Interest.EDGE | (exclusive ? Interest.EXCLUSIVE : 0);
    }

    /**
     * From now on connections come by themselves, to {@link Source#completed}, and the socket's events are not told.
     * {@code false} where that cannot be, or not yet, and everything is as before. {@link #modify} and {@link #unwatch}
     * end it; those on their way still arrive, as long as the acceptor is known.
     */
    boolean beginAccepting(Source acceptor) {
        return false;
    }

    /** Ends it and has all those on their way arrive before this returns. For tasks, not while events are handled. */
    void finishAccepting(Source acceptor) {}

    // ---- the turn ----

    @Override
    protected final void dispatch() {
        writer.turn();
        super.dispatch();
    }

    @Override
    protected final void failed(Source source) {
        if (source instanceof Connection c && !c.is(Connection.DEAD)) {
            // Before it is said: that takes memory, which may be what there is none of.
            c.failLater(CloseCause.FAILED);
            c.forget();
            receiveBuffer.scratch();
            destroy(c);
        } else {
            super.failed(source);
        }
    }

    /** Serves the connections that tasks and timers have touched. */
    @Override
    protected final void finishTurn() {
        // Serving one connection can touch another: the list may grow while it is read.
        for (int i = 0; i < touched.size(); i++) {
            Connection connection = touched.get(i);
            connection.clear(Connection.DIRTY_QUEUED);
            try {
                serve(connection);
            } catch (Throwable t) {
                broken(connection, t);
            }
        }
        touched.clear();
    }

    @Override
    protected final boolean hasWork() {
        return super.hasWork() || !touched.isEmpty();
    }

    /** The connection has output, input to take or an end to come to: it is served before the turn ends. */
    final void markDirty(Connection connection) {
        if (!connection.is(Connection.BUSY | Connection.DIRTY_QUEUED | Connection.DEAD)) {
            connection.set(Connection.DIRTY_QUEUED);
            touched.add(connection);
        }
    }

    // ---- one connection ----

    /** Opens a connection that was not accepted here, with a flag more, as {@link #open}. */
    final void openOutgoing(int fd, SocketAddress peer, Protocol protocol, int flag) {
        outgoing.take();
        open(new Connection(this, outgoing, peer, flag), fd, protocol);
    }

    /**
     * Takes a connected socket over, whatever happens. Where it cannot be opened, it is closed and the protocol sees a
     * connection that ends at once.
     */
    final void open(Connection c, int fd, Protocol protocol) {
        if (isClosed() || !register(c, fd)) {
            kernel.close(fd);
            c.refused(protocol, isClosed() ? CloseCause.SHUTDOWN : CloseCause.FAILED);
            return;
        }
        try {
            begin(c, protocol);
        } catch (Throwable t) {
            broken(c, t);
        }
    }

    private boolean register(Connection c, int fd) {
        try {
            slab.add(c);
            c.fd = fd;
            return true;
        } catch (Throwable t) {
            Log.failure("there is no room for a connection", t);
            return false;
        }
    }

    private void begin(Connection c, Protocol protocol) {
        c.set(Connection.BUSY);
        c.opened(protocol);
        int result = begin(c);
        if (result < 0) {
            Log.warn("cannot watch a connection: " + refusal(c, result));
            c.failLater(CloseCause.FAILED);
        } else if (draining != null) {
            c.stopping();
        }
        serve(c);
    }

    /** Moves what bytes of a connection can be moved now, within the turn's budget. */
    final void serve(Connection c) {
        if (c.is(Connection.DEAD)) {
            return;
        }
        c.set(Connection.BUSY);
        long left = budget.read();
        int rounds = budget.rounds();
        do {
            left = read(c, left);
            if (c.is(Connection.DIRTY)) {
                write(c);
            }
        } while (c.hasWork() && left > 0 && --rounds > 0);
        if (c.is(Connection.CLOSING)) {
            destroy(c);
            return;
        }
        c.clear(Connection.BUSY);
        rearm(c);
        if (c.hasWork() && !c.is(Connection.REQUEUED)) {
            c.set(Connection.REQUEUED);
            requeue(c);
        }
        c.count();
        if (heap.isShort()) {
            trimmer.served(c, loop.now());
        }
    }

    private long read(Connection c, long most) {
        long left = most;
        while (left > 0 && c.wantsInput()) {
            if (c.is(Connection.REDELIVER)) {
                receiveBuffer.offer(c);
                left -= REDELIVER_COST;
            } else if (c.is(Connection.END_TO_TELL)) {
                c.inputClosed();
            } else if (c.is(Connection.READABLE) && c.mayReceive()) {
                left -= receive(c);
            } else {
                break;
            }
        }
        return left;
    }

    /** Sends until everything has left or is under way, the socket is full or the budget is used up. */
    private void write(Connection c) {
        c.clear(Connection.DIRTY);
        if (c.sending > 0) {
            // On its way: the completion goes on.
            return;
        }
        writer.setLowat(c);
        long left = writer.share();
        boolean progress = false;
        while (c.pending() > 0 && c.is(Connection.WRITABLE) && !c.is(Connection.CLOSING)) {
            if (left <= 0) {
                c.moved();
                c.set(Connection.DIRTY);
                c.lowered();
                return;
            }
            long most = c.flow == null ? left : c.flow.maySend(left);
            if (most == 0) {
                c.set(Connection.DIRTY);
                c.throttled();
                c.lowered();
                return;
            }
            long n = send(c, most);
            if (n > 0) {
                progress = true;
                left -= n;
            } else if (n == 0) {
                return;
            } else if (n == -Errno.EAGAIN) {
                c.clear(Connection.WRITABLE);
            } else if (n != -Errno.EINTR) {
                c.failLater(Causes.of((int) n));
            }
        }
        if (c.is(Connection.CLOSING)) {
            return;
        }
        if (c.pending() > 0) {
            c.set(Connection.DIRTY);
            writer.backlogged(c);
            c.blocked(progress);
            c.lowered();
            awaitWritable(c);
        } else {
            writer.giveBack(c);
            c.drained();
        }
    }

    /** The end of a connection: its protocol is told, and its socket is let go of. */
    private void destroy(Connection c) {
        loop.cancelTimer(c);
        writer.drained(c);
        release(c);
        c.closed();
        left();
    }

    /** The kernel holds nothing of the connection any more: its slot and its descriptor are free for others. */
    final void free(Connection c) {
        slab.remove(c);
        if (c.fd < 0) {
            return;
        }
        if (c.is(Connection.ABORTING)) {
            kernel.abort(c.fd);
        } else {
            kernel.close(c.fd);
        }
        c.fd = -1;
    }

    // ---- the end ----

    /**
     * Tells all connections, those still to come included, that the server is stopping, once what had arrived for them
     * has been delivered. Counts down when none is left.
     */
    final void drain(CountDownLatch empty) {
        draining = empty;
        drained = false;
        // Their last word before: a request that lies in the socket already is in flight, not idle.
        for (Connection connection : all()) {
            pollNow(connection);
            connection.stopping();
        }
        left();
    }

    /** A connection or a listening socket is gone. */
    final void left() {
        if (draining != null && !drained && isEmpty()) {
            drained = true;
            draining.countDown();
        }
    }

    /** Returns all connections there are now. */
    final List<Connection> all() {
        List<Connection> all = new ArrayList<>();
        for (Source source : slab.toArray()) {
            if (source instanceof Connection connection && !connection.is(Connection.DEAD)) {
                all.add(connection);
            }
        }
        return all;
    }

    @Override
    protected final void describe(Consumer<Object> lines) {
        all().forEach(lines);
    }

    @Override
    protected final void end(Source source) {
        if (!(source instanceof Connection c)) {
            super.end(source);
        } else if (!c.is(Connection.DEAD)) {
            c.failLater(CloseCause.SHUTDOWN);
            destroy(c);
        }
    }

    @Override
    protected final void closeAll() {
        super.closeAll();
        touched.clear();
        pipes.close();
    }

    @Override
    protected void abandon() {
        outputs.clear();
        super.abandon();
    }
}
