// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.FileInfo;
import io.millrace.core.FileInfo.Kind;
import io.millrace.core.OpenFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NioDirectoryTest {
    @TempDir
    Path temp;

    private Path root;
    private NioDirectory folder;

    @BeforeEach
    void plant() throws IOException {
        root = Files.createDirectory(temp.resolve("root"));
        Files.writeString(root.resolve("a.txt"), "hello");
        Files.createDirectories(root.resolve("sub/deep"));
        Files.writeString(root.resolve("sub/deep/b.txt"), "deep");
        Files.writeString(temp.resolve("secret.txt"), "secret");
        Files.createDirectory(temp.resolve("root-and-more"));
        Files.writeString(temp.resolve("root-and-more/c.txt"), "neighbour");
        folder = NioDirectory.open(root);
    }

    @Test
    void looksAtFilesAndFolders() throws IOException {
        Instant time = Instant.ofEpochSecond(1_700_000_000, 123_456_789);
        Files.setLastModifiedTime(root.resolve("a.txt"), FileTime.from(time));
        FileInfo info = folder.look("a.txt");
        assertEquals(Kind.FILE, info.kind());
        assertEquals("a.txt", info.name());
        assertEquals(5, info.size());
        assertEquals(Instant.ofEpochSecond(1_700_000_000, 123_456_789), info.modified());
        assertEquals((Long) Files.getAttribute(root.resolve("a.txt"), "unix:ino"), info.inode());
        assertEquals(Kind.FOLDER, folder.look("").kind());
        assertEquals(Kind.FOLDER, folder.look("sub/deep").kind());
        assertEquals("deep", folder.look("sub/deep").name());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing",
                "a.txt/",
                "a.txt/x",
                "sub/",
                "/a.txt",
                "sub//deep",
                "./a.txt",
                "sub/./deep",
                "../secret.txt",
                "..",
                ".",
                "sub/..",
                "sub/../a.txt",
                "sub/../../secret.txt",
                "a.txt\0",
                "\0",
                "a.txt\0.png",
                "sub\\deep"
            })
    void whatCannotExistIsAbsent(String path) {
        assertEquals(Kind.ABSENT, folder.look(path).kind());
        assertThrows(NoSuchFileException.class, () -> folder.open(path).close());
    }

    @Test
    void namesTooLongAreAbsent() {
        assertEquals(Kind.ABSENT, folder.look("x".repeat(300)).kind());
        assertEquals(Kind.ABSENT, folder.look("x".repeat(100_000)).kind());
        assertEquals(Kind.ABSENT, folder.look("x/".repeat(5000) + "x").kind());
        assertThrows(IOException.class, () -> folder.open("x".repeat(300)).close());
    }

    @Test
    void readsFromAnyPosition() throws IOException {
        try (OpenFile file = folder.open("a.txt")) {
            byte[] bytes = new byte[8];
            assertEquals(5, file.size());
            assertEquals(3, file.read(2, bytes, 1, 7));
            assertArrayEquals(new byte[] {0, 'l', 'l', 'o', 0, 0, 0, 0}, bytes);
            assertEquals(-1, file.read(5, bytes, 0, 1));
            assertTrue(file.info().sameAs(folder.look("a.txt")));
        }
    }

    @Test
    void aHeldFileIsClosedByItsLastHolder() throws IOException {
        OpenFile file = folder.open("a.txt");
        OpenFile second = file.hold();
        file.close();
        assertEquals(1, second.read(0, new byte[1], 0, 1));
        second.close();
        assertThrows(IOException.class, () -> file.read(0, new byte[1], 0, 1));
    }

    @Test
    void linksInsideAreFollowed() throws IOException {
        Files.createSymbolicLink(root.resolve("link.txt"), Path.of("sub/deep/b.txt"));
        Files.createSymbolicLink(
                root.resolve("absolute.txt"), root.resolve("a.txt").toRealPath());
        Files.createSymbolicLink(root.resolve("sub/up"), Path.of(".."));
        assertEquals(Kind.FILE, folder.look("link.txt").kind());
        assertEquals("link.txt", folder.look("link.txt").name());
        assertEquals(4, folder.look("link.txt").size());
        assertEquals(Kind.FILE, folder.look("absolute.txt").kind());
        assertEquals(Kind.FILE, folder.look("sub/up/a.txt").kind());
        folder.open("sub/up/a.txt").close();
    }

    @Test
    void linksOutsideAreForbidden() throws IOException {
        Files.createSymbolicLink(root.resolve("out.txt"), Path.of("../secret.txt"));
        Files.createSymbolicLink(root.resolve("out"), temp.toRealPath());
        Files.createSymbolicLink(root.resolve("near"), Path.of("../root-and-more"));
        for (String path : List.of("out.txt", "out", "out/secret.txt", "out/root/a.txt/..", "near/c.txt", "near")) {
            assertNotEquals(Kind.FILE, folder.look(path).kind(), path);
            assertNotEquals(Kind.FOLDER, folder.look(path).kind(), path);
        }
        assertEquals(Kind.FORBIDDEN, folder.look("out.txt").kind());
        assertThrows(AccessDeniedException.class, () -> folder.open("out.txt").close());
        assertThrows(
                AccessDeniedException.class, () -> folder.open("near/c.txt").close());
        assertThrows(IOException.class, () -> folder.list("out"));
    }

    @Test
    void linksOutsideAreFollowedWhereAllowed() throws IOException {
        Files.createSymbolicLink(root.resolve("out.txt"), Path.of("../secret.txt"));
        try (NioDirectory open = NioDirectory.open(root, true);
                OpenFile file = open.open("out.txt")) {
            assertEquals(6, file.size());
            assertEquals(Kind.ABSENT, open.look("../secret.txt").kind());
        }
    }

    @Test
    void loopsAndDeadLinksAreAbsent() throws IOException {
        Files.createSymbolicLink(root.resolve("dead"), Path.of("nowhere"));
        Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
        Files.createSymbolicLink(root.resolve("ping"), Path.of("pong"));
        Files.createSymbolicLink(root.resolve("pong"), Path.of("ping"));
        for (String path : List.of("dead", "loop", "ping", "loop/a.txt")) {
            assertEquals(Kind.ABSENT, folder.look(path).kind(), path);
            assertThrows(IOException.class, () -> folder.open(path).close(), path);
        }
    }

    @Test
    void aPipeIsNeverOpened() throws Exception {
        assumeTrue(new ProcessBuilder("mkfifo", root.resolve("pipe").toString())
                        .start()
                        .waitFor()
                == 0);
        assertEquals(Kind.OTHER, folder.look("pipe").kind());
        // Opening a pipe for reading waits for a writer, for ever here.
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertThrows(
                        AccessDeniedException.class, () -> folder.open("pipe").close()));
    }

    @Test
    void devicesAreOther() throws IOException {
        assumeTrue(Files.exists(Path.of("/dev/zero")));
        Files.createSymbolicLink(root.resolve("zero"), Path.of("/dev/zero"));
        try (NioDirectory open = NioDirectory.open(root, true)) {
            assertEquals(Kind.OTHER, open.look("zero").kind());
            assertThrows(AccessDeniedException.class, () -> open.open("zero").close());
        }
        assertEquals(Kind.FORBIDDEN, folder.look("zero").kind());
        Files.delete(root.resolve("zero"));
    }

    @Test
    void foldersAreNotOpenedAsFiles() {
        assertThrows(AccessDeniedException.class, () -> folder.open("sub").close());
        assertThrows(AccessDeniedException.class, () -> folder.open("").close());
    }

    @Test
    void withoutPermissionNothingIsOpened() throws IOException {
        Path locked = root.resolve("locked.txt");
        Files.writeString(locked, "x");
        Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
        assumeTrue(!Files.isReadable(locked), "root reads everything");
        assertThrows(
                AccessDeniedException.class, () -> folder.open("locked.txt").close());
    }

    @Test
    void listsWhatIsThere() throws IOException {
        Files.createSymbolicLink(root.resolve("inside"), Path.of("a.txt"));
        Files.createSymbolicLink(root.resolve("outside"), Path.of("../secret.txt"));
        Files.createSymbolicLink(root.resolve("dead"), Path.of("nowhere"));
        Set<String> seen =
                folder.list("").stream().map(i -> i.name() + " " + i.kind()).collect(Collectors.toSet());
        assertEquals(Set.of("a.txt FILE", "sub FOLDER", "inside FILE", "outside FORBIDDEN", "dead ABSENT"), seen);
        assertEquals(
                List.of("deep"), folder.list("sub").stream().map(FileInfo::name).toList());
        assertThrows(NotDirectoryException.class, () -> folder.list("a.txt"));
        assertThrows(NoSuchFileException.class, () -> folder.list("nothing"));
    }

    @Test
    void aFolderMustBeOne() {
        assertThrows(NotDirectoryException.class, () -> NioDirectory.open(root.resolve("a.txt")));
        assertThrows(NoSuchFileException.class, () -> NioDirectory.open(root.resolve("nothing")));
        assertFalse(folder.root().toString().isEmpty());
    }
}
