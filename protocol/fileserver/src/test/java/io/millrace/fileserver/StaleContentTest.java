// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.fs.Directories;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a server remembers of a file, from memory and from a descriptor that is kept open, must not outlive the file's
 * content, its permissions and its place. Over every kind of folder.
 */
@Timeout(60)
@EnabledOnOs(value = OS.LINUX, disabledReason = "the time of change and users are those of Linux")
@ParameterizedClass
@EnumSource(FolderKind.class)
class StaleContentTest extends ServedFolder {
    private static final int LARGE = FileSender.SMALL + 1000;

    @Parameter
    FolderKind kind;

    private Path site;

    @BeforeEach
    void plantMore() throws IOException {
        site = Files.createDirectory(root.resolve("site"));
        for (String folder : List.of("", "sub/")) {
            write("site/" + folder + "small.txt", "s".repeat(100));
            write("site/" + folder + "large.bin", "l".repeat(LARGE));
        }
        files = serve(kind.open(site));
    }

    private StaticFiles serve(DirectoryRoot folder) {
        return StaticFiles.of(folder, FileOptions.DEFAULT, clock);
    }

    private static void permit(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    /** For another user too, all the way from where JUnit made the folder. */
    private void open() throws IOException {
        permit(root, "rwxr-xr-x");
    }

    private FileTime changed(Path file) throws IOException {
        return (FileTime) Files.getAttribute(file, "unix:ctime");
    }

    /** In place, as {@code rsync --inplace} does. Older kernels' clocks for files tick every few milliseconds. */
    private void rewrite(String name, String content) throws IOException {
        Path file = site.resolve(name);
        FileTime before = changed(file);
        FileTime modified = Files.getLastModifiedTime(file);
        do {
            Files.writeString(file, content);
            Files.setLastModifiedTime(file, modified);
        } while (changed(file).equals(before));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/small.txt", "/large.bin"})
    void otherBytesOfEqualSizeAndTimeShowAtOnce(String path) throws IOException {
        StubResponse before = get(path);
        assertEquals(before.header("ETag"), get(path).header("ETag"));
        String tag = before.header("ETag");
        rewrite(path.substring(1), "x".repeat((int) before.length()));
        StubResponse after = get(path, "If-None-Match", tag);
        assertEquals(200, after.status());
        assertEquals("x".repeat((int) before.length()), after.text());
        assertNotEquals(tag, after.header("ETag"));
        assertEquals(before.header("Last-Modified"), after.header("Last-Modified"));
        assertEquals(200, get(path, "Range", "bytes=5-6", "If-Range", tag).status());
    }

    @Test
    void afterACopyThatKeepsTimesTheTagIsAnother() throws Exception {
        String tag = get("/small.txt").header("ETag");
        write("other.txt", "o".repeat(100));
        int copied = new ProcessBuilder(
                        "cp",
                        "-a",
                        root.resolve("other.txt").toString(),
                        site.resolve("small.txt").toString())
                .start()
                .waitFor();
        assertEquals(0, copied);
        assertEquals("o".repeat(100), get("/small.txt").text());
        assertNotEquals(tag, get("/small.txt").header("ETag"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/small.txt", "/large.bin"})
    void aFileThatMayNotBeReadAnyMoreIsForbidden(String path) throws Exception {
        open();
        Path file = site.resolve(path.substring(1));
        StubResponse before = OtherUser.call(() -> get(path));
        assertEquals(200, before.status());
        permit(file, "-wx------");
        OtherUser.run(() -> {
            assertEquals(403, get(path).status());
            assertEquals(403, ask("HEAD", path).status());
            assertEquals(403, get(path, "Range", "bytes=0-1").status());
            assertEquals(403, get(path, "If-None-Match", before.header("ETag")).status());
            assertEquals(403, get(path, "If-None-Match", "*").status());
            String date = before.header("Last-Modified");
            assertEquals(403, get(path, "If-Modified-Since", date).status());
        });
        permit(file, "rw-r--r--");
        OtherUser.run(() -> {
            assertEquals(200, get(path).status());
        });
    }

    @Test
    void aFileThatCouldNeverBeReadIsNotSaidToBeUnchanged() throws Exception {
        open();
        permit(site.resolve("small.txt"), "-wx------");
        OtherUser.run(() -> {
            assertEquals(403, get("/small.txt", "If-None-Match", "*").status());
            assertEquals(
                    403,
                    get("/small.txt", "If-Modified-Since", "Sun, 01 Jan 2034 00:00:00 GMT")
                            .status());
        });
    }

    /** The page itself may be read still. */
    @ParameterizedTest
    @ValueSource(strings = {"br", "gz"})
    void aSiblingThatMayNotBeReadAnyMoreIsNotTaken(String extension) throws Exception {
        open();
        write("site/page.html", "page");
        write("site/page.html." + extension, "compressed");
        String[] accepting = {"Accept-Encoding", "br, gzip"};
        OtherUser.run(
                () -> assertEquals("compressed", get("/page.html", accepting).text()));
        permit(site.resolve("page.html." + extension), "-wx------");
        OtherUser.run(() -> assertEquals("page", get("/page.html", accepting).text()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/sub/small.txt", "/sub/large.bin"})
    void aFolderThatMayNotBeEnteredAnyMoreIsForbidden(String path) throws Exception {
        open();
        OtherUser.run(() -> {
            assertEquals(200, get(path).status());
        });
        permit(site.resolve("sub"), "rw-------");
        OtherUser.run(() -> {
            assertEquals(403, get(path).status());
        });
        permit(site.resolve("sub"), "rwxr-xr-x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/small.txt", "/large.bin"})
    void aFileThatWasMovedOutLeavesNothingButALink(String path) throws IOException {
        assertEquals(200, get(path).status());
        Path file = site.resolve(path.substring(1));
        Path outside = root.resolve("outside");
        Files.move(file, outside);
        Files.createSymbolicLink(file, outside);
        assertEquals(403, get(path).status());
        try (StaticFiles following = serve(kind.open(site, true))) {
            files = following;
            assertEquals(200, get(path).status());
        }
    }

    /** Which leaves no trace on the file itself. */
    @ParameterizedTest
    @ValueSource(strings = {"/sub/small.txt", "/sub/large.bin"})
    void aFolderThatWasMovedOutIsOutWithinASecond(String path) throws IOException {
        assertEquals(200, get(path).status());
        clock.advance(Duration.ofMillis(900));
        assertEquals(200, get(path).status());
        Files.move(site.resolve("sub"), root.resolve("moved"));
        Files.createSymbolicLink(site.resolve("sub"), root.resolve("moved"));
        clock.advance(Duration.ofSeconds(1));
        assertEquals(403, get(path).status());
    }

    /** As on systems that have no time of change. */
    private record Timeless(DirectoryRoot inner) implements DirectoryRoot {
        private static FileInfo timeless(FileInfo info) {
            return new FileInfo(
                    info.name(), info.kind(), info.size(), info.modified(), null, info.device(), info.inode());
        }

        @Override
        public FileInfo look(String path) {
            return timeless(inner.look(path));
        }

        @Override
        public OpenFile open(String path) throws IOException {
            OpenFile file = inner.open(path);
            return new OpenFile(timeless(file.info())) {
                @Override
                public int read(long position, byte[] into, int offset, int length) throws IOException {
                    return file.read(position, into, offset, length);
                }

                @Override
                protected void release() {
                    file.close();
                }
            };
        }

        @Override
        public void list(String path, Visitor visitor) throws IOException {
            inner.list(path, entry -> visitor.visit(timeless(entry)));
        }

        @Override
        public void close() {
            inner.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/small.txt", "/large.bin"})
    void withoutATimeOfChangeNothingIsBelievedForMoreThanASecond(String path) throws Exception {
        open();
        files = serve(new Timeless(kind.open(site)));
        StubResponse before = get(path);
        Path file = site.resolve(path.substring(1));
        Path other = site.resolve("other");
        Files.writeString(other, "y".repeat((int) before.length()));
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
        rewrite(path.substring(1), Files.readString(other));
        clock.advance(Duration.ofSeconds(1));
        assertEquals("y".repeat((int) before.length()), get(path).text());
        permit(file, "-wx------");
        clock.advance(Duration.ofSeconds(1));
        OtherUser.run(() -> {
            assertEquals(403, get(path).status());
            assertEquals(403, get(path).status());
        });
    }

    @Test
    void aFileSystemWithoutInodesTellsAReplacedFileByItsCreation() throws IOException {
        URI zip = URI.create("jar:" + root.resolve("site.zip").toUri());
        try (FileSystem archive = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
            Path file = archive.getPath("/a.txt");
            Files.writeString(file, "content");
            Files.setAttribute(file, "creationTime", FileTime.fromMillis(1_000_000_000_000L));
            Files.setLastModifiedTime(file, FileTime.from(TIME));
            try (DirectoryRoot folder = Directories.open(archive.getPath("/"), false)) {
                FileInfo info = folder.look("a.txt");
                assertTrue(info.isFile());
                assertTrue(folder.unchanged("a.txt", info));
                Files.setAttribute(file, "creationTime", FileTime.fromMillis(1_100_000_000_000L));
                assertEquals(info.modified(), folder.look("a.txt").modified());
                assertTrue(!folder.unchanged("a.txt", info));
            }
        }
    }
}
