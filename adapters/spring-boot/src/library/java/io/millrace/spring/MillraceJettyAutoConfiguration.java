// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.jetty.MillraceConnector;
import io.millrace.transport.OverloadPolicy;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.jetty.JettyServerCustomizer;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Puts Boot's Jetty on Millrace: for Spring MVC and other servlets, at the management port as well. */
@AutoConfiguration(
        beforeName = "org.springframework.boot.jetty.autoconfigure.servlet.JettyServletWebServerAutoConfiguration")
@ConditionalOnClass({Server.class, JettyServerCustomizer.class, MillraceConnector.class})
public final class MillraceJettyAutoConfiguration {

    /** First, so that other customizers find the connectors that will run. */
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    JettyServerCustomizer millraceConnectors(
            ObjectProvider<SslBundles> bundles, ObjectProvider<ServerProperties> properties) {
        ServerProperties known = properties.getIfAvailable();
        Ssl ssl = known == null ? null : known.getSsl();
        return server -> {
            replaceConnectors(server);
            if (Ssl.isEnabled(ssl) && ssl.getBundle() != null) {
                bundles.ifAvailable(
                        all -> all.addBundleUpdateHandler(ssl.getBundle(), bundle -> reload(server, bundle)));
            }
        };
    }

    // For the next connection: those that stand are not touched.
    private static void reload(Server server, SslBundle bundle) {
        for (Connector connector : server.getConnectors()) {
            SslConnectionFactory tls = connector.getConnectionFactory(SslConnectionFactory.class);
            if (tls != null) {
                reload(tls.getSslContextFactory(), bundle.createSslContext());
            }
        }
    }

    private static void reload(SslContextFactory factory, SSLContext keys) {
        try {
            factory.reload(changed -> changed.setSslContext(keys));
        } catch (Exception e) {
            throw new IllegalStateException("the SSL bundle cannot be used", e);
        }
    }

    private static void replaceConnectors(Server server) {
        Connector[] connectors = server.getConnectors();
        NetworkConnectionLimit limit = server.getBean(NetworkConnectionLimit.class);
        for (int i = 0; i < connectors.length; i++) {
            if (connectors[i] instanceof ServerConnector jettys && !(jettys instanceof MillraceConnector)) {
                connectors[i] = replacement(server, jettys, limit);
            }
        }
        if (limit != null) {
            server.removeBean(limit);
        }
        server.setConnectors(connectors);
    }

    private static MillraceConnector replacement(Server server, ServerConnector jettys, NetworkConnectionLimit limit) {
        ConnectionFactory[] factories = jettys.getConnectionFactories().toArray(ConnectionFactory[]::new);
        jettys.clearConnectionFactories();
        MillraceConnector ours = new MillraceConnector(server, factories);
        ours.setHost(jettys.getHost());
        ours.setPort(jettys.getPort());
        ours.setIdleTimeout(jettys.getIdleTimeout());
        if (limit != null) {
            int most = Math.max(1, limit.getMaxNetworkConnectionCount());
            ours.customize(web -> web.maxConnections(most, OverloadPolicy.WAIT));
        }
        return ours;
    }
}
