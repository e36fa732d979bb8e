// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class KernelDirectoryTest {
    @TempDir
    Path place;

    private Path root;
    private KernelDirectory folder;

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectories(place.resolve("root/inner")).getParent();
        Files.writeString(place.resolve("secret"), "secret");
        Files.writeString(root.resolve("file"), "content");
        Files.writeString(root.resolve("inner/käse"), "cheese");
        folder = KernelDirectory.open(root, false);
    }

    @AfterEach
    void close() {
        folder.close();
    }

    private FileInfo.Kind kind(String path) {
        return folder.look(path).kind();
    }

    @Test
    void looksAndReads() throws IOException {
        Instant time = Instant.ofEpochSecond(1_600_000_000, 123_456_789);
        Files.setLastModifiedTime(root.resolve("file"), FileTime.from(time));
        FileInfo info = folder.look("file");
        assertEquals("file", info.name());
        assertEquals(7, info.size());
        assertEquals(time, info.modified());
        assertTrue(info.isFile());
        assertTrue(folder.look("").isFolder());
        assertTrue(folder.look("inner").isFolder());
        try (OpenFile file = folder.open("inner/käse")) {
            byte[] bytes = new byte[10];
            assertEquals(3, file.read(3, bytes, 2, 8));
            assertArrayEquals(new byte[] {0, 0, 'e', 's', 'e'}, Arrays.copyOf(bytes, 5));
            assertEquals(-1, file.read(6, bytes, 0, 1));
        }
    }

    @Test
    void noticesChanges() throws IOException {
        FileInfo info = folder.look("file");
        assertTrue(folder.unchanged("file", info));
        Files.writeString(root.resolve("other"), "content");
        Files.setLastModifiedTime(root.resolve("other"), Files.getLastModifiedTime(root.resolve("file")));
        Files.move(root.resolve("other"), root.resolve("file"), StandardCopyOption.REPLACE_EXISTING);
        assertFalse(folder.unchanged("file", info), "another inode");
        assertFalse(folder.unchanged("nothing", info));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing", "file/below", "inner/nothing", "x\0y"})
    void whatIsNotThereIsAbsent(String path) {
        assertEquals(FileInfo.Kind.ABSENT, kind(path));
        assertThrows(NoSuchFileException.class, () -> folder.open(path).close());
    }

    @Test
    void namesThatAreTooLongAreAbsent() {
        assertEquals(FileInfo.Kind.ABSENT, kind("x".repeat(300)));
        assertEquals(FileInfo.Kind.ABSENT, kind("x/".repeat(3000)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "../secret", "inner/../../secret", "/etc/passwd", "inner/../../root/file"})
    void noNameLeadsOut(String path) {
        assertEquals(FileInfo.Kind.FORBIDDEN, kind(path));
        assertThrows(IOException.class, () -> folder.open(path).close());
    }

    @Test
    void linksAreFollowedAsLongAsTheyStayInside() throws IOException {
        Files.createSymbolicLink(root.resolve("relative"), Path.of("inner/käse"));
        Files.createSymbolicLink(root.resolve("inner/up"), Path.of("../file"));
        Files.createSymbolicLink(root.resolve("absolute"), root.toRealPath().resolve("file"));
        Files.createSymbolicLink(root.resolve("out"), Path.of("../secret"));
        Files.createSymbolicLink(root.resolve("absoluteOut"), place.toRealPath().resolve("secret"));
        Files.createSymbolicLink(root.resolve("folderOut"), place);
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));
        Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
        for (String inside : new String[] {"relative", "inner/up", "absolute"}) {
            assertEquals(FileInfo.Kind.FILE, kind(inside), inside);
            folder.open(inside).close();
        }
        for (String outside : new String[] {"out", "absoluteOut", "folderOut", "folderOut/secret", "loop"}) {
            assertEquals(FileInfo.Kind.FORBIDDEN, kind(outside), outside);
            assertThrows(AccessDeniedException.class, () -> folder.open(outside).close(), outside);
        }
        assertEquals(FileInfo.Kind.ABSENT, kind("dangling"));
        try (KernelDirectory open = KernelDirectory.open(root, true)) {
            assertEquals(FileInfo.Kind.FILE, open.look("out").kind());
            assertEquals(FileInfo.Kind.FILE, open.look("folderOut/secret").kind());
            open.open("absoluteOut").close();
        }
    }

    @Test
    void pipesAndDevicesAreNeverOpened() throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("mkfifo", root.resolve("pipe").toString())
                        .start()
                        .waitFor());
        assertEquals(FileInfo.Kind.OTHER, kind("pipe"));
        assertThrows(AccessDeniedException.class, () -> folder.open("pipe").close());
        assertThrows(AccessDeniedException.class, () -> folder.open("inner").close());
        try (KernelDirectory dev = KernelDirectory.open(Path.of("/dev"), false)) {
            assertEquals(FileInfo.Kind.OTHER, dev.look("zero").kind());
            assertThrows(AccessDeniedException.class, () -> dev.open("zero").close());
        }
    }

    @Test
    void listsNamesInUtf8WithTheirFacts() throws IOException {
        Files.createDirectory(root.resolve("inner/日本"));
        Set<String> names = folder.list("inner").stream()
                .map(info -> info.name() + " " + info.kind())
                .collect(Collectors.toSet());
        assertEquals(Set.of("käse FILE", "日本 FOLDER"), names);
        for (int i = 0; i < 3000; i++) {
            Files.createFile(root.resolve("inner/" + i));
        }
        assertEquals(3002, folder.list("inner").size());
        assertThrows(IOException.class, () -> folder.list("file"));
        assertThrows(NoSuchFileException.class, () -> folder.list("nothing"));
    }

    @Test
    void aFolderThatIsNoneCannotBeOpened() {
        assertThrows(IOException.class, () -> KernelDirectory.open(root.resolve("file"), false));
        assertThrows(IOException.class, () -> KernelDirectory.open(root.resolve("nothing"), false));
    }

    @Test
    void holdersShareAFileUntilTheLastOneLetsGo() throws IOException {
        OpenFile file = folder.open("file");
        file.hold();
        file.close();
        assertEquals(7, file.read(0, new byte[10], 0, 10));
        file.close();
        assertThrows(IOException.class, () -> file.read(0, new byte[10], 0, 10));
        assertThrows(IllegalStateException.class, file::hold);
    }
}
