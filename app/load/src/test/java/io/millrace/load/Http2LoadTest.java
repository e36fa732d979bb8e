// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http.Limits;
import io.millrace.http.Response;
import io.millrace.http.Router;
import io.millrace.http2.Http2Factory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Asks over HTTP/2: what the server did is what the result says. */
@Timeout(60)
final class Http2LoadTest {
    private final AtomicInteger asked = new AtomicInteger();

    private static Target serve(Handler handler, Limits limits) throws Exception {
        AtomicReference<Http2Factory> factory = new AtomicReference<>();
        return Target.of(() -> {
            // Made on the loop, to which it belongs.
            factory.compareAndSet(null, new Http2Factory(HttpContext.of(handler).withLimits(limits)));
            return factory.get().create();
        });
    }

    private static LoadResult run(Target target, String path, int connections, int streams, String method, int body)
            throws Exception {
        LoadPlan plan = new LoadPlan(
                LoadTarget.parse("h2c://127.0.0.1:" + target.port() + path),
                new LoadPlan.Clients(connections, 1, streams, true, Duration.ZERO),
                new LoadPlan.Pace(0, Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(20)),
                new LoadPlan.Message(method, List.of("X-A: b", "Connection: keep-alive"), new byte[body]),
                LoadPlan.Beside.NOBODY);
        return new Load(plan).run(progress -> {});
    }

    private Handler routes() {
        return new Router()
                .get("/", (request, response) -> {
                    asked.incrementAndGet();
                    response.send(request.header("x-a") + request.version());
                })
                .get("/large", (request, response) -> response.send(new byte[100_000]))
                .get("/teapot", (request, response) -> response.status(418).send())
                .post("/", (request, response) -> {
                    response.defer();
                    request.body()
                            .collect(
                                    20_000,
                                    body -> response.status(body.length == 16_384 ? 200 : 400)
                                            .send());
                });
    }

    @Test
    void everyAnswerIsCountedOnce() throws Exception {
        try (Target target = serve(routes(), Limits.DEFAULT)) {
            LoadResult result = run(target, "/", 2, 16, "GET", 0);
            assertTrue(result.requests() > 0);
            assertEquals(Map.of(), result.failures());
            assertEquals(result.requests(), result.statuses(2));
            assertEquals(result.requests(), result.latency().getTotalCount());
            assertTrue(asked.get() - result.requests() <= 32, asked + " against " + result.requests());
        }
    }

    @Test
    void largeAnswersBodiesAndOtherStatusesAreUnderstood() throws Exception {
        try (Target target = serve(routes(), Limits.DEFAULT)) {
            LoadResult large = run(target, "/large", 1, 8, "GET", 0);
            assertEquals(Map.of(), large.failures());
            assertTrue(large.statuses(2) > 0);
            LoadResult bodies = run(target, "/", 1, 32, "POST", 16_384);
            assertEquals(Map.of(), bodies.failures());
            assertEquals(bodies.requests(), bodies.statuses(2));
            assertTrue(bodies.requests() > 0);
            LoadResult others = run(target, "/teapot", 1, 4, "GET", 0);
            assertEquals(others.requests(), others.statuses(4));
            assertTrue(others.requests() > 0);
        }
    }

    /** GOAWAY after so many requests is no failure: what it leaves out is asked on the next connection. */
    @Test
    void aServerMayEndConnections() throws Exception {
        try (Target target = serve(routes(), Limits.DEFAULT.withRequests(50))) {
            LoadResult result = run(target, "/", 2, 8, "GET", 0);
            assertEquals(Map.of(), result.failures());
            assertTrue(result.requests() > 50, result.requests() + " requests");
        }
    }

    /** The later of two requests is answered first, each time. */
    @Test
    void answersMayComeInAnyOrder() throws Exception {
        ArrayDeque<Response> waiting = new ArrayDeque<>();
        Handler handler = (request, response) -> {
            response.defer();
            waiting.addLast(response);
            while (waiting.size() >= 2) {
                waiting.removeLast().send("later");
                waiting.removeLast().send("earlier");
            }
        };
        try (Target target = serve(handler, Limits.DEFAULT)) {
            LoadResult result = run(target, "/", 1, 8, "GET", 0);
            assertEquals(Map.of(), result.failures());
            assertTrue(result.requests() > 2, result.requests() + " requests");
        }
    }

    @Test
    void targetsAndPlansSayWhatCannotBe() {
        assertEquals(
                "h2c://a:81/x", LoadTarget.parse("http://a:81/x").overHttp2().toString());
        assertEquals(
                LoadTarget.parse("h2c://a/x"), LoadTarget.parse("http://a/x").overHttp2());
        assertEquals("h2://a/x", LoadTarget.parse("https://a/x").overHttp2().toString());
        assertEquals(
                LoadTarget.parse("h2://a:443/x"),
                LoadTarget.parse("https://a/x").overHttp2());
        assertThrows(
                IllegalArgumentException.class,
                () -> LoadTarget.parse("tcp://a:1").overHttp2());
        LoadPlan plan = Target.plan("h2c://a/", 1, 0, Duration.ofSeconds(1));
        byte[] large = "x".repeat(16_385).getBytes(StandardCharsets.US_ASCII);
        assertThrows(
                IllegalArgumentException.class,
                () -> new LoadPlan(
                        plan.target(),
                        plan.clients(),
                        plan.pace(),
                        new LoadPlan.Message("POST", List.of(), large),
                        plan.beside()));
    }
}
