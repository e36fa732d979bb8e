// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import io.millrace.core.ProtocolFactory;
import io.millrace.http1.Http1Factory;
import io.millrace.models.IoModel;
import io.millrace.models.ModelOptions;
import io.millrace.models.Server;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.OverloadPolicy;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import javax.net.ssl.SSLSession;

/**
 * The JDK's server API on event loops. The port is taken by {@link #bind}; connections wait in the kernel until
 * {@link #start}.
 *
 * <pre>
 *   new ──bind──► bound ──start──► started ──stop──► stopped
 *    └──────────────┴──────────stop─────────────────────┘
 * </pre>
 */
final class MillraceHttpServer extends HttpServer {
    private enum State {
        NEW,
        BOUND,
        STARTED,
        STOPPED
    }

    private static final System.Logger LOGGER = System.getLogger("com.sun.net.httpserver");

    private final HttpServer outside;
    private final Supplier<HttpsConfigurator> secure;
    private final ServerProperties settings;
    private final ContextTable contexts;
    private final DispatcherThread dispatcher = new DispatcherThread();
    private final ExchangeHandler handler;
    private State state = State.NEW;
    private Executor executor;
    private Server server;
    private Listener listener;
    private InetSocketAddress address;

    /** Makes a server in the clear. */
    MillraceHttpServer(ServerProperties settings) {
        this(settings, null, null);
    }

    /**
     * Makes a server.
     *
     * @param outside the server that contexts name as theirs; {@code null} for this one
     * @param secure returns how TLS is to be, or {@code null} as long as that is not known; itself {@code null} for a
     *     server in the clear
     */
    MillraceHttpServer(ServerProperties settings, HttpServer outside, Supplier<HttpsConfigurator> secure) {
        this.outside = outside == null ? this : outside;
        this.secure = secure;
        this.settings = settings;
        this.contexts = new ContextTable(settings.byPathPart());
        this.handler = new ExchangeHandler(settings, contexts, dispatcher);
    }

    // ---- life

    @Override
    public synchronized void bind(InetSocketAddress where, int backlog) throws IOException {
        if (state != State.NEW) {
            throw new BindException("HttpServer already bound");
        }
        Objects.requireNonNull(where, "address");
        if (where.isUnresolved()) {
            throw new SocketException("Unresolved address");
        }
        Server opened = open();
        try {
            listener = listen(opened, where, backlog);
            server = opened;
        } catch (SysException e) {
            throw asBindException(e);
        } finally {
            if (server == null) {
                opened.close();
            }
        }
        address = listener.address();
        handler.connections(listener::connections);
        state = State.BOUND;
        LOGGER.log(
                System.Logger.Level.DEBUG,
                () -> "HttpServer created " + (secure == null ? "http " : "https ") + address);
    }

    // Loops inherit that they are daemons from the thread that starts them: a server that is bound and never started
    // does
    // not keep a program alive.
    private static Server open() throws IOException {
        FutureTask<Server> opening = new FutureTask<>(() -> IoModel.auto().open(ModelOptions.DEFAULT));
        Thread.ofPlatform().daemon().name("millrace-httpserver-open").start(opening);
        try {
            return opening.get();
        } catch (ExecutionException e) {
            throw new IOException("no I/O model can be used: " + e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while opening a server");
        }
    }

    private Listener listen(Server opened, InetSocketAddress where, int backlog) throws IOException {
        InetSocketAddress everywhere = new InetSocketAddress("::", where.getPort());
        boolean both = where.getAddress() instanceof Inet4Address
                && where.getAddress().isAnyLocalAddress()
                && !Boolean.getBoolean("java.net.preferIPv4Stack");
        try {
            return listenAt(opened, both ? everywhere : where, backlog);
        } catch (SysException e) {
            if (both && e.errno() != Errno.EADDRINUSE && e.errno() != Errno.EACCES) {
                return listenAt(opened, where, backlog); // no IPv6 here
            }
            throw e;
        }
    }

    private Listener listenAt(Server opened, InetSocketAddress where, int backlog) throws IOException {
        ListenOptions options = ListenOptions.on(where).withPaused(true);
        if (backlog > 0) {
            options = options.withBacklog(backlog);
        }
        if (settings.maxConnections() > 0) {
            options = options.withMaxConnections(settings.maxConnections(), OverloadPolicy.REFUSE);
        }
        return opened.listen(options, secure == null ? this::clear : this::overTls);
    }

    // For one loop.
    private ProtocolFactory clear() {
        return new Http1Factory(context(null, new TaskBatch()));
    }

    // For one loop. What handlers are told of TLS belongs to one connection.
    private ProtocolFactory overTls() {
        TaskBatch batch = new TaskBatch();
        Duration handshakeTime = Duration.ofSeconds(settings.idleSeconds());
        return () -> new HttpsConnection(
                secure, handshakeTime, session -> new Http1Factory(context(session, batch)).create());
    }

    private io.millrace.http.HttpContext context(SSLSession session, TaskBatch batch) {
        return io.millrace.http.HttpContext.of((request, response) -> handler.handle(request, response, session, batch))
                .withLimits(settings.limits())
                .withServer(null);
    }

    private static BindException asBindException(SysException e) {
        String text = e.errno() == Errno.EADDRINUSE
                ? "Address already in use"
                : e.errno() == Errno.EACCES ? "Permission denied" : e.getMessage();
        BindException thrown = new BindException(text);
        thrown.initCause(e);
        return thrown;
    }

    @Override
    public synchronized void start() {
        if (state != State.BOUND) {
            throw new IllegalStateException("server in wrong state");
        }
        if (executor == null) {
            executor = dispatcher;
        }
        handler.executor(executor);
        dispatcher.start();
        state = State.STARTED;
        listener.resume();
    }

    @Override
    public void stop(int delay) {
        if (delay < 0) {
            throw new IllegalArgumentException("negative delay parameter");
        }
        State before = toStopped();
        if (server == null || before == State.STOPPED) {
            return;
        }
        try {
            server.stop(Duration.ofSeconds(delay));
        } catch (InterruptedException e) {
            server.close();
            Thread.currentThread().interrupt();
        }
        handler.end();
        if (before == State.STARTED) {
            dispatcher.end();
        }
    }

    private synchronized State toStopped() {
        State before = state;
        state = State.STOPPED;
        return before;
    }

    // ---- what and where

    @Override
    public synchronized void setExecutor(Executor newExecutor) {
        beforeStart();
        executor = newExecutor;
    }

    /**
     * Checks that the server has not been started.
     *
     * @throws IllegalStateException if it has
     */
    synchronized void beforeStart() {
        if (state == State.STARTED || state == State.STOPPED) {
            throw new IllegalStateException("server already started");
        }
    }

    @Override
    public synchronized Executor getExecutor() {
        return executor;
    }

    @Override
    public HttpContext createContext(String path, HttpHandler newHandler) {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(newHandler, "handler");
        return add(new PathContext(outside, path, newHandler));
    }

    @Override
    public HttpContext createContext(String path) {
        return add(new PathContext(outside, Objects.requireNonNull(path, "path"), null));
    }

    private HttpContext add(PathContext context) {
        contexts.add(context);
        LOGGER.log(System.Logger.Level.DEBUG, () -> "context created: " + context.getPath());
        return context;
    }

    @Override
    public void removeContext(String path) {
        contexts.remove(Objects.requireNonNull(path, "path"));
        LOGGER.log(System.Logger.Level.DEBUG, () -> "context removed: " + path);
    }

    @Override
    public void removeContext(HttpContext context) {
        contexts.remove(Objects.requireNonNull(context, "context"));
        LOGGER.log(System.Logger.Level.DEBUG, () -> "context removed: " + context.getPath());
    }

    @Override
    public synchronized InetSocketAddress getAddress() {
        return address;
    }
}
