// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.ForwardingLink;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.core.RecordKeys;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import io.millrace.core.Tls;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The link above a layer. Nothing goes through the layer faster than the other side takes it: output no faster than the
 * link below, input no faster than the protocol; and not all of it in one turn ({@link LayerBudget}).
 *
 * <pre>
 *   opening ──established──► open ──shutdownOutput──► finishing ──all given below──► finished
 *      │                       │ input: END, or the end from below ─► inputClosed
 *      └── run(task): nothing is read and the layer rests until it has been done
 *   any ──layer fails──► broken: what is below leaves, then the link below ends
 * </pre>
 */
final class LayerLink extends ForwardingLink implements Flow, LayerContext {
    private static final long USUAL_HIGH = 256 * 1024;

    /** How long a failure's last words to the peer may take. */
    private static final long LAST_WORDS_NANOS = 5_000_000_000L;

    private final Link lower;
    private final Flow lowerFlow;
    private final Layer layer;
    private final LayerBudget budget;
    private final LayerOutput output;

    /** What has come through the layer and the protocol has not taken, or {@code null}. */
    private Buffer in;

    /** What is to be opened once the layer is established. */
    private Protocol inner;

    /** What is opened, {@code null} until then. */
    private Protocol protocol;

    private boolean isToOpen;
    private Tls session;
    private long deadline = NEVER;
    private long layerDeadline = NEVER;
    private long low;
    private long high = USUAL_HIGH;
    private int inputLow = 1;
    private int inputHigh = Integer.MAX_VALUE;
    private boolean paused;

    /** A task has been handed out and is not done. */
    private boolean running;

    /** Input is left that the layer could go on with: it was held up by the protocol, by the output or by time. */
    private boolean held;

    /** Bytes lie in the link below that the layer has not taken. */
    private boolean rawLeft;

    private boolean lowerEnded;

    /** The layer has said that no input follows. */
    private boolean ended;

    private boolean endTold;

    /** What waits to be sent has been above the low mark, and the protocol has not been called since. */
    private boolean aboveLow;

    /** The protocol has sent something and has not been told that all has left: what the layer sends is no matter. */
    private boolean owesDrained;

    /** Marks and limits of the link below have been set from here. */
    private boolean marked;

    private boolean limited;
    private boolean finishing;
    private boolean finished;
    private CloseMode closing;

    /** Why the layer has given up, {@code null} as long as it has not. */
    private CloseCause broken;

    private boolean dead;

    LayerLink(Link lower, Layer layer, Protocol inner) {
        super(lower);
        this.lower = lower;
        this.lowerFlow = lower.flow();
        this.layer = layer;
        this.inner = inner;
        this.budget = new LayerBudget(lower, layer.bytesPerTurn(), this::goOn);
        this.output = new LayerOutput(lower, layer, budget);
    }

    // ---- from below ----

    void open() {
        layer.opened(this);
        openInner();
        settle();
    }

    private void openInner() {
        if (isToOpen && broken == null && !dead) {
            isToOpen = false;
            protocol = inner;
            inner = null;
            protocol.opened(this);
        }
    }

    /** What has come in goes through the layer and to the protocol, as far as both want it. */
    void received(Buffer raw) {
        if (closing != null || broken != null || ended) {
            raw.consume(raw.readable());
            return;
        }
        rawLeft = false;
        boolean through = transformIn(raw);
        rawLeft = !raw.isEmpty() && !(through && lowerEnded) && !ended;
        tellEnd();
        settle();
    }

    /** Returns whether the layer can do nothing more without more input. */
    private boolean transformIn(Buffer raw) {
        Flush mode = lowerEnded && !rawLeft ? Flush.FINISHED : Flush.NORMAL;
        offer();
        while (wantsInput() && budget.may()) {
            if (in == null) {
                in = ScratchBuffers.take();
            }
            int before = in.readable() - raw.readable();
            Layer.Outcome outcome = layer.input(raw, in, mode);
            budget.did(Math.max(0, (long) in.readable() - raw.readable() - before));
            openInner();
            offer();
            if (running) {
                break;
            }
            if (outcome != Layer.Outcome.OK) {
                held = false;
                stop(outcome, raw);
                return true;
            }
        }
        held = true;
        return false;
    }

    private void stop(Layer.Outcome outcome, Buffer raw) {
        if (outcome == Layer.Outcome.ERROR) {
            fail();
        } else if (outcome == Layer.Outcome.END) {
            ended = true;
            raw.consume(raw.readable());
            offer();
        }
    }

    private boolean wantsInput() {
        if (running || ended || closing != null || broken != null || dead) {
            return false;
        }
        return protocol == null || (!paused && kept() < inputHigh && pending() < high);
    }

    private int kept() {
        return in == null ? 0 : in.readable();
    }

    private boolean isInputOver() {
        return lowerEnded || ended;
    }

    /** Shows the protocol what there is for it, no more at once than its high mark says. */
    private void offer() {
        int before;
        do {
            before = kept();
            if (!isToShow()) {
                return;
            }
            if (before > inputHigh) {
                showPart();
            } else {
                protocol.receive(in, this);
            }
        } while (before > inputHigh && kept() < before);
    }

    private boolean isToShow() {
        boolean enough = kept() > 0 && (kept() >= inputLow || isInputOver());
        return enough && protocol != null && !paused && closing == null && broken == null && !dead;
    }

    /** The layer makes as much of its input as it likes; what is beyond the mark waits here. */
    private void showPart() {
        int most = inputHigh;
        Buffer part = new Buffer(most);
        part.append(in.array(), in.head(), most);
        protocol.receive(part, this);
        in.consume(Math.min(in.readable(), most - part.readable()));
    }

    void ended() {
        lowerEnded = true;
        moreInput();
        tellEnd();
        settle();
    }

    /** Goes on with input that is left here, in the layer or below, if it is wanted by now. */
    private void moreInput() {
        if (!wantsInput()) {
            held |= lowerEnded && !ended;
        } else if (rawLeft) {
            // The link below offers again what lies there.
            lower.pause(false);
        } else if (held || lowerEnded) {
            transformIn(new Buffer());
        }
    }

    private void tellEnd() {
        boolean all = ended || (lowerEnded && !held && !rawLeft);
        if (all && !endTold && protocol != null && !paused && closing == null && broken == null && !dead) {
            endTold = true;
            protocol.inputClosed(this);
        }
    }

    /** Returns how many bytes wait for the protocol, and are held by it. */
    long heldByProtocol() {
        return (in == null ? 0 : in.capacity()) + (protocol == null ? 0 : protocol.heldBytes());
    }

    void drained() {
        if (dead) {
            return;
        }
        pump();
        if (held) {
            moreInput();
            tellEnd();
        }
        tellDrained();
        settle();
    }

    /** Calls a producer when all has left, and once for each time that what waits has fallen to the low mark. */
    private void tellDrained() {
        if (dead || broken != null || closing != null || protocol == null) {
            return;
        }
        long waits = waits();
        if (waits > low) {
            aboveLow = true;
        } else if (aboveLow || (waits == 0 && owesDrained)) {
            aboveLow = false;
            owesDrained &= waits > 0;
            protocol.drained(this);
        }
    }

    /** Bytes that are to be sent and have not been. */
    private long waits() {
        return output.asked() + lower.pending();
    }

    /** A turn has passed since the layer had to stop. */
    private void goOn() {
        if (dead || broken != null) {
            return;
        }
        boolean waited = !output.isDone();
        pump();
        if (waited && output.isDone() && lower.pending() == 0) {
            // The layer has kept the last of it: nothing below would ever tell that all has been sent.
            lower.flush();
        }
        if (held) {
            moreInput();
            tellEnd();
        }
        settle();
    }

    void expired() {
        long now = lower.now();
        if (broken != null) {
            lower.close(CloseMode.NOW);
        } else if (layerDeadline <= now) {
            layerDeadline = NEVER;
            layer.expired();
            openInner();
        } else if (deadline <= now) {
            deadline = NEVER;
            tellExpired();
        }
        arm();
        settle();
    }

    private void tellExpired() {
        if (protocol == null) {
            lower.close(CloseMode.NOW);
        } else {
            protocol.expired(this);
        }
    }

    void timedOut(TimeLimit which) {
        if (protocol == null) {
            lower.close(CloseMode.NOW);
        } else if (broken == null) {
            protocol.timedOut(this, which);
        }
    }

    /** Who is not established owes nothing. */
    void shuttingDown() {
        if (protocol == null) {
            lower.close(CloseMode.NOW);
        } else if (broken == null) {
            protocol.shuttingDown(this);
        }
    }

    void closed(CloseCause why) {
        dead = true;
        budget.end();
        output.release();
        if (in != null) {
            ScratchBuffers.give(in);
            in = null;
        }
        try {
            layer.close();
        } catch (Throwable t) {
            LinkLog.error("a layer failed in close()", t);
        }
        if (protocol != null) {
            protocol.closed(broken != null ? broken : why);
        }
    }

    private void fail() {
        if (broken == null) {
            broken = CloseCause.FAILED;
            lower.close(CloseMode.NOW);
        }
    }

    /** Gives borrowed buffers back. At the end of what came from below, when no protocol is being called. */
    private void settle() {
        in = ScratchBuffers.settle(in);
        output.settle();
    }

    // ---- from the layer ----

    @Override
    public Buffer below() {
        return lower.out();
    }

    @Override
    public void flushBelow() {
        lower.flush();
    }

    @Override
    public void established() {
        isToOpen = true;
    }

    @Override
    public void established(Protocol above) {
        inner = above;
        isToOpen = true;
    }

    @Override
    public void run(Executor executor, Runnable task) {
        running = true;
        lower.pause(true);
        executor.execute(() -> {
            Throwable thrown = null;
            try {
                task.run();
            } catch (Throwable t) {
                thrown = t;
            }
            Throwable failure = thrown;
            try {
                lower.execute(() -> done(failure));
            } catch (RejectedExecutionException e) {
                // The loop has ended, and the link with it.
            }
        });
    }

    private void done(Throwable failure) {
        running = false;
        if (dead || broken != null) {
            return;
        }
        if (failure != null) {
            LinkLog.error("a layer's task failed", failure);
            fail();
            return;
        }
        lower.pause(paused);
        transformIn(new Buffer());
        tellEnd();
        settle();
    }

    @Override
    public void session(Tls made) {
        session = made;
    }

    @Override
    public void fail(CloseCause why) {
        if (broken != null || dead) {
            return;
        }
        broken = why;
        lower.flush();
        lower.deadline(lower.now() + LAST_WORDS_NANOS);
        lower.close(lowerEnded ? CloseMode.FLUSHED : CloseMode.LINGERING);
    }

    // ---- output ----

    @Override
    public Buffer out() {
        return dead || finishing || closing != null ? new Buffer() : output.out();
    }

    @Override
    public void flush() {
        flush(Flush.FLUSH);
    }

    /** As {@link #flush()}, with a say in how much the layer may keep. */
    void flush(Flush mode) {
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
    private void pump() {
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
        aboveLow |= waits() > low;
        if (finishing && output.isDone()) {
            finished = true;
            end();
        }
    }

    private void end() {
        if (closing != null) {
            lower.close(closing);
        } else {
            lower.shutdownOutput();
        }
    }

    @Override
    public boolean writable() {
        return pending() < high && lower.writable();
    }

    @Override
    public long pending() {
        return output.pending() + lower.pending();
    }

    private boolean takesOutput() {
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

    @Override
    public boolean protectBelow(RecordKeys keys) {
        return isIdleBelow() && lower.protectOutput(keys);
    }

    @Override
    public boolean isIdleBelow() {
        return lower.pending() == 0;
    }

    @Override
    public void sendRecordBelow(int type, byte[] content) {
        lower.sendRecord(type, content);
    }

    /** What is sent above goes through the layer. */
    @Override
    public boolean protectOutput(RecordKeys keys) {
        return false;
    }

    @Override
    public void sendRecord(int type, byte[] content) {
        throw new IllegalStateException("this link makes no records");
    }

    // ---- input, and the rest ----

    @Override
    public void pause(boolean on) {
        paused = on;
        lower.pause(on || running);
        if (!on) {
            // The link below offers only what lies there; what has come through the layer lies here.
            execute(this::resume);
        }
    }

    private void resume() {
        offer();
        moreInput();
        tellEnd();
        settle();
    }

    @Override
    public void switchProtocol(Protocol next) {
        if (dead || broken != null) {
            return;
        }
        if (closing == null) {
            forgetLimits();
        }
        protocol = next;
        endTold = false;
        execute(this::resume);
        next.opened(this);
    }

    /** What a protocol has set for itself is not for the next one. */
    private void forgetLimits() {
        deadline(NEVER);
        lowerFlow.writeTimeout(NEVER);
        if (limited) {
            for (TimeLimit which : TimeLimit.values()) {
                lowerFlow.timeout(which, NEVER);
            }
        }
        if (marked) {
            lowerFlow.writeWatermarks(0, USUAL_HIGH);
        }
        low = 0;
        high = USUAL_HIGH;
        aboveLow = false;
        inputLow = 1;
        inputHigh = Integer.MAX_VALUE;
    }

    @Override
    public void deadline(long at) {
        deadline = at;
        arm();
    }

    /** Sets the deadline of the layer, beside the protocol's. */
    @Override
    public void layerDeadline(long at) {
        layerDeadline = at;
        arm();
    }

    /** One deadline below carries two above it. */
    private void arm() {
        if (broken == null && !dead) {
            lower.deadline(Math.min(deadline, layerDeadline));
        }
    }

    @Override
    public Flow flow() {
        return this;
    }

    @Override
    public Tls tls() {
        return session != null ? session : lower.tls();
    }

    @Override
    public void writeWatermarks(long low, long high) {
        lowerFlow.writeWatermarks(low, high);
        marked = true;
        this.low = low;
        this.high = high;
    }

    @Override
    public void readWatermarks(int low, int high) {
        FlowControl.checkInputMarks(low, high);
        inputLow = low;
        inputHigh = high;
        execute(this::resume);
    }

    @Override
    public void writeTimeout(long nanos) {
        lowerFlow.writeTimeout(nanos);
    }

    @Override
    public void timeout(TimeLimit which, long nanos) {
        lowerFlow.timeout(which, nanos);
        limited = true;
    }

    @Override
    public void rate(RateLimit rate) {
        lowerFlow.rate(rate);
    }

    @Override
    public void maxPerCall(int read, int write) {
        lowerFlow.maxPerCall(read, write);
    }

    @Override
    public LinkStats stats() {
        return lowerFlow.stats();
    }
}
