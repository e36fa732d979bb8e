// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is in a folder whose changes are told: all but names that begin with a dot, which are the tools' own, and
 * {@code node_modules}, which has tens of thousands of files that are not edited.
 */
final class FolderEntries {
    private FolderEntries() {}

    static boolean isPassedOver(String entry) {
        return entry.startsWith(".") || entry.equals("node_modules");
    }

    /** Returns the folders in {@code root/name} that are no links, below the root; none if it cannot be read. */
    static List<String> folders(Path root, String name) {
        List<String> all = new ArrayList<>();
        for (String entry : entries(root, name)) {
            if (Files.isDirectory(root.resolve(entry), LinkOption.NOFOLLOW_LINKS)) {
                all.add(entry);
            }
        }
        return all;
    }

    /** Returns the files below {@code root/name}, however deep. */
    static List<String> files(Path root, String name) {
        List<String> all = new ArrayList<>();
        for (String entry : entries(root, name)) {
            if (Files.isDirectory(root.resolve(entry), LinkOption.NOFOLLOW_LINKS)) {
                all.addAll(files(root, entry));
            } else {
                all.add(entry);
            }
        }
        return all;
    }

    private static List<String> entries(Path root, String name) {
        List<String> all = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.resolve(name))) {
            for (Path entry : entries) {
                String last = String.valueOf(entry.getFileName());
                if (!isPassedOver(last)) {
                    all.add(name.isEmpty() ? last : name + "/" + last);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // It has gone meanwhile, or may not be read, and then it is not served either.
            return all;
        }
        return all;
    }

    static boolean isLink(Path root, String name) {
        return Files.isSymbolicLink(root.resolve(name));
    }
}
