// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.CloseCause;
import io.millrace.core.Flow;
import io.millrace.core.Protocol;
import io.millrace.core.RecordKeys;
import io.millrace.link.FlowControl;
import io.millrace.loop.Log;
import io.millrace.socket.RawSockaddr;
import io.millrace.sys.KernelTls;
import java.net.SocketAddress;

/**
 * One connection: what its protocol has asked for and what the driver needs to know to do it. The driver moves the
 * bytes; {@link ConnectionProtocol} calls the protocol, and {@link ConnectionLink} turns its wishes into flags.
 *
 * <p>An idle one is this object and its protocol, nothing else: buffers are lent for the length of a turn, and only
 * what a protocol left unconsumed or the socket did not take stays.
 *
 * <pre>
 *   open ──close(FLUSHED)──► flushing ──all sent──────────────────────────────► dead
 *     │ ───close(LINGERING)► flushing ──all sent, FIN──► lingering ──end, time──► dead
 *     └────close(NOW), reset, stalled, failed ─────────► doomed ──end of serve──► dead
 * </pre>
 */
final class Connection extends ConnectionProtocol implements HeapTrimmer.Holder {
    /** In place of a port: a Unix socket, whose address the kernel knows. */
    private static final int UNIX = -1;

    final Driver driver;
    private final ConnectionLimit connectionLimit;

    /** Bytes given to the kernel since it was asked how many it keeps. */
    int unasked;

    /** How much memory is known to wait here, buffers as large as they are. */
    long counted;

    /** Bytes at the front of the output that have been handed over and whose completion is not known yet. */
    int sending;

    /** What was agreed upon beyond the usual, or {@code null}. */
    ConnectionFlow flow;

    /** What a level-triggered driver has asked the kernel to report, {@link io.millrace.poll.Interest} bits. */
    int watched;

    private final long peerHigh;
    private final long peerLow;
    private final int peerPort;
    private SocketAddress peer;
    private SocketAddress local;

    Connection(Driver driver, ConnectionLimit connectionLimit, long peerHigh, long peerLow, int peerPort) {
        super(driver.loop());
        this.driver = driver;
        this.connectionLimit = connectionLimit;
        this.peerHigh = peerHigh;
        this.peerLow = peerLow;
        this.peerPort = peerPort;
        begin(loop.now());
    }

    /** To or from a peer whose address is known, with a flag more. */
    Connection(Driver driver, ConnectionLimit connectionLimit, SocketAddress peer, int flag) {
        this(driver, connectionLimit, 0, 0, UNIX);
        this.peer = peer;
        set(flag);
    }

    // ---- what is to be done ----

    /** Whether the protocol may be given input, or told of its end. */
    @Override
    boolean wantsInput() {
        if (is(LINGERING)) {
            return !is(CLOSING);
        }
        // Input that is spliced elsewhere comes in however much output waits here.
        boolean hasRoom = pending() < high() || (flow != null && flow.splice != null);
        return !is(PAUSED | CLOSING | DEAD) && closing == null && hasRoom;
    }

    /** Whether there is no reason but the protocol's to leave input in the socket. */
    boolean mayReceive() {
        return flow == null || (!is(HELD_IN) && flow.hasRoom());
    }

    /** Whether to ask the kernel for more input, by those that are told afterwards how much it was. */
    boolean canReceive() {
        return mayReceive() && (flow == null || flow.mayReceive(1) > 0);
    }

    /** Whether serving would get anywhere now. */
    boolean hasWork() {
        return (is(DIRTY) && is(WRITABLE) && !is(CLOSING | HELD_OUT))
                || (is(READABLE | REDELIVER | END_TO_TELL)
                        && wantsInput()
                        && (is(REDELIVER | END_TO_TELL) || mayReceive()));
    }

    @Override
    public long usualHigh() {
        return driver.budget.high();
    }

    @Override
    public long counted() {
        return counted;
    }

    @Override
    public void count() {
        long now = held();
        if (counted != now) {
            driver.heap.add(now - counted);
            counted = now;
        }
    }

    // ---- events, from the driver ----

    /** Serves the connection. A driver that cares what was found takes the events of connections itself. */
    @Override
    protected void ready(int events) {
        driver.serve(this);
    }

    @Override
    protected void resume() {
        clear(REQUEUED);
        driver.serve(this);
    }

    @Override
    protected boolean awaited() {
        return true;
    }

    @Override
    protected void closeNow() {
        failLater(CloseCause.SHUTDOWN);
        driver.markDirty(this);
    }

    /** So many bytes have come out of the socket. */
    void countIn(long count) {
        hasReceived(count, loop.now());
        if (flow != null) {
            flow.received(count);
        }
    }

    /** So many bytes have gone into the socket. */
    void countOut(long count) {
        hasSent(count, loop.now());
        if (flow != null) {
            flow.sent(count);
        }
    }

    /** The socket takes nothing more for now; {@code progress} says whether it took something this time. */
    void blocked(boolean progress) {
        outputWaits(progress);
        if (flow != null) {
            flow.blocked();
        }
    }

    @Override
    long nextFlowLimit() {
        return flow == null ? NEVER : flow.next();
    }

    @Override
    void expireFlow(long now) {
        if (flow != null) {
            flow.expire(now);
        }
        driver.markDirty(this);
    }

    @Override
    protected void abandon() {
        if (fd >= 0) {
            int open = fd;
            fd = -1;
            loop.kernel().close(open);
        }
    }

    /** Gives up what waits here: there is no memory, or no peer left to send it to. */
    @Override
    protected void forget() {
        failLater(CloseCause.FAILED);
        in = null;
        if (output != null) {
            output.forget();
        }
    }

    /** The peer and the kernel\'s buffers are let go of at once. */
    @Override
    public void evict() {
        set(ABORTING);
        failLater(CloseCause.MEMORY_PRESSURE);
    }

    /** The descriptor and the slot are free: only the protocol has still to be told. */
    void closed() {
        set(DEAD);
        releaseOutput();
        dropFlow();
        in = null;
        count();
        connectionLimit.release();
        try {
            protocol.closed(cause);
        } catch (Throwable t) {
            Log.failure("a protocol failed in closed()", t);
        }
    }

    @Override
    void dropFlow() {
        if (flow != null) {
            flow.release();
            flow = null;
            clear(HELD_IN | HELD_OUT);
        }
    }

    /** There is no place for it on the loop: the protocol is told, as of a connection that is closed at once. */
    void refused(Protocol first, CloseCause why) {
        // Closing and busy: nothing that the protocol asks for while it is told reaches the driver.
        set(BUSY);
        failLater(why);
        opened(first);
        loop.cancelTimer(this);
        closed();
    }

    /** It never came to be opened: gives its place back. */
    void unopened() {
        set(DEAD);
        connectionLimit.release();
    }

    // ---- wishes, from the protocol ----

    @Override
    public boolean spliceTo(Flow into) {
        assert inLoop();
        if (into == null) {
            if (flow != null) {
                flow.splice = null;
            }
            return true;
        }
        if (is(CLOSING | DEAD) || closing != null || !(into instanceof Connection to) || to.loop != loop) {
            return false;
        }
        control().splice = new Splice(this, to);
        set(REDELIVER);
        driver.markDirty(this);
        return true;
    }

    /** Bytes are under way to this connection out of another. */
    void spliceTo(OutputQueue.Part part) {
        output().addPiped(part);
        flush();
    }

    /** What this connection had under way to another has arrived there, or is lost: more may follow. */
    void poured() {
        if (!is(BUSY | REQUEUED | DEAD)) {
            set(REQUEUED);
            driver.requeue(this);
        }
    }

    @Override
    FlowControl agreed() {
        return flow;
    }

    @Override
    boolean protect(RecordKeys keys) {
        int cipher = switch (keys.cipher()) {
            case AES_128_GCM -> KernelTls.AES_GCM_128;
            case AES_256_GCM -> KernelTls.AES_GCM_256;
            case CHACHA20_POLY1305 -> KernelTls.CHACHA20_POLY1305;
        };
        return loop.kernel().protectOutput(fd, cipher, keys.key(), keys.iv(), keys.sequence()) >= 0;
    }

    @Override
    HeapLimit heap() {
        return driver.heap;
    }

    @Override
    OutputQueue.Pool outputs() {
        return driver.outputs;
    }

    @Override
    public ConnectionFlow control() {
        if (flow == null) {
            flow = new ConnectionFlow(this);
        }
        return flow;
    }

    /** Puts the connection under a group's limit; {@code false} if it is too late for that. */
    boolean enter(ConnectionFlow.Limiter member) {
        if (isOver()) {
            return false;
        }
        control().enter(member);
        // Whatever queue it waited in, it waits there no more.
        free();
        return true;
    }

    /** Nothing holds the connection up any more, as far as is known. */
    void free() {
        clear(HELD_IN | HELD_OUT);
        touched();
    }

    /** Has itself served before the turn ends. */
    @Override
    void touched() {
        driver.markDirty(this);
    }

    @Override
    public SocketAddress peer() {
        if (peer == null) {
            peer = peerPort != UNIX
                    ? RawSockaddr.unpack(peerHigh, peerLow, peerPort)
                    : is(DEAD) ? null : loop.kernel().peer(fd);
        }
        return peer;
    }

    @Override
    public SocketAddress local() {
        if (is(DEAD)) {
            return null;
        }
        if (local == null) {
            local = loop.kernel().local(fd);
        }
        return local;
    }

    /** A task of a connection that throws ends it: what waits for the task would wait without end. */
    @Override
    public void execute(Runnable task) {
        loop.execute(() -> {
            try {
                task.run();
            } catch (Throwable t) {
                failed(t);
            }
        });
    }

    @Override
    public String toString() {
        return "Connection[" + peer() + ", descriptor " + fd + "]";
    }
}
