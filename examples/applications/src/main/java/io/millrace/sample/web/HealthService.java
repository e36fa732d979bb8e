// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import io.millrace.http.Dispatch;
import io.millrace.web.HealthChecks;
import io.millrace.web.WebServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A service behind a balancer. It says whether it lives and whether it is ready. When it is told to end it says that it
 * is not ready, goes on answering until the balancer has seen that, and finishes what is in flight.
 */
public final class HealthService {
    private final Path data;

    HealthService(Path data) {
        this.data = data;
    }

    WebServer server(int port) {
        return WebServer.on(port)
                .health("/health", new HealthChecks().add("disk", () -> Files.isWritable(data)))
                .get("/work", Dispatch.VIRTUAL, (request, response) -> {
                    Thread.sleep(request.queryInt("ms", 100));
                    response.send("done\n");
                })
                .stopOnSignal(Duration.ofSeconds(5), Duration.ofSeconds(20));
    }

    /** Serves at port 8080. */
    public static void main(String[] args) throws Exception {
        new HealthService(Path.of(".")).server(8080).start();
    }
}
