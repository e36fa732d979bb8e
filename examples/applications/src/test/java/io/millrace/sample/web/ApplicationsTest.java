// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.filters.Sessions;
import io.millrace.testkit.RawClient;
import io.millrace.web.WebServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each application from end to end: its server listens, and a client that knows nothing of it asks. */
@Timeout(120)
class ApplicationsTest {
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    private Path folder;

    @AfterEach
    void closeClient() {
        client.close();
    }

    private HttpResponse<String> ask(WebServer server, String method, String path, String body, String... fields)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Duration.ofSeconds(60))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        return client.send((fields.length == 0 ? request : request.headers(fields)).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> get(WebServer server, String path, String... fields)
            throws IOException, InterruptedException {
        return ask(server, "GET", path, "", fields);
    }

    private static String field(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    @Test
    void jsonApi() throws Exception {
        try (WebServer server = new JsonApi().server(0).start()) {
            HttpResponse<String> added = ask(server, "POST", "/books", "{\"title\":\"Emma\",\"author\":\"Austen\"}");
            assertEquals(201, added.statusCode(), added.body());
            assertEquals("/books/1", field(added, "Location"));
            assertEquals("application/json", field(added, "Content-Type"));
            assertEquals("{\"author\":\"Austen\",\"id\":1,\"title\":\"Emma\"}", sorted(added.body()));
            assertEquals(added.body(), get(server, "/books/1").body());
            assertEquals("[" + added.body() + "]", get(server, "/books").body());
            assertProblem(404, "no book 7", get(server, "/books/7"));
            assertProblem(400, "the path parameter id has a value that it cannot have", get(server, "/books/x"));
            assertProblem(404, "Not Found", get(server, "/none"));
            assertProblem(405, "Method Not Allowed", ask(server, "PATCH", "/books", ""));
            assertProblem(422, "a book has a title", ask(server, "POST", "/books", "{\"author\":\"Austen\"}"));
            assertEquals(400, ask(server, "POST", "/books", "{").statusCode());
            assertEquals(204, ask(server, "DELETE", "/books/1", "").statusCode());
            assertEquals("[]", get(server, "/books").body());
        }
    }

    private static void assertProblem(int status, String message, HttpResponse<String> answer) {
        assertEquals(status, answer.statusCode());
        assertTrue(answer.body().contains("\"message\":\"" + message + "\""), answer.body());
        assertTrue(answer.body().contains("\"status\":" + status), answer.body());
    }

    // Fields of a record may come in any order.
    private static String sorted(String object) {
        String[] fields = object.substring(1, object.length() - 1).split(",");
        Arrays.sort(fields);
        return "{" + String.join(",", fields) + "}";
    }

    @Test
    void cookieLogin() throws Exception {
        Sessions sessions = Sessions.signedBy(new byte[32], Duration.ofHours(8));
        try (WebServer server =
                new CookieLogin(Map.of("ada", "lovelace"), sessions).server(0).start()) {
            assertEquals("/login", field(get(server, "/me"), "Location"));
            assertTrue(get(server, "/login").body().contains("<form method=post>"));
            String[] form = {"Content-Type", "application/x-www-form-urlencoded"};
            assertEquals(
                    403,
                    ask(server, "POST", "/login", "user=ada&password=x", form).statusCode());
            assertEquals(
                    403,
                    ask(server, "POST", "/login", "user=eve&password=", form).statusCode());
            assertEquals(400, ask(server, "POST", "/login", "user=ada", form).statusCode());
            HttpResponse<String> in = ask(server, "POST", "/login", "user=ada&password=lovelace", form);
            assertEquals("/me", field(in, "Location"));
            String cookie = field(in, "Set-Cookie").replaceAll(";.*", "");
            assertEquals("Hello, ada\n", get(server, "/me", "Cookie", cookie).body());
            assertEquals("/login", field(get(server, "/me", "Cookie", cookie + "x"), "Location"));
            HttpResponse<String> out = ask(server, "POST", "/logout", "", "Cookie", cookie);
            assertTrue(field(out, "Set-Cookie").contains("Max-Age=0"));
        }
    }

    @Test
    void uploadServer() throws Exception {
        try (WebServer server =
                new UploadServer(folder.resolve("uploads")).server(0).start()) {
            assertTrue(get(server, "/").body().contains("multipart/form-data"));
            String body = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nnot a file\r\n"
                    + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../a.txt\"\r\n\r\nhello\r\n--b--\r\n";
            HttpResponse<String> stored =
                    ask(server, "POST", "/upload", body, "Content-Type", "multipart/form-data; boundary=b");
            assertEquals(201, stored.statusCode(), stored.body());
            assertTrue(stored.body().startsWith("a.txt: 5 bytes, /files/"), stored.body());
            HttpResponse<String> file = get(server, stored.body().replaceAll("(?s).*(/files/\\S+).*", "$1"));
            assertEquals("hello", file.body());
            assertEquals("attachment", field(file, "Content-Disposition"));
            assertEquals(
                    415,
                    ask(server, "POST", "/upload", "x", "Content-Type", "text/plain")
                            .statusCode());
        }
    }

    @Test
    void eventBroadcast() throws Exception {
        try (WebServer server = new EventBroadcast().server(0).start();
                BufferedReader first = listen(server);
                BufferedReader second = listen(server)) {
            assertEquals(204, ask(server, "POST", "/events", "one").statusCode());
            assertEquals(204, ask(server, "POST", "/events", "two\nlines").statusCode());
            for (BufferedReader listener : new BufferedReader[] {first, second}) {
                for (String line : new String[] {"data: one", "", "data: two", "data: lines", ""}) {
                    assertEquals(line, listener.readLine());
                }
            }
        }
    }

    // The answer has begun when this returns, and so the listener is one of those that are told.
    private BufferedReader listen(WebServer server) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/events"))
                .build();
        InputStream events = client.send(request, BodyHandlers.ofInputStream()).body();
        return new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8));
    }

    @Test
    void healthService() throws Exception {
        WebServer server = new HealthService(folder).server(0).loops(1).start();
        try (server;
                RawClient work = RawClient.connect(server.address())) {
            work.send("GET /work?ms=300 HTTP/1.1\r\nHost: localhost\r\n\r\n");
            // On one loop what was sent first is read first.
            assertEquals(200, get(server, "/health/live").statusCode());
            assertEquals("server: up\ndisk: up\n", get(server, "/health/ready").body());
            server.drain();
            HttpResponse<String> drained = get(server, "/health/ready");
            assertEquals(503, drained.statusCode());
            assertEquals("server: down\ndisk: up\n", drained.body());
            assertEquals(200, get(server, "/health/live").statusCode());
            assertTrue(server.stop(Duration.ZERO, Duration.ofSeconds(60)));
            assertTrue(work.readText().endsWith("done\n"));
        }
    }

    @Test
    void filteredSite() throws Exception {
        Files.writeString(folder.resolve("index.html"), "<h1>Home</h1>");
        try (WebServer server = FilteredSite.server(
                        0, folder, Map.of("ada", "lovelace"), OutputStream.nullOutputStream())
                .start()) {
            HttpResponse<String> home = get(server, "/");
            assertEquals("<h1>Home</h1>", home.body());
            assertEquals("max-age=3600", field(home, "Cache-Control"));
            assertEquals("nosniff", field(home, "X-Content-Type-Options"));
            assertFalse(field(home, "X-Request-Id").isEmpty());
            HttpResponse<String> missing = get(server, "/none");
            assertEquals(404, missing.statusCode());
            assertEquals("<h1>Not here</h1>", missing.body());
            assertEquals(401, get(server, "/admin").statusCode());
            String credentials = Base64.getEncoder().encodeToString("ada:lovelace".getBytes(StandardCharsets.UTF_8));
            assertEquals(
                    "for ada\n",
                    get(server, "/admin", "Authorization", "Basic " + credentials)
                            .body());
            HttpResponse<String> version = get(server, "/api/version", "Origin", "https://app.example");
            assertEquals("1.0\n", version.body());
            assertEquals("https://app.example", field(version, "Access-Control-Allow-Origin"));
            assertEquals(
                    304,
                    get(server, "/api/version", "If-None-Match", field(version, "ETag"))
                            .statusCode());
            int status = 200;
            for (int i = 0; i < 200 && status != 429; i++) {
                status = get(server, "/api/version").statusCode();
            }
            assertEquals(429, status);
        }
    }
}
