// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A directory tree out of which no name leads: the root of a file server. Paths are decoded, relative, separated by
 * {@code /}, without {@code .} and {@code ..} parts; {@code ""} is the root itself. Symbolic links are followed as long
 * as they stay inside, beyond it only when the folder was opened so. Any thread may call; the calls touch the disk.
 *
 * <p>The folder is what stands at its path: {@link #refresh} looks whether that is another directory by now.
 */
public interface DirectoryRoot extends AutoCloseable {

    /**
     * Returns whether a path has the form that folders take: not empty, no NUL, no empty part, no {@code .} and
     * {@code ..}, no part above 1,024 characters, and no character that the file system of this platform gives a
     * meaning of its own, such as the backslash on Windows.
     */
    static boolean isWellFormed(String path) {
        return PathForm.isWellFormed(path);
    }

    /**
     * What {@code path} stands for; never throws for what a client may ask, a path that cannot exist is ABSENT.
     *
     * @throws java.io.UncheckedIOException if the system cannot look, being out of descriptors or having a broken disk
     */
    FileInfo look(String path);

    /**
     * Whether {@code path} still leads to what {@code known} says; for caches, so cheaper than to look. Need not find
     * out whether the way there is still one that stays inside: see {@link #reaches}.
     */
    default boolean unchanged(String path, FileInfo known) {
        return look(path).sameAs(known);
    }

    /** Whether looking would find just what {@code known} says, without making anything of it. */
    default boolean reaches(String path, FileInfo known) {
        return look(path).sameAs(known);
    }

    /**
     * Opens a regular file for reading. The check that it is inside and the opening are one step: none can slip a link
     * in between.
     *
     * @throws java.nio.file.NoSuchFileException if there is no such file
     * @throws java.nio.file.AccessDeniedException if it may not be read, is no regular file or leads out of the folder
     * @throws IOException if the system refuses for another reason, such as being out of descriptors
     */
    OpenFile open(String path) throws IOException;

    /** Takes the entries of a directory, one after the other. */
    interface Visitor {

        /**
         * Takes an entry.
         *
         * @return whether to go on
         * @throws IOException to end the visit by it
         */
        boolean visit(FileInfo entry) throws IOException;
    }

    /**
     * Shows a visitor the names in a directory, each looked at, in no particular order, until there are no more or the
     * visitor has enough. However large the directory is, only a few names are in memory at a time. The visitor runs on
     * the calling thread and may block; the directory is open meanwhile.
     *
     * @throws IOException if it is no directory or may not be read, or what the visitor throws
     */
    void list(String path, Visitor visitor) throws IOException;

    /**
     * The names in a directory, each looked at, in no particular order.
     *
     * @throws IOException if it is no directory or may not be read
     */
    default List<FileInfo> list(String path) throws IOException {
        List<FileInfo> entries = new ArrayList<>();
        list(path, entries::add);
        return entries;
    }

    /**
     * Turns to the directory that stands at the folder's path by now, if it is another one: made anew, moved there, or
     * led to by another symbolic link. While there is none, nothing is in the folder. Calls under way finish in the old
     * one. Cheap enough to be called ten times a second; who serves the folder does so.
     *
     * @return whether the folder has turned, so that nothing holds that was remembered of it
     */
    default boolean refresh() {
        return false;
    }

    @Override
    void close();
}
