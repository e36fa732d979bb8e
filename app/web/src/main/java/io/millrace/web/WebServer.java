// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.compress.Compression;
import io.millrace.compress.CompressionFilter;
import io.millrace.http.Dispatch;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Limits;
import io.millrace.http2.Http2Limits;
import io.millrace.link.ProxyProtocol;
import io.millrace.models.IoModel;
import io.millrace.socket.ListenFlags;
import io.millrace.tls.TlsContext;
import io.millrace.transport.AcceptDistribution;
import io.millrace.transport.OverloadPolicy;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A web server in five lines:
 *
 * <pre>{@code
 * WebServer.on(8080)
 *         .get("/hello/{name}", (request, response) -> response.send("Hello, " + request.param("name") + "\n"))
 *         .start();
 * }</pre>
 *
 * <p>Is configured by one thread until {@link #start}, then runs until {@link #stop} or {@link #close}; both may be
 * called by any thread. Its loops are no daemon threads, so a {@code main} that has started a server may return.
 *
 * <p>Handlers run on the loop, where they must not block, unless their route says {@link Dispatch#VIRTUAL} or
 * {@link Dispatch#on} an executor.
 *
 * <p>Listens on the loopback address, for this machine alone, unless {@link #everywhere} or {@link #address} opens it:
 * a server that is reachable from outside should be so on purpose.
 */
public final class WebServer extends ServerRoutes implements AutoCloseable {
    private WebServer(int port) {
        super(new ServerLife(new ServerSettings(port)));
    }

    @Override
    WebServer self() {
        return this;
    }

    /**
     * Returns a server for a port of the loopback address.
     *
     * @param port 0 to 65535; 0 for one that is free, see {@link #port()}
     * @throws IllegalArgumentException for another number
     */
    public static WebServer on(int port) {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("a port is a number from 0 to 65535, not " + port);
        }
        return new WebServer(port);
    }

    // ---- where

    /**
     * Sets the address to listen on, host and port.
     *
     * @throws IllegalArgumentException if the host is unresolved
     */
    public WebServer address(InetSocketAddress address) {
        life.beforeBind().address(address);
        return this;
    }

    /**
     * Sets another address to listen on: a {@link io.millrace.socket.UnixAddress}, an
     * {@link io.millrace.socket.InheritedSocket}, or as {@link #address(InetSocketAddress)}.
     */
    public WebServer listen(SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            return address(inet);
        }
        life.beforeBind().address(Objects.requireNonNull(address));
        return this;
    }

    /** Sets how the listening socket is set up: its queue, deferred accept, the permissions of a Unix socket. */
    public WebServer listenFlags(ListenFlags flags) {
        life.beforeBind().listenFlags = Objects.requireNonNull(flags);
        return this;
    }

    /** Listens on all addresses of this machine, IPv6 and IPv4. */
    public WebServer everywhere() {
        life.beforeBind().everywhere();
        return this;
    }

    /**
     * Answers only requests for these hosts, beside {@code localhost}, names below it and address literals; others get
     * 421. A name that begins with {@code *.} stands for all below it; {@code "*"} lifts the check.
     *
     * <p>If never called, a server on a loopback address answers for no other name, and one that listens anywhere else
     * for every name. Otherwise a page in a browser could read what is served to this machine alone, by a name that its
     * own site lets lead here (DNS rebinding). A proxy on this machine that passes its clients' names on has to be
     * allowed them.
     *
     * @throws IllegalArgumentException if one of them is no name of a host, or has a port
     */
    public WebServer hosts(String... names) {
        life.beforeStart().hosts = Arrays.stream(names).map(HostCheck::name).toList();
        return this;
    }

    // ---- how

    /**
     * Sets how many event loops, threads or processes run, where the model has several; one for each processor by
     * default.
     */
    public WebServer loops(int count) {
        life.beforeBind().loops(count);
        return this;
    }

    /** Sets what a client may ask of the server; {@link Limits#DEFAULT} by default. */
    public WebServer limits(Limits limits) {
        life.beforeStart().limits = Objects.requireNonNull(limits);
        return this;
    }

    /**
     * What a client may ask of an HTTP/2 connection beside that; {@code null} to speak HTTP/1.1 alone. If never said a
     * connection that begins with the preface of HTTP/2 speaks it, with {@link Http2Limits#DEFAULT}.
     */
    public WebServer http2(Http2Limits limits) {
        life.beforeStart().http2 = limits;
        return this;
    }

    /**
     * Speaks HTTP over TLS alone, by a server's context; {@code null}, the default, for HTTP in the clear. The
     * context's ALPN names should be {@code h2} and {@code http/1.1}, or the latter alone without HTTP/2. Its
     * credentials can be replaced while the server runs.
     */
    public WebServer tls(TlsContext context) {
        life.beforeStart().tls = context;
        return this;
    }

    /**
     * Listens on another port of the same address, too, in the clear, and sends its clients to the https URL.
     *
     * @param clearPort 0 to 65535; 0 for one that is free, see {@link #redirectPort}
     */
    public WebServer redirectFrom(int clearPort) {
        life.beforeBind().redirectFrom(clearPort);
        return this;
    }

    /**
     * Answers the challenges of a certificate authority: texts at the port of {@link #redirectFrom}, certificates at
     * the port with TLS, where the model is not PREFORK.
     */
    public WebServer challenges(CertificateChallenges challenges) {
        life.beforeBind().challenges = challenges;
        return this;
    }

    /**
     * Adds Strict-Transport-Security to all answers over TLS: for so long browsers that have seen it use https alone,
     * by whatever URL (RFC 6797).
     */
    public WebServer hsts(Duration age) {
        life.beforeStart().hsts = Objects.requireNonNull(age);
        return this;
    }

    /**
     * Compresses what is answered, as clients accept it; nothing by default. {@link ContentCodings} has the codings of
     * this machine.
     */
    public WebServer compress(Compression compression) {
        life.beforeStart().compression = CompressionFilter.of(compression);
        return this;
    }

    /**
     * Sets what is told of every exchange: an {@link AccessLog}, {@link ServerStats}, several by
     * {@link ExchangeLogs#all}.
     */
    public WebServer log(ExchangeLog log) {
        life.beforeStart().log = Objects.requireNonNull(log);
        return this;
    }

    /**
     * Believes proxies in what they say of their clients: {@link io.millrace.http.Request#peer} and the access log name
     * the client, {@link io.millrace.http.Request#socketPeer} the proxy. No field is believed by default.
     */
    public WebServer trustedProxies(TrustedProxies proxies) {
        life.beforeStart().trustedProxies = Objects.requireNonNull(proxies);
        return this;
    }

    /**
     * Expects the PROXY protocol from proxies in these ranges, which are those of {@link TrustedProxies}, and refuses
     * it from others: {@link ProxyProtocol}. {@link io.millrace.http.Request#peer} is the client then.
     */
    public WebServer proxyProtocol(String... ranges) {
        life.beforeStart().proxyProtocol = ProxyProtocol.from(TrustedProxies.byXForwardedFor(ranges)::trusts);
        return this;
    }

    /** Sets the value of the Server field, {@code millrace} by default; {@code null} leaves the field away. */
    public WebServer serverName(String name) {
        life.beforeStart().serverName = name;
        return this;
    }

    /**
     * Limits how many connections are open at once, and says what becomes of those beyond.
     *
     * @param most at least 1; unlimited by default
     */
    public WebServer maxConnections(int most, OverloadPolicy beyond) {
        life.beforeBind().maxConnections(most, Objects.requireNonNull(beyond));
        return this;
    }

    /** Sets how connections spread over the loops. */
    public WebServer spread(AcceptDistribution spread) {
        life.beforeBind().spread = Objects.requireNonNull(spread);
        return this;
    }

    /**
     * Sets what the server waits for its clients with; {@link IoModel#auto} by default. With PROCESS and PREFORK this
     * program is started again for each worker, up to {@link #start}: see {@link io.millrace.workers.WorkerProcess}.
     */
    public WebServer model(IoModel model) {
        life.beforeBind().model = Objects.requireNonNull(model);
        return this;
    }

    /** Sets the command that starts this program again, for PROCESS and PREFORK; that of this JVM by default. */
    public WebServer workerCommand(List<String> command) {
        life.beforeBind().workerCommand = List.copyOf(command);
        return this;
    }

    /**
     * Sets how long a worker process of PREFORK that {@link #reload} has replaced may go on for the connections that it
     * has; then they are cut off. An hour by default.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public WebServer reloadGrace(Duration grace) {
        life.beforeBind().reloadGrace(grace);
        return this;
    }

    /** Prints, call by call, what the kernel reports and what the server does, to watch a model at work; slow. */
    public WebServer trace(PrintStream out) {
        life.beforeBind().trace = Objects.requireNonNull(out);
        return this;
    }

    /**
     * Limits how many bytes of the heap connections may hold for what they have received and have to send, all
     * together; a quarter of the heap by default. Beyond it those that hold most are broken off.
     */
    public WebServer memory(long bytes) {
        life.beforeBind().memory(bytes);
        return this;
    }

    /**
     * Adds what is told when the server begins to drain, with the time that it has for that; zero after {@link #drain}
     * alone, and in worker processes. Each action runs on a virtual thread of its own, for as long as it likes: to ask
     * WebSockets to come back elsewhere ({@link io.millrace.websocket.WebSocketGroup#closeAll}).
     */
    public WebServer onDraining(Consumer<? super Duration> action) {
        life.beforeStart().drainActions.add(Objects.requireNonNull(action));
        return this;
    }

    /**
     * Sets what is told, in place of the log, why the server cannot go on, when a thread that all depend on has failed.
     * The server is ending by then, its listening sockets first, and {@link #await} throws. Told once, on the thread
     * that found out, where memory may be short.
     */
    public WebServer onFailure(Consumer<? super Throwable> action) {
        life.beforeBind().failure = Objects.requireNonNull(action);
        return this;
    }

    /**
     * Reports a loop that a handler has blocked for so long, with the place where it is, in a warning of the logger
     * {@code io.millrace.web}; each loop once a minute at most. One second if never said, for models that have loops.
     *
     * @param threshold zero for no reports
     * @throws IllegalArgumentException if it is negative
     */
    public WebServer reportBlockedLoops(Duration threshold) {
        if (threshold.isNegative()) {
            throw new IllegalArgumentException("not a threshold: " + threshold);
        }
        life.beforeStart().blockedThreshold = threshold;
        return this;
    }

    /**
     * Stops the server in good order when the program is told to end, by a signal (SIGTERM, SIGINT) or by
     * {@link System#exit}: as {@link #stop(Duration)} does, which the end of the program waits for.
     */
    public WebServer stopOnSignal(Duration grace) {
        return stopOnSignal(Duration.ZERO, grace);
    }

    /**
     * Drains the server and then stops it when the program is told to end, as {@link #stop(Duration, Duration)} does.
     */
    public WebServer stopOnSignal(Duration drain, Duration grace) {
        life.beforeStart().stopOnSignal(drain, grace);
        return this;
    }

    /**
     * Runs a task on one of the server's loops again and again, first after one period, from {@link #start} on until
     * the server stops. It must not block. What it throws is logged, and the next period comes all the same.
     *
     * @throws IllegalArgumentException if the period is not positive
     */
    public WebServer every(Duration period, Runnable task) {
        if (period.isNegative() || period.isZero()) {
            throw new IllegalArgumentException("a period must be longer than nothing");
        }
        life.beforeStart().everies.add(new ServerSettings.Periodic(period, Objects.requireNonNull(task)));
        return this;
    }

    // ---- life

    /**
     * Takes the address and does not serve yet: clients that connect wait in the kernel's queue until {@link #start}.
     * When this returns {@link #port} is known. Where the server listens and what it waits with is settled then;
     * routes, filters and what answers carry may still be changed. In a worker process, whose socket is there already,
     * this takes nothing.
     *
     * @throws IOException if the address cannot be had, saying why
     * @throws UnsupportedOperationException if this system has no way to wait that Millrace knows, saying why
     * @throws IllegalStateException if the server has been bound, started or stopped before
     */
    public WebServer bind() throws IOException {
        life.bind();
        return this;
    }

    /**
     * Starts, binding first if that has not been done. When this returns the server answers.
     *
     * @throws IOException as {@link #bind}
     * @throws UnsupportedOperationException as {@link #bind}
     * @throws IllegalStateException if the server has been started or stopped before
     */
    public WebServer start() throws IOException {
        life.start();
        return this;
    }

    /**
     * Prepares the end: the server goes on accepting connections and answering, while {@link #isReady} is false for a
     * balancer to see, and each answer says {@code Connection: close}. Returns at once; {@link #stop} is to follow.
     * Without effect unless the server runs. Any thread may call.
     */
    public void drain() {
        life.drain(Duration.ZERO);
    }

    /**
     * Drains, then stops: {@link #drain}, a wait, {@link #stop(Duration)}. The wait ends early when another thread
     * stops the server or this one is interrupted.
     *
     * @param drain how long to drain, whether connections are open or not
     * @param grace as for {@link #stop(Duration)}, from then on
     * @return whether everything was done in time
     * @throws IllegalStateException on one of the server's loops, which cannot wait for its own end
     */
    public boolean stop(Duration drain, Duration grace) throws InterruptedException {
        return life.stop(drain, grace);
    }

    /**
     * Stops in order: takes no more connections, finishes the requests in flight (their answers say {@code Connection:
     * close}), lets idle connections go. What is not done after {@code grace} is cut off.
     *
     * <p>A thread that is interrupted, before or meanwhile, ends the server at once. A second call while the server is
     * being stopped waits for that, and cuts it short when its own grace is over.
     *
     * @return whether everything was done in time, then and for all later calls; {@code true} for a server that was
     *     never started
     * @throws IllegalStateException on one of the server's loops, which cannot wait for its own end
     */
    public boolean stop(Duration grace) throws InterruptedException {
        return life.stop(grace);
    }

    /**
     * Stops at once; connections that stand are cut off. A server that does not run stays as it is.
     *
     * @throws IllegalStateException on one of the server's loops, which cannot wait for its own end
     */
    @Override
    public void close() {
        try {
            stop(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
