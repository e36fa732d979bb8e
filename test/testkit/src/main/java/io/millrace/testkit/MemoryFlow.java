// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.RateLimit;
import io.millrace.core.TimeLimit;
import io.millrace.link.FlowControl;
import io.millrace.link.FlowOwner;

/** The flow control of a {@link MemoryLink}: what was agreed upon, what has moved, and what is due when. */
final class MemoryFlow implements Flow, FlowOwner {
    private static final long NEVER = Link.NEVER;

    private final MemoryLink link;
    private final FakeClock clock;
    private final long since;

    /** What was agreed upon beyond the usual, or {@code null}. */
    private FlowControl control;

    private long usualHigh = 256 * 1024;
    private boolean heldIn;
    private boolean heldOut;
    private long writeTimeout = NEVER;
    private long stallAt = NEVER;
    private long bytesIn;
    private long bytesOut;
    private long lastIn;
    private long lastOut;

    MemoryFlow(MemoryLink link, FakeClock clock) {
        this.link = link;
        this.clock = clock;
        this.since = clock.nanos();
        this.lastIn = since;
        this.lastOut = since;
    }

    // ---- what may move, and what has

    /** How many of the bytes that have arrived may be taken now. */
    int mayReceive(int offered) {
        return control == null || offered == 0
                ? offered
                : heldIn || !control.hasRoom() ? 0 : control.mayReceive(offered);
    }

    /** How many of {@code wanted} bytes may be sent now. */
    long maySend(long wanted) {
        return control == null || wanted == 0 ? wanted : heldOut ? 0 : control.maySend(wanted);
    }

    void received(int count) {
        bytesIn += count;
        lastIn = clock.nanos();
        if (control != null) {
            control.received(count);
        }
    }

    void sent(int count) {
        bytesOut += count;
        lastOut = clock.nanos();
        stallAt = NEVER;
        if (control != null) {
            control.sent(count);
        }
    }

    /** Output waits: for the peer, unless a rate holds it up. */
    void blocked() {
        if (heldOut) {
            stallAt = NEVER;
            return;
        }
        if (stallAt == NEVER) {
            stallAt = later(clock.nanos(), writeTimeout);
        }
        if (control != null) {
            control.blocked();
        }
    }

    /** No output waits. */
    void drained() {
        stallAt = NEVER;
    }

    int inputLow() {
        return control == null ? 1 : control.inputLow();
    }

    long outputHigh() {
        return control == null ? usualHigh : control.outputHigh();
    }

    void flushed(long pending) {
        if (control != null) {
            control.flushed(pending);
        }
    }

    boolean fellToLow(long pending) {
        return control != null && control.fellToLow(pending);
    }

    void resumed() {
        if (control != null) {
            control.resumed();
        }
    }

    /** Another protocol takes over. */
    void reset() {
        writeTimeout = NEVER;
        stallAt = NEVER;
        if (control != null) {
            control.reset();
        }
    }

    void usualHigh(long bytes) {
        usualHigh = bytes;
    }

    long writeTimeout() {
        return writeTimeout;
    }

    // ---- time

    /** When something is due. */
    long due() {
        return control == null ? stallAt : Math.min(stallAt, control.next());
    }

    boolean isStalled() {
        return stallAt <= clock.nanos();
    }

    /** Does what is due. */
    void ring() {
        if (control != null) {
            control.expire(clock.nanos());
        }
    }

    private static long later(long from, long nanos) {
        long at = from + nanos;
        return at < from ? NEVER : at;
    }

    // ---- the protocol's side

    private FlowControl control() {
        if (control == null) {
            control = new FlowControl(this);
        }
        return control;
    }

    @Override
    public void writeTimeout(long nanos) {
        link.own();
        writeTimeout = nanos;
        stallAt = NEVER;
    }

    @Override
    public void timeout(TimeLimit which, long nanos) {
        link.own();
        if (!link.isOver()) {
            control().limit(which, nanos);
        }
    }

    @Override
    public void writeWatermarks(long low, long high) {
        link.own();
        FlowControl.checkOutputMarks(low, high);
        if (!link.isOver()) {
            control().writeWatermarks(low, high);
        }
    }

    @Override
    public void readWatermarks(int low, int high) {
        link.own();
        FlowControl.checkInputMarks(low, high);
        if (!link.isOver()) {
            control().readWatermarks(low, high);
            link.offerAgain();
        }
    }

    @Override
    public void rate(RateLimit rate) {
        link.own();
        if (!link.isOver()) {
            control().rate(rate);
        }
    }

    @Override
    public void maxPerCall(int read, int write) {
        link.own();
        FlowControl.checkPortions(read, write);
        if (!link.isOver()) {
            control().maxPerCall(read, write);
        }
    }

    @Override
    public LinkStats stats() {
        link.own();
        return new LinkStats(bytesIn, bytesOut, since, lastIn, lastOut);
    }

    // ---- for the flow control

    @Override
    public long now() {
        return clock.nanos();
    }

    @Override
    public int kept() {
        return link.kept();
    }

    @Override
    public long usualHigh() {
        return usualHigh;
    }

    @Override
    public void holdInput(boolean on) {
        heldIn = on;
    }

    @Override
    public void holdOutput(boolean on) {
        heldOut = on;
    }

    @Override
    public boolean isInputOff() {
        return link.isInputOff();
    }

    @Override
    public boolean isInputHeld() {
        return heldIn || !link.wantsInput();
    }

    @Override
    public boolean isBlocked() {
        return link.waitsToSend() && !heldOut;
    }

    @Override
    public long lastIn() {
        return lastIn;
    }

    @Override
    public long lastOut() {
        return lastOut;
    }

    /** Nothing to do: {@link MemoryLink#advance} asks when something is due. */
    @Override
    public void arm() {}

    @Override
    public void timedOut(TimeLimit which) {
        link.timedOut(which);
    }
}
