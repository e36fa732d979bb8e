// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import io.millrace.link.LinkFlow;
import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import java.util.Objects;

/**
 * The state of a {@link BlockingLink} in bits and its flow; what it has to send: what its protocol asks, how it leaves,
 * and how much memory waits here.
 */
abstract class BlockingOutput implements Link {
    static final Budget BUDGET = Budget.USUAL;
    private static final long LINGER_NANOS = 2_000_000_000L;

    /**
     * What {@link #interest} says when the socket has nothing more to tell and would report its end without a pause: it
     * is not to be watched at all.
     */
    public static final int NO_SOCKET = -1;

    // What the kernel said last.
    static final int READABLE = 1;
    static final int WRITABLE = 1 << 1;
    static final int HUNG_UP = 1 << 2;
    static final int ENDED = 1 << 3;
    static final int END_TO_TELL = 1 << 4;

    // What the protocol wants.
    static final int PAUSED = 1 << 5;
    static final int DIRTY = 1 << 6;
    static final int REDELIVER = 1 << 7;

    // Where we are.
    static final int OPENED = 1 << 8;
    static final int LINGERING = 1 << 9;
    static final int CLOSING = 1 << 10;
    static final int DEAD = 1 << 11;
    static final int STOPPING = 1 << 12;
    static final int ABORTING = 1 << 13;

    // What our own direction has come to, and what holds it up.
    /** Our direction is to be closed after what waits to be sent. */
    static final int FINISHING = 1 << 14;
    /** It is closed. */
    static final int FINISHED = 1 << 15;
    /** Both directions are closed: the socket reports that for ever, and nothing else. */
    static final int SILENT = 1 << 16;

    private int flags = WRITABLE;

    final LinkFlow flow = new LinkFlow(new Carrier(), System.nanoTime());

    final SocketIo socketIo;
    final HeapLimit heap;
    Protocol protocol;
    ThreadBuffers threadBuffers;
    Buffer in;
    CloseMode closing;
    CloseCause cause;
    long deadline = NEVER;
    long now = System.nanoTime();
    boolean moved;
    private OutputQueue output;

    /** How much memory is known to wait here. */
    private volatile long counted;

    BlockingOutput(SocketIo socketIo, Protocol protocol, HeapLimit heap) {
        this.socketIo = socketIo;
        this.protocol = protocol;
        this.heap = heap;
    }

    final boolean is(int flag) {
        return (flags & flag) != 0;
    }

    final void set(int flag) {
        flags |= flag;
    }

    final void clear(int flag) {
        flags &= ~flag;
    }

    /** What was found on the socket: {@link Interest} bits. By the carrier, between two steps. */
    public void ready(int events) {
        if ((events & Interest.WRITE) != 0) {
            set(WRITABLE);
        }
        if ((events & Interest.READ) != 0) {
            set(READABLE);
        }
        if ((events & (Interest.ERROR | Interest.HANGUP)) != 0) {
            hungUp(events);
        }
    }

    private void hungUp(int events) {
        if (is(FINISHED) && (events & Interest.ERROR) == 0) {
            // Both have closed their direction, in good order.
            set(is(ENDED) ? SILENT : SILENT | READABLE);
        } else {
            set(READABLE | WRITABLE | HUNG_UP);
        }
    }

    /** What the link waits for: READ, WRITE, both or none, {@link #NO_SOCKET}. By the carrier, between two steps. */
    public int interest() {
        if (is(SILENT)) {
            return NO_SOCKET;
        }
        boolean read = wantsInput() && flow.mayReceive() && !is(ENDED);
        boolean write = isBlocked();
        return (read ? Interest.READ : 0) | (write ? Interest.WRITE : 0);
    }

    /** Whether the socket lets a step get anywhere now. */
    final boolean hasIo() {
        return (is(DIRTY) && is(WRITABLE) && !is(CLOSING) && !flow.isOutputHeld())
                || (is(READABLE | REDELIVER | END_TO_TELL)
                        && wantsInput()
                        && (is(REDELIVER | END_TO_TELL) || flow.mayReceive()))
                || is(HUNG_UP);
    }

    // ---- what the link tells ----

    abstract boolean wantsInput();

    /** Bytes of input that the protocol has left. */
    abstract int kept();

    /** A time limit has passed. */
    abstract void late(TimeLimit which);

    // ---- what may move, and what has ----

    /** How many bytes to receive by one call into room for {@code space}; 0 if a rate says to wait. */
    final int portion(int space) {
        int most = flow.mayReceive(space);
        // Of a peer that has gone the poll would report the end without a pause.
        return most == 0 && is(HUNG_UP) ? flow.mayReceiveLast(space) : most;
    }

    /** Whether the protocol wants to see so many bytes, or to wait for more. */
    final boolean isEnough(int readable) {
        return readable >= flow.inputLow() || is(ENDED);
    }

    /** Whether output waits that the socket has no room for. */
    final boolean isBlocked() {
        return pending() > 0 && !is(WRITABLE) && !flow.isOutputHeld();
    }

    @Override
    public final Flow flow() {
        return flow;
    }

    // ---- what waits to be sent ----

    /** Bytes of heap that wait here, buffers as large as they are. Any thread may ask. */
    public final long held() {
        return counted;
    }

    /** Notes how much waits here by now; when memory is short and the peer does not read, little more than that. */
    final void count() {
        if (heap.isShort() && pending() > 0 && !is(WRITABLE)) {
            trim();
        }
        long held = (in == null ? 0 : in.capacity()) + (output == null ? 0 : output.held());
        held += is(DEAD) ? 0 : protocol.heldBytes();
        if (held != counted) {
            heap.add(held - counted);
            counted = held;
        }
    }

    final void trim() {
        output.trim();
        if (in != null) {
            in.trim();
        }
    }

    final long high() {
        long agreed = flow.outputHigh();
        return heap.isShort() ? Math.min(agreed, HeapLimit.LOW_MARK) : agreed;
    }

    final void write() {
        clear(DIRTY);
        long left = BUDGET.write();
        boolean progress = false;
        while (pending() > 0 && is(WRITABLE) && !is(CLOSING)) {
            if (left <= 0) {
                set(DIRTY);
                lowered();
                return;
            }
            long most = flow.maySend(left);
            if (most == 0) {
                // A rate holds the output up, not the peer.
                set(DIRTY);
                flow.unblocked();
                moved |= progress;
                lowered();
                return;
            }
            long n = threadBuffers.send(socketIo, output, most);
            if (threadBuffers.full) {
                clear(WRITABLE);
            }
            if (n > 0) {
                progress = true;
                left -= n;
                flow.sent(n);
            } else if (n == -Errno.EAGAIN) {
                clear(WRITABLE);
            } else if (n != -Errno.EINTR) {
                doom(Causes.of((int) n));
            }
        }
        moved |= progress;
        if (!is(CLOSING)) {
            settle();
        }
    }

    private void settle() {
        if (pending() > 0) {
            set(DIRTY);
            flow.blocked();
            lowered();
            return;
        }
        if (output != null) {
            threadBuffers.outputs.give(output);
            output = null;
        }
        flow.unblocked();
        if (is(FINISHING) && !is(FINISHED)) {
            set(FINISHED);
            socketIo.shutdown();
        }
        if (closing == CloseMode.FLUSHED) {
            doom(CloseCause.LOCAL);
        } else if (closing == CloseMode.LINGERING) {
            linger();
        } else {
            protocol.drained(this);
        }
    }

    private void linger() {
        if (is(ENDED)) {
            doom(CloseCause.LOCAL);
        } else if (!is(LINGERING)) {
            if (!is(FINISHED)) {
                socketIo.shutdown();
            }
            flow.end();
            set(LINGERING | READABLE);
            in = null;
            deadline = later(LINGER_NANOS);
        }
    }

    /** Some output has left and some has not: tells a producer when it has become little enough. */
    private void lowered() {
        if (closing == null && flow.fellToLow(pending())) {
            protocol.drained(this);
        }
    }

    final void doom(CloseCause why) {
        if (!is(CLOSING)) {
            set(CLOSING);
            cause = why;
        }
    }

    /** Gives up what waits here, without an allocation. */
    final void forget() {
        in = null;
        if (output != null) {
            output.forget();
        }
    }

    final void releaseOutput() {
        if (output != null) {
            OutputQueue all = output;
            output = null;
            all.release();
        }
    }

    @Override
    public final Buffer out() {
        assert inLoop();
        return is(DEAD | FINISHING) ? new Buffer() : output().out(threadBuffers.outputs.buffers);
    }

    private OutputQueue output() {
        if (output == null) {
            output = threadBuffers.outputs.take();
        }
        return output;
    }

    @Override
    public final void flush() {
        assert inLoop();
        set(DIRTY);
        flow.flushed(pending());
    }

    @Override
    public final boolean writable() {
        // A caller is about to begin something: what is held by now has to be known.
        count();
        return pending() < high();
    }

    @Override
    public final long pending() {
        return output == null ? 0 : output.pending();
    }

    @Override
    public final void transfer(OpenFile file, long from, long count) {
        assert inLoop();
        if (is(CLOSING | DEAD | FINISHING) || count <= 0) {
            file.close();
            return;
        }
        output().add(file, from, count);
    }

    @Override
    public final void transfer(SharedBytes body) {
        send(body.array(), body.offset(), body.length(), body);
    }

    @Override
    public final void transfer(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        send(bytes, offset, length, null);
    }

    private void send(byte[] bytes, int offset, int length, SharedBytes body) {
        assert inLoop();
        if (!is(CLOSING | DEAD | FINISHING) && length > 0) {
            output().transfer(bytes, offset, length, body, heap.isShort(), threadBuffers.outputs.buffers);
        }
    }

    @Override
    public final void shutdownOutput() {
        assert inLoop();
        if (is(FINISHING | CLOSING | DEAD) || closing != null) {
            return;
        }
        if (output != null) {
            output.finish(threadBuffers.outputs.buffers);
        }
        set(FINISHING | DIRTY);
    }

    @Override
    public final void close(CloseMode how) {
        assert inLoop();
        if (how == CloseMode.NOW || how == CloseMode.ABORT) {
            if (how == CloseMode.ABORT && !is(CLOSING)) {
                set(ABORTING);
            }
            doom(CloseCause.LOCAL);
        } else if (closing == null) {
            closing = how;
            set(DIRTY);
        }
    }

    final long later(long nanos) {
        long at = now + nanos;
        return at < now ? NEVER : at;
    }

    /** The link as its flow sees it: the thread that serves it asks for the next time before each sleep. */
    private final class Carrier implements LinkFlow.Carrier {
        @Override
        public long now() {
            return BlockingOutput.this.now();
        }

        @Override
        public int kept() {
            return BlockingOutput.this.kept();
        }

        @Override
        public boolean isOver() {
            assert inLoop();
            return is(LINGERING | CLOSING | DEAD);
        }

        @Override
        public boolean isInputOff() {
            return is(PAUSED | ENDED);
        }

        @Override
        public boolean isInputWaiting() {
            return !wantsInput();
        }

        @Override
        public boolean isOutputWaiting() {
            return pending() > 0 && !is(WRITABLE);
        }

        @Override
        public void offerAgain() {
            set(REDELIVER);
        }

        @Override
        public void timedOut(TimeLimit which) {
            BlockingOutput.this.late(which);
        }
    }
}
