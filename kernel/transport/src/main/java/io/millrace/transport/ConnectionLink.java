// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.RecordKeys;
import io.millrace.core.SharedBytes;
import io.millrace.link.ControlledFlow;
import io.millrace.link.FlowControl;
import io.millrace.loop.EventLoop;
import java.util.Objects;

/**
 * What a protocol asks of a {@link Connection}: output, pauses, limits and the end are noted in fields and flags, for
 * the driver to act upon. A superclass and no object of its own, for an idle connection is to stay small.
 */
abstract class ConnectionLink extends ConnectionTimes implements Link, ControlledFlow {
    /** Input that the protocol left, or {@code null}. */
    Buffer in;

    /** What waits to be sent, or {@code null}. */
    OutputQueue output;

    CloseMode closing;
    CloseCause cause;

    ConnectionLink(EventLoop loop) {
        super(loop);
    }

    // ---- what the connection knows ----

    /** Returns what was agreed upon beyond the usual, or {@code null}. */
    abstract FlowControl agreed();

    /** Returns the limit that all connections of the driver share. */
    abstract HeapLimit heap();

    /** Returns where the output queue is borrowed. */
    abstract OutputQueue.Pool outputs();

    /** Notes how much memory waits here by now. */
    public abstract void count();

    /** Returns how many bytes the protocol holds of what it has received; none once it has ended. */
    abstract long heldByProtocol();

    /** Has the connection served before the turn ends. */
    abstract void touched();

    /** Whether something waits that the socket has no room for. */
    @Override
    public boolean isBlocked() {
        return pending() > 0 && !is(WRITABLE | HELD_OUT);
    }

    final long high() {
        FlowControl flow = agreed();
        long mark = flow == null ? usualHigh() : flow.outputHigh();
        return heap().isShort() ? Math.min(mark, HeapLimit.LOW_MARK) : mark;
    }

    @Override
    public int kept() {
        return in == null ? 0 : in.readable();
    }

    final long held() {
        return (in == null ? 0 : in.capacity()) + (output == null ? 0 : output.held()) + heldByProtocol();
    }

    /** For {@link HeapTrimmer.Holder}. */
    public void trim() {
        if (in != null) {
            in.trim();
        }
        if (output != null) {
            output.trim();
        }
    }

    /** The connection is to end as soon as the driver has left the protocol. The first cause stays. */
    void failLater(CloseCause why) {
        if (!is(CLOSING)) {
            set(CLOSING);
            cause = why;
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
    public Buffer out() {
        assert inLoop();
        return is(DEAD | FINISHING) ? new Buffer() : output().out(outputs().buffers);
    }

    final OutputQueue output() {
        if (output == null) {
            output = outputs().take();
        }
        return output;
    }

    @Override
    public void flush() {
        assert inLoop();
        if (!is(DEAD)) {
            set(DIRTY);
            touched();
            FlowControl flow = agreed();
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
            output().transfer(bytes, offset, length, body, heap().isShort(), outputs().buffers);
        }
    }

    /** Whether output is still taken. */
    final boolean takesOutput() {
        return !is(CLOSING | DEAD | FINISHING);
    }

    /** Hands the keys to the kernel; returns whether it has taken them. */
    abstract boolean protect(RecordKeys keys);

    @Override
    public boolean protectOutput(RecordKeys keys) {
        assert inLoop();
        return takesOutput() && pending() == 0 && protect(keys);
    }

    @Override
    public void sendRecord(int type, byte[] content) {
        assert inLoop();
        if (takesOutput()) {
            output().addRecord(type, content);
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
        FlowControl flow = agreed();
        if (flow != null) {
            flow.resumed();
        }
        touched();
    }

    @Override
    public final boolean isOver() {
        assert inLoop();
        return is(LINGERING | CLOSING | DEAD);
    }

    @Override
    public final void agreementChanged() {
        touched();
    }

    @Override
    public final void offerAgain() {
        set(REDELIVER);
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
            output.finish(outputs().buffers);
        }
        set(FINISHING | DIRTY);
        touched();
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
        touched();
    }
}
