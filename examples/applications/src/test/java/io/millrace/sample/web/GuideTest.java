// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.web.WebServer;
import io.millrace.webtest.TestAnswer;
import io.millrace.webtest.TestExchange;
import io.millrace.webtest.TestServer;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What docs/library.md shows is what happens: its programs run as they stand on the page, and are asked. */
@Timeout(120)
class GuideTest {
    private static final List<String> RECIPES = List.of(
            "forms",
            "uploads",
            "downloads",
            "cookies, login",
            "errors",
            "CORS",
            "events",
            "JDBC on virtual threads",
            "background jobs on the loop",
            "testing",
            "shutting down",
            "behind a proxy");

    @TempDir
    private static Path classes;

    private static Guide guide;

    @TempDir
    private Path folder;

    @BeforeAll
    static void compile() throws Exception {
        guide = Guide.compiled(classes);
    }

    private WebServer server(String... headings) throws Exception {
        WebServer server = WebServer.on(0);
        for (String heading : headings) {
            guide.run(heading, server, folder, database());
        }
        return server;
    }

    private static String text(WebServer server, String target) {
        return TestExchange.get(target).handle(server).text();
    }

    private static int status(WebServer server, String target) {
        return TestExchange.get(target).handle(server).status();
    }

    @Test
    void everyProgramIsThere() {
        assertTrue(guide.size() > 25, guide.size() + " programs");
    }

    /** The contents lead to each recipe. */
    @Test
    void theContentsLeadToHeadings() throws Exception {
        String page = Files.readString(Guide.root().resolve("docs/library.md"));
        Set<String> headings = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE)
                .matcher(page)
                .results()
                .map(heading -> heading.group(1).toLowerCase(Locale.ROOT).replaceAll("[^\\w\\- ]", ""))
                .map(heading -> heading.replace(' ', '-'))
                .collect(Collectors.toSet());
        Pattern.compile("\\]\\(#([^)]*)\\)")
                .matcher(page)
                .results()
                .forEach(link -> assertTrue(headings.contains(link.group(1)), link.group(1)));
        for (String recipe : RECIPES) {
            assertTrue(page.contains("| " + recipe + " | ["), recipe);
        }
    }

    @Test
    void routes() throws Exception {
        WebServer server = server("Routes", "Groups and a default place");
        assertEquals("user 7", text(server, "/users/7"));
        assertEquals("/users/7", TestExchange.post("/users").handle(server).header("Location"));
        assertEquals(
                "DELETE x/y", TestExchange.delete("/any/x/y").handle(server).text());
        assertEquals("a/b", text(server, "/tree/a/b"));
        assertEquals("found it", text(server, "/search?q=it"));
        UUID owner = new UUID(1, 2);
        assertEquals("7 1 " + owner + "\n", text(server, "/books/7?owner=" + owner));
        assertEquals(400, status(server, "/books/7?page=x"));
        assertEquals("all\n", text(server, "/api/users"));
        assertEquals(201, TestExchange.post("/api/users").handle(server).status());
        assertEquals(401, status(server, "/admin/x"));
    }

    @Test
    void placesToRun() throws Exception {
        WebServer server = server("Places to run", "Answering later");
        assertEquals("made by one of twenty threads\n", text(server, "/report"));
        assertEquals("worked out\n", text(server, "/later"));
        assertEquals("worked out\n", text(server, "/worked"));
    }

    @Test
    void bodies() throws Exception {
        WebServer server = server("Request bodies");
        assertEquals(
                "5 bytes\n",
                TestExchange.post("/small").body("hello").handle(server).text());
        assertEquals(
                "hello", TestExchange.post("/form").body("hello").handle(server).text());
        assertEquals(
                201, TestExchange.put("/large").body("hello").handle(server).status());
        assertEquals(
                "5\n", TestExchange.post("/count").body("hello").handle(server).text());
        assertEquals(
                413,
                TestExchange.post("/small")
                        .body("x".repeat(70_000))
                        .handle(server)
                        .status());
    }

    @Test
    void formsAndUploads() throws Exception {
        WebServer server = server("Forms and uploads");
        assertEquals(
                "hello ada\n",
                TestExchange.post("/login").form("user", "ada").handle(server).text());
        String body = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n";
        TestAnswer answer = TestExchange.post("/upload")
                .header("Content-Type", "multipart/form-data; boundary=b")
                .body(body)
                .handle(server);
        assertEquals(303, answer.status());
    }

    @Test
    void json() throws Exception {
        WebServer server = server("JSON");
        TestAnswer answer = TestExchange.post("/numbers").body("[1,2,3]").handle(server);
        assertEquals("[3,2,1]", answer.text());
        assertEquals("application/json", answer.header("Content-Type"));
        assertEquals(
                400, TestExchange.post("/numbers").body("[1,").handle(server).status());
    }

    @Test
    void answersAndDownloads() throws Exception {
        Files.writeString(folder.resolve("report.pdf"), "a report");
        WebServer server = server("Answers", "Downloads");
        assertEquals("{\"ok\":true}", text(server, "/json"));
        TestAnswer rows = TestExchange.get("/rows").handle(server);
        assertTrue(rows.text().startsWith("0\n1\n"));
        assertEquals(Map.entry("X-Rows", "100000"), rows.trailers().getFirst());
        TestAnswer part =
                TestExchange.get("/report.pdf").header("Range", "bytes=2-").handle(server);
        assertEquals("report", part.text());
        assertEquals(206, part.status());
        assertTrue(part.header("Content-Disposition").startsWith("attachment; filename=\"report 2026.pdf\""));
    }

    @Test
    void events() throws Exception {
        try (TestServer server = TestServer.start(server("Events"));
                RawClient client = RawClient.connect(server.server().address())) {
            client.send("GET /news HTTP/1.1\r\nHost: localhost\r\n\r\n").readUntil("\r\n\r\n");
            assertEquals(
                    204,
                    TestExchange.post("/news").body("it rains").send(server).status());
            client.readUntil("data: it rains\n\n");
        }
    }

    @Test
    void cookiesAndSessions() throws Exception {
        Files.write(folder.resolve("session.key"), new byte[32]);
        WebServer server = server("Cookies and sessions");
        TestAnswer in = TestExchange.post("/in").handle(server);
        assertEquals("/me", in.header("Location"));
        assertEquals(
                "ada dark", TestExchange.get("/me").cookiesOf(in).handle(server).text());
        assertEquals("null null", text(server, "/me"));
        TestAnswer out = TestExchange.post("/out").cookiesOf(in).handle(server);
        assertEquals(Map.of(), out.cookies());
    }

    @Test
    void files() throws Exception {
        Files.createDirectory(folder.resolve("public"));
        Files.writeString(folder.resolve("public/a.txt"), "a file");
        WebServer server = server("Files");
        TestAnswer answer = TestExchange.get("/static/a.txt").handle(server);
        assertEquals("a file", answer.text());
        assertEquals("max-age=3600", answer.header("Cache-Control"));
        assertEquals("<h1>No such file</h1>", text(server, "/static/none"));
    }

    @Test
    void filters() throws Exception {
        WebServer own = server("Filters").get("/", (request, response) -> response.send("in"));
        assertEquals(401, status(own, "/"));
        assertEquals(
                "in",
                TestExchange.get("/").header("Authorization", "x").handle(own).text());
        WebServer wrapping = server("Filters of your own").get("/", (request, response) -> response.send("text"));
        assertEquals("4", TestExchange.get("/").handle(wrapping).header("X-Length"));
    }

    @Test
    void readyFiltersAndCors() throws Exception {
        WebServer server = server("Ready filters").get("/api/x", (request, response) -> response.send("x"));
        TestAnswer refused = TestExchange.get("/api/x")
                .header("Origin", "https://app.example")
                .handle(server);
        assertEquals(401, refused.status());
        assertEquals("https://app.example", refused.header("Access-Control-Allow-Origin"));
        assertTrue(refused.header("X-Request-Id") != null && refused.header("X-Content-Type-Options") != null);
        TestExchange asking = TestExchange.get("/api/x").header("Authorization", "Bearer secret");
        assertTrue(asking.handle(server).header("ETag") != null);
        TestAnswer first = TestExchange.of("OPTIONS", "/api/x")
                .header("Origin", "https://app.example")
                .header("Access-Control-Request-Method", "PUT")
                .handle(server);
        assertEquals(204, first.status());
    }

    @ExpectedLog("the answer to GET /broken")
    @Test
    void errors() throws Exception {
        WebServer server = server("Errors").get("/users/{id}", (request, response) -> {
            throw new NoSuchElementException("no such user");
        });
        server.get("/broken", (request, response) -> {
            throw new IllegalStateException("on purpose");
        });
        assertEquals("418 short and stout\n", text(server, "/teapot"));
        assertEquals("no such user", text(server, "/users/7"));
        assertEquals("<h1>Not here</h1>", text(server, "/none"));
        assertEquals("sorry\n", text(server, "/broken"));
    }

    @Test
    void healthAndBackgroundJobs() throws Exception {
        try (TestServer server = TestServer.start(server("Health and background jobs"))) {
            assertEquals(
                    "live: up\n", TestExchange.get("/health/live").send(server).text());
            assertEquals(
                    "server: up\ndisk: up\n",
                    TestExchange.get("/health/ready").send(server).text());
            TestAnswer answer = TestExchange.get("/ticks").send(server);
            while (answer.text().equals("0")) {
                answer = TestExchange.get("/ticks").send(server);
            }
        }
    }

    @Test
    void databases() throws Exception {
        WebServer server = server("Databases");
        assertEquals("user 7 of the table", text(server, "/users/7"));
        assertEquals(404, status(server, "/users/8"));
        assertEquals(400, status(server, "/users/x"));
    }

    @Test
    void testing() throws Exception {
        server("Testing");
    }

    @Test
    void stopping() throws Exception {
        WebServer server = WebServer.on(0);
        guide.run("Starting and stopping", server, folder, database());
        assertTrue(server.stop(Duration.ZERO));
        server("Stopping at a signal");
    }

    @Test
    void theRestIsSetUp() throws Exception {
        server("Limits", "Watching it", "Behind a proxy");
    }

    /** A database with one user, and none of its driver: the guide needs no more of JDBC. */
    private static DataSource database() {
        int[] asked = {0};
        boolean[] before = {true};
        ResultSet rows = fake(ResultSet.class, (method, arguments) -> switch (method) {
            case "next" -> asked[0] == 7 && before[0];
            case "getString" -> "user 7 of the table";
            default -> null;
        });
        PreparedStatement query = fake(PreparedStatement.class, (method, arguments) -> {
            if (method.equals("setInt")) {
                asked[0] = (int) arguments[1];
            }
            return method.equals("executeQuery") ? rows : null;
        });
        Connection connection =
                fake(Connection.class, (method, arguments) -> method.equals("prepareStatement") ? query : null);
        return fake(DataSource.class, (method, arguments) -> connection);
    }

    private interface Method {
        Object call(String name, Object[] arguments);
    }

    private static <T> T fake(Class<T> type, Method method) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, called, arguments) -> method.call(called.getName(), arguments)));
    }
}
