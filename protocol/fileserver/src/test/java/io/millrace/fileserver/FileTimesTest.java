// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.http.HttpDate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Times of modification that are far away, over every kind of folder. In memory, where the file system keeps every time
 * that a long of seconds can say; ext4 ends in 1901 and 2446.
 */
@Timeout(60)
@EnabledOnOs(value = OS.LINUX, disabledReason = "sets times by touch(1), in tmpfs")
@ParameterizedClass
@EnumSource(FolderKind.class)
class FileTimesTest extends ServedFolder {
    private static final Path MEMORY = Path.of("/dev/shm");

    @Parameter
    FolderKind kind;

    private Path file;

    @BeforeEach
    void inMemory() throws IOException {
        assumeTrue(Files.isWritable(MEMORY), "no tmpfs at " + MEMORY);
        root = Files.createTempDirectory(MEMORY, "millrace-times");
        file = Files.writeString(root.resolve("a.txt"), "content");
        files = StaticFiles.of(kind.open(root), FileOptions.DEFAULT, clock);
    }

    @AfterEach
    void remove() throws IOException {
        if (file != null) {
            files.close();
            Files.deleteIfExists(file);
            Files.deleteIfExists(root);
        }
    }

    /** By touch(1): Java's own call takes nanoseconds in a long, and what is beyond for the last that it can say. */
    private void touch(String time) throws IOException {
        Process touch = new ProcessBuilder("touch", "-d", time, file.toString())
                .redirectErrorStream(true)
                .start();
        String words = new String(touch.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, touch.onExit().join().exitValue(), words);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1601-01-01T00:00:00Z",
                "1677-09-21T00:12:43.145224Z",
                "1969-12-31T23:59:59.500Z",
                "1969-12-31T23:59:59Z",
                "1970-01-01T00:00:00.000000001Z",
                "2262-04-11T23:47:16.854776Z",
                "2446-05-10T22:38:55.999Z",
                "9999-12-31T23:59:59Z",
            })
    void timesAreKeptAsTheyAre(String time) throws IOException {
        touch(time);
        try (DirectoryRoot folder = kind.open(root)) {
            FileInfo info = folder.look("a.txt");
            assertEquals(Instant.parse(time), info.modified());
            assertTrue(folder.unchanged("a.txt", info));
            assertEquals(info.modified(), folder.list("").getFirst().modified());
            try (OpenFile open = folder.open("a.txt")) {
                assertTrue(open.info().sameAs(info));
            }
        }
    }

    /** In the years beyond 9,999 and before 0 ISO 8601 has a sign. */
    @ParameterizedTest
    @ValueSource(strings = {"@253402300800", "@-62167219201", "@9223372036854775807", "@-9223372036854775807"})
    void noTimeIsTooFarAway(String seconds) throws IOException {
        touch(seconds);
        assertEquals(200, get("/a.txt").status());
        assertEquals(200, get("/").status());
        assertEquals(200, get("/?sort=time", "Accept", "application/json").status());
        try (DirectoryRoot folder = kind.open(root)) {
            assertTrue(folder.look("a.txt").sameAs(folder.look("a.txt")));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1601-01-01T00:00:00Z, 'Mon, 01 Jan 1601 00:00:00 GMT'",
        "1904-02-29T12:00:00.75Z, 'Mon, 29 Feb 1904 12:00:00 GMT'",
        "1969-12-31T23:59:59.5Z, 'Wed, 31 Dec 1969 23:59:59 GMT'",
        "1970-01-01T00:00:00Z, 'Thu, 01 Jan 1970 00:00:00 GMT'",
        "@-99999999999999, 'Sat, 01 Jan 0000 00:00:00 GMT'",
    })
    void theDateThatIsSentIsUnderstoodWhenItComesBack(String time, String date) throws IOException {
        touch(time);
        assertEquals(date, get("/a.txt").header("Last-Modified"));
        assertEquals(304, get("/a.txt", "If-Modified-Since", date).status());
        assertEquals(200, get("/a.txt", "If-Unmodified-Since", date).status());
        assertEquals(206, get("/a.txt", "If-Range", date, "Range", "bytes=1-2").status());
        touch("1975-01-01T00:00:00Z");
        assertEquals(200, get("/a.txt", "If-Modified-Since", date).status());
        assertEquals(412, get("/a.txt", "If-Unmodified-Since", date).status());
        assertEquals(200, get("/a.txt", "If-Range", date, "Range", "bytes=1-2").status());
    }

    @Test
    void fileTimesBeyondTheClockCountAsNow() throws IOException {
        touch("2446-05-10T00:00:00Z");
        String now = HttpDate.format(clock.millis() / 1000);
        assertEquals(now, get("/a.txt").header("Last-Modified"));
    }

    @Test
    void tagsTellTimesApartThatALongOfNanosecondsDoesNot() throws IOException {
        touch("@0");
        FileInfo info = look();
        FileInfo wrapped = new FileInfo(
                info.name(),
                info.kind(),
                info.size(),
                Instant.ofEpochSecond(18_446_744_073L, 709_551_616),
                info.changed(),
                info.device(),
                info.inode());
        assertNotEquals(new FileMetadata("a.txt", info, 0).etag(), new FileMetadata("a.txt", wrapped, 0).etag());
    }

    private FileInfo look() throws IOException {
        try (DirectoryRoot folder = kind.open(root)) {
            return folder.look("a.txt");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1601-01-01T00:00:00Z, 1601-01-01T00:00:00Z",
        "1969-12-31T23:59:59.5Z, 1969-12-31T23:59:59Z",
        "2446-05-10T22:38:55.9Z, 2446-05-10T22:38:55Z",
    })
    void listingsSayThemAsTheyAre(String time, String shown) throws IOException {
        touch(time);
        TimeZone local = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        try {
            String json = get("/", "Accept", "application/json").utf8();
            assertTrue(json.contains("\"modified\":\"" + shown + "\""), json);
            String html = get("/", "Accept", "text/html").utf8();
            assertTrue(html.contains("<time datetime=\"" + shown + "\">" + shown.substring(0, 10)), html);
        } finally {
            TimeZone.setDefault(local);
        }
    }

    @Test
    void listingsSortThem() throws IOException {
        touch("1601-01-01T00:00:00Z");
        Path other = Files.writeString(root.resolve("b.txt"), "content");
        try {
            String json =
                    get("/?sort=time&order=asc", "Accept", "application/json").utf8();
            assertTrue(json.indexOf("a.txt") < json.indexOf("b.txt"), "the oldest first: " + json);
        } finally {
            Files.delete(other);
        }
    }
}
