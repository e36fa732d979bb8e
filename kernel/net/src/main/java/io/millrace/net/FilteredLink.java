// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.FlowControl;
import io.millrace.core.ForwardingLink;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;

/**
 * The link above a filter. Nothing goes through the filter faster than the other side takes it: output no faster than
 * the link below, input no faster than the protocol; and not all of it in one turn ({@link FilterWork}). Bodies are
 * copied into the output, for the filter has to read them anyway.
 */
final class FilteredLink extends ForwardingLink implements Flow {
    private static final long USUAL_HIGH = 256 * 1024;

    private final Link lower;
    private final Flow lowerFlow;
    private final Filter filter;
    private final FilterWork work;
    private final FilteredOutput output;
    private final Buffer in = new Buffer();

    private Protocol protocol;
    private long low;
    private long high = USUAL_HIGH;
    private int inputLow = 1;
    private int inputHigh = Integer.MAX_VALUE;
    private boolean paused;

    /** Input is left that the filter could go on with: it was held up by the protocol, by the output or by time. */
    private boolean held;

    /** Bytes lie in the link below that the filter has not taken. */
    private boolean rawLeft;

    private boolean lowerEnded;
    private boolean endTold;

    /** What waits to be sent has been above the low mark, and the protocol has not been called since. */
    private boolean aboveLow;

    /** Marks and limits of the link below have been set from here. */
    private boolean marked;

    private boolean limited;
    private boolean finishing;
    private boolean finished;
    private CloseMode closing;
    private boolean broken;
    private boolean dead;

    FilteredLink(Link lower, Filter filter) {
        super(lower);
        this.lower = lower;
        this.lowerFlow = lower.flow();
        this.filter = filter;
        this.work = new FilterWork(lower, this::goOn);
        this.output = new FilteredOutput(lower, filter, work);
    }

    Protocol protocol() {
        return protocol;
    }

    // ---- from below ----

    /** What has come in goes through the filter and to the protocol, as far as both want it. */
    void received(Buffer raw) {
        if (closing != null || broken) {
            raw.consume(raw.readable());
            return;
        }
        boolean through = transformIn(raw);
        rawLeft = !raw.isEmpty() && !(through && lowerEnded);
        tellEnd();
    }

    /** Returns whether the filter can do nothing more without more input. */
    private boolean transformIn(Buffer raw) {
        Flush mode = lowerEnded ? Flush.FINISHED : Flush.NORMAL;
        offer();
        while (wantsInput() && work.may()) {
            int before = in.readable() - raw.readable();
            Filter.Outcome outcome = filter.input(raw, in, mode);
            work.did((long) in.readable() - raw.readable() - before);
            offer();
            if (outcome != Filter.Outcome.OK) {
                held = false;
                if (outcome == Filter.Outcome.ERROR) {
                    fail();
                }
                return true;
            }
        }
        held = true;
        return false;
    }

    private boolean wantsInput() {
        return !paused && closing == null && !broken && !dead && in.readable() < inputHigh && pending() < high;
    }

    /** Shows the protocol what there is for it, no more at once than its high mark says. */
    private void offer() {
        int before;
        do {
            before = in.readable();
            if (!isToShow()) {
                return;
            }
            if (before > inputHigh) {
                showPart();
            } else {
                protocol.receive(in, this);
            }
        } while (before > inputHigh && in.readable() < before);
    }

    private boolean isToShow() {
        boolean enough = !in.isEmpty() && (in.readable() >= inputLow || lowerEnded);
        return enough && !paused && closing == null && !broken && !dead;
    }

    /** The filter makes as much of its input as it likes; what is beyond the mark waits here. */
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
    }

    /** Goes on with input that is left here, in the filter or below, if it is wanted by now. */
    private void moreInput() {
        if (!wantsInput()) {
            held |= lowerEnded;
        } else if (rawLeft) {
            // The link below offers again what lies there.
            lower.pause(false);
        } else if (held || lowerEnded) {
            transformIn(new Buffer());
        }
    }

    private void tellEnd() {
        if (lowerEnded && !endTold && !held && !rawLeft && !paused && closing == null && !broken && !dead) {
            endTold = true;
            protocol.inputClosed(this);
        }
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
    }

    /** Calls a producer when all has left, and once for each time that what waits has fallen to the low mark. */
    private void tellDrained() {
        if (dead || broken || closing != null) {
            return;
        }
        long waits = waits();
        if (waits > low) {
            aboveLow = true;
        } else if (aboveLow || waits == 0) {
            aboveLow = false;
            protocol.drained(this);
        }
    }

    /** Bytes that are to be sent and have not been. */
    private long waits() {
        return output.asked() + lower.pending();
    }

    /** A turn has passed since the filter had to stop. */
    private void goOn() {
        if (dead || broken) {
            return;
        }
        boolean waited = !output.isDone();
        pump();
        if (waited && output.isDone() && lower.pending() == 0) {
            // The filter has kept the last of it: nothing below would ever tell that all has been sent.
            lower.flush();
        }
        if (held) {
            moreInput();
            tellEnd();
        }
    }

    void closed(CloseCause why) {
        dead = true;
        work.end();
        output.release();
        in.clear();
        try {
            filter.close();
        } catch (Throwable t) {
            Log.error("a filter failed in close()", t);
        }
        protocol.closed(broken ? CloseCause.FAILED : why);
    }

    private void fail() {
        broken = true;
        lower.close(CloseMode.NOW);
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

    /** As {@link #flush()}, with a say in how much the filter may keep. */
    void flush(Flush mode) {
        if (dead || broken) {
            return;
        }
        if (mode == Flush.FINISHED) {
            shutdownOutput();
            return;
        }
        output.want(mode);
        pump();
        lower.flush();
    }

    /** Sends on what may be sent now; then comes to the end, if there is to be one. */
    private void pump() {
        if (dead || broken || finished) {
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

    @Override
    public void transfer(OpenFile file, long from, long count) {
        if (dead || broken || finishing || closing != null || count <= 0) {
            file.close();
        } else {
            output.add(file, from, count);
        }
    }

    @Override
    public void transfer(SharedBytes body) {
        out().append(body.array(), body.offset(), body.length());
    }

    @Override
    public void transfer(byte[] bytes, int offset, int length) {
        out().append(bytes, offset, length);
    }

    @Override
    public Flow flow() {
        return this;
    }

    @Override
    public void shutdownOutput() {
        if (!finishing && !dead && !broken) {
            finishing = true;
            output.want(Flush.FINISHED);
            pump();
            lower.flush();
        }
    }

    @Override
    public void close(CloseMode how) {
        if (how == CloseMode.NOW || how == CloseMode.ABORT) {
            closing = how;
            lower.close(how);
        } else if (closing == null && !dead) {
            closing = how;
            if (finished) {
                end();
            } else {
                shutdownOutput();
                pump();
            }
        }
    }

    // ---- input, and the rest ----

    @Override
    public void pause(boolean on) {
        paused = on;
        lower.pause(on);
        if (!on) {
            // The link below offers only what lies there; what has come through the filter lies here.
            execute(this::resume);
        }
    }

    private void resume() {
        offer();
        moreInput();
        tellEnd();
    }

    @Override
    public void switchProtocol(Protocol next) {
        if (protocol != null && closing == null) {
            forgetLimits();
        }
        protocol = next;
        endTold = false;
        execute(this::resume);
        next.opened(this);
    }

    /** What a protocol has set for itself is not for the next one. */
    private void forgetLimits() {
        lower.deadline(NEVER);
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
