// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Files;
import io.millrace.sys.PathBytes;
import io.millrace.sys.SysException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A folder by its descriptor. The kernel itself keeps every name inside: openat2(2) with RESOLVE_BENEATH, so that no
 * link, not even one that is put there between a check and an opening, leads out. Names are UTF-8 whatever the locale
 * says.
 *
 * <p>The kernel refuses absolute links altogether, those that point back inside included; these are resolved here once
 * and tried again by their real name.
 *
 * <p>The descriptor holds the directory, whatever becomes of its name; {@link #refresh} lets the same descriptor hold
 * another, by dup3(2): a call under way in another thread finishes in the old directory, and no thread waits for
 * another.
 */
public final class KernelDirectory implements DirectoryRoot {
    private static final long BENEATH = Files.RESOLVE_BENEATH | Files.RESOLVE_NO_MAGICLINKS;

    /** Not blocking on a pipe that appears where a file was. */
    private static final long READ = Files.O_RDONLY | Files.O_CLOEXEC | Files.O_NOCTTY | Files.O_NONBLOCK;

    private static final long LOOK = Files.O_PATH | Files.O_CLOEXEC;

    /** Absolute, as the caller named it, links and all. */
    private final String root;

    private final int fd;
    private final long resolve;
    private final ReadWriteLock using = new ReentrantReadWriteLock();
    private final Lock turning = new ReentrantLock();
    private boolean closed;

    /** 0, or why there is no directory at the path: -errno. */
    private volatile int absence;

    /** What the descriptor holds; for the thread that has {@link #turning}. */
    private long device;

    private long inode;

    private KernelDirectory(String root, int fd, boolean followOutside) {
        this.root = root;
        this.fd = fd;
        this.resolve = followOutside ? 0 : BENEATH;
    }

    /**
     * Opens a folder.
     *
     * @param followOutside whether symbolic links may lead out of it
     * @throws SysException if it is no directory or may not be read, or if the kernel has no openat2 (before Linux 5.6,
     *     or forbidden by a seccomp filter: ENOSYS, EPERM)
     * @throws UnsupportedOperationException if the path is not in the system's own file system, or not UTF-8
     */
    public static KernelDirectory open(Path path, boolean followOutside) throws IOException {
        KernelDirectory folder = at(path, followOutside);
        int absence = folder.absence;
        if (absence != 0) {
            folder.close();
            throw new SysException("openat2", absence, path);
        }
        return folder;
    }

    /**
     * The folder at a path where there may be no directory yet: until there is one, nothing is in it.
     *
     * @param followOutside whether symbolic links may lead out of it
     * @throws SysException if the kernel has no openat2, or if this process is out of descriptors
     * @throws UnsupportedOperationException if the path is not in the system's own file system, or not UTF-8
     */
    public static KernelDirectory at(Path path, boolean followOutside) throws IOException {
        String root = absolute(path);
        // Any directory will do, to have a descriptor that can be made to hold another.
        int fd = openDirectory("/");
        if (fd < 0) {
            throw new SysException("openat2", fd, path);
        }
        KernelDirectory folder = new KernelDirectory(root, fd, followOutside);
        folder.absence = -Errno.ENOENT;
        folder.turn();
        return folder;
    }

    /** What Java takes for the working directory went through the locale; the kernel's own word for it did not. */
    private static String absolute(Path path) {
        String text = PathBytes.text(path);
        if (path.isAbsolute()) {
            return text;
        }
        String here = Files.realpath(".");
        if (here == null) {
            throw new UnsupportedOperationException("the working directory has gone, or its name is not UTF-8");
        }
        return text.isEmpty() ? here : here + "/" + text;
    }

    private static int openDirectory(String path) {
        return Files.openat2(Files.AT_FDCWD, path, Files.O_PATH | Files.O_DIRECTORY | Files.O_CLOEXEC, 0);
    }

    /** While another thread is at it, on a disk that hangs perhaps, there is nothing to do. */
    @Override
    public boolean refresh() {
        if (!turning.tryLock()) {
            return false;
        }
        using.readLock().lock();
        try {
            return !closed && turn();
        } finally {
            using.readLock().unlock();
            turning.unlock();
        }
    }

    /** Turns to what is at the path now; true if that is something else than before. */
    private boolean turn() {
        long heldDevice = device;
        long heldInode = inode;
        int before = absence;
        long[] stat = Files.values();
        int found = Files.statx(Files.AT_FDCWD, root, 0, stat);
        absence = found == 0 && !isHeld(stat) ? hold() : found;
        return before != absence || device != heldDevice || inode != heldInode;
    }

    private boolean isHeld(long[] stat) {
        return stat[Files.DEVICE] == device && stat[Files.INODE] == inode;
    }

    /** Lets the descriptor hold the directory at the path: 0, or -errno. */
    private int hold() {
        int directory = openDirectory(root);
        if (directory < 0) {
            return directory;
        }
        long[] stat = Files.values();
        int result = Files.statx(directory, "", Files.AT_EMPTY_PATH, stat);
        if (result == 0) {
            result = Math.min(Descriptors.dup3(directory, fd, Files.O_CLOEXEC), 0);
        }
        if (result == 0) {
            device = stat[Files.DEVICE];
            inode = stat[Files.INODE];
        }
        Descriptors.close(directory);
        return result;
    }

    @Override
    public FileInfo look(String path) {
        int found = resolve(path, LOOK);
        if (found < 0) {
            return nothing(path, found);
        }
        try {
            return info(found, path);
        } catch (SysException e) {
            return nothing(path, -e.errno());
        } finally {
            Descriptors.close(found);
        }
    }

    /**
     * One call where {@link #look} needs three: the same inode is the same file, whichever way the name leads to it by
     * now.
     */
    @Override
    public boolean unchanged(String path, FileInfo known) {
        long[] stat = Files.values();
        return statx(path, stat) == 0 && isSame(stat, known);
    }

    /** Allocates nothing. */
    @Override
    public boolean reaches(String path, FileInfo known) {
        int found = resolve(path, LOOK);
        if (found < 0) {
            return false;
        }
        long[] stat = Files.values();
        boolean same = Files.statx(found, "", Files.AT_EMPTY_PATH, stat) == 0 && isSame(stat, known);
        Descriptors.close(found);
        return same;
    }

    private static boolean isSame(long[] stat, FileInfo known) {
        return stat[Files.SIZE] == known.size()
                && stat[Files.INODE] == known.inode()
                && stat[Files.DEVICE] == known.device()
                && isTime(known.modified(), stat, Files.MODIFIED_SECONDS)
                && isTime(known.changed(), stat, Files.CHANGED_SECONDS)
                && kind(stat) == known.kind();
    }

    /** Whether the seconds at {@code index} and the nanoseconds behind them are that time; allocates nothing. */
    private static boolean isTime(@Nullable Instant time, long[] stat, int index) {
        return time != null && stat[index] == time.getEpochSecond() && stat[index + 1] == time.getNano();
    }

    @Override
    public OpenFile open(String path) throws IOException {
        // Looked at before it is opened: opening a device can have effects, opening a pipe can wait.
        FileInfo before = look(path);
        if (before.kind() == FileInfo.Kind.ABSENT) {
            throw new NoSuchFileException(path);
        }
        if (!before.isFile()) {
            throw new AccessDeniedException(path, null, "not a regular file");
        }
        int file = resolve(path, READ);
        if (file < 0) {
            throw failure(path, file);
        }
        try {
            FileInfo info = info(file, path);
            if (info.isFile()) {
                return new KernelFile(file, info);
            }
            Descriptors.close(file);
            throw new AccessDeniedException(path, null, "not a regular file");
        } catch (SysException e) {
            Descriptors.close(file);
            throw e;
        }
    }

    @Override
    public void list(String path, Visitor visitor) throws IOException {
        int directory = resolve(path, Files.O_RDONLY | Files.O_DIRECTORY | Files.O_CLOEXEC);
        if (directory < 0) {
            throw failure(path, directory);
        }
        try {
            String folder = path.isEmpty() ? "" : path + "/";
            List<String> names = new ArrayList<>();
            int n;
            do {
                names.clear();
                n = Files.getdents64(directory, names);
            } while (n > 0 && show(folder, names, visitor));
            if (n < 0) {
                // ENOENT of a directory that was removed meanwhile.
                throw n == -Errno.ENOENT ? new NoSuchFileException(path) : new SysException("getdents64", n, path);
            }
        } finally {
            Descriptors.close(directory);
        }
    }

    private boolean show(String folder, List<String> names, Visitor visitor) throws IOException {
        for (String name : names) {
            if (!name.equals(".") && !name.equals("..") && !visitor.visit(look(folder + name))) {
                return false;
            }
        }
        return true;
    }

    /** Waits for calls in progress: the descriptor's number may be another file's a moment later. */
    @Override
    public void close() {
        using.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                Descriptors.close(fd);
            }
        } finally {
            using.writeLock().unlock();
        }
    }

    private int resolve(String path, long flags) {
        String name = path.isEmpty() ? "." : path;
        int result = openat2(name, flags);
        if (result == -Errno.EAGAIN) {
            // A rename beside a ".." made the kernel unsure (openat2(2)); once more is what it asks for.
            result = openat2(name, flags);
        }
        return result == -Errno.EXDEV ? resolveLinks(name, flags) : result;
    }

    private int openat2(String name, long flags) {
        using.readLock().lock();
        try {
            int refused = refusal();
            return refused != 0 ? refused : Files.openat2(fd, name, flags, resolve);
        } finally {
            using.readLock().unlock();
        }
    }

    private int statx(String name, long[] stat) {
        using.readLock().lock();
        try {
            int refused = refusal();
            return refused != 0 ? refused : Files.statx(fd, name, 0, stat);
        } finally {
            using.readLock().unlock();
        }
    }

    private int refusal() {
        return closed ? -Errno.EBADF : absence;
    }

    /**
     * An absolute link, or a way out: only the real name can tell. It has no links, so the kernel's answer to it is
     * final.
     */
    private int resolveLinks(String name, long flags) {
        // A name that goes up is no name of ours, even where it would come down inside again; nor is an absolute one.
        if (name.startsWith("/") || ("/" + name + "/").contains("/../")) {
            return -Errno.EXDEV;
        }
        String top = Files.realpath(root);
        String real = Files.realpath(root + "/" + name);
        String relative = top == null || real == null ? null : below(top, real);
        return relative == null ? -Errno.EXDEV : openat2(relative, flags);
    }

    /** The path from one directory down to another name, {@code null} if it is not below. */
    private static @Nullable String below(String top, String real) {
        if (real.equals(top)) {
            return ".";
        }
        String prefix = top.endsWith("/") ? top : top + "/";
        return real.startsWith(prefix) ? real.substring(prefix.length()) : null;
    }

    private static FileInfo info(int descriptor, String path) throws SysException {
        long[] stat = new long[Files.STAT_VALUES];
        int result = Files.statx(descriptor, "", Files.AT_EMPTY_PATH, stat);
        if (result < 0) {
            throw new SysException("statx", result, path);
        }
        Instant modified = time(stat, Files.MODIFIED_SECONDS);
        Instant changed = time(stat, Files.CHANGED_SECONDS);
        return new FileInfo(
                name(path), kind(stat), stat[Files.SIZE], modified, changed, stat[Files.DEVICE], stat[Files.INODE]);
    }

    /** The time of the seconds at {@code index} and the nanoseconds behind them; the nearest that Java can say. */
    private static Instant time(long[] stat, int index) {
        long seconds = Math.clamp(stat[index], Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond());
        return Instant.ofEpochSecond(seconds, stat[index + 1]);
    }

    private static FileInfo.Kind kind(long[] stat) {
        return switch ((int) stat[Files.MODE] & Files.S_IFMT) {
            case Files.S_IFREG -> FileInfo.Kind.FILE;
            case Files.S_IFDIR -> FileInfo.Kind.FOLDER;
            default -> FileInfo.Kind.OTHER;
        };
    }

    private static FileInfo nothing(String path, int result) {
        FileInfo.Kind kind = switch (-result) {
            case Errno.ENOENT, Errno.ENOTDIR, Errno.ENAMETOOLONG, Errno.EINVAL -> FileInfo.Kind.ABSENT;
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.EIO ->
                throw new UncheckedIOException(new SysException("openat2", result, path));
            default -> FileInfo.Kind.FORBIDDEN;
        };
        return FileInfo.ofKind(name(path), kind);
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static IOException failure(String path, int result) {
        return switch (-result) {
            case Errno.ENOENT, Errno.ENAMETOOLONG, Errno.EINVAL -> new NoSuchFileException(path);
            case Errno.ENOTDIR -> new NotDirectoryException(path);
            case Errno.EACCES, Errno.EPERM, Errno.EXDEV, Errno.ELOOP -> new AccessDeniedException(path);
            default -> new SysException("openat2", result, path);
        };
    }
}
