// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a name in a {@link DirectoryRoot} stands for, as stat(2) sees it after following symbolic links.
 *
 * @param name the last part of the path ({@code ""} for the root)
 * @param kind what it is
 * @param size bytes, for a file
 * @param modified when the content was changed last, which the owner of the file may set to anything; kept between the
 *     years -999,999,998 and 999,999,998
 * @param changed when anything about the file was changed last, by the system's clock (ctime): content, permissions,
 *     owner, names; {@code null} where the file system does not say
 * @param device the file system, or 0 where unknown
 * @param inode the file within the file system, or 0 where unknown: with {@code device} its identity
 */
public record FileInfo(
        String name,
        Kind kind,
        long size,
        Instant modified,
        @Nullable Instant changed,
        long device,
        long inode) {
    /** A day less than what a date of any time zone can say. */
    private static final Instant LATEST = Instant.parse("+999999998-12-31T00:00:00Z");

    private static final Instant EARLIEST = Instant.parse("-999999998-01-01T00:00:00Z");

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

    /** Takes a time of change that no calendar has, as some file systems keep them, for the nearest that one has. */
    public FileInfo {
        modified = modified.isAfter(LATEST) ? LATEST : modified.isBefore(EARLIEST) ? EARLIEST : modified;
    }

    /** A name of which nothing is known but what it stands for. */
    public static FileInfo ofKind(String name, Kind kind) {
        return new FileInfo(name, kind, 0, Instant.EPOCH, null, 0, 0);
    }

    /** A regular file of which only the size is known, such as one in memory. */
    public static FileInfo ofSize(String name, long size) {
        return new FileInfo(name, Kind.FILE, size, Instant.EPOCH, null, 0, 0);
    }

    /** Whether this is a regular file. */
    public boolean isFile() {
        return kind == Kind.FILE;
    }

    /** Whether this is a directory. */
    public boolean isFolder() {
        return kind == Kind.FOLDER;
    }

    /**
     * Whether both are the same file, with the same content and the same permissions, as far as identity, size and
     * times can tell: where the time of change is unknown, other content of equal size and time of modification goes
     * unnoticed.
     */
    public boolean sameAs(FileInfo other) {
        return kind == other.kind
                && size == other.size
                && modified.equals(other.modified)
                && Objects.equals(changed, other.changed)
                && device == other.device
                && inode == other.inode;
    }
}
