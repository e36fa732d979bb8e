// SPDX-License-Identifier: Apache-2.0
package io.millrace.micrometer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.web.WebServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class MillraceMetricsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private void awaitCount(long count, String... tags) throws InterruptedException {
        for (long end = System.nanoTime() + 30_000_000_000L; System.nanoTime() < end; Thread.sleep(5)) {
            var timer = registry.find(MillraceMetrics.REQUESTS).tags(tags).timer();
            if (timer != null && timer.count() == count) {
                return;
            }
        }
        fail(registry.getMetersAsString());
    }

    @Test
    void requestsAreTimedByRouteAndNotByPath() throws Exception {
        MillraceMetrics metrics = new MillraceMetrics(registry);
        try (WebServer server = WebServer.on(0)
                        .log(metrics)
                        .get("/users/{id}", (request, response) -> response.send(request.param("id")));
                HttpClient client = HttpClient.newHttpClient()) {
            server.start();
            metrics.watch(server).bindTo(registry);
            for (int i = 0; i < 20; i++) {
                for (String path : new String[] {"/users/" + i, "/none/" + i}) {
                    URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
                    client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
                }
            }
            awaitCount(20, "uri", "/users/{id}", "method", "GET", "status", "200", "outcome", "SUCCESS");
            awaitCount(20, "uri", "NOT_FOUND", "status", "404", "outcome", "CLIENT_ERROR");
            assertEquals(2, registry.find(MillraceMetrics.REQUESTS).timers().size());
            assertTrue(registry.get("millrace.connections").gauge().value() >= 1);
            double turns = registry.find("millrace.loop.turns").functionCounters().stream()
                    .mapToDouble(each -> each.count())
                    .sum();
            assertTrue(turns > 0 || server.counters().isEmpty(), "turns " + turns);
        }
    }

    @Test
    void openTelemetrysNamesAreSpoken() throws Exception {
        try (WebServer server = WebServer.on(0)
                        .log(MillraceMetrics.openTelemetry(registry))
                        .get("/users/{id}", (request, response) -> response.send(request.param("id")));
                HttpClient client = HttpClient.newHttpClient()) {
            server.start();
            URI uri = URI.create("http://127.0.0.1:" + server.port() + "/users/7");
            client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
            for (long end = System.nanoTime() + 30_000_000_000L;
                    registry.find(MillraceMetrics.DURATION).timer() == null && System.nanoTime() < end;
                    Thread.sleep(5)) {}
            var timer = registry.get(MillraceMetrics.DURATION)
                    .tags("http.request.method", "GET", "http.response.status_code", "200", "http.route", "/users/{id}")
                    .tags("url.scheme", "http", "error.type", "none")
                    .timer();
            assertEquals(1, timer.count());
            assertEquals(
                    1,
                    registry.get("millrace.bytes")
                            .tag("direction", "sent")
                            .counter()
                            .count());
        }
    }
}
