// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run leaves nothing behind, and takes away what a killed one has left. */
final class RunFolderTest {

    private static Path leftBy(Path parent, String name, String owner) throws IOException {
        Path folder =
                Files.createDirectories(parent.resolve(name).resolve("nginx1")).getParent();
        Files.writeString(folder.resolve("nginx1/nginx.conf"), "daemon off;");
        if (owner != null) {
            Files.writeString(folder.resolve("owner"), owner);
        }
        return folder;
    }

    @Test
    void whatIsInItGoesWithIt(@TempDir Path parent) throws IOException {
        try (RunFolder folder = RunFolder.open(parent)) {
            Files.createDirectories(folder.path().resolve("a/b"));
            Files.writeString(folder.path().resolve("a/b/c"), "x");
        }
        try (Stream<Path> left = Files.list(parent)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void onlyFoldersOfRunsThatAreGoneAreRemoved(@TempDir Path parent) throws IOException {
        String own;
        try (RunFolder mine = RunFolder.open(parent)) {
            own = Files.readString(mine.path().resolve("owner"));
            Path gone = leftBy(parent, "millrace-lab-gone", "2147483647 1");
            // The number of a process that lives, but of another that had it before.
            Path before = leftBy(parent, "millrace-lab-before", own.substring(0, own.indexOf(' ')) + " 1");
            Path nobodys = leftBy(parent, "millrace-lab-nobody", null);
            Path other = leftBy(parent, "somebody-else", "2147483647 1");
            RunFolder.open(parent).close();
            assertFalse(Files.exists(gone), "its process is gone");
            assertFalse(Files.exists(before), "its process is gone, and the number was given again");
            assertTrue(Files.exists(nobodys) && Files.exists(other) && Files.exists(mine.path()));
        }
    }
}
