// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import io.millrace.http.Limits;
import io.millrace.http2.Http2Limits;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EventListener;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpChannel;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * A connector of Jetty whose connections are Millrace's.
 *
 * <pre>{@code
 * Server server = new Server();
 * server.addConnector(new MillraceConnector(server, 8080));
 * }</pre>
 *
 * <p>Host, port, idle time and the {@link HttpConfiguration} mean what they mean for Jetty's own. A
 * {@link SslConnectionFactory} among the connection factories makes it speak TLS, with the keys and the settings of its
 * context factory; one for {@code h2c} or {@code h2} makes it speak HTTP/2 as well. Handlers run in Jetty's thread
 * pool, or on the loop if Jetty is told that they do not block.
 */
public class MillraceConnector extends ServerConnector {
    private final HttpChannel.Factory channels = new HttpChannel.DefaultFactory();
    private Consumer<WebServer> customizer = server -> {};
    private volatile WebServer web;
    private volatile WebServer last;
    private volatile CountDownLatch closing = new CountDownLatch(1);
    private volatile CompletableFuture<Void> stopped = CompletableFuture.completedFuture(null);
    private volatile int localPort = -1;
    private volatile Executor tasks;

    /**
     * Makes a connector for HTTP/1.1.
     *
     * @param server the server that is to have it
     */
    public MillraceConnector(Server server) {
        this(server, new HttpConnectionFactory());
    }

    /**
     * Makes a connector for HTTP/1.1 at a port.
     *
     * @param server the server that is to have it
     * @param port the port, 0 for one that is free
     */
    public MillraceConnector(Server server, int port) {
        this(server);
        setPort(port);
    }

    /**
     * Makes a connector from Jetty's description of what it is to speak.
     *
     * @param server the server that is to have it
     * @param factories of which the configuration is taken; no connection is made by them
     */
    public MillraceConnector(Server server, ConnectionFactory... factories) {
        super(server, null, null, null, 1, 1, factories);
    }

    /**
     * Sets what is said to the {@link WebServer} below before it takes its address: the number of loops, the model,
     * limits. It must not add routes.
     *
     * @throws IllegalStateException if the connector is open
     */
    public void customize(Consumer<WebServer> newCustomizer) {
        if (isOpen()) {
            throw new IllegalStateException("the connector is open");
        }
        customizer = Objects.requireNonNull(newCustomizer);
    }

    /** Returns the web server below, to look at; {@code null} while the connector is closed. */
    public WebServer webServer() {
        return web;
    }

    HttpConfiguration configuration() {
        return getConnectionFactory(HttpConfiguration.ConnectionFactory.class).getHttpConfiguration();
    }

    HttpChannel.Factory channels() {
        return channels;
    }

    /** Returns what runs tasks that may block: virtual threads if Jetty's pool is set up to use them. */
    Executor tasks() {
        return tasks;
    }

    // ---- life

    /** Takes the address; clients wait in the kernel's queue until the connector is started. */
    @Override
    public void open() throws IOException {
        if (web != null) {
            return;
        }
        InetSocketAddress address =
                getHost() == null ? new InetSocketAddress(getPort()) : new InetSocketAddress(getHost(), getPort());
        WebServer made = WebServer.on(0).hosts("*").serverName(null).limits(limits());
        if (getHost() == null || (address.getAddress() != null && isEveryIpv4(address))) {
            made.everywhere();
        }
        made.address(isEveryIpv4(address) ? new InetSocketAddress("::", address.getPort()) : address);
        made.http2(speaksHttp2() ? Http2Limits.DEFAULT.withTunnels(false) : null);
        customizer.accept(made);
        bind(made, address);
        localPort = made.port();
        closing = new CountDownLatch(1);
        web = made.handler((request, response) -> RequestExchange.start(this, request, response));
        tell(listener -> listener.onOpen(this));
    }

    private static boolean isEveryIpv4(InetSocketAddress address) {
        return address.getAddress() != null
                && address.getAddress().isAnyLocalAddress()
                && !Boolean.getBoolean("java.net.preferIPv4Stack");
    }

    private static void bind(WebServer server, InetSocketAddress address) throws IOException {
        try {
            server.bind();
        } catch (IOException e) {
            boolean taken = String.valueOf(e.getMessage()).contains("in use");
            BindException cause = new BindException(taken ? "Address already in use" : e.getMessage());
            cause.initCause(e);
            throw new IOException("Failed to bind to " + address, cause);
        }
    }

    private boolean speaksHttp2() {
        return getProtocols().stream().anyMatch(name -> name.equals("h2") || name.equals("h2c"));
    }

    private Limits limits() {
        Duration idle = getIdleTimeout() > 0 ? Duration.ofMillis(getIdleTimeout()) : Duration.ofDays(365);
        int head = Math.max(1024, configuration().getRequestHeaderSize());
        return Limits.DEFAULT
                .withTarget(head)
                .withHead(head)
                .withBody(Long.MAX_VALUE)
                .withBodyRate(0)
                .withAnswerTime(Duration.ofDays(365)) // Jetty limits asynchronous requests itself
                .withIdleTime(idle)
                .withBodyTime(idle)
                .withWriteTime(idle);
    }

    private void tell(Consumer<NetworkConnector.Listener> event) {
        for (EventListener each : getEventListeners()) {
            if (each instanceof NetworkConnector.Listener listener) {
                event.accept(listener);
            }
        }
    }

    @Override
    protected void doStart() throws Exception {
        Executor virtual = VirtualThreads.getVirtualThreadsExecutor(getExecutor());
        tasks = virtual == null ? getExecutor() : virtual;
        super.doStart();
        SslConnectionFactory ssl = getConnectionFactory(SslConnectionFactory.class);
        if (ssl != null) {
            web.tls(tls(ssl.getSslContextFactory()));
        }
        web.start();
    }

    private TlsContext tls(SslContextFactory.Server factory) {
        String alias = factory.getCertAlias();
        if (alias != null && factory.getX509(alias) == null) {
            throw new IllegalStateException("Keystore does not contain alias '" + alias + "'");
        }
        String[] names = speaksHttp2() ? new String[] {"h2", "http/1.1"} : new String[] {"http/1.1"};
        TlsOptions options = TlsOptions.DEFAULT.withApplicationProtocols(names);
        Consumer<SSLEngine> setup = engine -> {
            String[] alpn = engine.getSSLParameters().getApplicationProtocols();
            factory.customize(engine);
            var parameters = engine.getSSLParameters();
            parameters.setApplicationProtocols(alpn);
            engine.setSSLParameters(parameters);
        };
        return TlsContext.server(factory::getSslContext, options, setup); // which changes when keys are reloaded
    }

    /** Takes no more connections, and lets requests in flight finish: in the background, until the connector stops. */
    @Override
    public void close() {
        WebServer closed = web;
        if (closed == null) {
            return;
        }
        web = null;
        localPort = -2;
        closing.countDown();
        CompletableFuture<Void> done = new CompletableFuture<>();
        stopped = done;
        last = closed;
        closed.stopAccepting();
        Thread.ofPlatform().daemon().name("millrace-jetty-stop").start(() -> {
            stop(closed);
            done.complete(null);
        });
        tell(listener -> listener.onClose(this));
    }

    private static void stop(WebServer server) {
        try {
            server.stop(Duration.ofDays(1));
        } catch (InterruptedException e) {
            server.close();
        }
    }

    /** Closes the port at once; the future is done when the last connection has ended. */
    @Override
    public CompletableFuture<Void> shutdown() {
        CompletableFuture<Void> jettys = super.shutdown();
        return jettys.thenCombine(stopped, (a, b) -> null);
    }

    @Override
    protected void doStop() throws Exception {
        close();
        WebServer closed = last;
        if (closed != null) {
            closed.close();
        }
        super.doStop();
    }

    @Override
    public boolean isOpen() {
        return web != null;
    }

    @Override
    public int getLocalPort() {
        return localPort;
    }

    @Override
    public Object getTransport() {
        return web;
    }

    /** Waits: connections come to the loops by themselves. */
    @Override
    public void accept(int acceptor) throws IOException {
        try {
            closing.await();
        } catch (InterruptedException e) {
            throw new InterruptedIOException("the connector is stopping");
        }
    }

    /** The version of HTTP as Jetty names it. */
    static HttpVersion version(int tens) {
        return switch (tens) {
            case 10 -> HttpVersion.HTTP_1_0;
            case 20 -> HttpVersion.HTTP_2;
            default -> HttpVersion.HTTP_1_1;
        };
    }
}
