// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.FileInfo.Kind;
import io.millrace.core.OpenFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DirectoryRoot} over {@code java.nio.file}, for every platform that has a JDK.
 *
 * <p>What a name leads to is decided on its real path, with every symbolic link resolved, and that path is opened
 * without following links once more. Java offers no {@code openat2(RESOLVE_BENEATH)}, so checking and opening are two
 * steps here; the name is resolved again after the opening and must still lead to the same file. A user who may rename
 * folders inside the root at just the right moments, twice, could still slip something in between.
 *
 * <p>Where Java has the file system's {@code unix} attributes, a change of anything about a file is noticed (ctime);
 * elsewhere, on Windows for one, content that is changed without a trace in size and time of modification is not. Times
 * before 1677 and after 2262 have microseconds, no nanoseconds.
 *
 * <p>Names that are not valid in the platform's encoding cannot be asked for and are left out of lists. Any thread may
 * call.
 */
public final class NioDirectory implements DirectoryRoot {
    private static final String UNIX = "unix:isRegularFile,isDirectory,size,lastModifiedTime,ctime,dev,ino";
    private static final String BASIC = "isRegularFile,isDirectory,size,lastModifiedTime,creationTime,fileKey";

    /**
     * What is at the path of the folder.
     *
     * @param real the real path of the directory, {@code null} if there is none
     * @param key what tells the directory from another of that name, {@code null} where the file system has nothing
     * @param forbidden whether there is none because the way there is forbidden
     */
    private record Root(@Nullable Path real, @Nullable Object key, boolean forbidden) {}

    /** Absolute, as the caller named it, links and all. */
    private final Path directory;

    private final boolean followOutside;
    private final String attributes;
    private volatile Root root;

    private NioDirectory(Path directory, boolean followOutside) {
        this.directory = directory.toAbsolutePath();
        this.followOutside = followOutside;
        this.attributes =
                directory.getFileSystem().supportedFileAttributeViews().contains("unix") ? UNIX : BASIC;
        this.root = find();
    }

    /**
     * Opens a directory out of which no symbolic link leads.
     *
     * @throws IOException if it does not exist, is no directory or may not be reached
     */
    public static NioDirectory open(Path directory) throws IOException {
        return open(directory, false);
    }

    /**
     * Opens a directory.
     *
     * @param followOutside whether symbolic links may lead out of it
     * @throws IOException if it does not exist, is no directory or may not be reached
     */
    public static NioDirectory open(Path directory, boolean followOutside) throws IOException {
        NioDirectory folder = at(directory, followOutside);
        if (folder.root.real == null) {
            // Which says why not, unless it is there and something else.
            directory.getFileSystem().provider().checkAccess(directory);
            throw new NotDirectoryException(directory.toString());
        }
        return folder;
    }

    /**
     * The folder at a path where there may be no directory yet: until there is one, nothing is in it.
     *
     * @param followOutside whether symbolic links may lead out of it
     */
    public static NioDirectory at(Path directory, boolean followOutside) {
        return new NioDirectory(directory, followOutside);
    }

    /** The real path of the directory; the path that was given while there is none. */
    public Path root() {
        Path real = root.real;
        return real == null ? directory : real;
    }

    @Override
    public boolean refresh() {
        Root before = root;
        Root now = find();
        root = now;
        return !now.equals(before);
    }

    private Root find() {
        try {
            Path real = directory.toRealPath();
            BasicFileAttributes metadata = Files.readAttributes(real, BasicFileAttributes.class);
            return new Root(metadata.isDirectory() ? real : null, metadata.fileKey(), false);
        } catch (AccessDeniedException refused) {
            return new Root(null, null, true);
        } catch (IOException | SecurityException absent) {
            return new Root(null, null, false);
        }
    }

    @Override
    public FileInfo look(String path) {
        try {
            return info(name(path), inside(root, path));
        } catch (AccessDeniedException refused) {
            return FileInfo.ofKind(name(path), Kind.FORBIDDEN);
        } catch (IOException | SecurityException absent) {
            return FileInfo.ofKind(name(path), Kind.ABSENT);
        }
    }

    @Override
    public OpenFile open(String path) throws IOException {
        Root now = root;
        Path real = inside(now, path);
        FileInfo before = info(name(path), real);
        // Opening a pipe would wait for a writer and opening a device can do anything: look first, then open.
        if (!before.isFile()) {
            throw new AccessDeniedException(path, null, "not a regular file");
        }
        FileChannel channel = FileChannel.open(real, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        try {
            return new NioFile(stillThere(now, path, real, before), channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** The facts after the opening, once it is certain that the name leads where it led before. */
    private FileInfo stillThere(Root now, String path, Path real, FileInfo before) throws IOException {
        Path again = inside(now, path);
        FileInfo after = info(before.name(), again);
        if (!again.equals(real) || after.inode() != before.inode() || after.device() != before.device()) {
            throw new AccessDeniedException(path, null, "replaced while it was being opened");
        }
        return after;
    }

    @Override
    public void list(String path, Visitor visitor) throws IOException {
        Path real = inside(root, path);
        try (DirectoryStream<Path> names = Files.newDirectoryStream(real)) {
            for (Path child : names) {
                String name = child.getFileName().toString();
                if (name.indexOf('\uFFFD') < 0 && !visitor.visit(entry(path, name, child))) {
                    return;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** An entry of a list; only a link needs the whole way to be walked, the others are where their folder is. */
    private FileInfo entry(String folder, String name, Path child) {
        try {
            if (!Files.isSymbolicLink(child)) {
                return info(name, child);
            }
        } catch (IOException gone) {
            return FileInfo.ofKind(name, Kind.ABSENT);
        }
        return look(folder.isEmpty() ? name : folder + "/" + name);
    }

    /** Nothing is held open between calls. */
    @Override
    public void close() {}

    /** The real path that a name leads to; AccessDeniedException if that is outside. */
    private Path inside(Root now, String path) throws IOException {
        if (!DirectoryRoot.isWellFormed(path)) {
            throw new NoSuchFileException(path);
        }
        if (now.real == null) {
            throw now.forbidden ? new AccessDeniedException(path) : new NoSuchFileException(path);
        }
        Path real = real(now.real, path);
        if (!followOutside && !real.startsWith(now.real)) {
            throw new AccessDeniedException(path, null, "leads out of the folder");
        }
        return real;
    }

    private static Path real(Path root, String path) throws IOException {
        try {
            return root.resolve(path).toRealPath();
        } catch (AccessDeniedException e) {
            throw e;
        } catch (InvalidPathException | FileSystemException e) {
            // ENOENT, or one of ENOTDIR, ELOOP and ENAMETOOLONG: ways of a name to lead nowhere.
            throw new NoSuchFileException(path);
        }
    }

    private FileInfo info(String name, Path real) throws IOException {
        Map<String, Object> metadata = Files.readAttributes(real, attributes, LinkOption.NOFOLLOW_LINKS);
        Kind kind = metadata.get("isRegularFile") == Boolean.TRUE
                ? Kind.FILE
                : metadata.get("isDirectory") == Boolean.TRUE ? Kind.FOLDER : Kind.OTHER;
        long size = kind == Kind.FILE ? number(metadata.get("size")) : 0;
        Instant modified = Objects.requireNonNullElse(time(metadata.get("lastModifiedTime")), Instant.EPOCH);
        Instant changed = time(metadata.get("ctime"));
        return new FileInfo(name, kind, size, modified, changed, number(metadata.get("dev")), inode(metadata));
    }

    private static @Nullable Instant time(@Nullable Object value) {
        return value instanceof FileTime time ? time.toInstant() : null;
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }

    /** Where there are no inode numbers, what else tells a file from one that is put in its place. */
    private static long inode(Map<String, Object> metadata) {
        Object inode = metadata.get("ino");
        return inode != null
                ? number(inode)
                : 31L * Objects.hashCode(metadata.get("fileKey")) + Objects.hashCode(metadata.get("creationTime"));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
