// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.RateLimit;
import io.millrace.core.TimeLimit;
import io.millrace.link.FlowControl;
import io.millrace.link.FlowOwner;
import io.millrace.poll.Interest;

/** The state of a {@link BlockingLink} in bits, what has moved over it, and the flow control that was agreed upon. */
abstract class BlockingFlow implements Link, Flow {
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
    /** A rate lets no more come in, or go out, for now. */
    static final int HELD_IN = 1 << 17;

    static final int HELD_OUT = 1 << 18;

    private int flags = WRITABLE;

    /** What was agreed upon beyond the usual, or {@code null}. */
    FlowControl flow;

    private long bytesIn;
    private long bytesOut;
    private final long since = System.nanoTime();
    private long lastIn = since;
    private long lastOut = since;

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
        boolean read = wantsInput() && mayReceive() && !is(ENDED);
        boolean write = isBlocked();
        return (read ? Interest.READ : 0) | (write ? Interest.WRITE : 0);
    }

    /** Whether the socket lets a step get anywhere now. */
    final boolean hasIo() {
        return (is(DIRTY) && is(WRITABLE) && !is(CLOSING | HELD_OUT))
                || (is(READABLE | REDELIVER | END_TO_TELL)
                        && wantsInput()
                        && (is(REDELIVER | END_TO_TELL) || mayReceive()))
                || is(HUNG_UP);
    }

    // ---- what the link tells ----

    abstract boolean wantsInput();

    /** Bytes of input that the protocol has left. */
    abstract int kept();

    /** A time limit has passed. */
    abstract void late(TimeLimit which);

    // ---- what may move, and what has ----

    /** Whether there is no reason but the protocol's to leave input in the socket. */
    final boolean mayReceive() {
        return flow == null || (!is(HELD_IN) && flow.hasRoom());
    }

    /** How many bytes to receive by one call into room for {@code space}; 0 if a rate says to wait. */
    final int portion(int space) {
        if (flow == null) {
            return space;
        }
        int most = flow.mayReceive(space);
        if (most == 0 && is(HUNG_UP)) {
            // There is no peer any more whom a rate could hold up, and poll would report the end without a pause.
            clear(HELD_IN);
            return flow.portion(space);
        }
        return most;
    }

    /** Whether the protocol wants to see so many bytes, or to wait for more. */
    final boolean isEnough(int readable) {
        return flow == null || readable >= flow.inputLow() || is(ENDED);
    }

    /** Whether output waits that the socket has no room for. */
    final boolean isBlocked() {
        return pending() > 0 && !is(WRITABLE | HELD_OUT);
    }

    final void countIn(long count) {
        bytesIn += count;
        lastIn = now();
        if (flow != null) {
            flow.received(count);
        }
    }

    final void countOut(long count) {
        bytesOut += count;
        lastOut = now();
        if (flow != null) {
            flow.sent(count);
        }
    }

    /** What was appended is to be sent. */
    final void flushed() {
        set(DIRTY);
        if (flow != null) {
            flow.flushed(pending());
        }
    }

    final void dropFlow() {
        flow = null;
        clear(HELD_IN | HELD_OUT);
    }

    // ---- wishes, from the protocol ----

    private FlowControl control() {
        if (flow == null) {
            flow = new FlowControl(new Owner());
        }
        return flow;
    }

    /** Whether nothing can be agreed upon any more. */
    private boolean isOver() {
        assert inLoop();
        return is(LINGERING | CLOSING | DEAD);
    }

    @Override
    public final Flow flow() {
        return this;
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
        }
    }

    @Override
    public void readWatermarks(int low, int high) {
        FlowControl.checkInputMarks(low, high);
        if (!isOver()) {
            control().readWatermarks(low, high);
            set(REDELIVER);
        }
    }

    @Override
    public void rate(RateLimit rate) {
        if (!isOver()) {
            control().rate(rate);
        }
    }

    @Override
    public void maxPerCall(int read, int write) {
        FlowControl.checkPortions(read, write);
        if (!isOver()) {
            control().maxPerCall(read, write);
        }
    }

    @Override
    public LinkStats stats() {
        return new LinkStats(bytesIn, bytesOut, since, lastIn, lastOut);
    }

    /** The link as its flow control sees it: whoever serves it asks for the next time before each sleep. */
    private final class Owner implements FlowOwner {
        @Override
        public long now() {
            return BlockingFlow.this.now();
        }

        @Override
        public int kept() {
            return BlockingFlow.this.kept();
        }

        @Override
        public long usualHigh() {
            return Budget.USUAL.high();
        }

        @Override
        public void holdInput(boolean on) {
            flags = on ? flags | HELD_IN : flags & ~HELD_IN;
        }

        @Override
        public void holdOutput(boolean on) {
            flags = on ? flags | HELD_OUT : flags & ~HELD_OUT;
        }

        @Override
        public boolean isInputOff() {
            return is(PAUSED | ENDED);
        }

        @Override
        public boolean isInputHeld() {
            return is(HELD_IN) || !wantsInput();
        }

        @Override
        public boolean isBlocked() {
            return BlockingFlow.this.isBlocked();
        }

        @Override
        public long lastIn() {
            return lastIn;
        }

        @Override
        public long lastOut() {
            return lastOut;
        }

        @Override
        public void arm() {}

        @Override
        public void timedOut(TimeLimit which) {
            BlockingFlow.this.late(which);
        }
    }
}
