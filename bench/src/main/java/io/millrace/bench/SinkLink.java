// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import java.net.SocketAddress;

/** A link that takes answers and does nothing with them, so that a bench measures the protocol alone. */
final class SinkLink implements Link {
    private final Buffer out = new Buffer(16 * 1024);
    private long turn;

    /** The next turn: what was answered is gone. */
    void turn() {
        turn++;
        out.clear();
    }

    @Override
    public Buffer out() {
        return out;
    }

    @Override
    public void flush() {}

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
    public void writeTimeout(long nanos) {}

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
