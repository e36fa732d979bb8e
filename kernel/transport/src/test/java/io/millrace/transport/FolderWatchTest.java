// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.fs.FolderWatch;
import io.millrace.sys.Platform;
import io.millrace.sys.SysException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class FolderWatchTest {
    @TempDir
    private Path temp;

    private final BlockingQueue<Set<String>> told = new LinkedBlockingQueue<>();
    private Path folder;

    @BeforeEach
    void files() throws IOException {
        folder = temp.resolve("site");
        write("index.html");
        write("css/deep/a.css");
    }

    private Path write(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "text of " + name + " at " + System.nanoTime());
    }

    /** All that is told until each of these has been; nothing else may be. */
    private void awaits(String... names) throws InterruptedException {
        Set<String> expected = Set.of(names);
        Set<String> all = new TreeSet<>();
        while (!all.containsAll(expected)) {
            Set<String> next = told.poll(30, TimeUnit.SECONDS);
            assertTrue(next != null, () -> "told " + all + " and not all of " + expected);
            all.addAll(next);
        }
        assertEquals(new TreeSet<>(expected), all);
    }

    private LoopGroup loops;

    private FolderWatch watch() throws Exception {
        assumeTrue(Platform.LINUX && Platform.whyNot() == null, "inotify is Linux's");
        loops = LoopGroup.open(1);
        FutureTask<FolderWatch> opening = new FutureTask<>(() -> FolderWatch.open(loops.loop(0), folder, told::add));
        loops.loop(0).execute(opening);
        try {
            return opening.get();
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    @AfterEach
    void stop() {
        if (loops != null) {
            loops.close();
        }
    }

    @Test
    void whatIsWrittenDeletedAndMovedIsTold() throws Exception {
        try (FolderWatch _ = watch()) {
            write("index.html");
            awaits("index.html");
            write("css/deep/a.css");
            awaits("css/deep/a.css");
            Files.delete(folder.resolve("css/deep/a.css"));
            awaits("css/deep/a.css");
            Files.move(folder.resolve("index.html"), folder.resolve("other.html"));
            awaits("index.html", "other.html");
            Files.createSymbolicLink(folder.resolve("link.html"), Path.of("other.html"));
            awaits("link.html");
        }
    }

    @Test
    void foldersThatComeAreWatchedAndThoseThatGoAreNot() throws Exception {
        try (FolderWatch _ = watch()) {
            write("new/x/b.js");
            awaits("new/x/b.js");
            write("new/x/b.js");
            awaits("new/x/b.js");
            Files.move(folder.resolve("new"), temp.resolve("outside"));
            awaits("new");
            Files.writeString(temp.resolve("outside/x/b.js"), "not told");
            Files.createDirectory(folder.resolve(".git"));
            write(".git/index");
            write("node_modules/m/index.js");
            write("index.html");
            awaits("index.html");
            Files.move(folder.resolve("css"), folder.resolve("styles"));
            awaits("css", "styles/deep/a.css");
            write("styles/deep/a.css");
            awaits("styles/deep/a.css");
        }
    }

    /** Build tools delete the folder and make another, or put another in its place. */
    @Test
    void theFolderItselfMayGoAndComeBack() throws Exception {
        try (FolderWatch _ = watch()) {
            Files.move(folder, temp.resolve("old"));
            write("index.html");
            awaits("");
            write("index.html");
            awaits("index.html");
            Files.delete(folder.resolve("index.html"));
            awaits("index.html");
            Files.delete(folder);
            write("again.html");
            awaits("");
            write("again.html");
            awaits("again.html");
        }
    }

    @Test
    void whatIsNoFolderIsSaid() {
        folder = temp.resolve("nothing");
        assertThrows(SysException.class, this::watch);
    }
}
