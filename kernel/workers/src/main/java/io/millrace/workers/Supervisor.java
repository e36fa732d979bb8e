// SPDX-License-Identifier: Apache-2.0
package io.millrace.workers;

import io.millrace.core.GuardedLog;
import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Ready;
import io.millrace.socket.Kernel;
import io.millrace.socket.Trace;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Starts worker processes that share listening sockets, replaces those that die, and renews all of them without
 * refusing a connection. One thread of its own does that; any thread may call.
 *
 * <p>The supervisor touches no connection. It knows of each worker two descriptors, a pidfd that tells its end and a
 * socket pair to talk over ({@link WorkerTie}); a worker that dies young is replaced after a pause that doubles.
 */
public final class Supervisor implements AutoCloseable {
    private static final GuardedLog LOG = new GuardedLog("io.millrace.workers");
    private static final int EVENTS = 64;
    private static final Duration LONGEST = Duration.ofDays(365);

    private final Kernel kernel;
    private final int workers;
    private final Duration reloadGrace;
    private final List<String> command;
    private final Consumer<? super Throwable> failed;
    private final Poller poller;
    private final WorkerStats stats = new WorkerStats();

    /** What its workers share, and those that replace them. */
    private final byte[] secret = WorkerTie.newSecret();

    private final List<WorkerPool> pools = new ArrayList<>();
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final CountDownLatch empty = new CountDownLatch(1);
    private final Thread thread;
    private boolean draining;
    private boolean stopping;
    private volatile boolean killing;

    /**
     * Starts a supervisor that has no workers yet.
     *
     * @param workers how many workers each listening socket has
     * @param reloadGrace how long a worker that {@link #reload} has replaced may go on
     * @param command what starts a worker ({@link WorkerCommand#of})
     * @param failed is told why the supervisor cannot go on; on its thread, when all workers have been ended
     * @throws SysException if the kernel refuses a descriptor
     */
    public Supervisor(
            Kernel kernel, int workers, Duration reloadGrace, List<String> command, Consumer<? super Throwable> failed)
            throws SysException {
        this.kernel = kernel;
        this.workers = workers;
        this.reloadGrace = reloadGrace;
        this.command = command;
        this.failed = failed;
        this.poller = kernel.poller(PollerKind.EPOLL, EVENTS);
        this.thread = Thread.ofPlatform().name("millrace-supervisor").start(this::run);
    }

    /**
     * Listens on one more address, and has workers started that accept on it.
     *
     * @throws IOException if the address cannot be had
     */
    public Listener listen(ListenOptions options) throws IOException {
        int socket = kernel.listen(options.address(), options.flags(), Kernel.Sharing.ALONE);
        WorkerPool pool;
        synchronized (pools) {
            pool = new WorkerPool(this, options, socket, pools.size());
            pools.add(pool);
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

    /** Workers without a supervisor would go on without end. */
    private void fail(Throwable why) {
        stopping = true;
        for (WorkerPool pool : pools()) {
            try {
                pool.kill();
            } catch (Throwable t) {
                // They read the end of their tie when this process ends.
            }
        }
        failed.accept(why);
    }

    private void supervise() {
        Ready ready = new Ready(EVENTS);
        while (!(stopping && pools().stream().allMatch(WorkerPool::isEmpty))) {
            int n = poller.poll(untilDue(), ready);
            if (n < 0) {
                throw new IllegalStateException(poller.name() + ": " + Errno.describe(n));
            }
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
            long now = System.nanoTime();
            for (WorkerPool pool : pools()) {
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
                : pools().stream()
                        .flatMapToLong(pool -> LongStream.of(pool.untilGrowth(now), pool.untilLate(now)))
                        .filter(left -> left >= 0)
                        .min()
                        .orElse(-1);
    }

    private List<WorkerPool> pools() {
        synchronized (pools) {
            return List.copyOf(pools);
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

    int workers() {
        return workers;
    }

    Duration reloadGrace() {
        return reloadGrace;
    }

    List<String> command() {
        return command;
    }

    /** The message with the secret, which is not changed. */
    byte[] secret() {
        return secret;
    }

    WorkerStats stats() {
        return stats;
    }

    /** Where to write down what is done with workers, {@code null} for nowhere. */
    @Nullable
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

    static void log(Level level, String message) {
        LOG.log(level, message, null);
    }

    /** A time span in nanoseconds that can be added to a clock. */
    static long nanos(Duration span) {
        return span.isNegative() ? 0 : span.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : span.toNanos();
    }

    // ---- for any thread

    /** Replaces all workers by new ones. Returns at once: the old ones leave when the new ones are ready. */
    public void reload() {
        execute(() -> pools().forEach(WorkerPool::reload));
    }

    /** Tells the workers that {@link #stop} is going to follow. Everything else goes on as before. Returns at once. */
    public void drain() {
        execute(() -> {
            draining = true;
            pools().forEach(WorkerPool::announceDrain);
        });
    }

    /** Returns what has become of the workers so far. */
    public WorkerCounters counters() {
        return stats.counters();
    }

    /** Returns whether the calling thread is the supervisor's. */
    public boolean isSupervising() {
        return Thread.currentThread() == thread;
    }

    /**
     * Tells all workers to finish, waits for their ends, and ends those that are left after {@code grace}.
     *
     * @return whether all ended by themselves
     * @throws IllegalStateException on the supervisor's thread
     */
    public boolean stop(Duration grace) throws InterruptedException {
        if (isSupervising()) {
            throw new IllegalStateException("the supervisor cannot wait for its own end");
        }
        try {
            end(WorkerPool::drain);
            return empty.await(nanos(grace), TimeUnit.NANOSECONDS) && !killing;
        } finally {
            close();
            thread.join();
        }
    }

    private void end(Consumer<WorkerPool> how) {
        execute(() -> {
            stopping = true;
            pools().forEach(how);
        });
    }

    /** Ends all workers at once. Returns before they have ended. */
    @Override
    public void close() {
        killing = empty.getCount() > 0;
        end(WorkerPool::kill);
    }

    /** Waits until all workers have ended and the supervisor with them. */
    public void await() throws InterruptedException {
        thread.join();
    }
}
