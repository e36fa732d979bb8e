// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import io.millrace.link.FlowControl;
import io.millrace.link.FlowOwner;
import io.millrace.loop.Log;
import io.millrace.socket.RawSockaddr;
import java.net.SocketAddress;
import java.util.Objects;

/**
 * One connection: what its protocol has asked for and what the driver needs to know to do it. The driver moves the
 * bytes; this class calls the protocol and turns its wishes into flags.
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
final class Connection extends ConnectionTimes implements Link, Flow, FlowOwner, HeapTrimmer.Holder {
    /** How long the rest of a lingering peer's input is read and dropped. */
    private static final long LINGER_NANOS = 2_000_000_000L;

    /** In place of a port: a Unix socket, whose address the kernel knows. */
    private static final int UNIX = -1;

    final Driver driver;
    private final ConnectionLimit connectionLimit;
    private Protocol protocol;

    /** Input that the protocol left, or {@code null}. */
    Buffer in;

    /** What waits to be sent, or {@code null}. */
    OutputQueue output;

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

    private CloseMode closing;
    private CloseCause cause;
    private final long peerHigh;
    private final long peerLow;
    private final int peerPort;
    private SocketAddress peer;

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

    /** Whether something waits that the socket has no room for. */
    @Override
    public boolean isBlocked() {
        return pending() > 0 && !is(WRITABLE | HELD_OUT);
    }

    private long high() {
        long agreed = flow == null ? driver.budget.high() : flow.outputHigh();
        return driver.heap.isShort() ? Math.min(agreed, HeapLimit.LOW_MARK) : agreed;
    }

    @Override
    public int kept() {
        return in == null ? 0 : in.readable();
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
        if (counted != held()) {
            long before = counted;
            counted = held();
            driver.heap.add(counted - before);
        }
    }

    private long held() {
        return (in == null ? 0 : in.capacity()) + (output == null ? 0 : output.held());
    }

    @Override
    public void trim() {
        if (in != null) {
            in.trim();
        }
        if (output != null) {
            output.trim();
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

    /** The connection stands. */
    void opened(Protocol first) {
        protocol = first;
        guarded(() -> first.opened(this));
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

    /** Whether the protocol wants to see so many bytes, or to wait for more. */
    boolean isEnough(int readable) {
        return flow == null || readable >= flow.inputLow() || is(ENDED);
    }

    /** Bytes are in the buffer: the protocol takes what it wants of it. */
    void received(Buffer buffer) {
        try {
            protocol.receive(buffer, this);
        } catch (Throwable t) {
            failed(t);
        }
    }

    /** The end of the input has been read. */
    void endRead() {
        set(ENDED);
        if (is(LINGERING)) {
            failLater(CloseCause.LOCAL);
        } else {
            // What was too little to be shown is all there will ever be.
            set(flow == null ? END_TO_TELL : END_TO_TELL | REDELIVER);
        }
    }

    /** The peer sends nothing more. */
    void inputClosed() {
        clear(END_TO_TELL);
        guarded(() -> protocol.inputClosed(this));
    }

    /** All output has left: the protocol may go on, or the end has come. */
    void drained() {
        throttled();
        if (is(FINISHING) && !is(FINISHED)) {
            set(FINISHED);
            loop.kernel().shutdown(fd);
        }
        if (closing == CloseMode.FLUSHED) {
            failLater(CloseCause.LOCAL);
        } else if (closing == CloseMode.LINGERING) {
            linger();
        } else {
            callDrained();
        }
    }

    private void callDrained() {
        try {
            protocol.drained(this);
        } catch (Throwable t) {
            failed(t);
        }
    }

    private void linger() {
        if (is(ENDED)) {
            failLater(CloseCause.LOCAL);
            return;
        }
        if (!is(FINISHED)) {
            loop.kernel().shutdown(fd);
        }
        dropFlow();
        set(LINGERING | READABLE);
        in = null;
        deadline(loop.now() + LINGER_NANOS);
    }

    /** The socket takes nothing more for now; {@code progress} says whether it took something this time. */
    void blocked(boolean progress) {
        outputWaits(progress);
        if (flow != null) {
            flow.blocked();
        }
    }

    /** Some output has left and some has not: tells a producer when it has become little enough. */
    void lowered() {
        if (flow != null && closing == null && flow.fellToLow(pending())) {
            callDrained();
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
    void stalled() {
        failLater(CloseCause.STALLED);
    }

    /** A time limit has passed. */
    @Override
    public void timedOut(TimeLimit which) {
        if (closing == null && !is(CLOSING)) {
            guarded(() -> protocol.timedOut(this, which));
        }
    }

    @Override
    void expired() {
        if (is(LINGERING)) {
            failLater(CloseCause.LOCAL);
        } else {
            guarded(() -> protocol.expired(this));
        }
    }

    /** Calls the protocol, where that is seldom enough for a lambda: what it throws ends the connection. */
    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (Throwable t) {
            failed(t);
        }
    }

    /** Whatever the protocol or an alarm throws ends the connection, and no other. */
    @Override
    protected void failed(Throwable thrown) {
        if (is(DEAD)) {
            Log.failure("a task of a connection that has ended threw", thrown);
            return;
        }
        failLater(CloseCause.FAILED);
        if (thrown instanceof OutOfMemoryError) {
            forget();
        }
        driver.markDirty(this);
        try {
            Log.failure("a protocol failed on the connection from ", peer(), "", thrown);
        } catch (Throwable t) {
            // Not even to find out whose it is.
        }
    }

    @Override
    protected void abandon() {
        if (fd >= 0) {
            int open = fd;
            fd = -1;
            loop.kernel().close(open);
        }
    }

    /** Gives up what waits here: there is no memory, or nobody left to send it. */
    @Override
    protected void forget() {
        failLater(CloseCause.FAILED);
        in = null;
        if (output != null) {
            output.forget();
        }
    }

    /** The connection is to end as soon as the driver has left the protocol. The first cause stays. */
    void failLater(CloseCause why) {
        if (!is(CLOSING)) {
            set(CLOSING);
            cause = why;
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

    private void dropFlow() {
        if (flow != null) {
            flow.release();
            flow = null;
            clear(HELD_IN | HELD_OUT);
        }
    }

    /** It never came to be opened: gives its place back. */
    void unopened() {
        set(DEAD);
        connectionLimit.release();
    }

    private void releaseOutput() {
        if (output != null) {
            OutputQueue all = output;
            output = null;
            all.release();
        }
    }

    /** The server is shutting down. */
    void stopping() {
        if (closing == null && !is(CLOSING | DEAD)) {
            guarded(() -> protocol.shuttingDown(this));
            driver.markDirty(this);
        }
    }

    // ---- wishes, from the protocol ----

    @Override
    public Buffer out() {
        assert inLoop();
        return is(DEAD | FINISHING) ? new Buffer() : output().out(driver.outputs.buffers);
    }

    private OutputQueue output() {
        if (output == null) {
            output = driver.outputs.take();
        }
        return output;
    }

    @Override
    public void flush() {
        assert inLoop();
        if (!is(DEAD)) {
            set(DIRTY);
            driver.markDirty(this);
            if (flow != null) {
                flow.flushed(pending());
            }
            if (!is(BUSY)) {
                // Tasks come by the hundred before those that they are for are served.
                count();
            }
        }
    }

    @Override
    public boolean writable() {
        return pending() < high();
    }

    @Override
    public long pending() {
        return output == null ? 0 : output.pending();
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        assert inLoop();
        if (!takesOutput() || count <= 0) {
            file.close();
            return;
        }
        output().add(file, from, count);
    }

    @Override
    public void transfer(SharedBytes body) {
        send(body.array(), body.offset(), body.length(), body);
    }

    @Override
    public void transfer(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        send(bytes, offset, length, null);
    }

    private void send(byte[] bytes, int offset, int length, SharedBytes body) {
        assert inLoop();
        if (takesOutput() && length > 0) {
            output().transfer(bytes, offset, length, body, driver.heap.isShort(), driver.outputs.buffers);
        }
    }

    /** Whether there is somebody left to send to. */
    private boolean takesOutput() {
        return !is(CLOSING | DEAD | FINISHING);
    }

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
    public void pause(boolean on) {
        assert inLoop();
        if (is(DEAD)) {
            return;
        }
        if (on) {
            set(PAUSED);
            return;
        }
        clear(PAUSED);
        set(REDELIVER);
        if (flow != null) {
            flow.resumed();
        }
        driver.markDirty(this);
    }

    @Override
    public void switchProtocol(Protocol next) {
        assert inLoop();
        if (is(CLOSING | DEAD)) {
            return;
        }
        protocol = next;
        // What the old one has been told and what it left, the next one has still to hear.
        set(REDELIVER);
        if (is(ENDED)) {
            set(END_TO_TELL);
        }
        if (closing == null) {
            forgetLimits();
        }
        driver.markDirty(this);
        guarded(() -> next.opened(this));
    }

    /** What a protocol has set for itself is not for the next one. */
    private void forgetLimits() {
        forgetTimes();
        if (flow != null) {
            flow.reset();
        }
    }

    private ConnectionFlow control() {
        if (flow == null) {
            flow = new ConnectionFlow(this);
        }
        return flow;
    }

    /** Whether nothing can be agreed upon any more. */
    private boolean isOver() {
        assert inLoop();
        return is(LINGERING | CLOSING | DEAD);
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
    void touched() {
        driver.markDirty(this);
    }

    @Override
    public void timeout(TimeLimit which, long nanos) {
        if (!isOver()) {
            control().limit(which, nanos);
        }
    }

    @Override
    public void writeWatermarks(long low, long high) {
        FlowControl.checkOutputMarks(low, high);
        if (!isOver()) {
            control().writeWatermarks(low, high);
            touched();
        }
    }

    @Override
    public void readWatermarks(int low, int high) {
        FlowControl.checkInputMarks(low, high);
        if (!isOver()) {
            control().readWatermarks(low, high);
            set(REDELIVER);
            touched();
        }
    }

    @Override
    public void rate(RateLimit rate) {
        if (!isOver()) {
            control().rate(rate);
            touched();
        }
    }

    @Override
    public void maxPerCall(int read, int write) {
        FlowControl.checkPortions(read, write);
        if (!isOver()) {
            control().maxPerCall(read, write);
            touched();
        }
    }

    @Override
    public Flow flow() {
        return this;
    }

    @Override
    public void shutdownOutput() {
        assert inLoop();
        if (is(FINISHING | CLOSING | DEAD) || closing != null) {
            return;
        }
        if (output != null) {
            output.finish(driver.outputs.buffers);
        }
        set(FINISHING | DIRTY);
        driver.markDirty(this);
    }

    @Override
    public void close(CloseMode how) {
        assert inLoop();
        if (is(DEAD)) {
            return;
        }
        if (how == CloseMode.NOW || how == CloseMode.ABORT) {
            if (how == CloseMode.ABORT && !is(CLOSING)) {
                set(ABORTING);
            }
            failLater(CloseCause.LOCAL);
        } else if (closing == null) {
            closing = how;
            set(DIRTY);
        }
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
        return is(DEAD) ? null : loop.kernel().local(fd);
    }

    /** A task of a connection that throws ends it: whoever waits for what the task was to do would wait for ever. */
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
