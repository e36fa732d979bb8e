// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.fileserver.StaticFiles;
import io.millrace.http.HttpContext;
import io.millrace.http1.Http1Factory;
import io.millrace.http2.Http2Factory;
import io.millrace.loop.EventLoop;
import io.millrace.models.IoModel;
import io.millrace.models.Server;
import io.millrace.socket.Kernel;
import io.millrace.transport.Listener;
import io.millrace.workers.WorkerProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The life of a {@link WebServer}. Any thread may call.
 *
 * <pre>
 *         bind           start              stop
 *   NEW ───────► BOUND ─────────► RUNNING ───────► ENDED
 *    │             │                 ▲               ▲
 *    ├──────────── │ ──── start ─────┘               │
 *    └─────────────┴────────────────────── stop ─────┘
 * </pre>
 *
 * <p>A server that runs may drain: it does all that it did, but each answer is the last of its connection.
 */
final class ServerLife {

    enum State {
        /** Everything about the server may still be said. */
        NEW,
        /** The address is taken, and clients wait in the kernel's queue. Routes may still be added. */
        BOUND,
        RUNNING,
        /** Stopping, or stopped. */
        ENDED
    }

    private final ServerSettings settings;
    private final AtomicBoolean draining = new AtomicBoolean();
    private final CountDownLatch ending = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private State state = State.NEW;
    private HttpContext context;
    private Server server;
    private Listener listening;
    private RedirectListener redirect;
    private LoopWatch watch;
    private Thread stopper;
    private volatile boolean cutShort;
    private volatile boolean endedInTime;

    ServerLife(ServerSettings settings) {
        this.settings = settings;
    }

    ServerSettings settings() {
        return settings;
    }

    // ---- what may be said when

    /**
     * Returns the settings for what cannot be changed once the address is taken.
     *
     * @throws IllegalStateException if it has been
     */
    synchronized ServerSettings beforeBind() {
        beforeStart();
        if (state != State.NEW) {
            throw new IllegalStateException(
                    "the server has its address: say where it listens and what it waits with before bind()");
        }
        return settings;
    }

    /**
     * Returns the settings for what cannot be changed once clients are answered.
     *
     * @throws IllegalStateException if they may have been
     */
    synchronized ServerSettings beforeStart() {
        if (state == State.ENDED) {
            throw new IllegalStateException("the server was stopped");
        }
        if (state != State.NEW && state != State.BOUND) {
            throw new IllegalStateException("the server is started: say everything about it before start()");
        }
        return settings;
    }

    synchronized Server running() {
        if (server == null) {
            throw new IllegalStateException(
                    state == State.ENDED
                            ? "the server was stopped before it was started"
                            : "the server is not started: call start() first");
        }
        return server;
    }

    synchronized Listener listening() {
        running();
        return listening;
    }

    /** A worker process that is bound has no more than the descriptor that it was started with. */
    synchronized SocketAddress local() {
        return state == State.BOUND && server == null
                ? Kernel.host().local(0)
                : listening().local();
    }

    synchronized boolean isReady() {
        return state == State.RUNNING && !draining.get();
    }

    synchronized boolean isDraining() {
        return state == State.RUNNING && draining.get();
    }

    // ---- the way up

    synchronized void bind() throws IOException {
        beforeBind();
        if (!WorkerProcess.isWorker()) {
            // Routes may still come: what depends on them is made for the first connection.
            open(true);
        }
        state = State.BOUND;
    }

    synchronized void start() throws IOException {
        beforeStart();
        context = settings.context(draining);
        if (server == null) {
            open(false);
        } else {
            listening.resume();
        }
        state = State.RUNNING;
        attend(server);
    }

    // What goes on beside the connections. A worker process for one client has no time for it.
    private void attend(Server running) {
        if (WorkerProcess.isForOneClient()) {
            return;
        }
        List<EventLoop> loops = running.loops();
        watch = LoopWatch.start(loops, settings.blockedThreshold);
        if (!settings.everies.isEmpty() && loops.isEmpty()) {
            System.getLogger("io.millrace.web")
                    .log(
                            System.Logger.Level.WARNING,
                            "this model has no loops, and what was given to every() never runs");
        }
        for (int i = 0; i < settings.everies.size() && !loops.isEmpty(); i++) {
            ServerSettings.Periodic each = settings.everies.get(i);
            loops.getFirst().every(each.period(), () -> guarded(each.task()));
        }
        if (settings.signalGrace != null) {
            stopper = new Thread(this::stopAtExit, "millrace-stop");
            Runtime.getRuntime().addShutdownHook(stopper);
        }
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            System.getLogger("io.millrace.web").log(System.Logger.Level.ERROR, "a periodic task failed", e);
        }
    }

    private void stopAtExit() {
        try {
            stop(settings.signalDrain, settings.signalGrace);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void leave() {
        if (watch != null) {
            watch.close();
        }
        Thread hook = stopper;
        if (hook != null && hook != Thread.currentThread()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                assert hook.isAlive() : e; // the program is ending
            }
        }
    }

    private void open(boolean paused) throws IOException {
        warnOfFallback();
        if (settings.tls != null && settings.model() == IoModel.PROCESS && settings.tls.whyNotByProcesses() != null) {
            throw new UnsupportedOperationException(settings.tls.whyNotByProcesses());
        }
        Server opened = settings.model().open(settings.modelOptions());
        // A worker process is told by its supervisor, perhaps before it runs.
        opened.onDrain(() -> {
            draining.set(true);
            tellDraining(Duration.ZERO);
        });
        try {
            listening = opened.listen(
                    settings.listenOptions().withPaused(paused), () -> paused ? new LateFactory() : protocols());
            openRedirect();
            server = opened;
        } finally {
            if (server == null) {
                opened.close();
            }
        }
    }

    /** Worker processes leave it to the one that has started them. */
    private void openRedirect() throws IOException {
        if (settings.redirectFrom() == null || WorkerProcess.isWorker()) {
            return;
        }
        if (settings.tls == null) {
            throw new IllegalStateException("a redirect leads to https: the server needs tls(context)");
        }
        if (!(listening.local() instanceof InetSocketAddress inet)) {
            throw new IllegalStateException("a redirect leads to a port, and the server has none");
        }
        redirect = RedirectListener.open(settings, inet.getPort());
    }

    synchronized int redirectPort() {
        if (redirect == null) {
            throw new IllegalStateException("the server redirects from no port");
        }
        return redirect.port();
    }

    /** What serves best was asked for by saying nothing: if it cannot be had there is something to be done. */
    private void warnOfFallback() {
        if (settings.model == null && IoModel.auto() == IoModel.NIO) {
            System.getLogger("io.millrace.web")
                    .log(
                            System.Logger.Level.WARNING,
                            "serving by the JDK's selector, which is slower: " + IoModel.whyAuto()
                                    + "; WebServer.model(IoModel.NIO) chooses it without this warning");
        }
    }

    /** Each loop has its own: what it caches needs no lock. */
    private ProtocolFactory protocols() {
        Http1Factory http1 = new Http1Factory(context);
        ProtocolFactory http = new ProtocolSelector(
                context,
                http1,
                settings.http2 == null
                        ? null
                        : () -> new Http2Factory(context, settings.http2, settings.http2Stats)
                                .trace(settings.modelOptions().traceLines()));
        ProtocolFactory above = settings.tls == null ? http : new TlsDetector(settings, settings.tls.over(http));
        return settings.proxyProtocol == null ? above : settings.proxyProtocol.over(above);
    }

    /** Becomes a factory when there is a connection: by then the server has been started. */
    private final class LateFactory implements ProtocolFactory {
        private ProtocolFactory made;

        @Override
        public Protocol create() {
            return made().create();
        }

        @Override
        public Protocol refuse() {
            return made().refuse();
        }

        private ProtocolFactory made() {
            if (made == null) {
                synchronized (ServerLife.this) {
                    made = protocols();
                }
            }
            return made;
        }
    }

    // ---- the way down

    /** Returns whether the server drains now. */
    synchronized boolean drain(Duration time) {
        if (state == State.RUNNING && draining.compareAndSet(false, true)) {
            server.drain();
            tellDraining(time);
        }
        return state == State.RUNNING;
    }

    void stopAccepting() {
        if (drain(Duration.ZERO)) {
            listening().close();
        }
    }

    private void tellDraining(Duration time) {
        for (Consumer<? super Duration> action : settings.drainActions) {
            Thread.ofVirtual().name("millrace-draining").start(() -> action.accept(time));
        }
    }

    boolean stop(Duration drain, Duration grace) throws InterruptedException {
        fromOutside();
        if (drain(drain)) {
            try {
                ending.await(TimeUnit.NANOSECONDS.convert(drain), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                // Stopping sees it, and ends the server at once.
                Thread.currentThread().interrupt();
            }
        }
        return stop(grace);
    }

    boolean stop(Duration grace) throws InterruptedException {
        Server running = fromOutside();
        if (!end()) {
            return running == null || stopAgain(running, grace);
        }
        leave();
        try {
            endedInTime = running == null || (running.stop(grace) && !cutShort);
            return endedInTime;
        } finally {
            if (redirect != null) {
                redirect.close();
            }
            settings.folders.forEach(StaticFiles::close);
            over.countDown();
        }
    }

    private boolean stopAgain(Server running, Duration grace) throws InterruptedException {
        boolean done = false;
        try {
            done = over.await(TimeUnit.NANOSECONDS.convert(grace), TimeUnit.NANOSECONDS);
        } finally {
            if (!done) {
                cutShort = true;
                running.close();
            }
        }
        over.await();
        return endedInTime;
    }

    private synchronized Server fromOutside() {
        if (server != null && server.isCarrier()) {
            throw new IllegalStateException("a loop cannot wait for its own end: stop from another thread");
        }
        return server;
    }

    /** Returns whether this is the first to say so. */
    private synchronized boolean end() {
        boolean first = state != State.ENDED;
        state = State.ENDED;
        ending.countDown();
        return first;
    }
}
