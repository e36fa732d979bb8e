// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what HTTP/2 connections did beside answering: streams, resets, and what was refused as abuse. Any number of
 * loops may record at once; any thread may ask.
 */
public final class Http2Stats {
    private final LongAdder connections = new LongAdder();
    private final LongAdder streams = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder resetsReceived = new LongAdder();
    private final LongAdder resetsSent = new LongAdder();
    private final LongAdder glitches = new LongAdder();
    private final LongAdder calmed = new LongAdder();
    private final LongAdder failed = new LongAdder();

    /** Counts from zero. */
    public Http2Stats() {}

    void connection() {
        connections.increment();
    }

    void stream() {
        streams.increment();
    }

    void refusal() {
        refused.increment();
    }

    void resetReceived() {
        resetsReceived.increment();
    }

    void resetSent() {
        resetsSent.increment();
    }

    void glitch() {
        glitches.increment();
    }

    void calm() {
        calmed.increment();
    }

    void failure() {
        failed.increment();
    }

    /** Returns the number of connections that were opened. */
    public long connections() {
        return connections.sum();
    }

    /** Returns the number of streams that clients have opened, those that were refused included. */
    public long streams() {
        return streams.sum();
    }

    /** Returns the number of streams that were refused because too many were open. */
    public long refused() {
        return refused.sum();
    }

    /** Returns the number of streams that clients have reset. */
    public long resetsReceived() {
        return resetsReceived.sum();
    }

    /** Returns the number of streams that this side has reset. */
    public long resetsSent() {
        return resetsSent.sum();
    }

    /** Returns the number of frames that cost this side more than they brought. */
    public long glitches() {
        return glitches.sum();
    }

    /** Returns the number of connections that were ended with ENHANCE_YOUR_CALM. */
    public long calmed() {
        return calmed.sum();
    }

    /** Returns the number of connections that were ended because of another error of the client. */
    public long failed() {
        return failed.sum();
    }

    @Override
    public String toString() {
        return connections() + " connections, " + streams() + " streams, " + refused() + " refused, "
                + resetsReceived() + " resets received, " + resetsSent() + " sent, " + glitches() + " glitches, "
                + calmed() + " connections calmed, " + failed() + " failed";
    }
}
