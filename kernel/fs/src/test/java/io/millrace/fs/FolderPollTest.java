// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class FolderPollTest {
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

    @Test
    void whatHasChangedIsSeenByLookingToo() throws Exception {
        try (FolderPoll _ = FolderPoll.open(folder, Duration.ofMillis(20), told::add)) {
            Files.writeString(folder.resolve("css/deep/a.css"), "another length");
            awaits("css/deep/a.css");
            write("new/b.js");
            awaits("new/b.js");
            Files.delete(folder.resolve("index.html"));
            awaits("index.html");
        }
    }
}
