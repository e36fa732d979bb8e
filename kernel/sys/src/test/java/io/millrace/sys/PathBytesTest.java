// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(value = OS.LINUX, disabledReason = "calls of Linux")
class PathBytesTest {
    @TempDir
    Path place;

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "a", "/a b", "/%41", "käse/%C3%A4 +#?;=&", "/日本/\uD83D\uDE00", "../ü", "ü/."})
    void aPathIsItsText(String text) {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "Java can make no such path in this locale");
        assertEquals(text, PathBytes.text(Path.of(text)));
    }

    @Test
    void aDirectoryHasNoSlashAtItsEnd() throws IOException {
        assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "Java can make no such path in this locale");
        Path folder = Files.createDirectory(place.resolve("ü"));
        assertEquals(place + "/ü", PathBytes.text(folder));
    }

    @Test
    void aNameThatIsNotUtf8HasNoText() throws Exception {
        String script = "mkdir -p \"found/$(printf '\\351t\\351')\" && ln -s found/* link";
        assertEquals(
                0,
                new ProcessBuilder("sh", "-c", script)
                        .directory(place.toFile())
                        .start()
                        .waitFor());
        try (DirectoryStream<Path> found = Files.newDirectoryStream(place.resolve("found"))) {
            Path latin = found.iterator().next();
            assertThrows(UnsupportedOperationException.class, () -> PathBytes.text(latin));
        }
        assertNull(io.millrace.sys.Files.realpath(place + "/link"));
        assertEquals(place.toRealPath() + "/found", io.millrace.sys.Files.realpath(place + "/link/.."));
    }

    @Test
    void otherFileSystemsHaveNoBytes() throws IOException {
        URI zip = URI.create("jar:" + place.resolve("a.zip").toUri());
        try (FileSystem archive = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
            assertThrows(UnsupportedOperationException.class, () -> PathBytes.text(archive.getPath("/a")));
        }
    }

    @Test
    void aTextThatStandsForNoNameIsRefused() {
        assertArrayEquals("ü".getBytes(StandardCharsets.UTF_8), PathBytes.of("ü"));
        assertThrows(InvalidPathException.class, () -> PathBytes.of("d\uFFFDr"));
        assertThrows(InvalidPathException.class, () -> PathBytes.of("half \uD83D"));
        assertEquals(
                -Errno.ENOENT, io.millrace.sys.Files.statx(-100, "half \uD83D", 0, io.millrace.sys.Files.values()));
    }
}
