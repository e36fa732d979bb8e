// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.models.IoModel;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What balancers and Prometheus are told of a server. */
@Timeout(120)
final class AdminRoutesTest {
    private static final String PARSER = "org.hawkular.agent.prometheus.text.TextPrometheusMetricDataParser";

    private final ServerStats stats = ServerStats.byRoute(8);

    private static InetSocketAddress free() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static String ask(WebServer server, String path) throws IOException {
        try (RawClient client = RawClient.connect(server.address())) {
            client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            return client.readText();
        }
    }

    private static void status(int expected, WebServer admin, String path) throws IOException {
        String answer = ask(admin, path);
        assertTrue(answer.startsWith("HTTP/1.1 " + expected + " "), answer);
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void isReadyUntilItDrainsAndAliveUntilItEnds(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        AtomicBoolean database = new AtomicBoolean(true);
        try (WebServer server = WebServer.on(0).model(model).loops(2).get("/", (q, a) -> a.send("yes"));
                WebServer admin = AdminRoutes.of(server, stats)
                        .check("database", database::get)
                        .listen(free())) {
            status(503, admin, "/readyz");
            server.start();
            status(200, admin, "/readyz");
            status(200, admin, "/livez");
            database.set(false);
            assertTrue(ask(admin, "/readyz").endsWith("database fails\n"));
            database.set(true);
            server.drain();
            assertTrue(ask(admin, "/readyz").endsWith("draining\n"));
            status(200, admin, "/livez");
            assertTrue(ask(server, "/").startsWith("HTTP/1.1 200 "));
        }
    }

    @ExpectedLog("has been blocked for")
    @Test
    void aLoopThatIsBlockedIsNotAlive() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (WebServer server = WebServer.on(0)
                        .loops(1)
                        .get("/block", (q, a) -> {
                            blocked.countDown();
                            go.await();
                            a.send("late");
                        })
                        .log(stats)
                        .start();
                WebServer admin = AdminRoutes.of(server, stats).listen(free())) {
            assumeTrue(server.loopLag(Duration.ofSeconds(20)).length > 0, "no loops here");
            status(200, admin, "/livez");
            try (RawClient client = RawClient.connect(server.address())) {
                client.send("GET /block HTTP/1.1\r\nHost: localhost\r\n\r\n");
                blocked.await();
                assertTrue(ask(admin, "/livez").endsWith("loop 0 did not come to a task within a second\n"));
                assertTrue(ask(admin, "/metrics").contains("\nmillrace_loop_lag_seconds{loop=\"0\"} 1.0\n"));
                go.countDown();
                client.readUntil("late");
            } finally {
                go.countDown();
            }
            status(200, admin, "/livez");
        }
    }

    private String metricsAfterRequests() throws Exception {
        try (WebServer server = WebServer.on(0)
                        .get("/users/{id}", (q, a) -> a.send("hello"))
                        .log(stats)
                        .start();
                WebServer admin = AdminRoutes.of(server, stats).listen(free())) {
            ask(server, "/users/7");
            ask(server, "/users/secret-8");
            ask(server, "/nowhere/secret-9");
            try (RawClient client = RawClient.connect(server.address())) {
                client.send("this is no HTTP\r\n\r\n").readText();
            }
            return ask(admin, "/metrics");
        }
    }

    @Test
    void countsByRouteAndReasonAndTakesNoLabelFromARequest() throws Exception {
        String text = metricsAfterRequests();
        assertTrue(text.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), text);
        for (String line : new String[] {
            "millrace_ready 1",
            "millrace_requests_total{http_route=\"/users/{id}\",status_class=\"2xx\"} 2",
            "millrace_requests_total{http_route=\"\",status_class=\"4xx\"} 2",
            "millrace_sent_body_bytes_total{http_route=\"/users/{id}\"} 10",
            "millrace_refused_requests_total{reason=\"malformed\"} 1",
            "http_server_request_duration_seconds_bucket{http_route=\"/users/{id}\",le=\"+Inf\"} 2",
            "http_server_request_duration_seconds_count{http_route=\"/users/{id}\"} 2"
        }) {
            assertTrue(text.contains("\n" + line + "\n"), line + " is not in\n" + text);
        }
        assertFalse(text.contains("secret"), text);
    }

    /** A parser that others have written reads all families, and finds as many samples as there are lines. */
    @Test
    void aParserOfOthersReadsIt() throws Exception {
        Class<?> type;
        try {
            type = Class.forName(PARSER);
        } catch (ClassNotFoundException e) {
            abort("skipped: " + PARSER + " is not on this class path; Maven puts it there");
            return;
        }
        String text = metricsAfterRequests();
        text = text.substring(text.indexOf("# HELP"));
        Map<String, String> types = new HashMap<>();
        try (InputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))) {
            Object parser = type.getConstructor(InputStream.class).newInstance(in);
            for (Object family = type.getMethod("parse").invoke(parser);
                    family != null;
                    family = type.getMethod("parse").invoke(parser)) {
                types.put(
                        (String) family.getClass().getMethod("getName").invoke(family),
                        family.getClass().getMethod("getType").invoke(family).toString());
            }
        }
        assertEquals(text.lines().filter(line -> line.startsWith("# TYPE")).count(), types.size(), types::toString);
        assertEquals("HISTOGRAM", types.get("http_server_request_duration_seconds"));
        assertEquals("COUNTER", types.get("millrace_requests_total"));
        assertEquals("GAUGE", types.get("millrace_connections"));
    }

    /** A dashboard asks for nothing that a server does not say; those of TLS need a server with TLS. */
    @Test
    void theDashboardNamesFamiliesThatAreThere() throws Exception {
        String text = metricsAfterRequests();
        Path dashboard = Path.of("../../docs/operate/grafana.json");
        String json = Files.readString(Files.exists(dashboard) ? dashboard : Path.of("docs/operate/grafana.json"));
        Matcher names = Pattern.compile("(?:millrace|http_server)_[a-z0-9_]+").matcher(json);
        int found = 0;
        while (names.find()) {
            String name = names.group().replaceFirst("_bucket$", "");
            assertTrue(name.contains("_tls_") || text.contains("# TYPE " + name + " "), name);
            found++;
        }
        assertTrue(found > 10, "the dashboard names " + found);
    }

    @Test
    void escapesWhatALabelMayHold() {
        String text = new MetricsText()
                .gauge("x", "X.")
                .sample(1, "route", "a\"b\\c\nd")
                .toString();
        assertTrue(text.endsWith("\nx{route=\"a\\\"b\\\\c\\nd\"} 1\n"), text);
    }
}
