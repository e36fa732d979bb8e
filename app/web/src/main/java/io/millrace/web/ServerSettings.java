// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.compress.CompressionFilter;
import io.millrace.core.Clock;
import io.millrace.core.DirectoryRoot;
import io.millrace.fileserver.FileOptions;
import io.millrace.fileserver.StaticFiles;
import io.millrace.http.BodyMapper;
import io.millrace.http.Dispatch;
import io.millrace.http.Dispatcher;
import io.millrace.http.ErrorHandlers;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http.Limits;
import io.millrace.http.Router;
import io.millrace.http2.Http2Limits;
import io.millrace.http2.Http2Stats;
import io.millrace.link.ProxyProtocol;
import io.millrace.models.IoModel;
import io.millrace.models.ModelOptions;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.Kernel;
import io.millrace.socket.ListenFlags;
import io.millrace.tls.TlsContext;
import io.millrace.transport.AcceptDistribution;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.OverloadPolicy;
import io.millrace.workers.WorkerProcess;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** What a {@link WebServer} is told before it starts, and the options that its parts are made with. */
final class ServerSettings {
    // Where it listens and what it waits with.
    private InetAddress host = InetAddress.getLoopbackAddress();
    private int port;
    private SocketAddress other;
    ListenFlags listenFlags = ListenFlags.USUAL;
    private int maxConnections = Integer.MAX_VALUE;
    private OverloadPolicy overload = OverloadPolicy.WAIT;
    AcceptDistribution spread;
    IoModel model;
    private int loops = Runtime.getRuntime().availableProcessors();
    List<String> workerCommand = List.of();
    PrintStream trace;
    private long memory = ModelOptions.DEFAULT.memory();
    private Duration reloadGrace = ModelOptions.DEFAULT.reloadGrace();
    Consumer<? super Throwable> failure;
    final List<Consumer<? super Duration>> drainActions = new CopyOnWriteArrayList<>();

    // What it answers.
    final Router router = new Router();
    Duration blockedThreshold = Duration.ofSeconds(1);
    Duration signalDrain;
    Duration signalGrace;
    final List<Periodic> everies = new ArrayList<>();
    final ErrorHandlers errors = new ErrorHandlers();
    BodyMapper bodyMapper;
    final List<StaticFiles> folders = new ArrayList<>();
    private List<Map.Entry<String, String>> errorFields = List.of();
    List<String> hosts;
    Limits limits = Limits.DEFAULT;
    Http2Limits http2 = Http2Limits.DEFAULT;
    final Http2Stats http2Stats = new Http2Stats();
    TlsContext tls;
    CertificateChallenges challenges;
    Duration hsts;
    private int redirectFrom = -1;
    CompressionFilter compression;
    ExchangeLog log = ExchangeLog.NONE;
    String serverName = HttpContext.SERVER;
    TrustedProxies trustedProxies;
    ProxyProtocol proxyProtocol;

    /** What runs on a loop again and again. */
    record Periodic(Duration period, Runnable task) {}

    ServerSettings(int port) {
        this.port = port;
    }

    void address(InetSocketAddress address) {
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("unknown host: " + address.getHostString());
        }
        host = address.getAddress();
        port = address.getPort();
        other = null;
    }

    void address(SocketAddress address) {
        other = address;
    }

    void everywhere() {
        host = new InetSocketAddress("::", 0).getAddress();
        other = null;
    }

    void redirectFrom(int clearPort) {
        if (clearPort < 0 || clearPort > 65535) {
            throw new IllegalArgumentException("a port is a number from 0 to 65535, not " + clearPort);
        }
        redirectFrom = clearPort;
    }

    /** Where clients in the clear are sent to the https URL from, {@code null} for nowhere. */
    InetSocketAddress redirectFrom() {
        return redirectFrom < 0 ? null : new InetSocketAddress(host, redirectFrom);
    }

    void loops(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("a server needs at least one loop, not " + count);
        }
        loops = count;
    }

    int loops() {
        return loops;
    }

    void stopOnSignal(Duration drain, Duration grace) {
        if (drain.isNegative() || grace.isNegative()) {
            throw new IllegalArgumentException("no time to stop in: " + drain + ", " + grace);
        }
        signalDrain = drain;
        signalGrace = grace;
    }

    void maxConnections(int most, OverloadPolicy beyond) {
        if (most < 1) {
            throw new IllegalArgumentException("a server needs at least one connection, not " + most);
        }
        maxConnections = most;
        overload = beyond;
    }

    void memory(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("connections need some of the heap, not " + bytes + " bytes");
        }
        memory = bytes;
    }

    void reloadGrace(Duration grace) {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("a worker that was replaced cannot leave before: " + grace);
        }
        reloadGrace = grace;
    }

    void serve(String path, DirectoryRoot folder, FileOptions options) {
        FileOptions mounted = options.mount(path);
        StaticFiles files = StaticFiles.of(folder, mounted, errors);
        folders.add(files);
        if (mounted.mount().isEmpty()) {
            // What cannot be read was meant for something in it, and pages of other sites may know that.
            errorFields = files.sharedFields();
        } else {
            router.route("*", mounted.mount(), Dispatch.INLINE, files);
        }
        router.route("*", mounted.mount() + "/*", Dispatch.INLINE, files);
    }

    IoModel model() {
        return model == null ? IoModel.auto() : model;
    }

    ModelOptions modelOptions() {
        return ModelOptions.DEFAULT
                .withCarriers(loops)
                .withWorkerCommand(workerCommand)
                .withTrace(trace)
                .withMemory(memory)
                .withReloadGrace(reloadGrace)
                .withFailure(failure);
    }

    ListenOptions listenOptions() {
        SocketAddress address = other == null ? new InetSocketAddress(host, port) : other;
        ListenOptions options =
                ListenOptions.on(address).withFlags(listenFlags).withMaxConnections(maxConnections, overload);
        return spread == null ? options : options.withSpread(spread);
    }

    /** Returns what connections share; {@code draining} is read for each answer. */
    HttpContext context(AtomicBoolean draining) {
        return HttpContext.of(dispatcher())
                .withErrorFields(errorFields)
                .withErrorHandlers(errors)
                .withBodyMapper(bodyMapper)
                .withFiles(FileResponses::send)
                .withLimits(limits)
                .withLog(log)
                .withClock(Clock.SYSTEM)
                .withServer(serverName)
                .withClientAddress(trustedProxies)
                .withDraining(draining);
    }

    private Dispatcher dispatcher() {
        if (hsts != null && tls != null) {
            String value = "max-age=" + hsts.toSeconds();
            router.filter((request, response, next) -> {
                response.header("Strict-Transport-Security", value);
                next.handle(request, response);
            });
        }
        return compression == null ? checked(router) : Dispatcher.of(compression.before(checked(router)));
    }

    /** Returns what answers for the server's hosts alone. */
    Dispatcher checked(Dispatcher inner) {
        boolean check = hosts == null ? isLocal() : !hosts.contains(HostCheck.ANY);
        return check ? new HostCheck(inner, hosts == null ? List.of() : hosts) : inner;
    }

    /** Returns what connections in the clear share, where the server speaks TLS: they get one answer. */
    HttpContext clearContext(Handler handler) {
        return clearContext(checked(Dispatcher.of(handler)));
    }

    /**
     * As above, and answers challenges, for whatever host: the names that they are for need not be the server's yet.
     */
    HttpContext clearContext(Handler handler, CertificateChallenges open) {
        Dispatcher others = checked(Dispatcher.of(handler));
        return clearContext(open == null ? others : new ChallengeDispatcher(open, others));
    }

    private HttpContext clearContext(Dispatcher dispatcher) {
        return HttpContext.of(dispatcher)
                .withLimits(limits)
                .withLog(log)
                .withClock(Clock.SYSTEM)
                .withServer(serverName);
    }

    /** Whether only this machine's own programs can reach the server by TCP, its browsers among them. */
    private boolean isLocal() {
        SocketAddress at = other;
        if (at instanceof InheritedSocket inherited) {
            // A worker has the socket that it was started for in the place of its input.
            at = Kernel.host().local(WorkerProcess.isWorker() ? 0 : inherited.descriptor());
        }
        InetAddress address = at instanceof InetSocketAddress inet ? inet.getAddress() : at == null ? host : null;
        return address != null && address.isLoopbackAddress();
    }
}
