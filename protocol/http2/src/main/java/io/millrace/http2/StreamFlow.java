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

    private final StreamLink link;
    private final Http2Stream stream;
    private final FlowControl control;
    private final long since;
    private long bytesIn;
    private long bytesOut;
    private long lastIn;
    private long lastOut;

    StreamFlow(StreamLink link, Http2Stream stream) {
        this.link = link;
        this.stream = stream;
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
        stream.writeTimeout(Link.NEVER);
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
        stream.writeTimeout(nanos);
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
        stream.deliverSoon();
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
            stream.deliverSoon();
        }
    }

    @Override
    public void holdOutput(boolean on) {
        if (!on) {
            stream.flush();
        }
    }

    @Override
    public boolean isInputOff() {
        return link.isInputOff();
    }

    @Override
    public boolean isInputHeld() {
        return !stream.inbox().isEmpty();
    }

    @Override
    public boolean isBlocked() {
        return stream.queued() > 0;
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
        stream.connection().armFor(control.next());
    }

    @Override
    public void timedOut(TimeLimit which) {
        link.timedOut(which);
    }
}
