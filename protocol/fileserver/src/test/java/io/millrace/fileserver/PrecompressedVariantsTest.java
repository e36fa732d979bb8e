// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrecompressedVariantsTest extends ServedFolder {
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
        Files.write(root.resolve("page.html.zst"), zstd(0, 0x38));
        StubResponse response = accept == null ? get("/page.html") : get("/page.html", "Accept-Encoding", accept);
        assertEquals(status, response.status());
        assertEquals("Accept-Encoding", response.header("Vary"));
        assertEquals(coding, response.header("Content-Encoding"));
        if (status == 200) {
            String body =
                    coding == null ? "plain" : coding.equals("zstd") ? new String(zstd(0, 0x38), ISO_8859_1) : coding;
            assertEquals(body, response.text());
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

    /** A frame with that descriptor, then these bytes. */
    private static byte[] zstd(int descriptor, int... rest) {
        byte[] frame = new byte[40];
        int[] head = {0x28, 0xB5, 0x2F, 0xFD, descriptor};
        for (int i = 0; i < 5 + rest.length; i++) {
            frame[i] = (byte) (i < 5 ? head[i] : rest[i - 5]);
        }
        return frame;
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** RFC 8878 section 3.1.1.1.2: window = 2^(10 + exponent) / 8 * (8 + mantissa). */
    @Test
    void aZstdFrameThatBrowsersCannotDecodeIsPassedOver() throws IOException {
        byte[] skipped = Arrays.copyOf(new byte[] {0x53, 0x2A, 0x4D, 0x18, 30, 0, 0, 0}, 38);
        List<byte[]> good = List.of(
                zstd(0, 13 << 3), // 8 MB
                zstd(0, 12 << 3 | 7), // 7.5 MB
                zstd(0x60, 0xff, 0xff), // one segment of 65,791 bytes
                zstd(0xA0, 0, 0, 0x80, 0), // one segment of 8 MB
                zstd(1, 13 << 3, 0), // dictionary 0: none
                join(skipped, zstd(0, 13 << 3)),
                Arrays.copyOf(zstd(0, 13 << 3), 7));
        List<byte[]> bad = List.of(
                zstd(0, 13 << 3 | 1), // 9 MB
                zstd(0, 14 << 3), // 16 MB
                zstd(0, 0xff), // 3.75 TB
                zstd(0xA0, 1, 0, 0x80, 0), // one segment of a byte more than 8 MB
                zstd(0xE0, 0, 0, 0, 0, 0, 0, 0, 0x80), // one segment of 2^63 bytes
                zstd(1, 13 << 3, 7), // a dictionary
                zstd(8, 13 << 3), // a reserved bit
                Arrays.copyOf(zstd(0xE0), 8), // cut
                join(skipped, zstd(0, 14 << 3)),
                skipped,
                "no frame".getBytes(ISO_8859_1),
                new byte[0]);
        for (byte[] frame : good) {
            assertEquals("zstd", coding("zst", frame), HexFormat.of().formatHex(frame));
        }
        for (byte[] frame : bad) {
            assertNull(coding("zst", frame), HexFormat.of().formatHex(frame));
        }
    }

    @Test
    void aLargeWindowBrotliIsPassedOver() throws IOException {
        assertEquals("br", coding("br", new byte[] {0x1b, 0, 0}));
        assertNull(coding("br", new byte[] {0x11, 0x1e, 0}));
        assertNull(coding("br", new byte[] {(byte) 0x91, 0x1e, 0}));
        assertNull(coding("br", new byte[0]));
        assertNull(coding("gz", new byte[0]));
    }

    /** What is sent in place of a page beside which such a file lies, asked for twice. */
    private String coding(String extension, byte[] sibling) throws IOException {
        Path folder = Files.createTempDirectory(root, "z");
        String name = root.relativize(folder.resolve("page.html")).toString();
        write(name, "plain");
        write(name + "." + extension, "");
        Files.write(root.resolve(name + "." + extension), sibling);
        String coding = get("/" + name, "Accept-Encoding", "gzip, br, zstd").header("Content-Encoding");
        StubResponse again = get("/" + name, "Accept-Encoding", "gzip, br, zstd");
        assertEquals(coding, again.header("Content-Encoding"));
        assertEquals(200, again.status());
        assertEquals(coding == null ? 5 : sibling.length, again.length());
        return coding;
    }

    // ---- files that are stored in a coding

    @Test
    void svgzIsAPictureForThoseWhoTakeGzip() throws IOException {
        write("a.svgz", "0123456789");
        for (String accept : new String[] {null, "gzip", "br, x-gzip;q=0.5", "*"}) {
            StubResponse response = accept == null ? get("/a.svgz") : get("/a.svgz", "Accept-Encoding", accept);
            assertEquals("image/svg+xml", response.header("Content-Type"), accept);
            assertEquals("gzip", response.header("Content-Encoding"), accept);
            assertEquals("Accept-Encoding", response.header("Vary"));
            assertEquals("0123456789", response.text());
        }
    }

    @Test
    void svgzIsACompressedFileForThoseWhoDoNot() throws IOException {
        write("a.svgz", "0123456789");
        String tag = get("/a.svgz").header("ETag");
        for (String accept : List.of("", "identity", "br", "gzip;q=0, *")) {
            StubResponse response = get("/a.svgz", "Accept-Encoding", accept);
            assertEquals(200, response.status());
            assertEquals("application/gzip", response.header("Content-Type"), accept);
            assertNull(response.header("Content-Encoding"), accept);
            assertEquals("Accept-Encoding", response.header("Vary"));
            assertEquals("0123456789", response.text());
            assertEquals(tag, response.header("ETag"));
        }
        StubResponse part = get("/a.svgz", "Accept-Encoding", "gzip", "Range", "bytes=2-3", "If-Range", tag);
        assertEquals("23", part.text());
        assertEquals("gzip", part.header("Content-Encoding"));
        assertEquals(304, get("/a.svgz", "If-None-Match", tag).status());
    }
}
