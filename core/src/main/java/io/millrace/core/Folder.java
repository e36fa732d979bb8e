// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.io.IOException;
import java.util.List;

/**
 * A directory tree out of which no name leads: the root of a file server. Paths are decoded, relative, separated by
 * {@code /}, without {@code .} and {@code ..} parts; {@code ""} is the root itself. Symbolic links are followed as long
 * as they stay inside, beyond it only when the folder was opened so. Any thread may call; the calls touch the disk.
 */
public interface Folder extends AutoCloseable {

    /**
     * What {@code path} stands for; never throws for what a client may ask, a path that cannot exist is ABSENT.
     *
     * @throws java.io.UncheckedIOException if the system cannot look, being out of descriptors or having a broken disk
     */
    FileInfo look(String path);

    /** Whether {@code path} still stands for what {@code known} says; for caches, so cheaper than to look. */
    default boolean unchanged(String path, FileInfo known) {
        return look(path).sameAs(known);
    }

    /**
     * Opens a regular file for reading. The check that it is inside and the opening are one step: nobody can slip a
     * link in between.
     *
     * @throws java.nio.file.NoSuchFileException if there is no such file
     * @throws java.nio.file.AccessDeniedException if it may not be read, is no regular file or leads out of the folder
     * @throws IOException if the system refuses for another reason, such as being out of descriptors
     */
    OpenFile open(String path) throws IOException;

    /**
     * The names in a directory, each looked at, in no particular order.
     *
     * @throws IOException if it is no directory or may not be read
     */
    List<FileInfo> list(String path) throws IOException;

    @Override
    void close();
}
