// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.RateLimit;
import io.millrace.core.TimeLimit;
import io.millrace.link.FlowControl;
import io.millrace.link.FlowOwner;

/** Limits and counts the bytes of one {@link StreamLink}, as every carrier does; made when a protocol asks for it. */
final class StreamFlow implements Flow, FlowOwner {
    private static final long HIGH = 256 * 1024;

    /** What the flow control needs of the link and of the stream below it. */
    interface Carrier {
        /** Returns the time of the link, in nanoseconds. */
        long now();

        /** Returns how many bytes of input the protocol has left. */
        int kept();

        /** Returns whether the protocol wants no input, or none will come. */
        boolean isInputOff();

        /** Returns whether input waits that the protocol has not been shown. */
        boolean isInputWaiting();

        /** Returns whether output waits. */
        boolean isOutputWaiting();

        /** Shows the protocol what waits, from a call of its own. */
        void deliverSoon();

        /** Sends what waits, as far as it may be sent. */
        void sendSoon();

        /** Sets how long the peer may let nothing leave, in nanoseconds. */
        void writeTimeout(long nanos);

        /** Sees to it that the link looks at the time at {@code due} at the latest. */
        void armFor(long due);

        /** A limit of time has passed. */
        void timedOut(TimeLimit which);
    }

    private final Carrier link;
    private final FlowControl control;
    private final long since;
    private long bytesIn;
    private long bytesOut;
    private long lastIn;
    private long lastOut;

    StreamFlow(Carrier link) {
        this.link = link;
        this.control = new FlowControl(this);
        this.since = link.now();
        this.lastIn = since;
        this.lastOut = since;
    }

    // ---- what the link says

    /** Returns how many of {@code offered} bytes the protocol may be shown now. */
    int mayReceive(int offered) {
        return control.mayReceive(offered);
    }

    void received(int count) {
        bytesIn += count;
        lastIn = link.now();
        control.received(count);
    }

    /** Returns how many of {@code wanted} bytes may be sent now. */
    int maySend(int wanted) {
        return (int) control.maySend(wanted);
    }

    void sent(int count) {
        bytesOut += count;
        lastOut = link.now();
        control.sent(count);
    }

    void blocked() {
        control.blocked();
    }

    void resumed() {
        control.resumed();
    }

    /** Returns whether what waits has fallen to the low mark. */
    boolean fellToLow(long pending) {
        return control.fellToLow(pending);
    }

    int inputLow() {
        return control.inputLow();
    }

    long outputHigh() {
        return control.outputHigh();
    }

    /** Another protocol takes over. */
    void reset() {
        control.reset();
        link.writeTimeout(Link.NEVER);
    }

    long due() {
        return control.next();
    }

    void expire(long now) {
        control.expire(now);
    }

    // ---- what the protocol says

    @Override
    public void writeTimeout(long nanos) {
        link.writeTimeout(nanos);
    }

    @Override
    public void timeout(TimeLimit which, long nanos) {
        control.limit(which, nanos);
    }

    @Override
    public void writeWatermarks(long low, long high) {
        FlowControl.checkOutputMarks(low, high);
        control.writeWatermarks(low, high);
    }

    @Override
    public void readWatermarks(int low, int high) {
        FlowControl.checkInputMarks(low, high);
        control.readWatermarks(low, high);
        link.deliverSoon();
    }

    @Override
    public void rate(RateLimit rate) {
        control.rate(rate);
    }

    @Override
    public void maxPerCall(int read, int write) {
        FlowControl.checkPortions(read, write);
        control.maxPerCall(read, write);
    }

    @Override
    public LinkStats stats() {
        return new LinkStats(bytesIn, bytesOut, since, lastIn, lastOut);
    }

    // ---- what the flow control asks

    @Override
    public long now() {
        return link.now();
    }

    @Override
    public int kept() {
        return link.kept();
    }

    @Override
    public long usualHigh() {
        return HIGH;
    }

    @Override
    public void holdInput(boolean on) {
        if (!on) {
            link.deliverSoon();
        }
    }

    @Override
    public void holdOutput(boolean on) {
        if (!on) {
            link.sendSoon();
        }
    }

    @Override
    public boolean isInputOff() {
        return link.isInputOff();
    }

    @Override
    public boolean isInputHeld() {
        return link.isInputWaiting();
    }

    @Override
    public boolean isBlocked() {
        return link.isOutputWaiting();
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
    public void arm() {
        link.armFor(control.next());
    }

    @Override
    public void timedOut(TimeLimit which) {
        link.timedOut(which);
    }
}
