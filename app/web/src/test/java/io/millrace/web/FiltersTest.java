// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.filters.Authentication;
import io.millrace.filters.Cors;
import io.millrace.filters.RequestId;
import io.millrace.filters.RequestRate;
import io.millrace.filters.SecurityHeaders;
import io.millrace.filters.Sessions;
import io.millrace.http.BodyMapper;
import io.millrace.http.Cookie;
import io.millrace.http.Dispatch;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ready filters, sessions, cookies and the conveniences of requests and responses, over a server. */
@Timeout(120)
class FiltersTest {
    private static String ask(WebServer server, String line, String... fields) throws IOException {
        try (RawClient client = RawClient.connect(server.address())) {
            StringBuilder head =
                    new StringBuilder(line).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
            for (String field : fields) {
                head.append(field).append("\r\n");
            }
            client.send(head.append("\r\n").toString());
            return client.readText();
        }
    }

    private static String basic(String credentials) {
        return "Authorization: Basic "
                + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void clientsSayWhoTheyAreAndAreStoppedWhenTheyGuess() throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .group(
                        "/admin",
                        admin -> admin.filter(Authentication.basic("the \"house\"", Map.of("ada", "pw")))
                                .get("", (request, response) -> response.send("for " + Authentication.user(request))))
                .group(
                        "/api",
                        api -> api.filter(Authentication.bearer(token -> token.equals("t") ? "bob" : null))
                                .get("/x", (request, response) -> response.send("for " + Authentication.user(request))))
                .get("/open", (request, response) -> response.send("open"))
                .start()) {
            String refused = ask(server, "GET /admin");
            assertTrue(refused.startsWith("HTTP/1.1 401 "), refused);
            assertTrue(refused.contains("WWW-Authenticate: Basic realm=\"the \\\"house\\\"\", charset=\"UTF-8\"\r\n"));
            assertTrue(ask(server, "GET /admin", basic("ada:pw")).endsWith("for ada"));
            assertTrue(ask(server, "GET /admin/none").startsWith("HTTP/1.1 401 "));
            assertTrue(ask(server, "GET /api/x", "Authorization: bearer t").endsWith("for bob"));
            assertTrue(ask(server, "GET /open").endsWith("open"));
            for (int i = 0; i < 10; i++) {
                assertTrue(ask(server, "GET /admin", basic("ada:guess" + i)).startsWith("HTTP/1.1 401 "));
            }
            String stopped = ask(server, "GET /admin", basic("ada:pw"));
            assertTrue(stopped.startsWith("HTTP/1.1 429 "), stopped);
            assertTrue(stopped.contains("Retry-After: "), stopped);
        }
    }

    @Test
    void pagesOfOtherSitesReadWhatTheyMay() throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .filter(Cors.of("https://a.example").credentials().expose("X-A"))
                .get("/", (request, response) -> response.send("x"))
                .start()) {
            String allowed = ask(server, "GET /", "Origin: https://a.example");
            assertTrue(allowed.contains("Access-Control-Allow-Origin: https://a.example\r\n"), allowed);
            assertTrue(allowed.contains("Access-Control-Allow-Credentials: true\r\n"), allowed);
            assertFalse(ask(server, "GET /", "Origin: https://b.example").contains("Allow-Origin"));
            assertTrue(
                    ask(server, "GET /none", "Origin: https://a.example").contains("Allow-Origin: https://a.example"));
            String first = ask(
                    server,
                    "OPTIONS /",
                    "Origin: https://a.example",
                    "Access-Control-Request-Method: PUT",
                    "Access-Control-Request-Headers: X-B");
            assertTrue(first.startsWith("HTTP/1.1 204 ") && first.contains("Access-Control-Allow-Headers: X-B"), first);
        }
        assertThrows(IllegalStateException.class, () -> Cors.of().credentials());
    }

    @Test
    void ratesIdentifiersAndSecurity() throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .filter(new RequestId())
                .filter(SecurityHeaders.usual().with("X-Frame-Options", "DENY"))
                .filter("/limited", RequestRate.of(2, Duration.ofHours(1)))
                .get("/limited", (request, response) -> response.send("x"))
                .get("/id", (request, response) -> response.send(RequestId.of(request)))
                .start()) {
            String answer = ask(server, "GET /id", "X-Request-Id: from-a-proxy");
            assertTrue(answer.contains("X-Request-Id: from-a-proxy\r\n") && answer.endsWith("from-a-proxy"), answer);
            assertTrue(answer.contains("X-Frame-Options: DENY\r\n"), answer);
            assertFalse(answer.contains("Strict-Transport-Security"), answer);
            assertFalse(ask(server, "GET /id", "X-Request-Id: a b").contains("a b"));
            assertTrue(ask(server, "GET /limited").endsWith("x"));
            assertTrue(ask(server, "GET /limited").endsWith("x"));
            assertTrue(ask(server, "GET /limited").startsWith("HTTP/1.1 429 "));
        }
    }

    @Test
    void sessionsAreGenuineOrNone() throws IOException {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochSecond(1_000_000));
        Sessions sessions = Sessions.signedBy(new byte[32], Duration.ofHours(1), now::get);
        Sessions others = Sessions.signedBy(
                "another key of thirty-two bytes!".getBytes(StandardCharsets.US_ASCII), Duration.ofHours(1), now::get);
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .get("/in", (request, response) -> {
                    sessions.write(response, Map.of("user", "ada"));
                    response.redirect("/");
                })
                .get("/forged", (request, response) -> {
                    others.write(response, Map.of("user", "eve"));
                    response.send();
                })
                .get(
                        "/",
                        (request, response) ->
                                response.send("user " + sessions.read(request).get("user")))
                .start()) {
            String in = ask(server, "GET /in");
            assertTrue(in.startsWith("HTTP/1.1 303 ") && in.contains("Location: /\r\n"), in);
            String cookie = in.replaceAll("(?s).*Set-Cookie: ([^;]*);.*", "$1");
            assertTrue(in.contains("; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"), in);
            assertTrue(ask(server, "GET /", "Cookie: x=y; " + cookie).endsWith("user ada"));
            assertTrue(ask(server, "GET /", "Cookie: " + cookie.replace("session=M", "session=N"))
                    .endsWith("user null"));
            String forged = ask(server, "GET /forged").replaceAll("(?s).*Set-Cookie: ([^;]*);.*", "$1");
            assertTrue(ask(server, "GET /", "Cookie: " + forged).endsWith("user null"));
            now.set(now.get().plusSeconds(3600));
            assertTrue(ask(server, "GET /", "Cookie: " + cookie).endsWith("user null"));
        }
    }

    @Test
    void cookiesAreSafe() {
        assertEquals(
                "a=b; Path=/; Secure; HttpOnly; SameSite=Lax",
                Cookie.of("a", "b").toString());
        assertThrows(IllegalArgumentException.class, () -> Cookie.of("a", "b;c"));
        assertThrows(
                IllegalArgumentException.class, () -> Cookie.of("__Host-a", "b").domain("x.org"));
        assertThrows(
                IllegalArgumentException.class,
                () -> Cookie.of("__Secure-a", "b").secure(false));
        assertThrows(
                IllegalArgumentException.class,
                () -> Cookie.of("a", "b").sameSite(Cookie.SameSite.NONE).secure(false));
    }

    @Test
    void parametersBodiesAndFiles(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("report.txt"), "0123456789");
        BodyMapper mapper = new BodyMapper() {
            @Override
            public <T> T read(byte[] body, Class<T> type) {
                return type.cast(Integer.valueOf(new String(body, StandardCharsets.US_ASCII)));
            }

            @Override
            public byte[] write(Object value) {
                return ("{" + value + "}").getBytes(StandardCharsets.US_ASCII);
            }
        };
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .bodyMapper(mapper)
                .defaultDispatch(Dispatch.VIRTUAL)
                .get(
                        "/n/{id}",
                        (request, response) -> response.send(
                                request.paramInt("id") + " " + request.queryInt("page", 1) + " " + request.dispatch()))
                .get(
                        "/file",
                        (request, response) ->
                                response.attachment("r\u00e9port.txt").send(file))
                .post(
                        "/json",
                        (request, response) -> response.json(request.body().as(Integer.class) + 1))
                .start()) {
            assertTrue(ask(server, "GET /n/7?page=3").endsWith("7 3 VIRTUAL"));
            assertTrue(ask(server, "GET /n/x").endsWith("400 the path parameter id has a value that it cannot have\n"));
            String part = ask(server, "GET /file", "Range: bytes=2-4");
            assertTrue(part.startsWith("HTTP/1.1 206 ") && part.endsWith("\r\n\r\n234"), part);
            assertTrue(part.contains("filename=\"r_port.txt\"; filename*=UTF-8''r%C3%A9port.txt\r\n"), part);
            String line = "POST /json";
            assertTrue(ask(server, line, "Content-Type: application/json", "Content-Length: 2", "", "41")
                    .endsWith("{42}"));
            assertTrue(ask(server, line, "Content-Length: 2", "", "no").startsWith("HTTP/1.1 400 "));
            assertTrue(ask(server, line, "Content-Type: text/plain", "Content-Length: 2", "", "41")
                    .startsWith("HTTP/1.1 415 "));
        }
        assertThrows(IllegalArgumentException.class, () -> WebServer.on(0).get("/:id", (request, response) -> {}));
        assertThrows(
                IllegalArgumentException.class, () -> WebServer.on(0).route("get", "/", (request, response) -> {}));
    }
}
