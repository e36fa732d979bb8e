// SPDX-License-Identifier: Apache-2.0
package io.millrace.webtest;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What carries an exchange of a test: a loop that is the test's thread, and no connection. */
final class TestLink implements Link {
    private static final SocketAddress CLIENT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000);
    private static final SocketAddress SERVER = new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);

    private final Thread owner = Thread.currentThread();
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Buffer out = new Buffer();
    private boolean closed;

    /** Runs the next task; returns whether one has come within so many nanoseconds. */
    boolean runNext(long nanos) throws InterruptedException {
        Runnable task = tasks.poll(nanos, TimeUnit.NANOSECONDS);
        if (task != null) {
            task.run();
        }
        return task != null;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread() == owner;
    }

    @Override
    public long now() {
        return System.nanoTime();
    }

    @Override
    public SocketAddress peer() {
        return CLIENT;
    }

    @Override
    public SocketAddress local() {
        return SERVER;
    }

    @Override
    public void close(CloseMode how) {
        closed = true;
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
        return 0;
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        throw new UnsupportedOperationException("an exchange of a test has no connection");
    }

    @Override
    public void pause(boolean on) {}

    @Override
    public void switchProtocol(Protocol next) {
        throw new UnsupportedOperationException("an exchange of a test has no connection");
    }

    @Override
    public void deadline(long at) {}

    @Override
    public void shutdownOutput() {}

    @Override
    public Flow flow() {
        throw new UnsupportedOperationException("an exchange of a test has no connection");
    }
}
