// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.compress.Compression;
import io.millrace.fileserver.FileOptions;
import io.millrace.filters.EntityTags;
import io.millrace.http.BodyMapper;
import io.millrace.http.Dispatch;
import io.millrace.http.HttpException;
import io.millrace.http.Request;
import io.millrace.http.RequestWrapper;
import io.millrace.http.Response;
import io.millrace.http.ResponseWrapper;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Filters that change what handlers see and send, entity tags of answers, and errors of static files. */
@Timeout(120)
class WrappersTest {
    @TempDir
    private Path folder;

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

    private static String field(String answer, String name) {
        return answer.replaceAll("(?s).*\r\n" + name + ": ([^\r]*)\r\n.*", "$1");
    }

    /** Counts what passes it, and shouts. */
    private static final class Loud extends ResponseWrapper {
        Loud(Request request, Response response) {
            super(request, response);
        }

        @Override
        public void send(byte[] body, int offset, int length) {
            String text = new String(body, offset, length, StandardCharsets.UTF_8);
            byte[] loud = (text.toUpperCase(Locale.ROOT) + "!").getBytes(StandardCharsets.UTF_8);
            header("X-Length", String.valueOf(length));
            super.send(loud, 0, loud.length);
        }
    }

    @Test
    void aWrapperSeesWhateverIsSent() throws IOException {
        Path file = Files.writeString(folder.resolve("file.txt"), "as it is");
        BodyMapper mapper = new BodyMapper() {
            @Override
            public <T> T read(byte[] body, Class<T> type) {
                return type.cast(new String(body, StandardCharsets.UTF_8));
            }

            @Override
            public byte[] write(Object value) {
                return ("json " + value).getBytes(StandardCharsets.UTF_8);
            }
        };
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .bodyMapper(mapper)
                .filter((request, response, next) -> next.handle(
                        new RequestWrapper(request) {
                            @Override
                            public String scheme() {
                                return "https";
                            }
                        },
                        new Loud(request, response)))
                .get("/text/{id}", (request, response) -> response.send(request.scheme() + " " + request.param("id")))
                .get("/bytes", (request, response) -> response.send("bytes".getBytes(StandardCharsets.UTF_8)))
                .get("/json", (request, response) -> response.json("value"))
                .get("/empty", (request, response) -> response.status(201).send())
                .get("/away", (request, response) -> response.redirect("/there"))
                .get("/file", Dispatch.VIRTUAL, (request, response) -> response.send(file))
                .get("/stream", (request, response) -> response.stream().write("streamed"))
                .get("/later", (request, response) -> {
                    response.defer();
                    response.execute(() -> response.send("later"));
                })
                .get("/fails", (request, response) -> {
                    throw new HttpException(409, "as it is");
                })
                .start()) {
            String text = ask(server, "GET /text/7");
            assertTrue(text.endsWith("\r\n\r\nHTTPS 7!") && text.contains("Content-Type: text/plain"), text);
            assertTrue(ask(server, "GET /bytes").endsWith("\r\n\r\nBYTES!"));
            String json = ask(server, "GET /json");
            assertTrue(json.endsWith("JSON VALUE!") && json.contains("Content-Type: application/json"), json);
            assertTrue(ask(server, "GET /empty").startsWith("HTTP/1.1 201 "));
            assertTrue(ask(server, "GET /away").contains("Location: /there\r\n"));
            assertTrue(ask(server, "GET /later").endsWith("\r\n\r\nLATER!"));
            assertTrue(ask(server, "GET /file", "Range: bytes=3-").endsWith("\r\n\r\nit is"));
            assertTrue(ask(server, "GET /stream").contains("streamed"));
            assertTrue(ask(server, "GET /fails").endsWith("409 as it is\n"));
            assertTrue(ask(server, "HEAD /text/7").contains("X-Length: 7\r\n"));
        }
    }

    /** Compression edits conditions, and so shows handlers another request: route and TLS are the client's own. */
    @Test
    void parametersAreThereBehindCompression() throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .compress(Compression.DEFAULT)
                .get("/users/{id}", (request, response) -> response.send(request.param("id") + request.pattern()))
                .start()) {
            String answer = ask(server, "GET /users/7", "Accept-Encoding: gzip", "If-None-Match: \"x-gz\"");
            assertTrue(answer.endsWith("\r\n\r\n7/users/{id}"), answer);
        }
    }

    @Test
    void answersThatTheClientHasAreNotSentAgain() throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .filter(EntityTags.upTo(1000))
                .get(
                        "/",
                        (request, response) ->
                                response.header("Cache-Control", "no-cache").send("hello"))
                .get("/other", (request, response) -> response.send("hullo"))
                .get(
                        "/own",
                        (request, response) ->
                                response.header("ETag", "W/\"v7, \"").send("made for it"))
                .get(
                        "/secret",
                        (request, response) ->
                                response.header("Cache-Control", "no-store").send("x"))
                .get("/long", (request, response) -> response.send("x".repeat(1001)))
                .get("/gone", (request, response) -> response.status(410).send("x"))
                .get("/later", Dispatch.VIRTUAL, (request, response) -> {
                    response.defer();
                    Thread.startVirtualThread(() -> response.send("hello"));
                })
                .post("/", (request, response) -> response.send("hello"))
                .start()) {
            String first = ask(server, "GET /");
            String tag = field(first, "ETag");
            assertTrue(first.endsWith("\r\n\r\nhello") && tag.matches("\"[\\w-]{24}\""), first);
            for (String list : new String[] {tag, "*", "\"a,b\", W/" + tag, "\"x\" , " + tag + ",\"y\""}) {
                String same = ask(server, "GET /", "If-None-Match: " + list);
                assertTrue(same.startsWith("HTTP/1.1 304 ") && same.endsWith("\r\n\r\n"), same);
                assertEquals(tag, field(same, "ETag"));
                assertEquals("no-cache", field(same, "Cache-Control"));
            }
            assertTrue(ask(server, "GET /", "If-None-Match: \"x\", \"" + tag.substring(2))
                    .endsWith("hello"));
            assertTrue(ask(server, "HEAD /", "If-None-Match: " + tag).startsWith("HTTP/1.1 304 "));
            String head = ask(server, "HEAD /");
            assertTrue(head.contains("ETag: " + tag + "\r\n") && head.contains("Content-Length: 5\r\n"), head);
            assertFalse(tag.equals(field(ask(server, "GET /other"), "ETag")));
            assertTrue(ask(server, "GET /later", "If-None-Match: " + tag).startsWith("HTTP/1.1 304 "));
            assertTrue(ask(server, "GET /own").endsWith("made for it"));
            assertTrue(ask(server, "GET /own", "If-None-Match: \"v7, \"").startsWith("HTTP/1.1 304 "));
            for (String untagged : new String[] {"GET /secret", "GET /long", "GET /gone", "POST /"}) {
                assertFalse(
                        ask(server, untagged, "If-None-Match: *", "Content-Length: 0")
                                .contains("ETag: "),
                        untagged);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void staticFilesFailAsTheApplicationSays(boolean inline) throws IOException {
        Files.writeString(folder.resolve("page.html"), "there");
        FileOptions own = FileOptions.DEFAULT.notFound((request, response) -> response.send("not in this folder"));
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .filter(inline ? Dispatch.INLINE : Dispatch.VIRTUAL, (request, response, next) -> {
                    response.header("X-Filter", "passed");
                    next.handle(request, response);
                })
                .files("/files", folder, FileOptions.DEFAULT.listing(false).header("X-Files", "yes"))
                .files("/own", folder, own)
                .error(404, (request, response) -> response.send("ours: " + response.status() + " " + request.path()))
                .error(416, (request, response) -> response.send("no such range"))
                .start()) {
            String missing = ask(server, "GET /files/none");
            assertTrue(missing.startsWith("HTTP/1.1 404 ") && missing.endsWith("ours: 404 /files/none"), missing);
            assertEquals("yes", field(missing, "X-Files"));
            assertEquals("passed", field(missing, "X-Filter"));
            assertTrue(ask(server, "GET /files/.hidden").endsWith("ours: 404 /files/.hidden"));
            assertTrue(ask(server, "GET /elsewhere").endsWith("ours: 404 /elsewhere"));
            String range = ask(server, "GET /files/page.html", "Range: bytes=9-");
            assertTrue(range.startsWith("HTTP/1.1 416 ") && range.endsWith("no such range"), range);
            assertTrue(ask(server, "GET /files/").endsWith("403 Forbidden\n"));
            String other = ask(server, "GET /own/none");
            assertTrue(other.startsWith("HTTP/1.1 404 ") && other.endsWith("not in this folder"), other);
            assertTrue(ask(server, "GET /files/page.html").endsWith("there"));
        }
    }

    /** An error handler for all errors of HTTP answers those of files, too. */
    @Test
    void staticFilesFailByClass() throws IOException {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .error(HttpException.class, (e, request, response) -> response.send("by class " + e.status()))
                .files("/", folder)
                .start()) {
            assertTrue(ask(server, "GET /none").endsWith("by class 404"));
            assertTrue(ask(server, "DELETE /none").endsWith("by class 405"));
        }
    }

    /** The handler fails its answer and returns: that is one failure, and no forgotten answer beside it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void failingAnswersWithoutDeferring(boolean inline) throws Exception {
        LinkedBlockingQueue<Boolean> answered = new LinkedBlockingQueue<>();
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .get("/", inline ? Dispatch.INLINE : Dispatch.VIRTUAL, (request, response) -> {
                    response.fail(new HttpException(409, "taken"));
                    answered.add(response.committed());
                })
                .start()) {
            assertTrue(ask(server, "GET /").endsWith("409 taken\n"));
            assertEquals(true, answered.poll(20, TimeUnit.SECONDS));
        }
    }
}
