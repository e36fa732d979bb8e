// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.fs.NioDirectory;
import io.millrace.testkit.FakeClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder with a few files in it, served to requests that never were on a wire. */
class ServedFolder {
    static final String PAGE = "<!DOCTYPE html><title>page</title>";
    static final Instant TIME = Instant.parse("2024-02-29T12:34:56.789Z");

    @TempDir
    Path root;

    final FakeClock clock = new FakeClock();
    StaticFiles files;

    @BeforeEach
    void plant() throws IOException {
        // So that the files planted, which changed just now whatever their time says, count as settled.
        clock.calendar(Instant.now().plus(Duration.ofDays(1)));
        write("a.txt", "0123456789abcdefghij");
        write("index.html", PAGE);
        write("sub/b.css", "b {}");
        write("empty.txt", "");
        files = serve(FileOptions.DEFAULT);
    }

    void write(String name, String content) throws IOException {
        write(name, content, TIME);
    }

    void write(String name, String content, Instant time) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        Files.setLastModifiedTime(file, FileTime.from(time));
    }

    StaticFiles serve(FileOptions options) throws IOException {
        return StaticFiles.of(NioDirectory.open(root), options, clock);
    }

    StubResponse get(String target, String... fields) {
        return ask("GET", target, fields);
    }

    StubResponse ask(String method, String target, String... fields) {
        StubResponse response = new StubResponse();
        files.handle(new StubRequest(method, target, fields), response);
        assertTrue(response.sent());
        return response;
    }

    /** A date before, at or after the last change of the files planted, or none at all. */
    static String date(String word) {
        return word == null
                ? null
                : switch (word) {
                    case "before" -> "Thu, 29 Feb 2024 12:34:55 GMT";
                    case "at" -> "Thu, 29 Feb 2024 12:34:56 GMT";
                    case "after" -> "Thursday, 29-Feb-24 12:34:57 GMT";
                    default -> "the day before yesterday";
                };
    }
}
