// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.DirectoryRoot;
import io.millrace.fs.KernelDirectory;
import io.millrace.fs.NioDirectory;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.MemoryLink;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StaticFilesTest extends ServedFolder {
    @Test
    void getSaysAllAboutAFile() {
        StubResponse response = get("/a.txt");
        assertEquals(200, response.status());
        assertEquals("0123456789abcdefghij", response.text());
        assertEquals("text/plain; charset=utf-8", response.header("Content-Type"));
        assertEquals("Thu, 29 Feb 2024 12:34:56 GMT", response.header("Last-Modified"));
        assertTrue(response.header("ETag").matches("\"[0-9a-f]+-14\""), response.header("ETag"));
        assertEquals("bytes", response.header("Accept-Ranges"));
        assertEquals("nosniff", response.header("X-Content-Type-Options"));
        assertEquals("Accept-Encoding", response.header("Vary"));
        assertNull(response.header("Content-Encoding"));
        assertNull(response.header("Cache-Control"));
    }

    @Test
    void headSaysTheSame() {
        StubResponse get = get("/a.txt");
        StubResponse head = ask("HEAD", "/a.txt", "Range", "bytes=0-1");
        assertEquals(200, head.status());
        assertEquals(20, head.length());
        for (String name : List.of("ETag", "Last-Modified", "Content-Type", "Accept-Ranges", "Vary")) {
            assertEquals(get.header(name), head.header(name), name);
        }
        assertNull(head.header("Content-Range"));
        assertEquals(
                304, ask("HEAD", "/a.txt", "If-None-Match", get.header("ETag")).status());
        assertEquals(412, ask("HEAD", "/a.txt", "If-Match", "\"x\"").status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "BREW"})
    void otherMethodsAreNotAllowed(String method) {
        StubResponse response = ask(method, "/a.txt");
        assertEquals(405, response.status());
        assertEquals("GET, HEAD, OPTIONS", response.header("Allow"));
    }

    @Test
    void optionsNamesTheMethods() {
        for (String target : List.of("/a.txt", "*")) {
            StubResponse response = ask("OPTIONS", target);
            assertEquals(204, response.status());
            assertEquals("GET, HEAD, OPTIONS", response.header("Allow"));
            assertNull(response.header("Access-Control-Allow-Methods"));
        }
    }

    @Test
    void anEmptyFileIsAnAnswer() {
        StubResponse response = get("/empty.txt");
        assertEquals(200, response.status());
        assertEquals(0, response.length());
    }

    @Test
    void optionsOfTheOwnerAreOnEveryAnswer() throws IOException {
        files = serve(FileOptions.DEFAULT
                .header("X-One", "1")
                .header("Link", "<a>")
                .header("Link", "<b>")
                .header("Content-Type", "text/x-own")
                .header("Vary", "Cookie")
                .cacheControl("max-age=60"));
        StubResponse found = get("/a.txt");
        assertEquals("1", found.header("X-One"));
        assertEquals(List.of("<a>", "<b>"), found.all("Link"));
        assertEquals(List.of("text/x-own"), found.all("Content-Type"));
        assertEquals(List.of("Accept-Encoding", "Cookie"), found.all("Vary"));
        assertEquals("max-age=60", found.header("Cache-Control"));
        assertEquals("max-age=60", get("/a.txt", "If-None-Match", "*").header("Cache-Control"));
        assertEquals("1", get("/a.txt", "If-None-Match", "*").header("X-One"));
        assertEquals("1", get("/nothing").header("X-One"));
        assertNull(get("/nothing").header("Cache-Control"));
        assertEquals("1", get("/sub").header("X-One"));
    }

    @Test
    void optionsAreChecked() {
        FileOptions options = FileOptions.DEFAULT;
        for (String name : List.of("", "a b", "a:", "ä", "Content-Length", "etag", "Transfer-Encoding", "Date")) {
            assertThrows(IllegalArgumentException.class, () -> options.header(name, "x"), name);
        }
        for (String value : List.of("a\r\nb", "a\0", "\u0100", "a\nSet-Cookie: x")) {
            assertThrows(IllegalArgumentException.class, () -> options.header("X", value));
            assertThrows(IllegalArgumentException.class, () -> options.cacheControl(value));
            assertThrows(IllegalArgumentException.class, () -> options.cors(value));
        }
        for (String mount : List.of("static", "/a//b", "/../a", "/a/./b")) {
            assertThrows(IllegalArgumentException.class, () -> options.mount(mount), mount);
        }
        assertThrows(IllegalArgumentException.class, () -> options.indexes("a/b"));
        assertThrows(IllegalArgumentException.class, () -> options.cache(-1, 0));
        assertTrue(options.listing(false).listing(true).listing());
        assertFalse(options.listing(false).listing());
    }

    // ---- names

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/nothing",
                "/a.txt/",
                "/a.txt/x",
                "/sub/nothing",
                "/..",
                "/../a.txt",
                "/sub/../../x",
                "/sub/..",
                "/./a.txt",
                "//a.txt",
                "/sub//b.css",
                "/..\\a.txt",
                "/sub\\..\\a.txt",
                "/\\a.txt",
                "/\\\\host\\share",
                "/a.txt\uFFFD",
                "a.txt",
                "",
                "*",
                "/.hidden",
                "/.git/config",
                "/sub/.hidden",
                "/.",
                "/...",
                "/.well-known-not"
            })
    void whatIsNotThereIs404(String path) throws IOException {
        write(".hidden", "secret");
        write(".git/config", "secret");
        write("sub/.hidden", "secret");
        StubResponse response = get(path);
        assertEquals(404, response.status());
        assertEquals("404 Not Found\n", response.text());
        assertEquals("text/plain; charset=utf-8", response.header("Content-Type"));
    }

    @Test
    void nulIs400() {
        assertEquals(400, get("/a.txt\0").status());
        assertEquals(400, get("/a.txt\0.png").status());
    }

    @Test
    void hiddenFilesAreServedWhereAllowed() throws IOException {
        write(".hidden", "x");
        write(".well-known/security.txt", "y");
        assertEquals(200, get("/.well-known/security.txt").status());
        assertFalse(get("/").utf8().contains(".hidden"));
        files = serve(FileOptions.DEFAULT.hidden(true));
        assertEquals(200, get("/.hidden").status());
        assertEquals(404, get("/..").status());
        assertEquals(404, get("/.").status());
    }

    @Test
    void unusualNamesAreServed() throws IOException {
        assumeTrue(System.getProperty("sun.jnu.encoding").startsWith("UTF"), "this locale has no such names");
        List<String> names =
                List.of("a b.txt", "ä.txt", "日本.txt", "%41.txt", "a+b.txt", "a&b<c>\"d'.txt", "a\\b.txt", "...x");
        for (String name : names) {
            write(name, name);
        }
        files = serve(FileOptions.DEFAULT.hidden(true));
        for (String name : names) {
            assertEquals(name, get("/" + name).utf8());
        }
    }

    /** Where a backslash is a character like any other. */
    @ParameterizedTest
    @ValueSource(strings = {"\\a.txt", "a\\\\b.txt", "a\\.b.txt", "x\\..\\y.txt", "\\", "..\\z", "\\\\host\\share"})
    void namesWithBackslashesAreServedAndListed(String name) throws IOException {
        assumeTrue(File.separatorChar == '/', "a separator here");
        for (boolean byKernel : List.of(true, false)) {
            Files.createDirectories(root.resolve("odd"));
            write("odd/" + name, "found");
            files = byKernel ? StaticFiles.of(KernelDirectory.open(root, false), FileOptions.DEFAULT) : files;
            // "..\z" begins with a dot and is as hidden as any.
            int status = name.startsWith(".") ? 404 : 200;
            assertEquals(status, get("/odd/" + name).status());
            String listed = get("/odd/", "Accept", "application/json").utf8();
            assertEquals(status == 200, listed.contains("\"name\":\"" + name.replace("\\", "\\\\") + "\""), listed);
        }
    }

    /** Files whose size is none: 0 in /proc, a page in /sys, whatever is in them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/proc/self/status",
                "/proc/sys/kernel/osrelease",
                "/proc/self/mem",
                "/sys/kernel/notes",
                "/sys/kernel/mm/transparent_hugepage/enabled",
                "/sys/fs/cgroup/cgroup.controllers"
            })
    void aFileWhoseSizeIsALieIsRefused(String name) throws IOException {
        Path file = Path.of(name);
        assumeTrue(Files.isReadable(file), "not on this system");
        for (DirectoryRoot folder :
                List.of(NioDirectory.open(file.getParent()), KernelDirectory.open(file.getParent(), false))) {
            try (StaticFiles system = StaticFiles.of(folder, FileOptions.DEFAULT)) {
                for (String method : List.of("GET", "HEAD", "GET")) {
                    StubResponse response = new StubResponse();
                    system.handle(new StubRequest(method, "/" + file.getFileName()), response);
                    boolean sizeIsTrue = name.equals("/sys/kernel/notes");
                    assertEquals(sizeIsTrue ? 200 : 403, response.status(), name);
                    assertEquals(sizeIsTrue ? Files.size(file) : "403 Forbidden\n".length(), response.length());
                }
            }
        }
    }

    @Test
    void whatLeadsOutIsForbidden() throws IOException {
        Files.createSymbolicLink(root.resolve("out"), Path.of("/etc"));
        Files.createSymbolicLink(root.resolve("passwd.txt"), Path.of("/etc/passwd"));
        Files.createSymbolicLink(root.resolve("in.txt"), Path.of("a.txt"));
        assertEquals(403, get("/passwd.txt").status());
        assertEquals(403, get("/out/passwd").status());
        assertEquals(403, get("/out").status());
        assertEquals(403, get("/out/").status());
        assertEquals(200, get("/in.txt").status());
        assertFalse(get("/out/passwd").text().contains("root:"));
    }

    @Test
    void contentTypesGoByName() throws IOException {
        write("video.mp4", "x");
        write("unknown.xyz", "x");
        write("README", "x");
        assertEquals("video/mp4", get("/video.mp4").header("Content-Type"));
        assertNull(get("/video.mp4").header("Vary"));
        assertEquals("application/octet-stream", get("/unknown.xyz").header("Content-Type"));
        assertEquals("application/octet-stream", get("/README").header("Content-Type"));
    }

    // ---- folders

    @Test
    void foldersLackASlash() {
        assertEquals(301, get("/sub").status());
        assertEquals("sub/", get("/sub").header("Location"));
        assertEquals("sub/?a=b&c=//x", get("/sub?a=b&c=//x").header("Location"));
        assertEquals("sub/", ask("HEAD", "/sub").header("Location"));
    }

    /** Whatever a proxy has taken off in front of it, and however the client has written the rest. */
    @ParameterizedTest
    @CsvSource({
        "/sub/deep, deep/",
        "/sub%2Fdeep, sub%2Fdeep/",
        "/sub/%64eep, %64eep/",
        "/sub//deep, deep/",
        "/x/../sub/./deep, deep/",
        "/sub/x%2f..%2fdeep, x%2f..%2fdeep/",
        "http://example.org/sub/deep, deep/"
    })
    void aFolderIsRedirectedRelativeToWhatWasAsked(String target, String location) throws IOException {
        Files.createDirectories(root.resolve("sub/deep"));
        for (String prefix : target.startsWith("/") ? List.of("", "/pre/fix") : List.of("")) {
            MemoryLink link = new MemoryLink(new Http1Factory(serve(FileOptions.DEFAULT)).create());
            link.feed("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
            assertTrue(link.text().contains("\r\nLocation: " + location + "\r\n"), link.text());
            URI base = URI.create("http://h" + prefix + (target.startsWith("/") ? target : target.substring(18)));
            String path = base.resolve(location).normalize().getPath();
            assertEquals(
                    prefix + "/sub/deep/",
                    URI.create("http://h" + path).normalize().getPath());
        }
    }

    @Test
    void aRedirectNeverLeadsToAnotherHost() throws IOException {
        assumeTrue(System.getProperty("sun.jnu.encoding").startsWith("UTF"), "this locale has no such names");
        for (String name :
                List.of("evil.example", "a b", "a?b", "a#b", "ä", "http:", "\\evil.example", "a\\b", "%2e%2e")) {
            Files.createDirectories(root.resolve(name));
        }
        for (String name : List.of(
                "evil.example", "a b", "a#b", "ä", "http:", "\\evil.example", "a\\b", "%2e%2e", "/evil.example")) {
            String location = get("/" + name).header("Location");
            assertTrue(location == null || location.matches("[^/\\\\: ?#]+/"), name + " to " + location);
        }
        assertEquals("a%20b/", get("/a b").header("Location"));
        assertEquals("http%3A/", get("/http:").header("Location"));
        assertEquals("%5Cevil.example/", get("/\\evil.example").header("Location"));
        assertEquals("%252e%252e/", get("/%2e%2e").header("Location"));
        assertEquals("%C3%A4/", get("/ä").header("Location"));
        assertNull(get("//evil.example").header("Location"));
        assertEquals("sub/", get("/sub?a=\u0080").header("Location"));
    }

    @Test
    void theIndexStandsForItsFolder() throws IOException {
        assertEquals(PAGE, get("/").text());
        assertEquals("text/html; charset=utf-8", get("/").header("Content-Type"));
        assertEquals(get("/index.html").header("ETag"), get("/").header("ETag"));
        write("sub/index.htm", "old");
        assertEquals("old", get("/sub/").text());
        write("sub/index.html", "new");
        assertEquals("new", get("/sub/").text());
        files = serve(FileOptions.DEFAULT.indexes("start.html"));
        assertNotEquals(PAGE, get("/").text());
        write("start.html", "start");
        assertEquals("start", get("/").text());
        Files.createDirectories(root.resolve("odd/index.html"));
        assertEquals(200, get("/odd/").status());
    }

    @Test
    void withoutListingAFolderIsForbidden() throws IOException {
        files = serve(FileOptions.DEFAULT.listing(false));
        assertEquals(403, get("/sub/").status());
        assertEquals(200, get("/").status());
    }

    @Test
    void aMountedFolderAppearsBelowItsPath() throws IOException {
        files = serve(FileOptions.DEFAULT.mount("/static/"));
        assertEquals(200, get("/static/a.txt").status());
        assertEquals(PAGE, get("/static/").text());
        assertEquals("static/", get("/static").header("Location"));
        assertEquals("sub/", get("/static/sub").header("Location"));
        for (String path : List.of("/a.txt", "/", "/staticx", "/statica.txt", "/static.txt", "/static/../a.txt")) {
            assertEquals(404, get(path).status(), path);
        }
        assertTrue(get("/static/sub/").utf8().contains("<a href=\"../\">static</a>"));
    }

    // ---- single-page applications and CORS

    @Test
    void aSinglePageApplicationAnswersForItsRoutes() throws IOException {
        files = serve(FileOptions.DEFAULT.spa("index.html"));
        String browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (String path : List.of("/users/7", "/deep/er/route", "/users/", "/a.b/route")) {
            assertEquals(PAGE, get(path, "Accept", browser).text(), path);
            assertEquals(200, get(path, "Accept", browser).status(), path);
        }
        assertTrue(get("/users/7").all("Vary").contains("Accept"));
        for (String path : List.of("/users/john.doe", "/v/1.2", "/logo.png")) {
            assertEquals(PAGE, get(path, "Accept", browser).text(), path);
            assertTrue(get(path, "Accept", browser).all("Vary").contains("Accept"));
            for (String accept :
                    List.of("*/*", "text/css,*/*;q=0.1", "image/avif,image/*,*/*;q=0.8", "text/html;q=0")) {
                assertEquals(404, get(path, "Accept", accept).status(), path);
            }
            assertEquals(404, get(path).status(), path);
        }
        assertEquals(200, get("/users/7", "Accept", "*/*").status());
        assertEquals(404, get("/users/7", "Accept", "application/json").status());
        assertEquals(404, get("/users/7", "Accept", "text/html;q=0, */*").status());
        assertEquals(404, get("/.hidden", "Accept", browser).status());
        assertEquals(404, get("/..", "Accept", browser).status());
        assertEquals(200, get("/a.txt", "Accept", browser).status());
        assertEquals(404, ask("GET", "/x/y.js").status());
    }

    @Test
    void corsOpensAnswersToOtherSites() throws IOException {
        assertNull(get("/a.txt", "Origin", "https://x.example").header("Access-Control-Allow-Origin"));
        files = serve(FileOptions.DEFAULT.cors("*"));
        assertEquals("*", get("/a.txt").header("Access-Control-Allow-Origin"));
        assertEquals("*", get("/nothing").header("Access-Control-Allow-Origin"));
        assertTrue(get("/a.txt").header("Access-Control-Expose-Headers").contains("Content-Range"));
        StubResponse preflight = ask(
                "OPTIONS",
                "/a.txt",
                "Origin",
                "https://x.example",
                "Access-Control-Request-Method",
                "GET",
                "Access-Control-Request-Headers",
                "range, x-own");
        assertEquals(204, preflight.status());
        assertEquals("*", preflight.header("Access-Control-Allow-Origin"));
        assertEquals("GET, HEAD, OPTIONS", preflight.header("Access-Control-Allow-Methods"));
        assertEquals("range, x-own", preflight.header("Access-Control-Allow-Headers"));
        assertEquals("86400", preflight.header("Access-Control-Max-Age"));
    }

    @Test
    void aPreflightForWhatIsNoFieldIsAnsweredWithoutIt() throws IOException {
        files = serve(FileOptions.DEFAULT.cors("*"));
        for (List<String> asked : List.of(List.of("x-own", ""), List.of(""), List.of("x-own;"), List.of("a,,b"))) {
            StubResponse preflight = new StubResponse();
            List<String> fields = new ArrayList<>(List.of("Access-Control-Request-Method", "GET"));
            asked.forEach(value -> fields.addAll(List.of("Access-Control-Request-Headers", value)));
            files.handle(new StubRequest("OPTIONS", "/a.txt", fields.toArray(String[]::new)), preflight);
            assertEquals(204, preflight.status());
            assertEquals("GET, HEAD, OPTIONS", preflight.header("Access-Control-Allow-Methods"));
            assertNull(preflight.header("Access-Control-Allow-Headers"), asked.toString());
        }
    }
}
