// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import com.sun.net.httpserver.spi.HttpServerProvider;
import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * The provider that the JDK finds: by the module's {@code provides}, by {@code META-INF/services}, or by the system
 * property {@code com.sun.net.httpserver.HttpServerProvider}. The first provider that is found serves the whole JVM.
 */
public final class MillraceHttpServerProvider extends HttpServerProvider {

    /** Creates a provider. */
    public MillraceHttpServerProvider() {}

    /**
     * Creates a server.
     *
     * @param backlog how many connections may wait to be accepted; the usual number if less than 1
     * @throws java.net.BindException if the address cannot be had
     */
    @Override
    public HttpServer createHttpServer(InetSocketAddress address, int backlog) throws IOException {
        return HttpServers.create(address, backlog);
    }

    /**
     * Creates a server for HTTPS.
     *
     * @param backlog how many connections may wait to be accepted; the usual number if less than 1
     * @throws java.net.BindException if the address cannot be had
     */
    @Override
    public HttpsServer createHttpsServer(InetSocketAddress address, int backlog) throws IOException {
        return HttpServers.createHttps(address, backlog);
    }
}
