// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.Executor;

/** The JDK's server API for HTTPS: a {@link MillraceHttpServer} whose connections begin with TLS. */
final class MillraceHttpsServer extends HttpsServer {
    private final MillraceHttpServer server;
    private volatile HttpsConfigurator configurator;

    MillraceHttpsServer(ServerProperties settings) {
        server = new MillraceHttpServer(settings, this, () -> configurator);
    }

    @Override
    public void setHttpsConfigurator(HttpsConfigurator newConfigurator) {
        Objects.requireNonNull(newConfigurator, "configurator");
        server.beforeStart();
        configurator = newConfigurator;
    }

    @Override
    public HttpsConfigurator getHttpsConfigurator() {
        return configurator;
    }

    @Override
    public void bind(InetSocketAddress where, int backlog) throws IOException {
        server.bind(where, backlog);
    }

    @Override
    public void start() {
        server.start();
    }

    @Override
    public void stop(int delay) {
        server.stop(delay);
    }

    @Override
    public void setExecutor(Executor executor) {
        server.setExecutor(executor);
    }

    @Override
    public Executor getExecutor() {
        return server.getExecutor();
    }

    @Override
    public HttpContext createContext(String path, HttpHandler handler) {
        return server.createContext(path, handler);
    }

    @Override
    public HttpContext createContext(String path) {
        return server.createContext(path);
    }

    @Override
    public void removeContext(String path) {
        server.removeContext(path);
    }

    @Override
    public void removeContext(HttpContext context) {
        server.removeContext(context);
    }

    @Override
    public InetSocketAddress getAddress() {
        return server.getAddress();
    }
}
