// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/**
 * Creates servers without a look for providers: for programs whose libraries the system class loader does not see, such
 * as fat jars and OSGi bundles, and for those that want both this server and the JDK's.
 */
public final class HttpServers {
    private HttpServers() {}

    /** Creates a server that is not bound: {@link HttpServer#bind} does that. */
    public static HttpServer create() throws IOException {
        return create(null, 0);
    }

    /**
     * Creates a server, bound to an address unless that is {@code null}.
     *
     * @param backlog how many connections may wait to be accepted; the usual number if less than 1
     * @throws java.net.BindException if the address cannot be had
     */
    public static HttpServer create(InetSocketAddress address, int backlog) throws IOException {
        MillraceHttpServer server = new MillraceHttpServer(ServerProperties.ofProperties());
        if (address != null) {
            server.bind(address, backlog);
        }
        return server;
    }

    /**
     * Creates a server with a first context.
     *
     * @throws java.net.BindException if the address cannot be had
     * @throws IllegalArgumentException if the path does not begin with {@code /}
     */
    public static HttpServer create(
            InetSocketAddress address, int backlog, String path, HttpHandler handler, Filter... filters)
            throws IOException {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(handler, "handler");
        for (Filter filter : filters) {
            Objects.requireNonNull(filter, "filter");
        }
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("a context's path begins with /: " + path);
        }
        HttpServer server = create(address, backlog);
        server.createContext(path, handler).getFilters().addAll(List.of(filters));
        return server;
    }

    /** Creates a server for HTTPS that is not bound: {@link HttpsServer#bind} does that. */
    public static HttpsServer createHttps() throws IOException {
        return createHttps(null, 0);
    }

    /**
     * Creates a server for HTTPS, bound to an address unless that is {@code null}. It ends every connection until
     * {@link HttpsServer#setHttpsConfigurator} has said what its keys are.
     *
     * @param backlog how many connections may wait to be accepted; the usual number if less than 1
     * @throws java.net.BindException if the address cannot be had
     */
    public static HttpsServer createHttps(InetSocketAddress address, int backlog) throws IOException {
        MillraceHttpsServer server = new MillraceHttpsServer(ServerProperties.ofProperties());
        if (address != null) {
            server.bind(address, backlog);
        }
        return server;
    }
}
