// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.fs.NioDirectory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FolderListingTest {
    private static final String JSON = "application/json";

    @TempDir
    Path root;

    private StaticFiles files;

    @BeforeEach
    void plant() throws IOException {
        Files.createDirectories(root.resolve("docs/zoo"));
        write("docs/file10.txt", 5, "2024-01-03T00:00:00Z");
        write("docs/File2.txt", 50, "2024-01-01T00:00:00Z");
        write("docs/video.mp4", 1500, "2024-01-02T00:00:00Z");
        files = StaticFiles.of(NioDirectory.open(root), FileOptions.DEFAULT);
    }

    private void write(String name, int size, String time) throws IOException {
        Files.write(root.resolve(name), new byte[size]);
        Files.setLastModifiedTime(root.resolve(name), FileTime.from(Instant.parse(time)));
    }

    private StubResponse get(String target, String... fields) {
        StubResponse response = new StubResponse();
        files.handle(StubRequest.get(target, fields), response);
        return response;
    }

    private static List<String> matches(String text, String pattern) {
        List<String> found = new ArrayList<>();
        for (Matcher matcher = Pattern.compile(pattern).matcher(text); matcher.find(); ) {
            found.add(matcher.group(1));
        }
        return found;
    }

    @Test
    void aPageForPeople() {
        StubResponse response = get("/docs/");
        String page = response.utf8();
        assertEquals(200, response.status());
        assertEquals("text/html; charset=utf-8", response.header("Content-Type"));
        assertEquals("Accept", response.header("Vary"));
        assertEquals("nosniff", response.header("X-Content-Type-Options"));
        assertTrue(response.header("Content-Security-Policy").startsWith("default-src 'none'"));
        assertTrue(page.contains("<meta name=\"viewport\""));
        assertTrue(page.contains("prefers-color-scheme: dark"));
        assertTrue(page.contains("<a href=\"../\">Home</a>"));
        assertTrue(page.contains("<b aria-current=\"page\">docs</b>"));
        assertTrue(page.contains("href=\"../\""));
        assertTrue(page.contains("1 folder, 3 files, 1.6 kB"));
        assertTrue(page.contains(">1.5 kB</data>"));
        assertEquals(
                List.of("zoo/", "File2.txt", "file10.txt", "video.mp4"),
                matches(page, "class=\"name\"><a href=\"([^.][^\"]*)\""));
        assertFalse(page.contains("<script") || page.contains("src="));
        assertFalse(get("/").utf8().contains("href=\"../\""));
        assertTrue(get("/docs/zoo/")
                .utf8()
                .contains("<a href=\"../../\">Home</a><i>/</i><a href=\"../\">docs</a><i>/</i>"
                        + "<b aria-current=\"page\">zoo</b>"));
    }

    @Test
    void anArrayForPrograms() {
        StubResponse response = get("/docs/", "Accept", JSON);
        assertEquals(JSON, response.header("Content-Type"));
        assertEquals("Accept", response.header("Vary"));
        List<String> lines = Arrays.asList(response.utf8().split("\n"));
        assertEquals(4, lines.size());
        assertTrue(lines.get(0).startsWith("[{\"name\":\"zoo\",\"type\":\"folder\",\"modified\":\""), lines.get(0));
        assertTrue(lines.get(0).endsWith("Z\",\"url\":\"zoo/\"},"), lines.get(0));
        assertEquals(
                " {\"name\":\"File2.txt\",\"type\":\"file\",\"size\":50,\"modified\":\"2024-01-01T00:00:00Z\","
                        + "\"url\":\"File2.txt\"},",
                lines.get(1));
        assertTrue(lines.get(3).endsWith("]"));
        assertEquals("[]\n", get("/docs/zoo/", "Accept", JSON).utf8());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "-                                                | html",
                "*/*                                              | html",
                "text/html,application/xhtml+xml,*/*;q=0.8        | html",
                "application/json                                 | json",
                "Application/JSON;q=0.5                           | json",
                "application/*                                    | json",
                "application/json, text/plain, */*                | json",
                "application/json, */*;q=0.5                      | json",
                "text/html, application/json                      | html",
                "text/html;q=0.8, application/json;q=0.9          | json",
                "application/json;q=0                             | html",
                "image/png                                        | html",
            })
    void theFormGoesByAccept(String accept, String form) {
        StubResponse response = accept == null ? get("/docs/") : get("/docs/", "Accept", accept);
        assertTrue(response.header("Content-Type").contains(form), response.header("Content-Type"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/docs/                        | zoo File2.txt file10.txt video.mp4",
                "/docs/?sort=name&order=asc    | zoo File2.txt file10.txt video.mp4",
                "/docs/?sort=name&order=desc   | zoo video.mp4 file10.txt File2.txt",
                "/docs/?sort=size&order=asc    | zoo file10.txt File2.txt video.mp4",
                "/docs/?sort=size&order=desc   | zoo video.mp4 File2.txt file10.txt",
                "/docs/?sort=time              | zoo File2.txt video.mp4 file10.txt",
                "/docs/?sort=time&order=desc   | zoo file10.txt video.mp4 File2.txt",
                "/docs/?sort=nonsense&order=x  | zoo File2.txt file10.txt video.mp4",
            })
    void entriesAreSorted(String target, String names) {
        assertEquals(
                List.of(names.split(" ")), matches(get(target, "Accept", JSON).utf8(), "\"name\":\"([^\"]*)\""));
    }

    @Test
    void columnsLeadToTheOtherOrder() {
        String form = "<form><input type=\"hidden\" name=\"sort\" value=\"%s\"><button name=\"order\" value=\"%s\">%s<";
        String byName = get("/docs/").utf8();
        assertTrue(byName.contains("aria-sort=\"ascending\">" + form.formatted("name", "desc", "Name")));
        assertTrue(byName.contains(form.formatted("size", "desc", "Size")));
        assertTrue(byName.contains(form.formatted("time", "desc", "Modified")));
        String bySize = get("/docs/?sort=size&order=desc").utf8();
        assertTrue(bySize.contains("aria-sort=\"descending\">" + form.formatted("size", "asc", "Size")));
        assertTrue(bySize.contains(form.formatted("name", "asc", "Name")));
        assertTrue(get("/docs/").header("Content-Security-Policy").contains("form-action 'self'"));
    }

    /** What follows every link would fetch the page once for each order. */
    @Test
    void noLinkHasAQuery() {
        for (String target : List.of("/", "/docs/", "/docs/?sort=size&order=desc")) {
            for (String link : matches(get(target).utf8(), "(?:href|action)=\"([^\"]*)\"")) {
                assertFalse(link.contains("?"), link);
            }
        }
    }

    /** Whatever path a proxy shows the folder under. */
    @Test
    void linksAreRelative() throws IOException {
        files = StaticFiles.of(NioDirectory.open(root), FileOptions.DEFAULT.mount("/m/n"));
        for (String target : List.of("/m/n/", "/m/n/docs/", "/m/n/docs/zoo/")) {
            for (String link : matches(get(target).utf8(), "<a href=\"([^\"]*)\"")) {
                assertTrue(link.matches("[^/:]+/?|(\\.\\./)+"), link);
                String path = URI.create("/pre" + target).resolve(link).getPath();
                assertTrue(path.startsWith("/pre/m/n/"), link + " of " + target);
            }
        }
        assertTrue(get("/m/n/docs/").utf8().contains("<a href=\"../\">m/n</a>"));
    }

    @Test
    void namesAreEscaped() throws IOException {
        assumeTrue(System.getProperty("sun.jnu.encoding").startsWith("UTF"), "this locale has no such names");
        String name = "<script>alert('x')</script>&\" #?%20:é\u202Etxt.html";
        Files.createDirectory(root.resolve("bad"));
        Files.createDirectory(root.resolve("bad/<b>&\"'"));
        for (String bad : List.of(
                name.replace("/", "_"),
                "javascript:alert(1)",
                "line\nbreak",
                "a\\b",
                "esc\u001B[31m",
                "c1\u009b2J",
                "m\u200e\u200f\u061c\u2028")) {
            Files.write(root.resolve("bad").resolve(bad), new byte[1]);
        }
        String page = get("/bad/").utf8();
        assertFalse(
                page.contains("<script") || page.contains("<b>") || page.contains("\u202E") || page.contains("\u001B"),
                page);
        assertFalse(page.matches("(?s).*[\u009b\u200e\u200f\u061c\u2028].*"));
        assertTrue(page.contains("<span>m\ufffd\ufffd\ufffd\ufffd</span>"));
        assertFalse(page.contains("href=\"javascript:"));
        assertTrue(page.contains("href=\"javascript%3Aalert(1)\""));
        assertTrue(page.contains("&lt;b&gt;&amp;&quot;&#39;"));
        assertTrue(get("/bad/<b>&\"'/").utf8().contains("<title>/bad/&lt;b&gt;&amp;&quot;&#39;/</title>"));
        String json = get("/bad/", "Accept", JSON).utf8();
        assertTrue(
                json.contains("\"line\\u000abreak\"") && json.contains("\"a\\\\b\"") && json.contains("\\u001b[31m"),
                json);
        assertTrue(json.contains("\"c1\\u009b2J\"") && json.contains("\"m\\u200e\\u200f\\u061c\\u2028\""), json);
        for (String url : matches(json, "\"url\":\"([^\"]*)\"")) {
            assertTrue(url.matches("[\\x21-\\x7e&&[^/:\\\\\"<>']]+/?"), url);
        }
    }

    @Test
    void whatCannotBeServedIsNotListed() throws Exception {
        Files.createSymbolicLink(root.resolve("docs/out"), Path.of("/etc"));
        Files.createSymbolicLink(root.resolve("docs/dead"), Path.of("nowhere"));
        Files.createSymbolicLink(root.resolve("docs/in"), Path.of("video.mp4"));
        Files.write(root.resolve("docs/.secret"), new byte[1]);
        String json = get("/docs/", "Accept", JSON).utf8();
        assertEquals(
                List.of("zoo", "File2.txt", "file10.txt", "in", "video.mp4"), matches(json, "\"name\":\"([^\"]*)\""));
    }

    @Test
    void headHasALength() {
        StubResponse head = new StubResponse();
        files.handle(new StubRequest("HEAD", "/docs/"), head);
        assertEquals(get("/docs/").length(), head.length());
    }

    @ParameterizedTest
    @CsvSource({
        "0,0 B",
        "999,999 B",
        "1000,1.0 kB",
        "1049,1.0 kB",
        "9949,9.9 kB",
        "9950,10 kB",
        "999499,999 kB",
        "999500,1.0 MB",
        "1500000,1.5 MB",
        "5368709120,5.4 GB",
        "1000000000000,1.0 TB",
        "9223372036854775807,9.2 EB"
    })
    void sizesAreForPeople(long bytes, String text) {
        assertEquals(text, ListingPage.size(bytes));
    }

    @ParameterizedTest
    @CsvSource({"a,b", "a2,a10", "A,b", "a,B", "a01,a2", "a,a1", "x9y,x10", "file,file1"})
    void namesCompareAsPeopleDo(String smaller, String larger) {
        assertTrue(ListingOrder.compareNames(smaller, larger) < 0);
        assertTrue(ListingOrder.compareNames(larger, smaller) > 0);
        assertEquals(0, ListingOrder.compareNames(smaller, smaller));
    }
}
