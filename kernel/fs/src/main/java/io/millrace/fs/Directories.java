// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import io.millrace.core.DirectoryRoot;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Opens folders in the safest way that this machine has: by the kernel's own check where there is one (openat2(2)),
 * else by name.
 */
public final class Directories {

    private Directories() {}

    /**
     * Opens a folder.
     *
     * @param followOutside whether symbolic links may lead out of it
     * @throws IOException if it does not exist, is no directory or may not be read
     */
    public static DirectoryRoot open(Path path, boolean followOutside) throws IOException {
        try {
            return KernelDirectory.open(path, followOutside);
        } catch (IOException | UnsupportedOperationException | LinkageError e) {
            // Not there or not a directory, which the portable way says in Java's own exceptions; or an old kernel,
            // a sandbox, another system.
            return NioDirectory.open(path, followOutside);
        }
    }

    /**
     * Returns the folder at a path where there may be no directory yet: until there is one, nothing is in it.
     *
     * @param followOutside whether symbolic links may lead out of it
     */
    public static DirectoryRoot at(Path path, boolean followOutside) {
        try {
            return KernelDirectory.at(path, followOutside);
        } catch (IOException | UnsupportedOperationException | LinkageError e) {
            return NioDirectory.at(path, followOutside);
        }
    }
}
