// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.FieldList;
import io.millrace.http.HttpDate;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileAnswerTest extends ServedFolder {
    /** Conditions against the tag ("E" stands for it) and against dates: before, at and after the last change. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // If-Match | If-Unmodified-Since | If-None-Match | If-Modified-Since | status
                "-          | -      | -                | -      | 200",
                "E          | -      | -                | -      | 200",
                "*          | -      | -                | -      | 200",
                "'\"x\"'    | -      | -                | -      | 412",
                "W/E        | -      | -                | -      | 412",
                "'\"x\", E' | -      | -                | -      | 200",
                "'\"x\",W/E'| -      | -                | -      | 412",
                "garbage    | -      | -                | -      | 412",
                "E          | before | -                | -      | 200",
                "'\"x\"'    | after  | -                | -      | 412",
                "-          | before | -                | -      | 412",
                "-          | at     | -                | -      | 200",
                "-          | after  | -                | -      | 200",
                "-          | never  | -                | -      | 200",
                "-          | -      | E                | -      | 304",
                "-          | -      | W/E              | -      | 304",
                "-          | -      | *                | -      | 304",
                "-          | -      | '\"a,b\",  W/E'  | -      | 304",
                "-          | -      | '\"a\", \"b\"'   | -      | 200",
                "-          | -      | garbage          | -      | 200",
                "-          | -      | '\"x\"'          | at     | 200",
                "-          | -      | E                | before | 304",
                "-          | -      | -                | at     | 304",
                "-          | -      | -                | after  | 304",
                "-          | -      | -                | before | 200",
                "-          | -      | -                | never  | 200",
                "E          | -      | E                | -      | 304",
                "'\"x\"'    | -      | E                | -      | 412",
                "-          | before | E                | -      | 412",
                "-          | after  | E                | -      | 304",
                "-          | at     | -                | at     | 304",
            })
    void conditionsAreJudgedInOrder(String match, String unmodified, String noneMatch, String modified, int status) {
        String etag = get("/a.txt").header("ETag");
        List<String> fields = new ArrayList<>();
        add(fields, "If-Match", match == null ? null : match.replace("E", etag));
        add(fields, "If-Unmodified-Since", date(unmodified));
        add(fields, "If-None-Match", noneMatch == null ? null : noneMatch.replace("E", etag));
        add(fields, "If-Modified-Since", date(modified));
        assertEquals(status, get("/a.txt", fields.toArray(String[]::new)).status());
        assertEquals(
                status, ask("HEAD", "/a.txt", fields.toArray(String[]::new)).status());
        assertEquals(404, get("/nothing", fields.toArray(String[]::new)).status(), "conditions hold for 2xx only");
    }

    private static void add(List<String> fields, String name, String value) {
        if (value != null) {
            fields.add(name);
            fields.add(value);
        }
    }

    @Test
    void tagsInSeveralLinesCount() {
        String etag = get("/a.txt").header("ETag");
        assertEquals(
                304,
                get("/a.txt", "If-None-Match", "\"x\"", "If-None-Match", etag).status());
    }

    @Test
    void notModifiedCarriesWhatCachesNeed() {
        StubResponse response = get("/a.txt", "If-None-Match", "*");
        assertEquals(0, response.length());
        assertTrue(response.header("ETag") != null && response.header("Vary") != null);
        assertNull(response.header("Content-Type"));
        assertNull(response.header("Accept-Ranges"));
    }

    @Test
    void aFileFromTheFutureCountsAsChangedNow() throws IOException {
        write("future.txt", "x", Instant.parse("2040-01-01T00:00:00Z"));
        assertEquals(HttpDate.format(clock.millis() / 1000), get("/future.txt").header("Last-Modified"));
    }

    // ---- ranges

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bytes=0-4         | 206 | bytes 0-4/20    | 01234",
                "bytes=5-5         | 206 | bytes 5-5/20    | 5",
                "BYTES=15-         | 206 | bytes 15-19/20  | fghij",
                "bytes=-3          | 206 | bytes 17-19/20  | hij",
                "bytes=-100        | 206 | bytes 0-19/20   | 0123456789abcdefghij",
                "bytes=18-99999999999999999999999 | 206 | bytes 18-19/20 | ij",
                "bytes=0-          | 206 | bytes 0-19/20   | 0123456789abcdefghij",
                "bytes= 3-4        | 206 | bytes 3-4/20    | 34",
                "bytes=,3-4,       | 206 | bytes 3-4/20    | 34",
                "bytes=0-4,30-40   | 206 | bytes 0-4/20    | 01234",
                "bytes=0-4,3-8     | 206 | bytes 0-8/20    | 012345678",
                "bytes=0-,0-,0-    | 206 | bytes 0-19/20   | 0123456789abcdefghij",
                "bytes=20-         | 416 | bytes */20      | ''",
                "bytes=20-30,40-   | 416 | bytes */20      | ''",
                "bytes=-0          | 416 | bytes */20      | ''",
                "bytes=99999999999999999999- | 416 | bytes */20 | ''",
            })
    void rangesAreObeyed(String range, int status, String contentRange, String body) {
        StubResponse response = get("/a.txt", "Range", range);
        assertEquals(status, response.status());
        assertEquals(contentRange, response.header("Content-Range"));
        if (status == 206) {
            assertEquals(body, response.text());
            assertEquals("text/plain; charset=utf-8", response.header("Content-Type"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bytes=",
                "bytes=,",
                "bytes=-",
                "bytes=a-b",
                "bytes=5-4",
                "bytes=0-4,x",
                "bytes 0-4",
                "bytes:0-4",
                "0-4",
                "lines=0-4",
                "bytes=+0-4",
                "bytes=0x1-4",
                "bytes=0--4",
                "bytes=--4",
                "bytes=1-2-3",
                "bytes=0-4;5-6",
                "bytes=0 - 4",
                "bytes=٠-٤"
            })
    void nonsenseIsNoRange(String range) {
        StubResponse response = get("/a.txt", "Range", range);
        assertEquals(200, response.status());
        assertEquals(20, response.length());
        assertNull(response.header("Content-Range"));
    }

    @Test
    void rangesOfNothing() {
        for (String range : List.of("bytes=0-", "bytes=0-0", "bytes=5-", "bytes=-5", "bytes=-0", "bytes=0-,7-")) {
            StubResponse response = get("/empty.txt", "Range", range);
            assertEquals(200, response.status(), range);
            assertEquals(0, response.length());
            assertNull(response.header("Content-Range"));
        }
    }

    @Test
    void severalRangesAreParts() {
        StubResponse response = get("/a.txt", "Range", "bytes=15-16, 0-1,-2");
        assertEquals(206, response.status());
        assertNull(response.header("Content-Range"));
        String type = response.header("Content-Type");
        assertTrue(type.startsWith("multipart/byteranges; boundary="), type);
        String boundary = type.substring(type.indexOf('=') + 1);
        String head = "Content-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ";
        String expected = "--" + boundary + "\r\n" + head + "15-16/20\r\n\r\nfg\r\n--" + boundary + "\r\n" + head
                + "0-1/20\r\n\r\n01\r\n--" + boundary + "\r\n" + head + "18-19/20\r\n\r\nij\r\n--" + boundary
                + "--\r\n";
        assertEquals(expected, response.text());
        assertEquals(expected.length(), response.length());
        assertTrue(boundary.length() >= 32 && boundary.length() <= 70);
        assertNotEquals(type, get("/a.txt", "Range", "bytes=15-16, 0-1,-2").header("Content-Type"));
    }

    @Test
    void tooManyRangesAreNone() {
        String many = "bytes=" + "0-0,".repeat(ByteRanges.MOST + 1);
        assertEquals(200, get("/a.txt", "Range", many).status());
        assertEquals(
                206,
                get("/a.txt", "Range", "bytes=" + "0-0,".repeat(ByteRanges.MOST))
                        .status());
    }

    @Test
    void emptyRangesAreCounted() {
        String blanks = " ,".repeat(FieldList.MOST - 1);
        assertEquals(206, get("/a.txt", "Range", "bytes=" + blanks + "0-0").status());
        assertEquals(200, get("/a.txt", "Range", "bytes=," + blanks + "0-0").status());
    }

    @Test
    void onlyTheFirstHundredTagsAreRead() {
        String etag = get("/a.txt").header("ETag");
        String most = "\"x\",".repeat(FieldList.MOST - 1);
        assertEquals(304, get("/a.txt", "If-None-Match", most + etag).status());
        assertEquals(200, get("/a.txt", "If-None-Match", most + "\"x\"," + etag).status());
        assertEquals(
                200,
                get("/a.txt", "If-None-Match", most, "If-None-Match", "\"x\"," + etag)
                        .status());
        assertEquals(200, get("/a.txt", "If-Match", most + etag).status());
        assertEquals(412, get("/a.txt", "If-Match", most + "\"x\"," + etag).status());
    }

    @Test
    void ifRangeGuardsTheRange() {
        String etag = get("/a.txt").header("ETag");
        assertEquals(206, get("/a.txt", "Range", "bytes=0-1", "If-Range", etag).status());
        assertEquals(
                206, get("/a.txt", "Range", "bytes=0-1", "If-Range", date("at")).status());
        for (String stale : List.of("W/" + etag, "\"x\"", date("before"), date("after"), date("never"), "", "*")) {
            assertEquals(
                    200, get("/a.txt", "Range", "bytes=0-1", "If-Range", stale).status(), stale);
        }
        assertEquals(
                200, get("/a.txt", "Range", "bytes=50-", "If-Range", "\"x\"").status());
        assertEquals(
                304, get("/a.txt", "Range", "bytes=0-1", "If-None-Match", etag).status());
        assertEquals(
                412, get("/a.txt", "Range", "bytes=50-", "If-Match", "\"x\"").status());
    }

    @Test
    void filesBeyondFourGibibytes() throws IOException {
        long size = 5L << 30;
        try (RandomAccessFile file =
                new RandomAccessFile(root.resolve("huge.bin").toFile(), "rw")) {
            file.setLength(size);
            file.seek(size - 3);
            file.write("end".getBytes(UTF_8));
            file.seek((4L << 30) - 1);
            file.write("over".getBytes(UTF_8));
        }
        assertEquals(size, ask("HEAD", "/huge.bin").length());
        assertEquals("end", get("/huge.bin", "Range", "bytes=-3").text());
        StubResponse middle = get("/huge.bin", "Range", "bytes=4294967295-4294967298");
        assertEquals("over", middle.text());
        assertEquals("bytes 4294967295-4294967298/5368709120", middle.header("Content-Range"));
        StubResponse tail = get("/huge.bin", "Range", "bytes=1000-");
        assertEquals(size - 1000, tail.length());
        assertEquals(1000, tail.from());
        StubResponse parts = get("/huge.bin", "Range", "bytes=4294967296-4294967298,-3");
        assertTrue(parts.text().contains("ver\r\n--") && parts.text().contains("end\r\n--"));
        assertEquals(parts.bytes().length, parts.length());
        assertEquals(416, get("/huge.bin", "Range", "bytes=5368709120-").status());
    }
}
