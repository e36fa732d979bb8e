// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.InetSocketAddress;

/** A web server with a route. */
public final class HelloHttp {
    private HelloHttp() {}

    static WebServer start(InetSocketAddress address) throws IOException {
        return WebServer.on(address.getPort())
                .address(address)
                .get("/hello/{name}", (request, response) -> response.send("Hello, " + request.param("name") + "\n"))
                .start();
    }

    /** {@code curl http://127.0.0.1:7080/hello/world}. */
    public static void main(String[] args) throws Exception {
        start(new InetSocketAddress("127.0.0.1", 7080)).await();
    }
}
