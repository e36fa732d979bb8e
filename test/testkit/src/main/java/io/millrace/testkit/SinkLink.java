// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.core.TimeLimit;
import java.net.SocketAddress;

/**
 * A link that takes what is written, does nothing with it and allocates nothing: for tests of what a protocol itself
 * allocates. Its time is the number of the turn.
 */
public final class SinkLink implements Link, Flow {
    private final Buffer out = new Buffer(64 * 1024);
    private long turn;
    private long flushes;

    /** Makes a link that is empty. */
    public SinkLink() {}

    /** Begins the next turn. */
    public void nextTurn() {
        turn++;
    }

    /** Returns how many turns have begun. */
    public long turns() {
        return turn;
    }

    /** Returns how often {@link #flush} was called. */
    public long flushes() {
        return flushes;
    }

    @Override
    public Buffer out() {
        return out;
    }

    @Override
    public void flush() {
        flushes++;
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public long pending() {
        return out.readable();
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void pause(boolean on) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void switchProtocol(Protocol next) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void deadline(long at) {}

    @Override
    public Flow flow() {
        return this;
    }

    @Override
    public void writeTimeout(long nanos) {}

    @Override
    public void timeout(TimeLimit which, long nanos) {}

    @Override
    public void writeWatermarks(long low, long high) {}

    @Override
    public void readWatermarks(int low, int high) {}

    @Override
    public void rate(RateLimit rate) {}

    @Override
    public void maxPerCall(int read, int write) {}

    @Override
    public LinkStats stats() {
        return new LinkStats(0, 0, 0, 0, 0);
    }

    @Override
    public void shutdownOutput() {}

    @Override
    public void close(CloseMode how) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long now() {
        return turn;
    }

    @Override
    public boolean inLoop() {
        return true;
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
        throw new UnsupportedOperationException();
    }
}
