// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.fs.NioDirectory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class FileSenderTest extends ServedFolder {
    @Test
    void anEditShowsAtOnce() throws IOException {
        String before = get("/a.txt").header("ETag");
        assertEquals(before, get("/a.txt").header("ETag"));
        write("a.txt", "changed, same length", TIME.plusMillis(1));
        StubResponse after = get("/a.txt", "If-None-Match", before);
        assertEquals(200, after.status());
        assertEquals("changed, same length", after.text());
        write("a.txt", "short", TIME.plusMillis(1));
        assertEquals("short", get("/a.txt").text());
        Files.delete(root.resolve("a.txt"));
        assertEquals(404, get("/a.txt").status());
        Files.createDirectory(root.resolve("a.txt"));
        assertEquals(301, get("/a.txt").status());
    }

    @Test
    void aReplacedFileOfEqualTimeAndSizeIsAnother() throws IOException {
        String before = get("/a.txt").header("ETag");
        write("b.txt", "jihgfedcba9876543210");
        Files.move(root.resolve("b.txt"), root.resolve("a.txt"), StandardCopyOption.REPLACE_EXISTING);
        assertEquals("jihgfedcba9876543210", get("/a.txt").text());
        assertNotEquals(before, get("/a.txt").header("ETag"));
    }

    @Test
    void largeFilesAreSentFromTheFileAndSmallOnesFromMemory() throws IOException {
        write("large.bin", "x".repeat(FileSender.SMALL + 1));
        write("small.bin", "x".repeat(FileSender.SMALL));
        for (int i = 0; i < 2; i++) {
            assertTrue(get("/large.bin").fromFile());
            assertFalse(get("/small.bin").fromFile());
        }
    }

    /** A folder that counts what is asked of it, and in which something happens between a look and an opening. */
    private final class Watched implements DirectoryRoot {
        private final DirectoryRoot inner = NioDirectory.open(root);
        private Runnable beforeOpen = () -> {};
        private IOException failure;
        private int looks;
        private int opened;
        private int closed;

        private Watched() throws IOException {}

        @Override
        public FileInfo look(String path) {
            looks++;
            return inner.look(path);
        }

        @Override
        public OpenFile open(String path) throws IOException {
            beforeOpen.run();
            if (failure != null) {
                throw failure;
            }
            opened++;
            OpenFile file = inner.open(path);
            return new OpenFile(file.info()) {
                @Override
                public int read(long position, byte[] into, int offset, int length) throws IOException {
                    return file.read(position, into, offset, length);
                }

                @Override
                protected void release() {
                    closed++;
                    file.close();
                }
            };
        }

        @Override
        public void list(String path, Visitor visitor) throws IOException {
            inner.list(path, visitor);
        }

        @Override
        public void close() {
            inner.close();
        }
    }

    @Test
    void aCachedFileCostsOneLook() throws IOException {
        Watched folder = new Watched();
        files = StaticFiles.of(folder, FileOptions.DEFAULT, clock);
        get("/a.txt");
        assertEquals(1, folder.opened);
        folder.looks = 0;
        for (int i = 0; i < 10; i++) {
            assertEquals("0123456789abcdefghij", get("/a.txt").text());
        }
        assertEquals(10, folder.looks);
        assertEquals(1, folder.opened);
        assertEquals(1, folder.closed);
        folder.looks = 0;
        get("/a.txt", "Accept-Encoding", "gzip, br, zstd");
        get("/a.txt", "Accept-Encoding", "gzip, br, zstd");
        assertEquals(5, folder.looks, "three for siblings, once");
    }

    @Test
    void everyHoldIsGivenBack() throws IOException {
        Watched folder = new Watched();
        write("large.bin", "x".repeat(100_000));
        files = StaticFiles.of(folder, FileOptions.DEFAULT, clock);
        for (String range : List.of("bytes=0-", "bytes=5-6", "bytes=1-2,5-6", "bytes=999999-", "nonsense")) {
            get("/large.bin", "Range", range);
            get("/a.txt", "Range", range);
        }
        get("/large.bin", "If-None-Match", "*");
        ask("HEAD", "/large.bin");
        assertEquals(2, folder.opened);
        assertEquals(1, folder.closed, "the large one is kept open");
        files.close();
        assertEquals(folder.opened, folder.closed);
    }

    @Test
    void aLargeFileIsKeptOpenAsLongAsItIsAskedFor() throws IOException {
        Watched folder = new Watched();
        write("large.bin", "x".repeat(100_000));
        files = StaticFiles.of(folder, FileOptions.DEFAULT, clock);
        for (int i = 0; i < 20; i++) {
            assertEquals(100_000, get("/large.bin").length());
            clock.advance(Duration.ofSeconds(1));
        }
        assertEquals(1, folder.opened);
        for (int i = 0; i < 20; i++) {
            get("/a.txt");
            clock.advance(Duration.ofSeconds(1));
        }
        assertEquals(folder.opened, folder.closed, "nobody asked any more");
        get("/large.bin");
        write("large.bin", "y".repeat(100_000), TIME.plusSeconds(1));
        assertTrue(get("/large.bin").text().startsWith("yyy"));
        Files.delete(root.resolve("large.bin"));
        assertEquals(404, get("/large.bin").status());
        files.close();
        assertEquals(folder.opened, folder.closed);
    }

    @Test
    void aFileChangedBetweenLookAndOpeningIsJudgedAnew() throws IOException {
        Watched folder = new Watched();
        files = StaticFiles.of(folder, FileOptions.DEFAULT, clock);
        String old = get("/index.html").header("ETag");
        folder.beforeOpen = () -> {
            try {
                write("a.txt", "quite another content", TIME.plusSeconds(5));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        };
        StubResponse response = get("/a.txt");
        assertEquals("quite another content", response.text());
        assertEquals("Thu, 29 Feb 2024 12:35:01 GMT", response.header("Last-Modified"));
        assertEquals(List.of(response.header("ETag")), response.all("ETag"));
        folder.beforeOpen = () -> {};
        assertEquals(response.header("ETag"), get("/a.txt").header("ETag"));
        assertNotEquals(old, response.header("ETag"));
    }

    @Test
    void aConditionIsJudgedByTheOpenFile() throws IOException {
        Watched folder = new Watched();
        files = StaticFiles.of(folder, FileOptions.DEFAULT, clock);
        folder.beforeOpen = () -> {
            try {
                write("a.txt", "changed", TIME.plusSeconds(5));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        };
        assertEquals(412, get("/a.txt", "If-Unmodified-Since", date("at")).status());
        assertEquals(folder.opened, folder.closed);
    }

    @Test
    void aFileThatJustChangedIsNotRemembered() throws IOException {
        Watched folder = new Watched();
        files = StaticFiles.of(folder, FileOptions.DEFAULT, clock);
        write("fresh.txt", "one");
        clock.calendar(changed("fresh.txt").plusMillis(100));
        get("/fresh.txt");
        get("/fresh.txt");
        assertEquals(2, folder.opened);
        clock.advance(Duration.ofSeconds(3));
        get("/fresh.txt");
        get("/fresh.txt");
        assertEquals(3, folder.opened);
    }

    private Instant changed(String name) throws IOException {
        return ((FileTime) Files.getAttribute(root.resolve(name), "unix:ctime")).toInstant();
    }

    @Test
    void troublesHaveTheirStatus() throws IOException {
        Watched folder = new Watched();
        files = StaticFiles.of(folder, FileOptions.DEFAULT, clock);
        folder.failure = new FileSystemException("a.txt", null, "Too many open files");
        assertEquals(503, get("/a.txt").status());
        assertEquals("1", get("/a.txt").header("Retry-After"));
        folder.failure = new AccessDeniedException("a.txt");
        assertEquals(403, get("/a.txt").status());
        assertNull(get("/a.txt").header("ETag"));
        folder.failure = new NoSuchFileException("a.txt");
        assertEquals(404, get("/a.txt").status());
    }

    @Test
    void theCacheCanBeSwitchedOff() throws IOException {
        Watched folder = new Watched();
        files = StaticFiles.of(folder, FileOptions.DEFAULT.cache(0, 0), clock);
        get("/a.txt");
        get("/a.txt");
        assertEquals(2, folder.opened);
        assertArrayEquals(get("/a.txt").bytes(), get("/a.txt").bytes());
    }
}
