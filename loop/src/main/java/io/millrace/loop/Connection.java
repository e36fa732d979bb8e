// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Closing;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.poll.Peer;
import java.net.SocketAddress;

/**
 * One connection: what its protocol has asked for and what the driver needs to know to do it. The driver moves the bytes; this class
 * calls the protocol and turns its wishes into flags.
 *
 * <p>An idle one is this object and its protocol, nothing else: buffers are lent for the length of a turn, and only what a protocol
 * left unconsumed or the socket did not take stays.
 *
 * <pre>
 *   open ──close(FLUSHED)──► flushing ──all sent──────────────────────────────► dead
 *     │ ───close(LINGERING)► flushing ──all sent, FIN──► lingering ──end, time──► dead
 *     └────close(NOW), reset, stalled, failed ─────────► doomed ──end of serve──► dead
 * </pre>
 */
final class Connection extends Source implements Link {
    /** How long the rest of a lingering peer's input is read and dropped. */
    private static final long LINGER_NANOS = 2_000_000_000L;

    // What the kernel said last.
    static final int READABLE = 1;
    static final int WRITABLE = 1 << 1;
    /** An end or an error was reported: read until the kernel shows it. */
    static final int ENDING = 1 << 2;
    /** The end of the input has been read. */
    static final int ENDED = 1 << 3;
    /** It has been read and the protocol has not been told: it paused, or it is a new one. */
    static final int END_TO_TELL = 1 << 13;

    // What the protocol wants.
    static final int PAUSED = 1 << 4;
    /** There is output to send, or an end to come to. */
    static final int DIRTY = 1 << 5;
    /** Unconsumed input, if there is any, is to be offered once more. */
    static final int OFFER = 1 << 6;

    // Where we are.
    /** The driver is serving this connection just now and looks at the flags before it leaves. */
    static final int BUSY = 1 << 7;
    static final int TOUCHED = 1 << 8;
    static final int AGAIN = 1 << 9;
    static final int LINGERING = 1 << 10;
    static final int DOOMED = 1 << 11;
    static final int DEAD = 1 << 12;

    /** In place of a port: a Unix socket, whose address the kernel knows. */
    private static final int UNIX = -1;

    final EventLoop loop;
    private final Driver driver;
    private final Quota quota;
    private Protocol protocol;

    /** Input that the protocol left, or {@code null}. */
    Buffer in;

    /** Output behind the outbox, or {@code null}. */
    Buffer out;

    /** Output with files in it, or {@code null}. */
    Outbox outbox;

    /** Bytes at the front of the output that have been handed over and whose completion is not known yet. */
    int sending;

    private int flags = WRITABLE;
    private Closing closing;
    private CloseCause cause;
    private long deadline = NEVER;
    private long stallAt = NEVER;
    private long stallLimit = NEVER;
    private final long peerHigh;
    private final long peerLow;
    private final int peerPort;
    private SocketAddress peer;

    Connection(EventLoop loop, Quota quota, long peerHigh, long peerLow, int peerPort) {
        this.loop = loop;
        this.driver = loop.driver;
        this.quota = quota;
        this.peerHigh = peerHigh;
        this.peerLow = peerLow;
        this.peerPort = peerPort;
    }

    /** To or from a peer whose address is known. */
    Connection(EventLoop loop, Quota quota, SocketAddress peer) {
        this(loop, quota, 0, 0, UNIX);
        this.peer = peer;
    }

    // ---- flags ----

    boolean is(int flag) {
        return (flags & flag) != 0;
    }

    void set(int flag) {
        flags |= flag;
    }

    void clear(int flag) {
        flags &= ~flag;
    }

    /** Whether input may be taken from the socket or offered again. */
    boolean wantsInput() {
        if (is(LINGERING)) {
            return !is(DOOMED);
        }
        return !is(PAUSED | DOOMED | DEAD) && closing == null && pending() < loop.budget.high();
    }

    /** Whether serving would get anywhere now. */
    boolean hasWork() {
        return is(DIRTY) && is(WRITABLE) && !is(DOOMED) || is(READABLE | OFFER | END_TO_TELL) && wantsInput();
    }

    // ---- events, from the driver ----

    @Override
    void ready(int events) {
        driver.ready(this, events);
    }

    @Override
    void resume() {
        clear(AGAIN);
        driver.serve(this);
    }

    @Override
    boolean awaited() {
        return true;
    }

    @Override
    void closeNow() {
        doom(CloseCause.SHUTDOWN);
        driver.touch(this);
    }

    /** The connection stands. */
    void opened(Protocol first) {
        protocol = first;
        try {
            first.opened(this);
        } catch (Throwable t) {
            failed(t);
        }
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
            doom(CloseCause.LOCAL);
        } else {
            set(END_TO_TELL);
        }
    }

    /** The peer sends nothing more. */
    void ended() {
        clear(END_TO_TELL);
        try {
            protocol.ended(this);
        } catch (Throwable t) {
            failed(t);
        }
    }

    /** All output has left: the protocol may go on, or the end has come. */
    void drained() {
        stallAt = NEVER;
        if (closing == Closing.FLUSHED) {
            doom(CloseCause.LOCAL);
        } else if (closing == Closing.LINGERING) {
            linger();
        } else {
            try {
                protocol.drained(this);
            } catch (Throwable t) {
                failed(t);
            }
        }
    }

    private void linger() {
        if (is(ENDED)) {
            doom(CloseCause.LOCAL);
            return;
        }
        loop.kernel.shutdown(fd);
        set(LINGERING | READABLE);
        in = null;
        deadline = NEVER;
        deadline(loop.now() + LINGER_NANOS);
    }

    /** The socket takes nothing more for now; {@code progress} says whether it took something this time. */
    void blocked(boolean progress) {
        if (stallLimit != NEVER && (progress || stallAt == NEVER)) {
            stallAt = later(stallLimit);
            arm();
        }
    }

    /** Some bytes have left, though not all: it moves. */
    void moved() {
        if (stallAt != NEVER) {
            stallAt = later(stallLimit);
        }
    }

    private long later(long nanos) {
        long at = loop.now() + nanos;
        return at < loop.now() ? NEVER : at;
    }

    @Override
    void ring() {
        long now = loop.now();
        if (Math.min(deadline, stallAt) > now) {
            arm();
            return;
        }
        if (stallAt <= now) {
            doom(CloseCause.STALLED);
        } else {
            deadline = NEVER;
            expired();
            arm();
        }
        driver.touch(this);
    }

    private void expired() {
        if (is(LINGERING)) {
            doom(CloseCause.LOCAL);
            return;
        }
        try {
            protocol.expired(this);
        } catch (Throwable t) {
            failed(t);
        }
    }

    private void failed(Throwable thrown) {
        if (is(DEAD)) {
            Log.error("a task of a connection that has ended threw", thrown);
            return;
        }
        Log.error("a protocol failed on the connection from " + peer(), thrown);
        doom(CloseCause.FAILED);
    }

    /** The connection is to end as soon as the driver has left the protocol. The first cause stays. */
    void doom(CloseCause why) {
        if (!is(DOOMED)) {
            set(DOOMED);
            cause = why;
        }
    }

    /** The descriptor and the slot are free: only the protocol has still to be told. */
    void died(BufferPool pool) {
        set(DEAD);
        releaseOutput(pool);
        in = null;
        quota.release();
        try {
            protocol.closed(cause);
        } catch (Throwable t) {
            Log.error("a protocol failed in closed()", t);
        }
    }

    /** It never came to be opened: gives its place back. */
    void unopened() {
        set(DEAD);
        quota.release();
    }

    private void releaseOutput(BufferPool pool) {
        if (out != null) {
            pool.give(out);
            out = null;
        }
        if (outbox != null) {
            outbox.release();
            outbox = null;
        }
    }

    /** The server is shutting down. */
    void stopping() {
        if (closing == null && !is(DOOMED | DEAD)) {
            try {
                protocol.stopping(this);
            } catch (Throwable t) {
                failed(t);
            }
            driver.touch(this);
        }
    }

    // ---- wishes, from the protocol ----

    @Override
    public Buffer out() {
        assert inLoop();
        if (out == null) {
            out = driver.lendOutput(this);
        }
        return out;
    }

    @Override
    public void flush() {
        assert inLoop();
        if (!is(DEAD)) {
            set(DIRTY);
            driver.touch(this);
        }
    }

    @Override
    public boolean writable() {
        return pending() < loop.budget.high();
    }

    @Override
    public long pending() {
        long count = out == null ? 0 : out.readable();
        return outbox == null ? count : count + outbox.pending();
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        assert inLoop();
        if (is(DOOMED | DEAD) || count <= 0) {
            file.close();
            return;
        }
        if (outbox == null) {
            outbox = new Outbox();
        }
        if (out != null && !out.isEmpty()) {
            outbox.add(new Outbox.Part(out));
            out = null;
        }
        outbox.add(new Outbox.Part(file, from, count));
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
        set(OFFER);
        driver.touch(this);
    }

    @Override
    public void become(Protocol next) {
        assert inLoop();
        if (is(DOOMED | DEAD)) {
            return;
        }
        protocol = next;
        // What the old one has been told and what it left, the next one has still to hear.
        set(OFFER);
        if (is(ENDED)) {
            set(END_TO_TELL);
        }
        driver.touch(this);
        try {
            next.opened(this);
        } catch (Throwable t) {
            failed(t);
        }
    }

    @Override
    public void deadline(long at) {
        assert inLoop();
        deadline = at;
        if (at != NEVER) {
            arm();
        }
    }

    /** Sees to it that the alarm rings no later than the next time limit. Rings too early are cheaper than moving it each time. */
    private void arm() {
        long next = Math.min(deadline, stallAt);
        if (next != NEVER && !is(DEAD) && (index < 0 || next < due)) {
            loop.alarms.set(this, next);
        }
    }

    @Override
    public void stallLimit(long nanos) {
        assert inLoop();
        stallLimit = nanos;
    }

    @Override
    public void close(Closing how) {
        assert inLoop();
        if (is(DEAD)) {
            return;
        }
        if (how == Closing.NOW) {
            doom(CloseCause.LOCAL);
        } else if (closing == null) {
            closing = how;
            set(DIRTY);
        }
        driver.touch(this);
    }

    @Override
    public long now() {
        return loop.now();
    }

    @Override
    public boolean inLoop() {
        return loop.inLoop();
    }

    @Override
    public SocketAddress peer() {
        if (peer == null) {
            peer = peerPort != UNIX ? Peer.unpack(peerHigh, peerLow, peerPort) : is(DEAD) ? null : loop.kernel.peer(fd);
        }
        return peer;
    }

    @Override
    public SocketAddress local() {
        return is(DEAD) ? null : loop.kernel.local(fd);
    }

    /** A task of a connection that throws ends it: whoever waits for what the task was to do would wait for ever. */
    @Override
    public void execute(Runnable task) {
        loop.execute(() -> {
            try {
                task.run();
            } catch (Throwable t) {
                failed(t);
                driver.touch(this);
            }
        });
    }

    @Override
    public String toString() {
        return "Connection[" + peer() + ", descriptor " + fd + "]";
    }
}
