// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.http.Limits;
import io.millrace.http2.Http2Limits;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.web.WebServer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.web.server.Shutdown;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.reactive.AbstractReactiveWebServerFactory;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.web.server.adapter.ForwardedHeaderTransformer;

/** Makes the server of a WebFlux application. Boot's properties mean what they mean for its other servers. */
public class MillraceReactiveWebServerFactory extends AbstractReactiveWebServerFactory {
    private final List<MillraceServerCustomizer> customizers = new ArrayList<>();
    private boolean useForwardHeaders;
    private int maxHead = 8 * 1024;

    /** Makes a factory for port 8080. */
    public MillraceReactiveWebServerFactory() {}

    /**
     * Makes a factory for a port.
     *
     * @param port 0 for one that is free
     */
    public MillraceReactiveWebServerFactory(int port) {
        super(port);
    }

    /** Adds what is said to each server before it takes its address. */
    public void addCustomizers(List<MillraceServerCustomizer> more) {
        customizers.addAll(more);
    }

    /** Sets whether the fields of a proxy say who the client is and what it has asked for. */
    public void setUseForwardHeaders(boolean use) {
        useForwardHeaders = use;
    }

    /**
     * Sets how large the head of a request may be.
     *
     * @param bytes at least 1024
     */
    public void setMaxHead(int bytes) {
        maxHead = Math.max(1024, bytes);
    }

    @Override
    public org.springframework.boot.web.server.WebServer getWebServer(HttpHandler handler) {
        HttpHandler compressed = getCompression() != null && getCompression().getEnabled()
                ? new CompressingHandler(handler, getCompression())
                : handler;
        ReactiveHandler adapter =
                new ReactiveHandler(compressed, useForwardHeaders ? new ForwardedHeaderTransformer() : null);
        return new MillraceWebServer(() -> server(adapter), getPort(), getShutdown() == Shutdown.GRACEFUL);
    }

    private WebServer server(ReactiveHandler handler) {
        WebServer server = WebServer.on(0)
                .hosts("*")
                .serverName(getServerHeader())
                .limits(Limits.DEFAULT
                        .withTarget(maxHead)
                        .withHead(maxHead)
                        .withBody(Long.MAX_VALUE)
                        .withBodyRate(0)
                        .withAnswerTime(Duration.ofDays(365))) // Spring's programs limit their answers themselves
                .handler(handler);
        int port = Math.max(0, getPort());
        if (getAddress() == null
                || (getAddress().isAnyLocalAddress() && !Boolean.getBoolean("java.net.preferIPv4Stack"))) {
            server.everywhere().address(new InetSocketAddress("::", port));
        } else {
            server.address(new InetSocketAddress(getAddress(), port));
        }
        boolean http2 = getHttp2() != null && getHttp2().isEnabled();
        server.http2(http2 ? Http2Limits.DEFAULT.withTunnels(false) : null);
        if (Ssl.isEnabled(getSsl())) {
            server.tls(tls(keys(), getSslBundle(), getSsl().getClientAuth(), http2));
        }
        customizers.forEach(each -> each.customize(server));
        return server;
    }

    // A bundle that is reloaded is for the next connection.
    private Supplier<SSLContext> keys() {
        AtomicReference<SSLContext> now = new AtomicReference<>(getSslBundle().createSslContext());
        String name = getSsl().getBundle();
        if (name != null && getSslBundles() != null) {
            getSslBundles().addBundleUpdateHandler(name, bundle -> now.set(bundle.createSslContext()));
        }
        return now::get;
    }

    private static TlsContext tls(Supplier<SSLContext> keys, SslBundle bundle, Ssl.ClientAuth clients, boolean http2) {
        String[] names = http2 ? new String[] {"h2", "http/1.1"} : new String[] {"http/1.1"};
        String[] protocols = bundle.getOptions().getEnabledProtocols();
        String[] ciphers = bundle.getOptions().getCiphers();
        Consumer<SSLEngine> setup = engine -> {
            SSLParameters parameters = engine.getSSLParameters();
            if (protocols != null) {
                parameters.setProtocols(protocols);
            }
            if (ciphers != null) {
                parameters.setCipherSuites(ciphers);
            }
            if (clients == Ssl.ClientAuth.NEED) {
                parameters.setNeedClientAuth(true);
            } else if (clients == Ssl.ClientAuth.WANT) {
                parameters.setWantClientAuth(true);
            }
            engine.setSSLParameters(parameters);
        };
        return TlsContext.server(keys, TlsOptions.DEFAULT.withApplicationProtocols(names), setup);
    }
}
