// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.ProtocolFactory;
import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Ready;
import io.millrace.socket.Kernel;
import io.millrace.socket.Trace;
import io.millrace.sys.Errno;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * <b>prefork</b>: a few worker processes, started beforehand, share one listening socket.
 *
 * <p>The start of a process is paid once for many clients and not for each, and what separates them is still a process:
 * a worker that crashes takes the clients that it has, the others and the socket stay, and the supervisor starts
 * another. That is Apache's first great design, and with an event loop in each worker, as here, it is nginx's.
 *
 * <p>It is also how a server is renewed while it serves ({@link #reload}, SIGHUP on the command line): new workers
 * begin to accept on the same socket, the old ones stop accepting when all of the new are ready, finish what they have,
 * and go. The socket is never closed in between, so nobody is refused. If the new ones do not come up, the old ones
 * simply go on.
 *
 * <p>The supervisor touches no connection. It knows of each worker two descriptors, a pidfd that tells its end and a
 * socket pair to talk over; a worker that dies young is replaced after a pause that doubles. Each worker's epoll
 * watches the shared socket with EPOLLEXCLUSIVE, so that a connection wakes one of them and not the herd
 * ({@code millrace herd} shows both).
 *
 * <p>Watch it: {@code pstree -p PID}, {@code kill -KILL} one of the workers, {@code kill -HUP} the parent under load.
 */
final class PreforkServer implements Server {
    private static final int EVENTS = 64;

    private final Kernel kernel;
    private final int workers;
    private final Duration reloadGrace;
    private final List<String> command;
    private final Poller poller;
    private final WorkerStats stats = new WorkerStats();
    private final List<WorkerPool> flocks = new ArrayList<>();
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Failure failure;
    private final CountDownLatch empty = new CountDownLatch(1);
    private final Thread thread;
    private boolean stopping;
    private boolean draining;
    private volatile boolean killing;

    PreforkServer(Kernel kernel, ModelOptions options) throws IOException {
        this.kernel = kernel;
        this.workers = options.carriers();
        this.reloadGrace = options.reloadGrace();
        this.failure = new Failure(options.failure());
        this.command = WorkerProcess.command(options, WorkerProcess.Kind.PREFORK);
        this.poller = kernel.poller(PollerKind.EPOLL, EVENTS);
        this.thread = Thread.ofPlatform().name("millrace-supervisor").start(this::run);
    }

    @Override
    public Listener listen(ListenOptions options, Supplier<? extends ProtocolFactory> protocols) throws IOException {
        int socket = kernel.listen(options.address(), options.flags(), Kernel.Sharing.ALONE);
        WorkerPool pool;
        synchronized (flocks) {
            pool = new WorkerPool(this, options, socket, flocks.size());
            flocks.add(pool);
        }
        execute(() -> pool.grow(System.nanoTime()));
        return pool;
    }

    // ---- the supervisor's thread

    private void run() {
        try {
            supervise();
        } catch (Throwable t) {
            fail(t);
        } finally {
            poller.close();
            empty.countDown();
        }
    }

    /** Workers whom nobody supervises would go on for ever. */
    private void fail(Throwable why) {
        failure.note(why);
        stopping = true;
        for (WorkerPool pool : flocks()) {
            try {
                pool.kill();
            } catch (Throwable t) {
                // They read the end of their tie when this process ends.
            }
        }
        failure.tell();
    }

    private void supervise() {
        Ready ready = new Ready(EVENTS);
        while (!(stopping && flocks().stream().allMatch(WorkerPool::isEmpty))) {
            int n = poller.poll(untilDue(), ready);
            if (n < 0) {
                throw new IllegalStateException(poller.name() + ": " + Errno.describe(n));
            }
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
            long now = System.nanoTime();
            for (WorkerPool pool : flocks()) {
                pool.look(now);
                if (!stopping) {
                    pool.grow(now);
                }
            }
        }
    }

    private long untilDue() {
        long now = System.nanoTime();
        return stopping
                ? -1
                : flocks().stream()
                        .flatMapToLong(pool -> LongStream.of(pool.untilGrowth(now), pool.untilLate(now)))
                        .filter(left -> left >= 0)
                        .min()
                        .orElse(-1);
    }

    private List<WorkerPool> flocks() {
        synchronized (flocks) {
            return List.copyOf(flocks);
        }
    }

    void execute(Runnable task) {
        tasks.add(task);
        poller.wakeup();
    }

    /** Watches a descriptor of a worker: what it has to say is found by looking at all, for they are few. */
    int watch(int fd) {
        return poller.add(fd, Interest.READ, fd);
    }

    void unwatch(int fd) {
        poller.remove(fd);
    }

    Kernel kernel() {
        return kernel;
    }

    Duration reloadGrace() {
        return reloadGrace;
    }

    List<String> command() {
        return command;
    }

    WorkerStats stats() {
        return stats;
    }

    /** Where to write down what is done with workers, {@code null} for nowhere. */
    Trace trace() {
        return Trace.of(kernel);
    }

    /** Whether workers are told that the end is near. */
    boolean draining() {
        return draining;
    }

    boolean stopping() {
        return stopping;
    }

    // ---- for everybody

    @Override
    public void reload() {
        execute(() -> flocks().forEach(WorkerPool::reload));
    }

    @Override
    public void drain() {
        execute(() -> {
            draining = true;
            flocks().forEach(WorkerPool::announceDrain);
        });
    }

    @Override
    public String engine() {
        return "prefork, " + workers + (workers == 1 ? " process" : " processes")
                + ", each with a loop over epoll, edge-triggered";
    }

    @Override
    public Optional<WorkerCounters> workers() {
        return Optional.of(stats.counters());
    }

    @Override
    public int carriers() {
        return workers;
    }

    @Override
    public boolean isCarrier() {
        return Thread.currentThread() == thread;
    }

    @Override
    public boolean stop(Duration grace) throws InterruptedException {
        if (isCarrier()) {
            throw new IllegalStateException("the supervisor cannot wait for its own end");
        }
        try {
            end(WorkerPool::drain);
            return empty.await(Servers.nanos(grace), TimeUnit.NANOSECONDS) && !killing;
        } finally {
            close();
            thread.join();
        }
    }

    private void end(Consumer<WorkerPool> how) {
        execute(() -> {
            stopping = true;
            flocks().forEach(how);
        });
    }

    @Override
    public void close() {
        killing = empty.getCount() > 0;
        end(WorkerPool::kill);
    }

    @Override
    public void await() throws InterruptedException {
        thread.join();
        failure.check();
    }
}
