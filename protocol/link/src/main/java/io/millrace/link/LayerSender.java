// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.ForwardingLink;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.SharedBytes;

/**
 * What goes out above a layer: what the protocol asks to be sent, and the end of its direction. Output passes no faster
 * than the link below takes it.
 */
abstract class LayerSender extends ForwardingLink {
    final Link lower;
    final Layer layer;
    final LayerBudget budget;
    final LayerOutput output;
    final LayerFlow flow;

    /** What is opened, {@code null} until then. */
    Protocol protocol;

    /** What waits to be sent has been above the low mark, and the protocol has not been called since. */
    boolean aboveLow;

    /** The protocol has sent something and has not been told that all has left: what the layer sends is no matter. */
    private boolean owesDrained;

    private boolean finishing;
    private boolean finished;
    CloseMode closing;

    /** Why the layer has given up, {@code null} as long as it has not. */
    CloseCause broken;

    boolean dead;

    LayerSender(Link lower, Layer layer) {
        super(lower);
        this.lower = lower;
        this.layer = layer;
        this.flow = new LayerFlow(lower.flow(), () -> execute(this::resume));
        this.budget = new LayerBudget(lower, layer.bytesPerTurn(), this::goOn);
        this.output = new LayerOutput(lower, layer, budget);
    }

    /** A turn has passed since the layer had to stop. */
    abstract void goOn();

    /** Shows the protocol what it has not taken, and goes on with input that is left. */
    abstract void resume();

    final void fail() {
        if (broken == null) {
            broken = CloseCause.FAILED;
            lower.close(CloseMode.NOW);
        }
    }

    /** Calls a producer when all has left, and once for each time that what waits has fallen to the low mark. */
    final void tellDrained() {
        if (dead || broken != null || closing != null || protocol == null) {
            return;
        }
        long waits = waits();
        if (waits > flow.low()) {
            aboveLow = true;
        } else if (aboveLow || (waits == 0 && owesDrained)) {
            aboveLow = false;
            owesDrained &= waits > 0;
            protocol.drained(this);
        }
    }

    /** Bytes that are to be sent and have not been. */
    final long waits() {
        return output.asked() + lower.pending();
    }

    @Override
    public Buffer out() {
        return dead || finishing || closing != null ? new Buffer() : output.out();
    }

    @Override
    public void flush() {
        flush(Flush.FLUSH);
    }

    /** As {@link #flush()}, with a say in how much the layer may keep. */
    final void flush(Flush mode) {
        if (dead || broken != null) {
            return;
        }
        if (mode == Flush.FINISHED) {
            shutdownOutput();
            return;
        }
        if (protocol != null) {
            output.want(mode);
            owesDrained |= output.pending() > 0;
            pump();
        }
        lower.flush();
    }

    /** Sends on what may be sent now; then comes to the end, if there is to be one. */
    final void pump() {
        if (dead || broken != null || finished) {
            return;
        }
        boolean given = output.pump();
        if (output.hasFailed()) {
            fail();
            return;
        }
        if (given) {
            lower.flush();
        }
        aboveLow |= waits() > flow.low();
        if (finishing && output.isDone()) {
            finished = true;
            end();
        }
    }

    final void end() {
        if (closing != null) {
            lower.close(closing);
        } else {
            lower.shutdownOutput();
        }
    }

    @Override
    public boolean writable() {
        return pending() < flow.high() && lower.writable();
    }

    @Override
    public long pending() {
        return output.pending() + lower.pending();
    }

    final boolean takesOutput() {
        return !dead && broken == null && !finishing && closing == null;
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        if (takesOutput() && count > 0) {
            output.add(file, from, count);
        } else {
            file.close();
        }
    }

    @Override
    public void transfer(SharedBytes body) {
        if (takesOutput() && body.length() > 0) {
            output.add(body.array(), body.offset(), body.length(), body);
        }
    }

    @Override
    public void transfer(byte[] bytes, int offset, int length) {
        if (takesOutput() && length > 0) {
            output.add(bytes, offset, length, null);
        }
    }

    @Override
    public void shutdownOutput() {
        if (!finishing && !dead && broken == null) {
            finishing = true;
            output.want(Flush.FINISHED);
            owesDrained |= output.pending() > 0;
            pump();
            lower.flush();
        }
    }

    @Override
    public void close(CloseMode how) {
        if (how == CloseMode.NOW || how == CloseMode.ABORT) {
            closing = how;
            lower.close(how);
        } else if (closing == null && !dead && broken == null) {
            closing = how;
            if (finished) {
                end();
            } else {
                shutdownOutput();
                pump();
            }
        }
    }
}
