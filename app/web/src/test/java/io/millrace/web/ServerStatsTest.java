// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.ExchangeLog;
import io.millrace.http.HttpException;
import io.millrace.http.Router;
import io.millrace.testkit.RawClient;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ServerStatsTest {

    @Test
    void everythingIsCountedInItsPlace() {
        ServerStats stats = new ServerStats();
        int[] statuses = {200, 204, 304, 400, 404, 499, 500, 503, 599, 0, 101};
        for (int status : statuses) {
            stats.completed(null, status, 10, 1_000_000);
        }
        assertEquals(11, stats.requests());
        assertEquals(110, stats.bytes());
        assertEquals(3, stats.clientErrors());
        assertEquals(3, stats.serverErrors());
        assertEquals(1, stats.aborted());
        assertEquals(11, stats.latency().count());
    }

    @Test
    void eachRouteIsCountedByItsPattern() throws Exception {
        ServerStats stats = ServerStats.byRoute(3);
        CountDownLatch over = new CountDownLatch(7);
        Router api = new Router().get("/api/orders/{id}", Dispatch.VIRTUAL, (request, response) -> {
            throw new HttpException(503);
        });
        try (WebServer server = WebServer.on(0)
                .get("/users/{id}", (request, response) -> response.send(request.param("id")))
                .route("*", "/api/*", api)
                .get("/late", (request, response) -> response.send())
                .get("/later", (request, response) -> response.send())
                .log(ExchangeLogs.all(stats, (request, status, bytes, nanos) -> over.countDown()))
                .start()) {
            for (String path :
                    List.of("/users/1", "/users/22", "/api/orders/9", "/none", "/late", "/later", "/later")) {
                try (RawClient client = RawClient.connect(server.address())) {
                    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                    client.readText();
                }
            }
            assertTrue(over.await(30, TimeUnit.SECONDS));
        }
        Map<String, RouteStats> routes = stats.routes();
        assertEquals(
                Set.of("/users/{id}", "/api/orders/{id}", "/late", ServerStats.NO_ROUTE, ServerStats.OTHER_ROUTES),
                routes.keySet());
        assertEquals(2, routes.get("/users/{id}").requests(2));
        assertEquals(3, routes.get("/users/{id}").bytes());
        assertEquals(2, routes.get("/users/{id}").latency().count());
        assertEquals(1, routes.get("/api/orders/{id}").requests(5));
        assertEquals(1, routes.get(ServerStats.NO_ROUTE).requests(4));
        assertEquals(2, routes.get(ServerStats.OTHER_ROUTES).requests());
        assertEquals(7, stats.requests());
        assertThrows(IllegalArgumentException.class, () -> ServerStats.byRoute(0));
        assertThrows(IllegalArgumentException.class, () -> routes.get("/late").requests(6));
    }

    @Test
    void whateverTheClientAsksTheNumberOfRoutesIsBounded() {
        ServerStats stats = ServerStats.byRoute(2);
        for (int i = 0; i < 1000; i++) {
            stats.completed(LoggedRequest.get("/" + i).pattern("/p" + i), 200, 1, 1);
            stats.brokenOff(LoggedRequest.get("/" + i), 200, 1, 1);
        }
        assertEquals(4, stats.routes().size());
        assertEquals(998, stats.routes().get(ServerStats.OTHER_ROUTES).requests());
        assertEquals(1000, stats.routes().get(ServerStats.NO_ROUTE).aborted());
        assertEquals(0, new ServerStats().routes().size());
    }

    @Test
    void brokenOffAnswersAreCountedApartAndNotTimed() {
        ServerStats stats = new ServerStats();
        ExchangeLogs.all(stats, (request, status, bytes, nanos) -> {}).brokenOff(null, 200, 10, 1_000_000);
        assertEquals(1, stats.requests());
        assertEquals(10, stats.bytes());
        assertEquals(1, stats.aborted());
        assertEquals(0, stats.latency().count());
    }

    @Test
    void aClientThatLeavesInTheMiddleIsBrokenOff() throws Exception {
        ServerStats stats = new ServerStats();
        CountDownLatch over = new CountDownLatch(1);
        ExchangeLog last = (request, status, bytes, nanos) -> over.countDown();
        try (WebServer server = WebServer.on(0)
                .get("/", (request, response) -> response.send(new byte[50_000_000]))
                .log(ExchangeLogs.all(stats, last))
                .start()) {
            RawClient client = RawClient.connect(server.address(), 4096);
            client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").readUntil("\r\n\r\n");
            client.reset();
            assertTrue(over.await(20, TimeUnit.SECONDS));
        }
        assertEquals(1, stats.aborted());
        assertEquals(0, stats.latency().count());
    }

    @Test
    void nothingIsNothing() {
        ServerStats stats = new ServerStats();
        assertEquals(0, stats.requests());
        assertEquals(0, stats.p50());
        assertEquals(0, stats.p99());
        assertEquals(0, stats.latency().max());
    }

    @Test
    void quantilesAreWithinTwoPercent() {
        Random random = new Random(42);
        LatencyHistogram histogram = new LatencyHistogram();
        long[] values = new long[50_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = (long) Math.exp(random.nextDouble() * Math.log(4e12));
            histogram.record(values[i]);
        }
        Arrays.sort(values);
        for (double share : new double[] {0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1}) {
            long exact = values[(int) Math.max(0, Math.ceil(share * values.length) - 1)];
            assertEquals(exact, histogram.quantile(share), exact * 0.02, "share " + share);
        }
        assertEquals(values[values.length - 1], histogram.max());
    }

    @Test
    void everySingleValueIsWithinTwoPercent() {
        for (long value = 1; value < 1L << 42; value += Math.max(1, value / 37)) {
            LatencyHistogram histogram = new LatencyHistogram();
            histogram.record(value);
            assertEquals(value, histogram.quantile(0.5), value * 0.02);
            assertTrue(histogram.quantile(1) <= value);
        }
    }

    @Test
    void theEdges() {
        LatencyHistogram histogram = new LatencyHistogram();
        for (long value : new long[] {Long.MIN_VALUE, -1, 0, (1L << 42) - 1, 1L << 42, Long.MAX_VALUE}) {
            histogram.record(value);
        }
        assertEquals(6, histogram.count());
        assertEquals(0, histogram.quantile(0.5));
        assertEquals((1L << 42) - 1, histogram.max());
        assertEquals(1L << 42, histogram.quantile(1), (1L << 42) * 0.02);
        for (double share : new double[] {-0.1, 1.1, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> histogram.quantile(share));
        }
    }

    @Test
    void severalLoopsMayRecord() throws InterruptedException {
        ServerStats stats = new ServerStats();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 100_000; i++) {
                    stats.completed(null, i % 10 == 0 ? 500 : 200, 3, 1000);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(400_000, stats.requests());
        assertEquals(1_200_000, stats.bytes());
        assertEquals(40_000, stats.serverErrors());
        assertEquals(400_000, stats.latency().count());
        assertEquals(1000, stats.p50(), 20);
    }

    @Test
    void logsAreCombined() {
        List<String> seen = new ArrayList<>();
        ExchangeLog one = (request, status, bytes, nanos) -> seen.add("one " + status);
        ExchangeLog two = (request, status, bytes, nanos) -> seen.add("two " + status);
        ExchangeLogs.all(one, ExchangeLog.NONE, two).completed(null, 200, 1, 1);
        assertEquals(List.of("one 200", "two 200"), seen);
        assertSame(ExchangeLog.NONE, ExchangeLogs.all());
        assertSame(ExchangeLog.NONE, ExchangeLogs.all(ExchangeLog.NONE));
        assertSame(one, ExchangeLogs.all(ExchangeLog.NONE, one));
    }
}
