// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.OpenFile;
import io.millrace.poll.Interest;
import io.millrace.socket.Trace;
import java.net.SocketAddress;

/**
 * A wire that says what it is asked and what comes of it, for those that do not go through a
 * {@link io.millrace.socket.Kernel}.
 */
public final class TracedSocketIo extends SocketIo {
    private final SocketIo socketIo;
    private final String name;
    private final Trace trace;

    private TracedSocketIo(SocketIo socketIo, String name, Trace trace) {
        this.socketIo = socketIo;
        this.name = name;
        this.trace = trace;
    }

    /** Writes down what goes through a wire, which is called {@code name} there. */
    public static TracedSocketIo over(SocketIo socketIo, String name, Trace trace) {
        return new TracedSocketIo(socketIo, name, trace);
    }

    @Override
    protected int receive(byte[] into, int offset, int length) {
        return (int) trace.called("recv " + name + " (" + length + ")", socketIo.receive(into, offset, length));
    }

    @Override
    protected int send(byte[] from, int offset, int length, boolean more) {
        String call = "send " + name + " (" + length + (more ? ", more" : "") + ")";
        return (int) trace.called(call, socketIo.send(from, offset, length, more));
    }

    @Override
    protected long sendFile(OpenFile file, long position, long count) {
        return trace.called(
                "sendfile " + name + " (" + position + ", " + count + ")", socketIo.sendFile(file, position, count));
    }

    @Override
    protected void shutdown() {
        socketIo.shutdown();
        trace.called("shutdown " + name, 0);
    }

    @Override
    protected void close() {
        socketIo.close();
        trace.called("close " + name, 0);
    }

    @Override
    protected void abort() {
        socketIo.abort();
        trace.called("abort " + name, 0);
    }

    @Override
    protected SocketAddress local() {
        return socketIo.local();
    }

    @Override
    protected int await(int interest, long nanos) {
        long since = System.nanoTime();
        int found = socketIo.await(interest, nanos);
        String in = "select " + name + " " + Interest.describe(interest);
        trace.slept(in, nanos, since, found == 0 ? "nothing" : Interest.describe(found));
        return found;
    }

    @Override
    protected void wake() {
        socketIo.wake();
    }
}
