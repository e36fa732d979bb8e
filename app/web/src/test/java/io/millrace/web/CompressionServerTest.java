// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.compress.Compression;
import io.millrace.compress.GzipCoding;
import io.millrace.forms.FormData;
import io.millrace.http.BodyMapper;
import io.millrace.http.Dispatch;
import io.millrace.http.ResponseStream;
import io.millrace.models.IoModel;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compression over both versions of HTTP and over models of every kind, to the JDK's client. */
@Timeout(120)
final class CompressionServerTest {
    private static final String LINE = "All work and no play makes Jack a dull boy.\n";

    @TempDir
    private Path folder;

    private static HttpResponse<byte[]> get(HttpClient client, URI root, String path, String... fields)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(root.resolve(path)).timeout(Duration.ofSeconds(60));
        return client.send(
                (fields.length == 0 ? request : request.headers(fields)).build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    private static String gunzip(byte[] bytes) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void filesAndHandlersAreCompressedOnEveryModel(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        try (WebServer server = WebServer.on(0).model(model);
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            filesAndHandlersAreCompressed(server, client, "http", HttpClient.Version.HTTP_1_1);
        }
    }

    @Test
    void filesAndHandlersAreCompressedOverHttp2() throws Exception {
        TlsContext tls = TlsContext.server(TlsOptions.DEFAULT
                .with(Credentials.pem(TlsServerTest.file("local.pem"), TlsServerTest.file("local.key")))
                .withApplicationProtocols("h2", "http/1.1"));
        try (WebServer server = WebServer.on(0).tls(tls);
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_2)
                        .sslContext(TlsServerTest.trusting())
                        .build()) {
            filesAndHandlersAreCompressed(server, client, "https", HttpClient.Version.HTTP_2);
        }
    }

    private void filesAndHandlersAreCompressed(
            WebServer server, HttpClient client, String scheme, HttpClient.Version version) throws Exception {
        String page = LINE.repeat(20_000);
        Path file = Files.writeString(folder.resolve("page.html"), page);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_600_000_000_000L));
        server.files("/files", folder)
                .get("/text", (request, response) -> response.send(page))
                .route("GET", "/made", Dispatch.VIRTUAL, (request, response) -> {
                    try (ResponseStream out = response.type("text/plain").stream()) {
                        for (int i = 0; i < 20_000; i++) {
                            out.write(LINE);
                        }
                    }
                })
                .route(
                        "GET",
                        "/left",
                        Dispatch.VIRTUAL,
                        (request, response) ->
                                response.type("text/plain").stream().write(page))
                .compress(Compression.DEFAULT)
                .start();
        URI root = URI.create(scheme + "://localhost:" + server.port());
        for (String path : new String[] {"/files/page.html", "/files/page.html", "/text", "/made", "/left"}) {
            HttpResponse<byte[]> response = get(client, root, path, "Accept-Encoding", "gzip");
            assertEquals(200, response.statusCode());
            assertEquals(version, response.version());
            assertEquals(
                    "gzip", response.headers().firstValue("Content-Encoding").orElse(""), path);
            assertEquals(page, gunzip(response.body()), path);
            HttpResponse<byte[]> plain = get(client, root, path);
            assertEquals(page, new String(plain.body(), StandardCharsets.UTF_8), path);
            assertTrue(plain.headers().allValues("Vary").contains("Accept-Encoding"), path);
        }
        HttpResponse<byte[]> file1 = get(client, root, "/files/page.html", "Accept-Encoding", "gzip");
        String tag = file1.headers().firstValue("ETag").orElseThrow();
        assertTrue(tag.endsWith("-gz\""), tag);
        HttpResponse<byte[]> same =
                get(client, root, "/files/page.html", "Accept-Encoding", "gzip", "If-None-Match", tag);
        assertEquals(304, same.statusCode());
        assertEquals(tag, same.headers().firstValue("ETag").orElseThrow());
        HttpResponse<byte[]> part =
                get(client, root, "/files/page.html", "Accept-Encoding", "gzip", "Range", "bytes=0-43");
        assertEquals(206, part.statusCode());
        assertEquals(LINE, new String(part.body(), StandardCharsets.UTF_8));
        assertTrue(part.headers().allValues("Vary").contains("Accept-Encoding"));
        assertEquals(tag.replace("-gz", ""), part.headers().firstValue("ETag").orElseThrow());
        // A part of the plain file is no continuation of the coded one.
        HttpResponse<byte[]> whole =
                get(client, root, "/files/page.html", "Accept-Encoding", "gzip", "Range", "bytes=44-", "If-Range", tag);
        assertEquals(200, whole.statusCode());
        assertEquals(page, gunzip(whole.body()));
    }

    @Test
    void clientsThatDecodeZstdGetIt() throws Exception {
        assumeTrue(ZstdCoding.whyNot() == null, ZstdCoding.whyNot());
        String page = LINE.repeat(20_000);
        try (WebServer server = WebServer.on(0)
                        .get("/", (request, response) -> response.send(page))
                        .compress(Compression.DEFAULT.withCodings(
                                new ZstdCoding(ZstdCoding.USUAL_LEVEL), new GzipCoding(GzipCoding.USUAL_LEVEL)))
                        .start();
                HttpClient client = HttpClient.newHttpClient()) {
            URI root = URI.create("http://localhost:" + server.port());
            HttpResponse<byte[]> response = get(client, root, "/", "Accept-Encoding", "gzip, deflate, br, zstd");
            assertEquals(
                    "zstd", response.headers().firstValue("Content-Encoding").orElse(""));
            Path frame = Files.write(folder.resolve("page.zst"), response.body());
            Path plain = folder.resolve("page");
            Process zstd;
            try {
                zstd = new ProcessBuilder("zstd", "-dq", frame.toString(), "-o", plain.toString())
                        .inheritIO()
                        .start();
            } catch (IOException e) {
                assumeTrue(false, "no zstd command");
                throw e;
            }
            assertTrue(zstd.waitFor(60, TimeUnit.SECONDS));
            assertEquals(page, Files.readString(plain));
            assertEquals(
                    "gzip",
                    get(client, root, "/", "Accept-Encoding", "gzip")
                            .headers()
                            .firstValue("Content-Encoding")
                            .orElse(""));
        }
    }

    @Test
    void requestsAreDecompressedForHandlersThatWait() throws Exception {
        byte[] body;
        try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(LINE.repeat(1000).getBytes(StandardCharsets.UTF_8));
            }
            body = out.toByteArray();
        }
        try (WebServer server = WebServer.on(0)
                        .route(
                                "POST",
                                "/bytes",
                                Dispatch.VIRTUAL,
                                (request, response) -> response.send(
                                        String.valueOf(request.body().bytes(100_000).length)))
                        .route(
                                "POST",
                                "/stream",
                                Dispatch.VIRTUAL,
                                (request, response) -> response.send(
                                        String.valueOf(request.body().stream().readAllBytes().length)))
                        .compress(Compression.DEFAULT.withInflate(50_000))
                        .start();
                HttpClient client = HttpClient.newHttpClient()) {
            for (String path : new String[] {"/bytes", "/stream"}) {
                assertEquals("44000", post(client, server, path, body).body());
                byte[] twice = Arrays.copyOf(body, body.length * 2);
                System.arraycopy(body, 0, twice, body.length, body.length);
                assertEquals(413, post(client, server, path, twice).statusCode());
                assertEquals(400, post(client, server, path, new byte[10]).statusCode());
            }
        }
    }

    private static HttpResponse<String> post(HttpClient client, WebServer server, String path, byte[] body)
            throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
                        .header("Content-Encoding", "gzip")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /**
     * A form that is coded is refused where nothing has decoded it, and read where it has been; bytes pass as they are.
     */
    @Test
    void codedBodiesAreNeverTakenForPlainOnes() throws Exception {
        ByteArrayOutputStream coded = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(coded)) {
            out.write("name=value".getBytes(StandardCharsets.US_ASCII));
        }
        for (boolean inflates : new boolean[] {false, true}) {
            WebServer routes = WebServer.on(0)
                    .bodyMapper(BodyMapper.of(
                            (bytes, type) -> new String(bytes, StandardCharsets.US_ASCII), value -> new byte[0]))
                    .route(
                            "POST",
                            "/form",
                            Dispatch.VIRTUAL,
                            (request, response) ->
                                    response.send(FormData.read(request, 1000).first("name")))
                    .route(
                            "POST",
                            "/object",
                            Dispatch.VIRTUAL,
                            (request, response) -> response.send(request.body().as(String.class)))
                    .route(
                            "POST",
                            "/bytes",
                            Dispatch.VIRTUAL,
                            (request, response) ->
                                    response.send("" + request.body().bytes(1000).length));
            if (inflates) {
                routes.compress(Compression.DEFAULT.withInflate(1000));
            }
            try (WebServer server = routes.start();
                    HttpClient client = HttpClient.newHttpClient()) {
                String form = "application/x-www-form-urlencoded";
                String[] answers = {
                    post(client, server, "/form", form, coded.toByteArray()),
                    post(client, server, "/object", "application/json", coded.toByteArray()),
                    post(client, server, "/bytes", form, coded.toByteArray())
                };
                assertArrayEquals(
                        inflates
                                ? new String[] {"200 value", "200 name=value", "200 10"}
                                : new String[] {"415", "415", "200 " + coded.size()},
                        answers);
            }
        }
    }

    private static String post(HttpClient client, WebServer server, String path, String type, byte[] body)
            throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
                .timeout(Duration.ofSeconds(60))
                .headers("Content-Type", type, "Content-Encoding", "gzip")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() == 200 ? "200 " + answer.body() : "" + answer.statusCode();
    }
}
