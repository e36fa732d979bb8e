// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Body;
import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Closing;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;
import io.millrace.core.Traffic;
import io.millrace.loop.EventLoop;
import java.net.SocketAddress;

/**
 * One end of a {@link Pair}. Everything that anybody asks for only leaves a note and a task; the task does what there
 * is to do: move output into the peer's input, deliver input, tell the end, close.
 */
final class PairLink implements Link {
    /** How much lies at the other end before the sender has to wait: a socket's buffer, as it were. */
    private static final int WINDOW = 64 * 1024;

    private static final long USUAL_HIGH = 256 * 1024;

    private final EventLoop loop;
    private final Buffer in = new Buffer();
    private final PairOutput output = new PairOutput();
    private final PairLimits limits;

    /** The loop ends, and nothing more will be told after that. */
    private final Runnable loopEnds = this::shutDown;

    PairLink peer;
    private Protocol protocol;
    private long outputLow;
    private long outputHigh = USUAL_HIGH;
    private int inputLow = 1;
    private int inputHigh = Integer.MAX_VALUE;

    private boolean queued;
    private boolean offer;
    private boolean paused;
    private boolean flushed;
    private boolean aboveLow;
    private boolean finishing;
    private boolean finished;
    private boolean endArrived;
    private boolean endTold;
    private Closing closing;
    private CloseCause cause;
    private boolean aborting;
    private boolean over;

    private long bytesIn;
    private long bytesOut;
    private final long since;
    private long lastIn;
    private long lastOut;

    PairLink(EventLoop loop) {
        this.loop = loop;
        this.since = loop.now();
        this.lastIn = since;
        this.lastOut = since;
        this.limits = new PairLimits(loop, this);
    }

    void open(Protocol first) {
        become(first);
        loop.attach(loopEnds);
    }

    private void shutDown() {
        doom(CloseCause.SHUTDOWN);
        settle();
    }

    // ---- the turn ----

    private void touch() {
        if (!queued && !over) {
            queued = true;
            loop.execute(this::turn);
        }
    }

    private void turn() {
        queued = false;
        if (!over && protocol != null) {
            guarded(this::move);
            settle();
        }
    }

    private void move() {
        if (closing != null) {
            in.clear();
        }
        if (flushed || closing != null || finishing && !finished) {
            send();
        }
        if (offer && wantsInput()) {
            deliver();
        }
        if (endArrived && !endTold && !offer && wantsInput()) {
            endTold = true;
            protocol.ended(this);
        }
    }

    /** Runs code of a protocol: what it throws ends this end. */
    private void guarded(Runnable body) {
        try {
            body.run();
        } catch (Throwable t) {
            Log.error("a protocol failed on one end of a pair", t);
            doom(CloseCause.FAILED);
        }
    }

    private void send() {
        if (peer.over && pending() > 0) {
            doom(CloseCause.RESET);
            return;
        }
        int room = WINDOW - peer.in.readable();
        if (room > 0 && pending() > 0) {
            int n = output.moveTo(peer.in, room);
            if (n < 0) {
                doom(CloseCause.FAILED);
                return;
            }
            bytesOut += n;
            lastOut = loop.now();
            peer.arrived(n);
        }
        if (pending() > 0) {
            limits.blocked(true);
            lowered();
        } else {
            limits.blocked(false);
            allSent();
        }
    }

    private void lowered() {
        if (pending() > outputLow) {
            aboveLow = true;
        } else if (aboveLow && closing == null) {
            aboveLow = false;
            protocol.drained(this);
        }
    }

    private void allSent() {
        flushed = false;
        aboveLow = false;
        if ((finishing || closing != null) && !finished) {
            finished = true;
            peer.endArrives();
        }
        if (closing != null) {
            doom(CloseCause.LOCAL);
        } else {
            protocol.drained(this);
        }
    }

    private void arrived(int count) {
        bytesIn += count;
        lastIn = loop.now();
        limits.moved();
        offer = true;
        touch();
    }

    private void endArrives() {
        endArrived = true;
        // What was too little to be shown is all there will ever be.
        offer = !in.isEmpty();
        touch();
    }

    private boolean wantsInput() {
        return !paused && closing == null && cause == null && pending() < outputHigh;
    }

    private void deliver() {
        offer = false;
        if (in.isEmpty() || in.readable() < inputLow && !endArrived) {
            return;
        }
        int before = in.readable();
        Buffer part = in;
        if (before > inputHigh) {
            // No more than was agreed upon is shown at once.
            part = new Buffer(inputHigh);
            part.append(in.array(), in.head(), inputHigh);
            protocol.receive(part, this);
            in.consume(inputHigh - part.readable());
        } else {
            protocol.receive(in, this);
        }
        if (in.readable() < before) {
            offer |= part != in && !in.isEmpty();
            peer.roomAgain();
            if (offer) {
                touch();
            }
        }
    }

    private void roomAgain() {
        if (pending() > 0) {
            touch();
        }
    }

    // ---- the end ----

    private void doom(CloseCause why) {
        if (cause == null) {
            cause = why;
        }
    }

    private void settle() {
        if (cause == null || over) {
            return;
        }
        over = true;
        loop.detach(loopEnds);
        output.release();
        limits.cancel();
        boolean broken = aborting || cause == CloseCause.FAILED;
        in.clear();
        peer.peerGone(broken);
        try {
            protocol.closed(cause);
        } catch (Throwable t) {
            Log.error("a protocol failed in closed()", t);
        }
    }

    private void peerGone(boolean broken) {
        if (over) {
            return;
        }
        if (broken) {
            doom(CloseCause.RESET);
        } else if (!endArrived) {
            endArrives();
        }
        touch();
    }

    // ---- time, from the limits ----

    void expired() {
        guarded(() -> protocol.expired(this));
        settle();
    }

    void late(TimeLimit which) {
        guarded(() -> protocol.late(this, which));
        settle();
    }

    void stalled() {
        doom(CloseCause.STALLED);
        settle();
    }

    boolean isPaused() {
        return paused || endArrived;
    }

    boolean isOver() {
        return over || cause != null;
    }

    long lastIn() {
        return lastIn;
    }

    long lastOut() {
        return lastOut;
    }

    // ---- wishes, from the protocol ----

    @Override
    public Buffer out() {
        assert inLoop();
        return over || finishing || closing != null ? new Buffer() : output.out();
    }

    @Override
    public void flush() {
        flushed = true;
        touch();
    }

    @Override
    public boolean writable() {
        return pending() < outputHigh;
    }

    @Override
    public long pending() {
        return output.pending();
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        if (over || finishing || closing != null || count <= 0) {
            file.close();
        } else {
            output.add(file, from, count);
        }
    }

    @Override
    public void transfer(Body body) {
        if (!over && !finishing && closing == null && body.length() > 0) {
            output.add(body.hold());
        }
    }

    @Override
    public void pause(boolean on) {
        paused = on;
        if (!on) {
            offer = !in.isEmpty();
            limits.resumed();
            touch();
        }
    }

    @Override
    public void become(Protocol next) {
        if (over) {
            return;
        }
        protocol = next;
        offer = !in.isEmpty();
        endTold = false;
        if (closing == null) {
            forgetLimits();
        }
        touch();
        guarded(() -> next.opened(this));
    }

    /** What a protocol has set for itself is not for the next one. */
    private void forgetLimits() {
        limits.reset();
        outputLow = 0;
        outputHigh = USUAL_HIGH;
        inputLow = 1;
        inputHigh = Integer.MAX_VALUE;
        aboveLow = false;
    }

    @Override
    public void deadline(long at) {
        limits.deadline(at);
    }

    @Override
    public void stallLimit(long nanos) {
        limits.stallLimit(nanos);
    }

    @Override
    public void limit(TimeLimit which, long nanos) {
        limits.limit(which, nanos);
    }

    @Override
    public void outputMarks(long low, long high) {
        if (low < 0 || high <= low) {
            throw new IllegalArgumentException("marks " + low + " and " + high);
        }
        outputLow = low;
        outputHigh = high;
        touch();
    }

    @Override
    public void inputMarks(int low, int high) {
        if (low < 0 || high < Math.max(1, low)) {
            throw new IllegalArgumentException("marks " + low + " and " + high);
        }
        inputLow = low;
        inputHigh = high;
        offer = !in.isEmpty();
        touch();
    }

    @Override
    public Traffic traffic() {
        return new Traffic(bytesIn, bytesOut, since, lastIn, lastOut);
    }

    @Override
    public void finish() {
        finishing = true;
        touch();
    }

    @Override
    public void close(Closing how) {
        if (over) {
            return;
        }
        if (how == Closing.NOW || how == Closing.ABORT) {
            aborting = how == Closing.ABORT;
            doom(CloseCause.LOCAL);
        } else if (closing == null) {
            closing = how;
            peer.roomAgain();
        }
        touch();
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
        return null;
    }

    @Override
    public SocketAddress local() {
        return null;
    }

    @Override
    public void execute(Runnable task) {
        loop.execute(() -> {
            guarded(task);
            if (cause != null) {
                touch();
            }
        });
    }

    @Override
    public String toString() {
        return "PairLink[" + (over ? "ended" : pending() + " bytes to send, " + in.readable() + " to take") + "]";
    }
}
