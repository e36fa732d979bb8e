// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.loop.EventLoop;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One run of a plan on this machine.
 *
 * <pre>{@code
 * LoadResult result = new Load(plan).run(progress -> {});
 * }</pre>
 */
public final class Load {
    private static final long REPORT_MILLIS = 1000;
    private static final Duration CLOSE = Duration.ofSeconds(2);

    private final LoadPlan plan;
    private final TlsContext tls;
    private final CountDownLatch begun;
    private final CountDownLatch done;
    private final Worker[] workers;
    private final EventLoop[] loops;
    private volatile CompletableFuture<Dialer> finding;
    private volatile Consumer<Worker> ending;

    /**
     * Whether the workers are there; written before {@link #ending} is read, as that is written before this is read.
     */
    private volatile boolean started;

    /** Makes a run that has not begun; servers of https targets are verified by the JDK's authorities. */
    public Load(LoadPlan plan) {
        this(plan, null);
    }

    /**
     * Makes a run that has not begun.
     *
     * @param tls by which a target over TLS is asked, its ALPN name that of {@link LoadTarget.Kind#alpn}; {@code null}
     *     for the JDK's authorities
     */
    public Load(LoadPlan plan, TlsContext tls) {
        this.plan = plan;
        this.tls = tls != null || !plan.target().kind().isSecure() ? tls : usualTls(plan.target());
        this.begun = new CountDownLatch(plan.clients().threads());
        this.done = new CountDownLatch(plan.clients().threads());
        this.workers = new Worker[plan.clients().threads()];
        this.loops = new EventLoop[workers.length];
    }

    private static TlsContext usualTls(LoadTarget target) {
        return TlsContext.client(
                TlsOptions.DEFAULT.withApplicationProtocols(target.kind().alpn()));
    }

    /**
     * Runs the plan and waits for its end. Once.
     *
     * @param progress is told when what counts begins, after the warm-up and those in the way being there, and then
     *     about once a second, on the calling thread
     * @throws IOException if the target's name cannot be resolved or not even one connection can be made: says why
     */
    public LoadResult run(Consumer<LoadProgress> progress) throws IOException, InterruptedException {
        try (LoopGroup group = LoopGroup.open(workers.length)) {
            return run(group, dialer(group.loop(0)), progress);
        }
    }

    private Dialer dialer(EventLoop loop) throws IOException, InterruptedException {
        finding = Dialer.find(plan, loop, plan.target().kind().isSecure() ? tls : null);
        if (ending != null) {
            end(ending);
        }
        try {
            return finding.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (CancellationException e) {
            throw new IOException("ended before there was a connection", e);
        }
    }

    private LoadResult run(LoopGroup group, Dialer dialer, Consumer<LoadProgress> progress)
            throws InterruptedException {
        LoadProtocol protocol = LoadProtocol.of(plan);
        for (int i = 0; i < workers.length; i++) {
            loops[i] = group.loop(i);
            workers[i] = new Worker(
                    loops[i],
                    plan.share(i, workers.length),
                    dialer,
                    protocol.request(plan),
                    protocol::client,
                    begun,
                    done);
        }
        for (int i = 0; i < workers.length; i++) {
            loops[i].execute(workers[i]::start);
        }
        started = true;
        if (ending != null) {
            end(ending);
        }
        awaitDone(progress);
        group.stop(CLOSE);
        Counters sum = new Counters();
        double busiest = 0;
        long measured = 0;
        for (Worker worker : workers) {
            worker.addTo(sum);
            busiest = Math.max(busiest, worker.busy());
            measured = Math.max(measured, worker.measured());
        }
        return new LoadResult(plan, Duration.ofNanos(measured), busiest, sum);
    }

    private void awaitDone(Consumer<LoadProgress> progress) throws InterruptedException {
        begun.await();
        progress.accept(new LoadProgress(0, 0, 0, plan.clients().connections(), Counters.histogram()));
        while (!done.await(REPORT_MILLIS, TimeUnit.MILLISECONDS)) {
            LoadProgress now = progress();
            if (now != null) {
                progress.accept(now);
            }
        }
    }

    /** Asks each loop; one that is too busy to answer is left out this time, and so is the whole report. */
    private LoadProgress progress() throws InterruptedException {
        BlockingQueue<LoadProgress> answers = new LinkedBlockingQueue<>();
        for (int i = 0; i < workers.length; i++) {
            Worker worker = workers[i];
            loops[i].execute(() -> answers.add(worker.progress()));
        }
        LoadProgress sum = null;
        for (int i = 0; i < workers.length; i++) {
            LoadProgress one = answers.poll(REPORT_MILLIS, TimeUnit.MILLISECONDS);
            if (one == null) {
                return null;
            }
            sum = sum == null ? one : sum.plus(one);
        }
        return sum;
    }

    /**
     * Ends the run early; {@link #run} returns what has been measured so far, or throws if there has not been a single
     * connection. Any thread may call.
     */
    public void stop() {
        end(Worker::finish);
    }

    /** Ends the run without waiting for requests that are under way: its result is not wanted. Any thread may call. */
    void abandon() {
        end(Worker::abandon);
    }

    private void end(Consumer<Worker> how) {
        ending = how;
        CompletableFuture<Dialer> waiting = finding;
        if (waiting != null) {
            waiting.cancel(false);
        }
        for (int i = 0; started && i < workers.length; i++) {
            Worker worker = workers[i];
            try {
                loops[i].execute(() -> how.accept(worker));
            } catch (RejectedExecutionException e) {
                // The run has ended by itself meanwhile.
            }
        }
    }
}
