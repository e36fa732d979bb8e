// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.javalin.Javalin;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Javalin, whose only change is one line of its configuration. */
@Timeout(120)
final class JavalinTest {
    @Test
    void routesBodiesAndThePortAreRight() throws Exception {
        Javalin app = Javalin.create(config -> {
            config.jetty.addConnector((server, http) -> {
                MillraceConnector connector = new MillraceConnector(server);
                connector.setHost("127.0.0.1");
                return connector;
            });
            config.routes.get("/hello/{name}", context -> context.result("Hello, " + context.pathParam("name")));
            config.routes.post("/size", context -> context.result(Integer.toString(context.bodyAsBytes().length)));
        });
        app.start();
        try (HttpClient client = HttpClient.newHttpClient()) {
            String base = "http://127.0.0.1:" + app.port();
            HttpRequest get =
                    HttpRequest.newBuilder(URI.create(base + "/hello/you")).build();
            assertEquals("Hello, you", client.send(get, BodyHandlers.ofString()).body());
            HttpRequest post = HttpRequest.newBuilder(URI.create(base + "/size"))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[900_000]))
                    .build();
            assertEquals("900000", client.send(post, BodyHandlers.ofString()).body());
            HttpRequest missing =
                    HttpRequest.newBuilder(URI.create(base + "/none")).build();
            assertEquals(404, client.send(missing, BodyHandlers.ofString()).statusCode());
        } finally {
            app.stop();
        }
    }
}
