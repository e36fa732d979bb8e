// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;

/**
 * A connection to a server for HTTPS before its handshake. With the client's first bytes it asks the configurator how
 * TLS is to be for this client, and hands the connection over. Without a configurator the connection ends.
 */
final class HttpsConnection implements Protocol {
    private static final System.Logger LOGGER = System.getLogger("com.sun.net.httpserver");

    private final Supplier<HttpsConfigurator> configured;
    private final TlsOptions options;
    private final Function<SSLSession, Protocol> above;

    /**
     * Makes the first protocol of a connection.
     *
     * @param configured returns the configurator of the server as it is now, or {@code null}
     * @param handshakeTime how long the first byte, and then a handshake, may take
     * @param above makes the protocol above TLS when the handshake has succeeded
     */
    HttpsConnection(
            Supplier<HttpsConfigurator> configured, Duration handshakeTime, Function<SSLSession, Protocol> above) {
        this.configured = configured;
        this.options = TlsOptions.DEFAULT.withHandshakeTime(handshakeTime);
        this.above = above;
    }

    @Override
    public void opened(Link link) {
        link.deadline(link.now() + options.handshakeTime().toNanos());
    }

    @Override
    public void receive(Buffer in, Link link) {
        HttpsConfigurator configurator = configured.get();
        if (configurator == null) {
            LOGGER.log(System.Logger.Level.WARNING, "SSL connection received. No https context created");
            link.close(CloseMode.NOW);
            return;
        }
        SSLEngine[] made = new SSLEngine[1];
        TlsContext tls = TlsContext.server(configurator.getSSLContext(), options);
        link.switchProtocol(tls.accept(
                engine -> {
                    made[0] = engine;
                    configure(engine, configurator, (InetSocketAddress) link.peer());
                },
                session -> above.apply(made[0].getSession())));
    }

    // The JDK takes what the deprecated methods have set, too.
    @SuppressWarnings("deprecation")
    private static void configure(SSLEngine engine, HttpsConfigurator configurator, InetSocketAddress client) {
        ClientParameters parameters = new ClientParameters(configurator, client);
        configurator.configure(parameters);
        if (parameters.chosen != null) {
            engine.setSSLParameters(parameters.chosen);
            return;
        }
        if (parameters.getCipherSuites() != null) {
            engine.setEnabledCipherSuites(parameters.getCipherSuites());
        }
        if (parameters.getProtocols() != null) {
            engine.setEnabledProtocols(parameters.getProtocols());
        }
        if (parameters.getNeedClientAuth()) {
            engine.setNeedClientAuth(true);
        } else {
            engine.setWantClientAuth(parameters.getWantClientAuth());
        }
    }

    /** What a configurator says of one connection. */
    private static final class ClientParameters extends HttpsParameters {
        private final HttpsConfigurator configurator;
        private final InetSocketAddress client;
        private SSLParameters chosen;

        ClientParameters(HttpsConfigurator configurator, InetSocketAddress client) {
            this.configurator = configurator;
            this.client = client;
        }

        @Override
        public HttpsConfigurator getHttpsConfigurator() {
            return configurator;
        }

        @Override
        public InetSocketAddress getClientAddress() {
            return client;
        }

        @Override
        public void setSSLParameters(SSLParameters parameters) {
            chosen = parameters;
        }
    }
}
