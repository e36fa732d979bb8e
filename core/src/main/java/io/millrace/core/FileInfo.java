// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/**
 * What a name in a {@link Folder} stands for, as stat(2) sees it after following symbolic links.
 *
 * @param name the last part of the path ({@code ""} for the root)
 * @param kind what it is
 * @param size bytes, for a file
 * @param modified time of the last change of the content, nanoseconds since 1970 (UTC)
 * @param device the file system, or 0 where unknown
 * @param inode the file within the file system, or 0 where unknown: with {@code device} its identity
 */
public record FileInfo(String name, Kind kind, long size, long modified, long device, long inode) {

    /** What a name stands for. */
    public enum Kind {
        /** A regular file. */
        FILE,
        /** A directory. */
        FOLDER,
        /** Something that is neither: a device, a socket, a pipe. Never served. */
        OTHER,
        /** Something that exists but may not be reached: no permission, or a link that leads out of the folder. */
        FORBIDDEN,
        /** Nothing. */
        ABSENT
    }

    /** Whether this is a regular file. */
    public boolean isFile() {
        return kind == Kind.FILE;
    }

    /** Whether this is a directory. */
    public boolean isFolder() {
        return kind == Kind.FOLDER;
    }

    /** Whether both are the same file with the same content, as far as identity, size and time can tell. */
    public boolean sameAs(FileInfo other) {
        return kind == other.kind
                && size == other.size
                && modified == other.modified
                && device == other.device
                && inode == other.inode;
    }
}
