// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseCause;
import io.millrace.core.DirectoryRoot;
import io.millrace.fileserver.FileOptions;
import io.millrace.fileserver.StaticFiles;
import io.millrace.fs.Directories;
import io.millrace.fs.NioDirectory;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Limits;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as bytes on a wire: StaticFiles behind the real HTTP/1.1, over every kind of folder that this machine has. */
@ParameterizedClass
@ValueSource(strings = {"kernel", "nio"})
class FilesOverHttp1Test {
    @Parameter
    String kind;

    @TempDir
    Path temp;

    private final FakeClock clock = new FakeClock();
    private Path root;
    private StaticFiles files;

    private MemoryLink serve() throws IOException {
        return serve(ExchangeLog.NONE);
    }

    private MemoryLink serve(ExchangeLog log) throws IOException {
        clock.calendar(Instant.now().plus(Duration.ofDays(1)));
        root = Files.createDirectories(temp.resolve("root"));
        Files.writeString(temp.resolve("secret.txt"), "the secret");
        write("a.txt", "0123456789");
        write("sub/index.html", "<p>index</p>");
        write("large.bin", "x".repeat(100_000));
        DirectoryRoot folder = kind.equals("nio") ? NioDirectory.open(root) : Directories.open(root, false);
        files = StaticFiles.of(folder, FileOptions.DEFAULT, clock);
        return new MemoryLink(new Http1Factory(files, Limits.DEFAULT, log, clock, null).create(), clock);
    }

    private void write(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2024-02-29T12:34:56Z")));
    }

    @AfterEach
    void close() {
        files.close();
    }

    private static String get(String target, String... lines) {
        return "GET " + target + " HTTP/1.1\r\nHost: x\r\n"
                + (lines.length == 0 ? "" : String.join("\r\n", lines) + "\r\n") + "\r\n";
    }

    @Test
    void aWholeAnswer() throws IOException {
        String answer = serve().feed(get("/a.txt")).text();
        assertTrue(answer.startsWith("HTTP/1.1 200 OK\r\n"), answer);
        assertTrue(answer.contains("Content-Length: 10\r\n"), answer);
        assertTrue(answer.contains("Content-Type: text/plain; charset=utf-8\r\n"), answer);
        assertTrue(answer.contains("Last-Modified: Thu, 29 Feb 2024 12:34:56 GMT\r\n"), answer);
        assertTrue(answer.endsWith("\r\n\r\n0123456789"), answer);
    }

    @Test
    void aConnectionGoesOnAfterEveryKindOfAnswer() throws IOException {
        MemoryLink link = serve();
        List<String> expected =
                List.of("206", "206", "416", "304", "412", "404", "301", "200", "405", "204", "200", "200");
        link.feed(get("/a.txt", "Range: bytes=2-3")
                + get("/large.bin", "Range: bytes=0-1,5-6")
                + get("/a.txt", "Range: bytes=10-")
                + get("/a.txt", "If-None-Match: *")
                + get("/a.txt", "If-Match: \"x\"")
                + get("/nothing")
                + get("/sub")
                + get("/sub/")
                + get("/a.txt").replace("GET", "DELETE")
                + get("/a.txt").replace("GET", "OPTIONS")
                + get("/large.bin").replace("GET", "HEAD")
                + get("/a.txt"));
        String text = link.text();
        int at = 0;
        for (String status : expected) {
            int next = text.indexOf("HTTP/1.1 ", at);
            assertTrue(next >= 0 && text.startsWith(status, next + 9), status + " at " + at + " of " + text);
            at = next + 9;
        }
        assertEquals(-1, text.indexOf("HTTP/1.1 ", at));
        assertTrue(text.endsWith("0123456789"));
        assertFalse(link.isClosed());
    }

    @Test
    void partsAreFramedToTheByte() throws IOException {
        String text = serve().feed(get("/large.bin", "Range: bytes=0-1,50-52,-1") + get("/a.txt"))
                .text();
        int length = Integer.parseInt(text.replaceAll("(?s).*?Content-Length: (\\d+).*", "$1"));
        int body = text.indexOf("\r\n\r\n") + 4;
        assertTrue(text.startsWith("HTTP/1.1 200 OK", body + length), "the next answer begins where the length says");
        assertTrue(text.substring(body, body + length)
                .matches("(?s)--(\\w+)\r\n.*\r\n\r\nxx\r\n--\\1\r\n.*\r\n\r\nxxx\r\n--\\1\r\n.*x\r\n--\\1--\r\n"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../secret.txt",
                "/%2e%2e/secret.txt",
                "/%2E%2E/secret.txt",
                "/.%2e/secret.txt",
                "/..%2fsecret.txt",
                "/..%2Fsecret.txt",
                "/%2e%2e%2fsecret.txt",
                "/..%5csecret.txt",
                "/..\\secret.txt",
                "/sub/../../secret.txt",
                "/sub/%2e%2e/%2e%2e/secret.txt",
                "/sub/..%2f..%2fsecret.txt",
                "/%252e%252e/secret.txt",
                "/%c0%ae%c0%ae/secret.txt",
                "/%c0%ae%c0%ae%c0%afsecret.txt",
                "/%e0%80%ae%e0%80%ae/secret.txt",
                "/..%c0%afsecret.txt",
                "/%uff0e%uff0e/secret.txt",
                "//../secret.txt",
                "/./../secret.txt",
                "/..;/secret.txt",
                "/a.txt/../../secret.txt",
                "/a.txt%00",
                "/a.txt%00/../../secret.txt",
                "/..%00/secret.txt",
                "/sub/....//....//secret.txt",
                "/.../secret.txt",
                "/%2e%2e%5c%2e%2e%5csecret.txt",
                "/out/secret.txt",
                "/out.txt",
                "/abs.txt",
                "http://x/../secret.txt",
                "/%",
                "/%2",
                "/%zz",
                "/a.txt%ff",
                "/%ef%bf%bd",
                "/..%ef%bc%8fsecret.txt",
                "/\u00e4"
            })
    void nothingLeadsOut(String target) throws IOException {
        MemoryLink link = serve();
        Files.createSymbolicLink(root.resolve("out"), Path.of(".."));
        Files.createSymbolicLink(root.resolve("out.txt"), Path.of("../secret.txt"));
        Files.createSymbolicLink(root.resolve("abs.txt"), temp.toRealPath().resolve("secret.txt"));
        String text = link.feed(get(target)).text();
        assertTrue(text.matches("(?s)HTTP/1.1 (400|403|404) .*"), text);
        assertFalse(text.contains("the secret"), text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/%61.txt", "/sub/../a.txt", "/sub/%2e%2e/a.txt", "//a.txt", "/./a.txt", "/sub%2f..%2fa.txt"})
    void otherWaysToWriteANameAreTheSameName(String target) throws IOException {
        assertTrue(serve().feed(get(target)).text().endsWith("\r\n\r\n0123456789"));
    }

    @Test
    void redirectsStayHere() throws IOException {
        MemoryLink link = serve();
        Files.createDirectories(root.resolve("evil.example"));
        for (String target : List.of(
                "//evil.example",
                "///evil.example",
                "/%2fevil.example",
                "/%5cevil.example",
                "/./evil.example",
                "//evil.example/%2e%2e/evil.example")) {
            String text = link.feed(get(target)).take();
            assertFalse(text.matches("(?s).*Location: ([/\\\\]|[^\r?]*:).*"), text);
        }
        assertTrue(link.feed(get("//evil.example?next=//x")).take().contains("Location: evil.example/?next=//x\r\n"));
    }

    @Test
    void aFileThatShrinksEndsItsConnectionAndNoOther() throws IOException {
        MemoryLink link = serve();
        MemoryLink other =
                new MemoryLink(new Http1Factory(files, Limits.DEFAULT, ExchangeLog.NONE, clock, null).create(), clock);
        other.window(50_000);
        other.feed(get("/large.bin"));
        write("large.bin", "short");
        other.window(1_000_000);
        assertEquals(CloseCause.FAILED, other.cause());
        assertTrue(other.sent().length < 100_000);
        assertTrue(link.feed(get("/large.bin")).text().endsWith("\r\n\r\nshort"));
        assertFalse(link.isClosed());
    }

    @Test
    void anEditShowsAtOnce() throws IOException {
        MemoryLink link = serve();
        Instant time = Instant.parse("2024-03-01T00:00:00Z");
        for (String content : List.of("one", "two", "a longer three", "")) {
            link.feed(get("/a.txt"));
            write("a.txt", content);
            time = time.plusNanos(1_000);
            Files.setLastModifiedTime(root.resolve("a.txt"), FileTime.from(time));
            link.take();
            assertTrue(link.feed(get("/a.txt")).take().endsWith("\r\n\r\n" + content));
        }
    }

    @Test
    void theLogHasEveryExchange() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ServerStats stats = new ServerStats();
        try (AccessLog log = new AccessLog(out, LogFormat.COMMON, false, clock, TimeZone.getTimeZone("UTC"), 100_000)) {
            serve(ExchangeLogs.all(log, stats))
                    .feed(get("/a.txt") + get("/nothing?x=%22%0a") + get("/large.bin", "Range: bytes=0-99"));
        }
        String[] lines = out.toString(StandardCharsets.UTF_8).split("\n");
        assertEquals(3, lines.length);
        assertTrue(lines[0].contains("\"GET /a.txt HTTP/1.1\" 200 10 "), lines[0]);
        assertTrue(lines[1].contains("\"GET /nothing?x=%22%0a HTTP/1.1\" 404 14 "), lines[1]);
        assertTrue(lines[2].contains("\"GET /large.bin HTTP/1.1\" 206 100 "), lines[2]);
        assertEquals(3, stats.requests());
        assertEquals(124, stats.bytes());
        assertEquals(1, stats.clientErrors());
    }
}
