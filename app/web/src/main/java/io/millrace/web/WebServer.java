// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Clock;
import io.millrace.core.DirectoryRoot;
import io.millrace.fileserver.FileOptions;
import io.millrace.fileserver.StaticFiles;
import io.millrace.fs.Directories;
import io.millrace.fs.NioDirectory;
import io.millrace.http.Dispatch;
import io.millrace.http.Dispatcher;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Filter;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http.Limits;
import io.millrace.http.Router;
import io.millrace.http1.Http1Factory;
import io.millrace.loop.LoopCounters;
import io.millrace.models.IoModel;
import io.millrace.models.ModelOptions;
import io.millrace.models.Server;
import io.millrace.models.WorkerCounters;
import io.millrace.models.WorkerProcess;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.Kernel;
import io.millrace.socket.ListenFlags;
import io.millrace.transport.AcceptDistribution;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.OverloadPolicy;
import io.millrace.websocket.WebSocketOptions;
import io.millrace.websocket.WebSocketUpgrade;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
public final class WebServer implements AutoCloseable {
    private final Router router = new Router();
    private final List<StaticFiles> folders = new ArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private InetAddress host = InetAddress.getLoopbackAddress();
    private int port;
    private List<String> hosts;
    private List<Map.Entry<String, String>> errorFields = List.of();
    private Dispatcher dispatcher = router;
    private int loopCount = Runtime.getRuntime().availableProcessors();
    private Limits limits = Limits.DEFAULT;
    private ExchangeLog log = ExchangeLog.NONE;
    private Clock clock = Clock.SYSTEM;
    private String serverName = "millrace";
    private TrustedProxies trustedProxies;
    private int maxConnections = Integer.MAX_VALUE;
    private OverloadPolicy overload = OverloadPolicy.WAIT;
    private AcceptDistribution spread;
    private SocketAddress elsewhere;
    private ListenFlags listenFlags = ListenFlags.USUAL;
    private IoModel model;
    private List<String> workerCommand = List.of();
    private PrintStream trace;
    private long memory = ModelOptions.DEFAULT.memory();
    private Consumer<? super Throwable> failure;
    private Server server;
    private Listener listening;
    private boolean ended;
    private volatile boolean cutShort;
    private volatile boolean endedInTime;

    private WebServer(int port) {
        this.port = port;
    }

    /** A server for a port of the loopback address; 0 for a port that is free, see {@link #port()}. */
    public static WebServer on(int port) {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("a port is a number from 0 to 65535, not " + port);
        }
        return new WebServer(port);
    }

    // ---- where

    /** Listens on this address, host and port. */
    public WebServer address(InetSocketAddress address) {
        requireNotStarted();
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("unknown host: " + address.getHostString());
        }
        host = address.getAddress();
        port = address.getPort();
        elsewhere = null;
        return this;
    }

    /**
     * Listens elsewhere than on a TCP port of this server's choice: on a {@link io.millrace.socket.UnixAddress}, or on
     * an {@link io.millrace.socket.InheritedSocket}. An {@link InetSocketAddress} is taken as by
     * {@link #address(InetSocketAddress)}.
     */
    public WebServer listen(SocketAddress address) {
        requireNotStarted();
        if (address instanceof InetSocketAddress inet) {
            return address(inet);
        }
        elsewhere = Objects.requireNonNull(address);
        return this;
    }

    /** How the listening socket is set up: its queue, deferred accept, the permissions of a Unix socket. */
    public WebServer listenFlags(ListenFlags flags) {
        requireNotStarted();
        listenFlags = Objects.requireNonNull(flags);
        return this;
    }

    /** Listens on all addresses of this machine, IPv6 and IPv4. */
    public WebServer everywhere() {
        requireNotStarted();
        host = new InetSocketAddress("::", 0).getAddress();
        elsewhere = null;
        return this;
    }

    /**
     * Answers only requests for these hosts, beside {@code localhost}, names below it and address literals; all others
     * get 421. A name that begins with {@code *.} stands for all below it; {@code "*"} lifts the check.
     *
     * <p>If never said, a server that listens on a loopback address answers for no other name, and one that listens
     * anywhere else, a Unix socket included, for every name. A page in a browser could otherwise read what is served to
     * this machine alone, by a name that its own site lets lead here (DNS rebinding); browsers cannot reach Unix
     * sockets, and what is open to the network is for everybody. A proxy on this machine that passes the name that its
     * clients asked for has to be allowed that name.
     *
     * @throws IllegalArgumentException if one of them is no name of a host, or has a port
     */
    public WebServer hosts(String... names) {
        requireNotStarted();
        hosts = Arrays.stream(names).map(HostCheck::name).toList();
        return this;
    }

    // ---- what

    /** Answers GET (and HEAD) for a pattern such as {@code /users/{id}} or {@code /files/{path...}}. */
    public WebServer get(String pattern, Handler handler) {
        return route("GET", pattern, handler);
    }

    /** Answers POST. */
    public WebServer post(String pattern, Handler handler) {
        return route("POST", pattern, handler);
    }

    /** Answers PUT. */
    public WebServer put(String pattern, Handler handler) {
        return route("PUT", pattern, handler);
    }

    /** Answers PATCH. */
    public WebServer patch(String pattern, Handler handler) {
        return route("PATCH", pattern, handler);
    }

    /** Answers DELETE. */
    public WebServer delete(String pattern, Handler handler) {
        return route("DELETE", pattern, handler);
    }

    /** Answers GET (and HEAD), where {@code dispatch} says. */
    public WebServer get(String pattern, Dispatch dispatch, Handler handler) {
        return route("GET", pattern, dispatch, handler);
    }

    /** Answers POST, where {@code dispatch} says. */
    public WebServer post(String pattern, Dispatch dispatch, Handler handler) {
        return route("POST", pattern, dispatch, handler);
    }

    /** Answers PUT, where {@code dispatch} says. */
    public WebServer put(String pattern, Dispatch dispatch, Handler handler) {
        return route("PUT", pattern, dispatch, handler);
    }

    /** Answers PATCH, where {@code dispatch} says. */
    public WebServer patch(String pattern, Dispatch dispatch, Handler handler) {
        return route("PATCH", pattern, dispatch, handler);
    }

    /** Answers DELETE, where {@code dispatch} says. */
    public WebServer delete(String pattern, Dispatch dispatch, Handler handler) {
        return route("DELETE", pattern, dispatch, handler);
    }

    /** Answers a method, {@code *} for any, on the loop. */
    public WebServer route(String method, String pattern, Handler handler) {
        return route(method, pattern, Dispatch.INLINE, handler);
    }

    /**
     * Answers a method, {@code *} for any, where {@code dispatch} says: {@link Dispatch#VIRTUAL}, or
     * {@link Dispatch#on} an executor, for a handler that blocks.
     */
    public WebServer route(String method, String pattern, Dispatch dispatch, Handler handler) {
        requireNotStarted();
        router.route(method, pattern, dispatch, handler);
        return this;
    }

    /** Opens WebSockets for a pattern such as {@code /chat}, with {@link WebSocketOptions#DEFAULT}. */
    public WebServer webSocket(String pattern, WebSocketUpgrade.ListenerFactory factory) {
        return webSocket(pattern, WebSocketOptions.DEFAULT, factory);
    }

    /**
     * Opens WebSockets for a pattern such as {@code /chat}. What happens on each is told to a listener of its own, on
     * the loop. {@link WebSocketUpgrade#accept} is for handlers that block.
     */
    public WebServer webSocket(String pattern, WebSocketOptions options, WebSocketUpgrade.ListenerFactory factory) {
        return route("*", pattern, WebSocketUpgrade.of(options).handler(factory));
    }

    /** Answers everything that has no route of its own. */
    public WebServer handler(Handler handler) {
        return route("*", "/*", handler);
    }

    /** Passes every request through a filter, behind those added before. Must not block where its handler must not. */
    public WebServer filter(Filter filter) {
        return filter(Dispatch.INLINE, filter);
    }

    /** Passes every request through a filter; see {@link Router#filter(Dispatch, Filter)} for those that block. */
    public WebServer filter(Dispatch dispatch, Filter filter) {
        requireNotStarted();
        router.filter(dispatch, filter);
        return this;
    }

    /**
     * Serves a folder under a path such as {@code /static} or {@code /}, with {@link FileOptions#DEFAULT}.
     *
     * @throws IOException if the folder does not exist or may not be read
     */
    public WebServer files(String path, Path folder) throws IOException {
        return files(path, folder, FileOptions.DEFAULT);
    }

    /**
     * Serves a folder under a path such as {@code /static} or {@code /}. Symbolic links do not lead out of it. Should
     * another directory stand at its path one day, that is served; while there is none, its files are 404.
     *
     * @throws IOException if the folder does not exist or may not be read
     */
    public WebServer files(String path, Path folder, FileOptions options) throws IOException {
        requireNotStarted();
        return files(path, openFolder(folder, false), options);
    }

    /** Serves a folder that the caller opened, see {@link #openFolder}; it is closed when the server has stopped. */
    public WebServer files(String path, DirectoryRoot folder, FileOptions options) {
        requireNotStarted();
        FileOptions mounted = options.mount(path);
        StaticFiles files = StaticFiles.of(folder, mounted);
        folders.add(files);
        if (mounted.mount().isEmpty()) {
            // What cannot be read was meant for something in it, and pages of other sites may know that.
            errorFields = files.sharedFields();
        }
        if (!mounted.mount().isEmpty()) {
            router.route("*", mounted.mount(), files);
        }
        router.route("*", mounted.mount() + "/*", files);
        return this;
    }

    /**
     * Opens a folder in the safest way that this machine has: by the kernel's own check (openat2) where there is one,
     * else by name.
     *
     * @param followOutside whether symbolic links may lead out of it
     * @throws IOException if it does not exist, is no directory or may not be read; for a worker process, which may
     *     start while the folder is away, that is no error
     */
    public static DirectoryRoot openFolder(Path path, boolean followOutside) throws IOException {
        if (WorkerProcess.isForOneClient()) {
            // Linking the kernel's calls would take longer than all that this process is for.
            return NioDirectory.at(path, followOutside);
        }
        return WorkerProcess.isWorker() ? Directories.at(path, followOutside) : Directories.open(path, followOutside);
    }

    // ---- how

    /**
     * Runs this many event loops, threads or processes, where the model has several; as many as there are processors if
     * never said.
     */
    public WebServer loops(int count) {
        requireNotStarted();
        if (count < 1) {
            throw new IllegalArgumentException("a server needs at least one loop, not " + count);
        }
        loopCount = count;
        return this;
    }

    /** What a client may ask of the server. */
    public WebServer limits(Limits limits) {
        requireNotStarted();
        this.limits = Objects.requireNonNull(limits);
        return this;
    }

    /** Is told of every exchange: an {@link AccessLog}, {@link ServerStats}, several by {@link ExchangeLogs#all}. */
    public WebServer log(ExchangeLog log) {
        requireNotStarted();
        this.log = Objects.requireNonNull(log);
        return this;
    }

    /**
     * Believes proxies in what they say of their clients: {@link io.millrace.http.Request#peer} and the access log name
     * the client, {@link io.millrace.http.Request#socketPeer} the proxy. If never said no field is believed.
     */
    public WebServer trustedProxies(TrustedProxies proxies) {
        requireNotStarted();
        trustedProxies = Objects.requireNonNull(proxies);
        return this;
    }

    /** What the Server field says, {@code millrace} if never said; {@code null} leaves the field away. */
    public WebServer serverName(String name) {
        requireNotStarted();
        serverName = name;
        return this;
    }

    /** Lets at most this many connections be open at once, and says what becomes of those beyond. */
    public WebServer maxConnections(int most, OverloadPolicy beyond) {
        requireNotStarted();
        if (most < 1) {
            throw new IllegalArgumentException("a server needs at least one connection, not " + most);
        }
        maxConnections = most;
        overload = Objects.requireNonNull(beyond);
        return this;
    }

    /** How connections spread over the loops. */
    public WebServer spread(AcceptDistribution spread) {
        requireNotStarted();
        this.spread = Objects.requireNonNull(spread);
        return this;
    }

    /**
     * What the server waits for its clients with; {@link IoModel#auto} if never said. With PROCESS and PREFORK this
     * program is started again for each worker, up to {@link #start}: {@link io.millrace.models.WorkerProcess} says
     * what that asks of it.
     */
    public WebServer model(IoModel model) {
        requireNotStarted();
        this.model = Objects.requireNonNull(model);
        return this;
    }

    /**
     * The command that starts this program again, for PROCESS and PREFORK; the one that this JVM was started with if
     * never said.
     */
    public WebServer workerCommand(List<String> command) {
        requireNotStarted();
        workerCommand = List.copyOf(command);
        return this;
    }

    /** Prints, call by call, what the kernel reported and what the server did, to watch a model at work; slow. */
    public WebServer trace(PrintStream out) {
        requireNotStarted();
        trace = Objects.requireNonNull(out);
        return this;
    }

    /**
     * How many bytes of the heap connections may hold for what they have received and have to send, all of them
     * together; a quarter of the heap if never said. Beyond it those that hold most are broken off.
     */
    public WebServer memory(long bytes) {
        requireNotStarted();
        if (bytes < 1) {
            throw new IllegalArgumentException("connections need some of the heap, not " + bytes + " bytes");
        }
        memory = bytes;
        return this;
    }

    /**
     * Is told, in place of the log, why the server cannot go on: a thread that everybody depends on has failed, for
     * want of memory perhaps. The server is ending by then, its listening sockets first, and {@link #await} throws.
     * Told once, on the thread that found out, where memory may be short.
     */
    public WebServer onFailure(Consumer<? super Throwable> action) {
        requireNotStarted();
        failure = Objects.requireNonNull(action);
        return this;
    }

    // ---- life

    /**
     * Starts. When this returns the server answers.
     *
     * @return this server
     * @throws IOException if the address cannot be had, saying why
     * @throws UnsupportedOperationException if this system has no way to wait that Millrace knows, saying why
     */
    public synchronized WebServer start() throws IOException {
        requireNotStarted();
        dispatcher = dispatcher();
        Server opened = model().open(ModelOptions.DEFAULT
                .withCarriers(loopCount)
                .withWorkerCommand(workerCommand)
                .withTrace(trace)
                .withMemory(memory)
                .withFailure(failure));
        try {
            listening = opened.listen(listenOptions(), this::http1);
            server = opened;
            return this;
        } finally {
            if (server == null) {
                opened.close();
            }
        }
    }

    private ListenOptions listenOptions() {
        SocketAddress address = elsewhere == null ? new InetSocketAddress(host, port) : elsewhere;
        ListenOptions options =
                ListenOptions.on(address).withFlags(listenFlags).withMaxConnections(maxConnections, overload);
        return spread == null ? options : options.withSpread(spread);
    }

    private Dispatcher dispatcher() {
        boolean check = hosts == null ? isLocal() : !hosts.contains(HostCheck.ANY);
        return check ? new HostCheck(router, hosts == null ? List.of() : hosts) : router;
    }

    /** Whether only this machine's own programs can reach the server by TCP, its browsers among them. */
    private boolean isLocal() {
        SocketAddress at = elsewhere;
        if (at instanceof InheritedSocket inherited) {
            // A worker has the socket that it was started for in the place of its input.
            at = Kernel.host().local(WorkerProcess.isWorker() ? 0 : inherited.descriptor());
        }
        InetAddress address = at instanceof InetSocketAddress inet ? inet.getAddress() : at == null ? host : null;
        return address != null && address.isLoopbackAddress();
    }

    /** Each loop has its own: what it caches needs no lock. */
    private Http1Factory http1() {
        return new Http1Factory(HttpContext.of(dispatcher)
                .withErrorFields(errorFields)
                .withLimits(limits)
                .withLog(log)
                .withClock(clock)
                .withServer(serverName)
                .withClientAddress(trustedProxies));
    }

    /**
     * Replaces the worker processes of PREFORK by new ones without refusing a connection; does nothing for other
     * models.
     */
    public void reload() {
        running().reload();
    }

    private synchronized Server running() {
        requireStarted();
        return server;
    }

    /**
     * The TCP address that the server listens on, with the port that was chosen where 0 was asked for.
     *
     * @throws IllegalStateException on a Unix socket: see {@link #local}
     */
    public synchronized InetSocketAddress address() {
        return requireStarted().address();
    }

    /** The address that the server listens on, of whatever kind. */
    public synchronized SocketAddress local() {
        return requireStarted().local();
    }

    /** The port that the server listens on. */
    public int port() {
        return address().getPort();
    }

    /** Number of connections that are open now. */
    public synchronized int connections() {
        return requireStarted().connections();
    }

    /** What the server waits with and how many of it, such as {@code "epoll, edge-triggered, 2 loops"}. */
    public synchronized String engine() {
        requireStarted();
        return server.engine();
    }

    /** What each event loop has done so far; empty for models that have none. */
    public List<LoopCounters> counters() {
        return running().counters();
    }

    /** What has become of the worker processes; empty for models that have none. */
    public Optional<WorkerCounters> workers() {
        return running().workers();
    }

    /**
     * Whether loops take the times that {@link #counters} tells; off at first, for it costs two looks at the clock a
     * callback.
     */
    public void timing(boolean on) {
        running().timing(on);
    }

    /** The I/O model. */
    public IoModel model() {
        return model == null ? IoModel.auto() : model;
    }

    /** Number of loops, for models that have some. */
    public int loops() {
        return loopCount;
    }

    /**
     * Stops in order: takes no more connections, finishes the requests in flight (their answers say {@code Connection:
     * close}), lets idle connections go. What is not done after {@code grace} is cut off.
     *
     * <p>A thread that is interrupted, before or meanwhile, ends the server at once. Whoever stops a server that is
     * being stopped waits for that, and cuts it short when the own grace is over.
     *
     * @return whether everything was done in time, then and for all later calls; {@code true} for a server that was
     *     never started
     * @throws IllegalStateException on one of the server's loops, which cannot wait for its own end
     */
    public boolean stop(Duration grace) throws InterruptedException {
        Server running = fromOutside();
        if (!end()) {
            return running == null || stopAgain(running, grace);
        }
        try {
            endedInTime = running == null || (running.stop(grace) && !cutShort);
            return endedInTime;
        } finally {
            folders.forEach(StaticFiles::close);
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

    /**
     * Waits until the server has stopped.
     *
     * @throws IllegalStateException if it could not go on, with the reason as its cause
     */
    public void await() throws InterruptedException {
        Server running;
        synchronized (this) {
            requireStarted();
            running = server;
        }
        running.await();
    }

    private synchronized Server fromOutside() {
        if (server != null && server.isCarrier()) {
            throw new IllegalStateException("a loop cannot wait for its own end: stop from another thread");
        }
        return server;
    }

    /** Whether this is the first to say so. */
    private synchronized boolean end() {
        boolean first = !ended;
        ended = true;
        return first;
    }

    private synchronized void requireNotStarted() {
        if (server != null || ended) {
            throw new IllegalStateException("the server is started: say everything about it before start()");
        }
    }

    private Listener requireStarted() {
        if (listening == null) {
            throw new IllegalStateException("the server is not started: call start() first");
        }
        return listening;
    }
}
