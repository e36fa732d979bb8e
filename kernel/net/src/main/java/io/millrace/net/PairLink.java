// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

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
import io.millrace.loop.EventLoop;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One end of a {@link Pair}. Everything that is asked for only leaves a note and a task; the task does what there is to
 * do: move output into the peer's input, deliver input, tell the end, close.
 */
final class PairLink implements Link, LinkFlow.Carrier {
    /** How much lies at the other end before the sender has to wait: a socket's buffer, as it were. */
    private static final int WINDOW = 64 * 1024;

    private final EventLoop loop;
    private final PairInput in = new PairInput();
    private final PairOutput output = new PairOutput();
    private final PairLimits limits;

    /** The loop ends, and nothing more will be told after that. */
    private final Runnable loopEnds = this::shutDown;

    @SuppressWarnings("NullAway.Init") // set by who makes the pair
    PairLink peer;

    @SuppressWarnings("NullAway.Init") // open
    private Protocol protocol;

    private final LinkFlow flow;
    private boolean queued;
    private boolean paused;
    private boolean flushed;
    private boolean finishing;
    private boolean finished;
    private boolean endTold;
    private @Nullable CloseMode closing;
    private @Nullable CloseCause cause;
    private boolean aborting;
    private boolean over;

    PairLink(EventLoop loop) {
        this.loop = loop;
        this.flow = new LinkFlow(this, loop.now());
        this.limits = new PairLimits(loop, this, flow);
    }

    void open(Protocol first) {
        switchProtocol(first);
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
            in.bytes.clear();
        }
        if (flushed || closing != null || (finishing && !finished)) {
            send();
        }
        if (in.isNew && wantsInput()) {
            deliver();
        }
        if (in.isLast && !endTold && !in.isNew && wantsInput()) {
            endTold = true;
            protocol.inputClosed(this);
        }
    }

    /** Runs code of a protocol: what it throws ends this end. */
    private void guarded(Runnable body) {
        try {
            body.run();
        } catch (Throwable t) {
            NetLog.error("a protocol failed on one end of a pair", t);
            doom(CloseCause.FAILED);
        }
    }

    private void send() {
        if (peer.over && pending() > 0) {
            doom(CloseCause.RESET);
            return;
        }
        int n = sendSome();
        if (n < 0) {
            doom(CloseCause.FAILED);
            return;
        }
        if (pending() == 0) {
            flow.unblocked();
            allSent();
        } else {
            if (n > 0) {
                // A portion, perhaps: tries again once the peer has had its turn.
                touch();
            }
            lowered();
        }
    }

    /** Moves what both ends let through: how many bytes, -1 if a file turned out shorter. */
    private int sendSome() {
        int room = (int) Math.min(WINDOW - peer.in.bytes.readable(), pending());
        int most = room <= 0 ? 0 : peer.flow.mayReceive((int) flow.maySend(room));
        int n = most <= 0 ? 0 : output.moveTo(peer.in.bytes, most);
        if (n > 0) {
            flow.sent(n);
            peer.arrived(n);
        }
        return n;
    }

    /** Some output has left and some has not. */
    private void lowered() {
        flow.blocked();
        limits.arm();
        if (flow.fellToLow(pending()) && closing == null) {
            protocol.drained(this);
        }
    }

    private void allSent() {
        flushed = false;
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
        flow.received(count);
        in.isNew = true;
        touch();
    }

    private void endArrives() {
        in.isLast = true;
        // What was too little to be shown is all there will ever be.
        in.offerAgain();
        touch();
    }

    private boolean wantsInput() {
        return !paused && closing == null && cause == null && pending() < flow.outputHigh();
    }

    private void deliver() {
        if (in.deliver(protocol, this, flow)) {
            peer.roomAgain();
            if (in.isNew) {
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
        in.bytes.clear();
        peer.peerGone(broken);
        try {
            protocol.closed(cause);
        } catch (Throwable t) {
            NetLog.error("a protocol failed in closed()", t);
        }
    }

    private void peerGone(boolean broken) {
        if (over) {
            return;
        }
        if (broken) {
            doom(CloseCause.RESET);
        } else if (!in.isLast) {
            endArrives();
        }
        touch();
    }

    // ---- time, from the limits ----

    void ringFlow(long now) {
        guarded(() -> flow.expire(now));
        settle();
    }

    void expired() {
        guarded(() -> protocol.expired(this));
        settle();
    }

    void stalled() {
        doom(CloseCause.STALLED);
        settle();
    }

    @Override
    public boolean isOver() {
        return over || cause != null;
    }

    // ---- for the flow control ----

    @Override
    public int kept() {
        return in.bytes.readable();
    }

    @Override
    public void inputReleased() {
        peer.roomAgain();
    }

    @Override
    public void outputReleased() {
        roomAgain();
    }

    @Override
    public void offerAgain() {
        in.offerAgain();
        peer.roomAgain();
    }

    @Override
    public void agreementChanged() {
        touch();
    }

    @Override
    public boolean isInputOff() {
        return paused || in.isLast;
    }

    @Override
    public boolean isInputWaiting() {
        return !wantsInput();
    }

    @Override
    public boolean isOutputWaiting() {
        return (flushed || finishing) && pending() > 0;
    }

    @Override
    public void arm() {
        limits.arm();
    }

    @Override
    public void timedOut(TimeLimit which) {
        if (closing == null && !isOver()) {
            protocol.timedOut(this, which);
        }
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
        flow.flushed(pending());
        touch();
    }

    @Override
    public boolean writable() {
        return pending() < flow.outputHigh();
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
    public void transfer(SharedBytes body) {
        if (!over && !finishing && closing == null && body.length() > 0) {
            output.add(body.hold());
        }
    }

    @Override
    public void pause(boolean on) {
        paused = on;
        if (!on) {
            in.offerAgain();
            flow.resumed();
            touch();
        }
    }

    @Override
    public void switchProtocol(Protocol next) {
        if (over) {
            return;
        }
        protocol = next;
        in.offerAgain();
        endTold = false;
        if (closing == null) {
            limits.reset();
            flow.reset();
        }
        touch();
        guarded(() -> next.opened(this));
    }

    @Override
    public void deadline(long at) {
        limits.deadline(at);
    }

    @Override
    public Flow flow() {
        return flow;
    }

    @Override
    public void shutdownOutput() {
        finishing = true;
        touch();
    }

    @Override
    public void close(CloseMode how) {
        if (over) {
            return;
        }
        if (how == CloseMode.NOW || how == CloseMode.ABORT) {
            aborting = how == CloseMode.ABORT;
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
    public @Nullable SocketAddress peer() {
        return null;
    }

    @Override
    public @Nullable SocketAddress local() {
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
        return "PairLink[" + (over ? "ended" : pending() + " bytes to send, " + in.bytes.readable() + " to take") + "]";
    }
}
