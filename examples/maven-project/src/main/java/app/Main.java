// SPDX-License-Identifier: Apache-2.0
package app;

import io.millrace.web.WebServer;
import java.time.Duration;

/** A web application: {@code mvn package}, then {@code java -jar target/app.jar}. */
public final class Main {
    private Main() {}

    static WebServer server(int port) {
        return WebServer.on(port)
                .get("/hello/{name}", (request, response) -> response.send("Hello, " + request.param("name") + "\n"))
                .stopOnSignal(Duration.ofSeconds(10));
    }

    /** Serves at the port that is said, 8080 if none is. */
    public static void main(String[] args) throws Exception {
        WebServer server =
                server(args.length == 0 ? 8080 : Integer.parseInt(args[0])).start();
        System.out.println("listening on " + server.address() + ", " + server.engine());
    }
}
