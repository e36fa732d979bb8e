// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SiblingsTest extends ServedFolder {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "-                       | -    | 200",
                "''                      | -    | 200",
                "identity                | -    | 200",
                "gzip                    | gzip | 200",
                "x-gzip                  | gzip | 200",
                "GZIP                    | gzip | 200",
                "br                      | br   | 200",
                "zstd                    | zstd | 200",
                "gzip, deflate, br, zstd | br   | 200",
                "br;q=0, gzip            | gzip | 200",
                "br;q=0.5, gzip;q=0.8    | gzip | 200",
                "gzip;q=0.001            | gzip | 200",
                "gzip;q=0.5, identity    | -    | 200",
                "gzip;q=0                | -    | 200",
                "*                       | br   | 200",
                "*;q=0                   | -    | 406",
                "identity;q=0            | -    | 406",
                "identity;q=0, gzip      | gzip | 200",
                "*;q=0, gzip             | gzip | 200",
                "*;q=0, identity         | -    | 200",
                "*;q=0, deflate          | -    | 406",
                "deflate                 | -    | 200",
            })
    void theSmallestAcceptableVariantIsSent(String accept, String coding, int status) throws IOException {
        write("page.html", "plain");
        write("page.html.gz", "gzip");
        write("page.html.br", "br");
        write("page.html.zst", "zstd");
        StubResponse response = accept == null ? get("/page.html") : get("/page.html", "Accept-Encoding", accept);
        assertEquals(status, response.status());
        assertEquals("Accept-Encoding", response.header("Vary"));
        assertEquals(coding, response.header("Content-Encoding"));
        if (status == 200) {
            assertEquals(coding == null ? "plain" : coding, response.text());
            assertEquals("text/html; charset=utf-8", response.header("Content-Type"));
        }
    }

    @Test
    void variantsHaveTheirOwnTagsAndRanges() throws IOException {
        write("page.html", "plain plain");
        write("page.html.gz", "zip zip");
        String plain = get("/page.html").header("ETag");
        StubResponse zipped = get("/page.html", "Accept-Encoding", "gzip");
        assertNotEquals(plain, zipped.header("ETag"));
        StubResponse part =
                get("/page.html", "Accept-Encoding", "gzip", "Range", "bytes=4-5", "If-Range", zipped.header("ETag"));
        assertEquals("zi", part.text());
        assertEquals("bytes 4-5/7", part.header("Content-Range"));
        assertEquals("gzip", part.header("Content-Encoding"));
        assertEquals(
                200,
                get("/page.html", "Accept-Encoding", "gzip", "If-None-Match", plain)
                        .status());
        assertEquals(
                304,
                get("/page.html", "Accept-Encoding", "gzip", "If-None-Match", zipped.header("ETag"))
                        .status());
        assertEquals(
                "Accept-Encoding", get("/page.html", "If-None-Match", plain).header("Vary"));
    }

    @Test
    void aSiblingOlderThanItsOriginalIsStale() throws IOException {
        write("page.html", "plain", TIME);
        write("page.html.gz", "old", TIME.minusSeconds(1));
        assertEquals("plain", get("/page.html", "Accept-Encoding", "gzip").text());
        write("page.html.gz", "cut", TIME.truncatedTo(ChronoUnit.SECONDS));
        clock.advance(Duration.ofSeconds(2));
        assertEquals("cut", get("/page.html", "Accept-Encoding", "gzip").text());
        Files.delete(root.resolve("page.html.gz"));
        assertEquals("plain", get("/page.html", "Accept-Encoding", "gzip").text());
        write("page.html.gz", "new", TIME.plusSeconds(1));
        clock.advance(Duration.ofSeconds(2));
        assertEquals("new", get("/page.html", "Accept-Encoding", "gzip").text());
    }

    @Test
    void siblingsCanBeSwitchedOff() throws IOException {
        write("page.html", "plain");
        write("page.html.gz", "zip");
        files = serve(FileOptions.DEFAULT.precompressed(false));
        assertEquals("plain", get("/page.html", "Accept-Encoding", "gzip").text());
        assertNull(get("/page.html").header("Vary"));
    }

    @Test
    void aCompressedFileAskedForByNameIsItself() throws IOException {
        write("page.html", "plain");
        write("page.html.gz", "zip");
        get("/page.html", "Accept-Encoding", "gzip");
        StubResponse response = get("/page.html.gz", "Accept-Encoding", "gzip");
        assertEquals("application/gzip", response.header("Content-Type"));
        assertNull(response.header("Content-Encoding"));
    }
}
