// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.fs.KernelDirectory;
import io.millrace.fs.NioDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The folder at a path is what stands there now, over every kind of folder. */
@Timeout(60)
@EnabledOnOs(value = OS.LINUX, disabledReason = "descriptors and users are those of Linux")
@ParameterizedClass
@EnumSource(FolderKind.class)
class ReplacedFolderTest extends ServedFolder {
    private static final Duration A_SECOND = Duration.ofSeconds(1);
    private static final String[] HTML = {"Accept", "text/html"};

    @Parameter
    FolderKind kind;

    private Path dist;

    @BeforeEach
    void build() throws IOException {
        dist = root.resolve("dist");
        build(dist, "one");
        files = serve(kind.open(dist), FileOptions.DEFAULT.spa("app.html").indexes("none"));
    }

    private StaticFiles serve(DirectoryRoot folder, FileOptions options) {
        return StaticFiles.of(folder, options, clock);
    }

    /** A release of which every file says which one it is. */
    private static void build(Path folder, String release) throws IOException {
        Files.createDirectories(folder.resolve("assets"));
        Files.writeString(folder.resolve("app.html"), "app " + release);
        Files.writeString(folder.resolve("version.txt"), release);
        Files.writeString(folder.resolve("assets/large.txt"), release.repeat(10_000));
        Files.writeString(folder.resolve(release + ".txt"), "only here");
    }

    private static void remove(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes metadata) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void assertServed(String release) throws IOException {
        assertEquals(release, get("/version.txt").text());
        assertEquals(release.repeat(10_000), get("/assets/large.txt").text());
        assertEquals("app " + release, get("/some/route", HTML).text());
        assertEquals(200, get("/" + release + ".txt").status());
        String other = release.equals("one") ? "two" : "one";
        assertEquals(404, get("/" + other + ".txt").status());
        String listing = get("/", "Accept", "application/json").text();
        assertTrue(listing.contains(release + ".txt") && !listing.contains(other + ".txt"), listing);
        assertEquals(200, get("/assets/").status());
    }

    private void assertAway() {
        for (String path : List.of("/", "/version.txt", "/assets/", "/assets/large.txt", "/assets", "/some/route")) {
            assertEquals(404, get(path, HTML).status(), path);
        }
    }

    @Test
    void oneThatIsMadeAnewIsServed() throws IOException {
        assertServed("one");
        remove(dist);
        clock.advance(A_SECOND);
        assertAway();
        build(dist, "two");
        clock.advance(A_SECOND);
        assertServed("two");
    }

    /** Before anybody has asked whether the folder is the same. */
    @Test
    void oneThatIsBeingRemovedIsEmpty() throws IOException {
        assertServed("one");
        remove(dist);
        assertAway();
    }

    @Test
    void oneThatIsMovedIntoPlaceIsServed() throws IOException {
        assertServed("one");
        String tag = get("/version.txt").header("ETag");
        build(root.resolve("dist.new"), "two");
        Files.move(dist, root.resolve("dist.old"));
        clock.advance(A_SECOND);
        assertAway();
        Files.move(root.resolve("dist.new"), dist);
        clock.advance(A_SECOND);
        assertServed("two");
        assertNotEquals(tag, get("/version.txt").header("ETag"));
        Files.move(dist, root.resolve("dist.bad"));
        Files.move(root.resolve("dist.old"), dist);
        clock.advance(A_SECOND);
        assertServed("one");
        assertEquals(tag, get("/version.txt").header("ETag"), "the same folder has come back");
    }

    @Test
    void oneThatWasAwayWhileNobodyAskedIsTheSame() throws IOException {
        assertServed("one");
        Files.move(dist, root.resolve("aside"));
        clock.advance(A_SECOND);
        assertAway();
        Files.move(root.resolve("aside"), dist);
        clock.advance(A_SECOND);
        assertServed("one");
    }

    private void link(Path link, Path target) throws IOException {
        Path fresh = link.resolveSibling("fresh");
        Files.createSymbolicLink(fresh, target);
        Files.move(fresh, link, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void whatALinkLeadsToByNowIsServed() throws IOException {
        build(root.resolve("releases/1/public"), "one");
        build(root.resolve("releases/2/public"), "two");
        Path current = root.resolve("current");
        link(current, Path.of("releases/1"));
        files = serve(kind.open(current.resolve("public")), FileOptions.DEFAULT.spa("app.html"));
        assertServed("one");
        link(current, Path.of("releases/2"));
        clock.advance(A_SECOND);
        assertServed("two");
        link(current, root.resolve("releases/1"));
        clock.advance(A_SECOND);
        assertServed("one");
        link(current, Path.of("nowhere"));
        clock.advance(A_SECOND);
        assertAway();
        Files.delete(current);
        build(current.resolve("public"), "two");
        clock.advance(A_SECOND);
        assertServed("two");
    }

    @Test
    void aFileInItsPlaceIsNoFolder() throws IOException {
        assertServed("one");
        remove(dist);
        Files.writeString(dist, "a file");
        clock.advance(A_SECOND);
        assertAway();
        Files.delete(dist);
        build(dist, "two");
        clock.advance(A_SECOND);
        assertServed("two");
    }

    @Test
    void oneThatMayNotBeReachedAnyMoreIsForbidden() throws Exception {
        Path top = Files.createDirectory(root.resolve("top"));
        Path site = top.resolve("site");
        build(site, "one");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        files = serve(kind.open(site), FileOptions.DEFAULT);
        OtherUser.run(() -> assertEquals(200, get("/version.txt").status()));
        Files.setPosixFilePermissions(top, PosixFilePermissions.fromString("rw-------"));
        clock.advance(A_SECOND);
        OtherUser.run(() -> assertEquals(403, get("/version.txt").status()));
        OtherUser.run(() -> assertEquals(403, get("/").status()));
        Files.setPosixFilePermissions(top, PosixFilePermissions.fromString("rwxr-xr-x"));
        clock.advance(A_SECOND);
        OtherUser.run(() -> assertEquals(200, get("/version.txt").status()));
    }

    @Test
    void namesStayInsideTheNewOne() throws IOException {
        Path fresh = root.resolve("dist.new");
        build(fresh, "two");
        Path old = root.resolve("dist.old");
        Files.createSymbolicLink(fresh.resolve("in"), dist.resolve("version.txt"));
        Files.createSymbolicLink(fresh.resolve("out"), Path.of("../a.txt"));
        Files.createSymbolicLink(fresh.resolve("back"), old.resolve("version.txt"));
        Files.createSymbolicLink(fresh.resolve("up"), Path.of(".."));
        Files.move(dist, old);
        Files.move(fresh, dist);
        clock.advance(A_SECOND);
        assertEquals("two", get("/in").text());
        for (String out : List.of("/out", "/back", "/up/a.txt", "/up/dist.old/version.txt")) {
            assertEquals(403, get(out).status(), out);
        }
    }

    /** Counts how often it is asked, and answers that it has turned. */
    private static final class Counting implements DirectoryRoot {
        private final AtomicInteger asked = new AtomicInteger();

        @Override
        public boolean refresh() {
            asked.incrementAndGet();
            return true;
        }

        @Override
        public FileInfo look(String path) {
            return FileInfo.ofKind(path, FileInfo.Kind.ABSENT);
        }

        @Override
        public OpenFile open(String path) throws IOException {
            throw new NoSuchFileException(path);
        }

        @Override
        public void list(String path, Visitor visitor) throws IOException {
            throw new NoSuchFileException(path);
        }

        @Override
        public void close() {}
    }

    @Test
    void itIsLookedForTenTimesASecondHoweverManyAsk() {
        Counting folder = new Counting();
        files = serve(folder, FileOptions.DEFAULT);
        for (int i = 0; i < 1000; i++) {
            get("/x");
        }
        assertEquals(0, folder.asked.get());
        for (int i = 0; i < 1000; i++) {
            clock.advance(Duration.ofMillis(1));
            get("/x");
        }
        assertEquals(10, folder.asked.get());
    }

    @Test
    void refreshingSaysWhetherItTurned() throws IOException {
        try (DirectoryRoot folder = kind.open(dist)) {
            assertFalse(folder.refresh());
            Files.move(dist, root.resolve("dist.old"));
            assertTrue(folder.refresh());
            assertFalse(folder.refresh());
            assertEquals(FileInfo.Kind.ABSENT, folder.look("").kind());
            assertThrows(
                    NoSuchFileException.class, () -> folder.open("version.txt").close());
            assertThrows(NoSuchFileException.class, () -> folder.list(""));
            build(dist, "two");
            assertTrue(folder.refresh());
            assertFalse(folder.refresh());
            assertTrue(folder.look("two.txt").isFile());
        }
    }

    @Test
    void anOpenFileOutlivesItsFolder() throws IOException {
        try (DirectoryRoot folder = kind.open(dist);
                OpenFile file = folder.open("version.txt")) {
            remove(dist);
            build(dist, "two");
            assertTrue(folder.refresh());
            byte[] bytes = new byte[3];
            assertEquals(3, file.read(0, bytes, 0, 3));
            assertEquals("one", new String(bytes, StandardCharsets.US_ASCII));
        }
    }

    private long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(fd -> target(fd).startsWith(root.toString())).count();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closed) {
            return "";
        }
    }

    /** No thread that asks meanwhile is told that there is nothing, or of a mixture; and no descriptor is left. */
    @Test
    void itTurnsUnderTheHandsOfOthers() throws Exception {
        files.close();
        build(root.resolve("releases/1"), "one");
        build(root.resolve("releases/2"), "two");
        Path current = root.resolve("current");
        link(current, Path.of("releases/1"));
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        AtomicBoolean done = new AtomicBoolean();
        long before = descriptors();
        try (DirectoryRoot folder = kind.open(current)) {
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(Thread.ofPlatform().start(() -> readUntil(done, folder, failures)));
            }
            for (int turn = 0; turn < 300 && failures.isEmpty(); turn++) {
                link(current, Path.of("releases/" + (2 - turn % 2)));
                assertTrue(folder.refresh());
            }
            done.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
        }
        failures.forEach(Throwable::printStackTrace);
        assertEquals(0, failures.size());
        assertEquals(before, descriptors());
    }

    private static void readUntil(AtomicBoolean done, DirectoryRoot folder, Queue<Throwable> failures) {
        try {
            while (!done.get()) {
                assertTrue(folder.look("version.txt").isFile());
                try (OpenFile file = folder.open("assets/large.txt")) {
                    byte[] bytes = new byte[30_000];
                    assertEquals(30_000, file.read(0, bytes, 0, bytes.length));
                    String text = new String(bytes, StandardCharsets.US_ASCII);
                    assertTrue(text.equals("one".repeat(10_000)) || text.equals("two".repeat(10_000)));
                }
                assertEquals(4, folder.list("").size());
            }
        } catch (Throwable e) {
            failures.add(e);
        }
    }

    @Test
    void oneThatIsClosedTurnsNoMore() throws IOException {
        DirectoryRoot folder = kind.open(dist);
        folder.close();
        long before = descriptors();
        remove(dist);
        build(dist, "two");
        folder.refresh();
        assertEquals(before, descriptors());
        assertTrue(Files.exists(dist, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void thereMayBeNoneYet() throws IOException {
        Path later = root.resolve("later");
        DirectoryRoot folder =
                kind == FolderKind.NIO ? NioDirectory.at(later, false) : KernelDirectory.at(later, false);
        files = serve(folder, FileOptions.DEFAULT.spa("app.html"));
        assertAway();
        build(later, "two");
        clock.advance(A_SECOND);
        assertServed("two");
    }
}
