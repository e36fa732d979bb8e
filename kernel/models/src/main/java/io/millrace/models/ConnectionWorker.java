// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.socket.Trace;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.HeapLimit;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.NioSocketIo;
import io.millrace.transport.SocketIo;
import io.millrace.transport.ThreadBuffers;
import io.millrace.transport.TracedSocketIo;
import io.millrace.workers.WorkerProcess;
import java.io.FileInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The other end of {@link ProcessServer}: serves the client that is descriptor 0, and is done. Uses the JDK's own
 * channels throughout: linking system calls of our own would be a third of the life of a short-lived worker.
 */
final class ConnectionWorker implements Server {
    private final int wanted;
    private final ModelOptions options;
    private final FatalFailure failure;
    private int listened;
    private @Nullable BlockingLink link;
    private @Nullable Thread thread;

    ConnectionWorker(int index, ModelOptions options) {
        this.wanted = index;
        this.options = options;
        this.failure = new FatalFailure(options.failure());
    }

    @Override
    public synchronized Listener listen(ListenOptions address, Supplier<? extends ProtocolFactory> protocols)
            throws IOException {
        if (listened++ != wanted) {
            return new Inherited(address.address(), 0);
        }
        NioSocketIo socketIo = NioSocketIo.inherited();
        Protocol protocol = protocols.get().create();
        Trace trace = options.traceOfWorker();
        SocketIo traced = trace == null ? socketIo : TracedSocketIo.over(socketIo, "0", trace);
        BlockingLink served = new BlockingLink(traced, socketIo.peer(), protocol, new HeapLimit(options.memory()));
        link = served;
        thread = Thread.ofPlatform().name("millrace-client").start(() -> serve(served));
        Thread.ofPlatform().name("millrace-tie").daemon().start(() -> awaitParent(served));
        return new Inherited(socketIo.local(), 1);
    }

    /** Serves the client; a failure that is not the connection's is this process's. */
    private void serve(BlockingLink served) {
        try {
            served.serve(new ThreadBuffers.Pool());
        } catch (Throwable t) {
            failure.note(t);
        }
        try {
            served.abandon();
        } finally {
            if (failure.isThere()) {
                failure.tell();
            }
            WorkerProcess.endSoon(failure.isThere() ? 1 : 0);
        }
    }

    /** Nothing is ever written: the end of the pipe is the message. */
    private void awaitParent(BlockingLink served) {
        try (FileInputStream tie = new FileInputStream("/dev/fd/" + WorkerProcess.TIE)) {
            tie.read();
        } catch (IOException e) {
            // No tie: a worker that was started by hand is ended by hand.
            return;
        }
        served.stop();
    }

    @Override
    public String engine() {
        try {
            return "one connection of process " + WorkerProcess.parent();
        } catch (IOException e) {
            return "one connection";
        }
    }

    @Override
    public int carriers() {
        return 1;
    }

    @Override
    public boolean isCarrier() {
        return Thread.currentThread() == thread;
    }

    @Override
    public boolean stop(Duration grace) throws InterruptedException {
        BlockingLink served = link;
        Thread serving = thread;
        if (served == null || serving == null) {
            return true;
        }
        served.stop();
        serving.join(Math.max(1, Servers.nanos(grace) / 1_000_000));
        boolean inTime = served.over();
        close();
        serving.join();
        return inTime;
    }

    @Override
    public void close() {
        if (link != null) {
            link.cut();
        }
    }

    @Override
    public void await() throws InterruptedException {
        if (thread != null) {
            thread.join();
            failure.check();
        }
    }
}
