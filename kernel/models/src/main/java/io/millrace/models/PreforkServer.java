// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.ProtocolFactory;
import io.millrace.socket.Kernel;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.workers.Supervisor;
import io.millrace.workers.WorkerCommand;
import io.millrace.workers.WorkerCounters;
import io.millrace.workers.WorkerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * <b>prefork</b>: a few worker processes, started beforehand, share one listening socket.
 *
 * <p>The start of a process is paid once for many clients and not for each, and what separates them is still a process:
 * a worker that crashes takes the clients that it has, the others and the socket stay, and the supervisor starts
 * another. That is Apache's first great design, and with an event loop in each worker, as here, it is nginx's.
 *
 * <p>It is also how a server is renewed while it serves ({@link #reload}, SIGHUP on the command line): new workers
 * begin to accept on the same socket, the old ones stop accepting when all of the new are ready, finish what they have,
 * and go. The socket is never closed in between, so no client is refused. If the new ones do not come up, the old ones
 * simply go on.
 *
 * <p>The {@link Supervisor} touches no connection; a worker that dies young is replaced after a pause. Each worker's
 * epoll watches the shared socket with EPOLLEXCLUSIVE, so that a connection wakes one of them and not the herd
 * ({@code millrace herd} shows both).
 *
 * <p>Watch it: {@code pstree -p PID}, {@code kill -KILL} one of the workers, {@code kill -HUP} the parent under load.
 */
final class PreforkServer implements Server {
    private final int workers;
    private final FatalFailure failure;
    private final Supervisor supervisor;

    PreforkServer(Kernel kernel, ModelOptions options) throws IOException {
        this.workers = options.carriers();
        this.failure = new FatalFailure(options.failure());
        this.supervisor = new Supervisor(
                kernel,
                workers,
                options.reloadGrace(),
                WorkerCommand.of(options.workerCommand(), WorkerProcess.Kind.PREFORK),
                this::fail);
    }

    private void fail(Throwable why) {
        failure.note(why);
        failure.tell();
    }

    /** The protocols are made by the workers, which run the same program. */
    @Override
    public Listener listen(ListenOptions options, Supplier<? extends ProtocolFactory> protocols) throws IOException {
        return supervisor.listen(options);
    }

    @Override
    public void reload() {
        supervisor.reload();
    }

    @Override
    public void drain() {
        supervisor.drain();
    }

    @Override
    public String engine() {
        return "prefork, " + workers + (workers == 1 ? " process" : " processes")
                + ", each with a loop over epoll, edge-triggered";
    }

    @Override
    public Optional<WorkerCounters> workers() {
        return Optional.of(supervisor.counters());
    }

    @Override
    public int carriers() {
        return workers;
    }

    @Override
    public boolean isCarrier() {
        return supervisor.isSupervising();
    }

    @Override
    public boolean stop(Duration grace) throws InterruptedException {
        return supervisor.stop(grace);
    }

    @Override
    public void close() {
        supervisor.close();
    }

    @Override
    public void await() throws InterruptedException {
        supervisor.await();
        failure.check();
    }
}
