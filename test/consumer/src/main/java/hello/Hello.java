// SPDX-License-Identifier: Apache-2.0
package hello;

import io.millrace.web.WebServer;
import java.net.URI;
import java.net.URLConnection;

/** Serves, asks itself once, prints the answer and ends. */
public final class Hello {
    private Hello() {}

    /** Runs. */
    public static void main(String[] arguments) throws Exception {
        try (WebServer server = WebServer.on(0)
                .get("/hello/{name}", (request, response) -> response.send("Hello, " + request.param("name") + "\n"))
                .start()) {
            URI uri = URI.create("http://127.0.0.1:" + server.port() + "/hello/world");
            URLConnection connection = uri.toURL().openConnection();
            System.out.print(new String(connection.getInputStream().readAllBytes()));
        }
    }
}
