// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.fileserver.FileOptions;
import io.millrace.testkit.Browser;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class LiveReloadTest {
    private static final String TAG = "\n<script src=\"/.millrace/live-reload.js\"></script>\n";

    @TempDir
    private Path folder;

    private WebServer serve(LiveReload reload) throws IOException {
        WebServer server =
                WebServer.on(0).loops(1).files("/", folder, reload.pages(FileOptions.DEFAULT.spa("index.html")));
        reload.addTo(server);
        return server.start();
    }

    private static HttpResponse<String> get(WebServer server, String path, String... fields) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path));
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    (fields.length > 0 ? request.headers(fields) : request).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void pagesHaveTheScriptAndNothingElseHas() throws Exception {
        Files.writeString(folder.resolve("index.html"), "<p>hello</p>");
        Files.writeString(folder.resolve("large.html"), "<p>" + "x".repeat(100_000));
        Files.writeString(folder.resolve("a.js"), "let a;");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("index.html.gz")))) {
            out.write("<p>hello</p>".getBytes(StandardCharsets.UTF_8));
        }
        try (LiveReload reload = LiveReload.of(folder);
                WebServer server = serve(reload)) {
            HttpResponse<String> page = get(
                    server,
                    "/",
                    "Accept-Encoding",
                    "gzip",
                    "Range",
                    "bytes=0-3",
                    "If-Modified-Since",
                    "Fri, 01 Jan 2100 00:00:00 GMT");
            assertEquals(200, page.statusCode());
            assertEquals("<p>hello</p>" + TAG, page.body());
            assertEquals("no-store", page.headers().firstValue("Cache-Control").orElse(""));
            assertFalse(page.headers().firstValue("ETag").isPresent());
            assertTrue(get(server, "/large.html").body().endsWith("xxx" + TAG));
            assertEquals(
                    "<p>hello</p>" + TAG,
                    get(server, "/some/route", "Accept", "text/html").body());
            assertEquals("let a;", get(server, "/a.js").body());
            HttpResponse<String> script = get(server, "/.millrace/live-reload.js");
            assertTrue(script.body().contains("new EventSource(source)"));
            assertEquals(
                    "text/javascript; charset=utf-8",
                    script.headers().firstValue("Content-Type").orElse(""));
        }
    }

    @Test
    void whatHasChangedIsTold() throws Exception {
        Files.writeString(folder.resolve("index.html"), "<p>hello</p>");
        try (LiveReload reload = LiveReload.of(folder);
                WebServer server = serve(reload);
                RawClient client = RawClient.connect(server.address())) {
            client.send("GET /.millrace/live-reload HTTP/1.1\r\nHost: localhost\r\n\r\n");
            String first = client.readUntil("\n\n");
            assertTrue(first.contains("event: version\ndata: "), first);
            Files.writeString(folder.resolve("a.css"), "p { color: red }");
            client.readUntil("event: style\n");
            Files.writeString(folder.resolve("index.html"), "<p>hello again</p>");
            client.readUntil("event: page\n");
        }
    }

    /** A page of a strict policy in a real browser: new styles do not load it again, a new text does. */
    @Test
    void aBrowserReloads() throws Exception {
        assumeTrue(Browser.isThere(), "Chromium is not installed");
        Files.writeString(folder.resolve("a.css"), "body { color: rgb(1, 1, 1) }");
        Files.writeString(folder.resolve("a.js"), """
                sessionStorage.loads = 1 + Number(sessionStorage.loads ?? 0);
                setInterval(() => {
                  document.title = getComputedStyle(document.body).color + ' ' + sessionStorage.loads;
                }, 10);
                """);
        String page = "<!doctype html><html><head><meta http-equiv=Content-Security-Policy "
                + "content=\"default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'\">"
                + "<link rel=stylesheet href=a.css></head><body><script src=a.js></script></body></html>";
        Files.writeString(folder.resolve("index.html"), page);
        try (LiveReload reload = LiveReload.of(folder);
                WebServer server = serve(reload);
                Browser browser = Browser.open("http://localhost:" + server.port() + "/")) {
            browser.awaitTitle("rgb(1, 1, 1) 1");
            Files.writeString(folder.resolve("a.css"), "body { color: rgb(2, 2, 2) }");
            browser.awaitTitle("rgb(2, 2, 2) 1");
            Files.writeString(folder.resolve("index.html"), page + " ");
            browser.awaitTitle("rgb(2, 2, 2) 2");
        }
    }
}
