// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files by descriptor: openat2(2), statx(2), pread(2), sendfile(2), getdents64(2), realpath(3), unlink(2), chmod(2).
 * Paths are encoded in UTF-8, whatever the locale of the process is. Each of these calls may wait for a disk, so none
 * is critical.
 */
public final class Files {
    private Files() {}

    public static final int AT_FDCWD = -100;
    public static final int AT_EMPTY_PATH = 0x1000;
    public static final int AT_SYMLINK_NOFOLLOW = 0x100;
    public static final int O_RDONLY = 0;
    public static final int O_NOCTTY = 0x100;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;
    public static final int O_PATH = 0x200000;
    public static final int O_DIRECTORY = Platform.either(0x10000, 0x4000);
    public static final int RESOLVE_NO_MAGICLINKS = 0x02;
    public static final int RESOLVE_BENEATH = 0x08;
    public static final int S_IFMT = 0xf000;
    public static final int S_IFREG = 0x8000;
    public static final int S_IFSOCK = 0xc000;
    public static final int S_IFDIR = 0x4000;

    /** What statx asks for: type, size, times of modification and of change, inode. */
    public static final int STATX_WANTED = 0x1 | 0x200 | 0x40 | 0x80 | 0x100;

    static final int SYS_OPENAT2 = 437;
    static final int SYS_GETDENTS64 = Platform.either(217, 61);

    /** Indices into the result of {@link #statx}. */
    public static final int MODE = 0;

    public static final int SIZE = 1;
    public static final int MODIFIED_SECONDS = 2;
    public static final int MODIFIED_NANOS = 3;
    public static final int DEVICE = 4;
    public static final int INODE = 5;
    public static final int CHANGED_SECONDS = 6;
    public static final int CHANGED_NANOS = 7;

    /** Number of values that {@link #statx} fills in. */
    public static final int STAT_VALUES = 8;

    /** struct statx, equal on all processors. */
    static final int STATX_SIZE = 256;

    static final int STX_MODE = 28;
    static final int STX_INO = 32;
    static final int STX_SIZE = 40;
    static final int STX_CTIME = 96;
    static final int STX_MTIME = 112;
    static final int STX_DEV_MAJOR = 136;

    /** struct linux_dirent64: inode u64, offset s64, length u16, type u8, name. */
    static final int DIRENT_RECLEN = 16;

    static final int DIRENT_NAME = 19;

    private static final MethodHandle SYSCALL = Native.function("syscall");
    private static final MethodHandle STATX = Native.function("statx");
    private static final MethodHandle PREAD = Native.function("pread");
    private static final MethodHandle SENDFILE = Native.function("sendfile");
    private static final MethodHandle REALPATH = Native.function("realpath");
    private static final MethodHandle UNLINK = Native.function("unlink");
    private static final MethodHandle CHMOD = Native.function("chmod");
    private static final MethodHandle FCHMOD = Native.function("fchmod");

    /** These two are not final: see {@link Native#outOfLine}. */
    private static MethodHandle look = Native.outOfLine(MethodHandles.lookup(), "look", Native.FOUR_LONGS);

    private static MethodHandle transfer = Native.outOfLine(MethodHandles.lookup(), "transfer", Native.FOUR_LONGS);

    /** struct open_how: flags u64, mode u64, resolve u64. */
    private static final int OPEN_HOW_SIZE = 24;

    /** Opens a path relative to a directory, resolved as the RESOLVE flags say. Returns the descriptor or -errno. */
    public static int openat2(int directory, String path, long flags, long resolve) {
        Scratch scratch = Scratch.mine();
        int refused = path(path, scratch.path);
        if (refused < 0) {
            return refused;
        }
        MemorySegment how = scratch.struct;
        how.set(ValueLayout.JAVA_LONG, 0, flags);
        how.set(ValueLayout.JAVA_LONG, 8, 0);
        how.set(ValueLayout.JAVA_LONG, 16, resolve);
        return Native.call(SYSCALL, SYS_OPENAT2, directory, scratch.path.address(), how.address(), OPEN_HOW_SIZE);
    }

    /**
     * Reads what a path relative to a directory stands for into {@code values}, by the indices above. Follows links
     * unless {@code flags} say AT_SYMLINK_NOFOLLOW. Returns 0 or -errno.
     */
    public static int statx(int directory, String path, int flags, long[] values) {
        Scratch scratch = Scratch.mine();
        int refused = path(path, scratch.path);
        if (refused < 0) {
            return refused;
        }
        MemorySegment s = scratch.struct;
        int result = statx(scratch, directory, flags);
        if (result == 0) {
            values[MODE] = s.get(ValueLayout.JAVA_SHORT, STX_MODE) & 0xffff;
            values[SIZE] = s.get(ValueLayout.JAVA_LONG, STX_SIZE);
            values[MODIFIED_SECONDS] = s.get(ValueLayout.JAVA_LONG, STX_MTIME);
            values[MODIFIED_NANOS] = s.get(ValueLayout.JAVA_INT, STX_MTIME + 8);
            values[DEVICE] = s.get(ValueLayout.JAVA_LONG, STX_DEV_MAJOR);
            values[INODE] = s.get(ValueLayout.JAVA_LONG, STX_INO);
            values[CHANGED_SECONDS] = s.get(ValueLayout.JAVA_LONG, STX_CTIME);
            values[CHANGED_NANOS] = s.get(ValueLayout.JAVA_INT, STX_CTIME + 8);
        }
        return result;
    }

    private static int statx(Scratch scratch, int directory, int flags) {
        long path = scratch.path.address();
        long into = scratch.struct.address();
        try {
            return (int) (long) look.invokeExact((long) directory, path, (long) flags, into);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static long look(long directory, long path, long flags, long into) {
        Scratch mine = Scratch.mine();
        try {
            return mine.result(
                    (int) (long) STATX.invokeExact(mine.errno, directory, path, flags, (long) STATX_WANTED, into, 0L));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Returns an array for {@link #statx} to fill, which belongs to the calling thread and is the same each time. */
    public static long[] values() {
        return Scratch.mine().values;
    }

    /** Writes the path as a C string. Returns 0, or the error that the kernel would have for it. */
    static int path(String text, MemorySegment into) {
        if (text.indexOf('\0') >= 0) {
            return -Errno.ENOENT;
        }
        return text.length() < into.byteSize() && ascii(text, into) ? 0 : encoded(text, into);
    }

    /** Writes a path of ASCII characters without an array in between. Returns {@code false} for any other path. */
    private static boolean ascii(String text, MemorySegment into) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                return false;
            }
            into.set(ValueLayout.JAVA_BYTE, i, (byte) c);
        }
        into.set(ValueLayout.JAVA_BYTE, length, (byte) 0);
        return true;
    }

    private static int encoded(String text, MemorySegment into) {
        byte[] encoded = PathBytes.utf8(text);
        if (encoded == null) {
            return -Errno.ENOENT;
        }
        if (encoded.length >= into.byteSize()) {
            return -Errno.ENAMETOOLONG;
        }
        MemorySegment.copy(encoded, 0, into, ValueLayout.JAVA_BYTE, 0, encoded.length);
        into.set(ValueLayout.JAVA_BYTE, encoded.length, (byte) 0);
        return 0;
    }

    /**
     * Reads from a position of a file into a heap array, at most 64 KiB a call. Returns the number of bytes, 0 at the
     * end of the file, or -errno.
     */
    public static int pread(int fd, byte[] into, int offset, int length, long position) {
        MemorySegment bytes = Scratch.mine().bytes();
        long wanted = Math.min(length, bytes.byteSize());
        int n = (int) Native.callLong(PREAD, fd, bytes.address(), wanted, position, 0);
        if (n > 0) {
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, into, offset, n);
        }
        return n;
    }

    /**
     * Sends part of a file to a socket within the kernel. Returns the number of bytes taken, 0 past the end of the
     * file, or -errno.
     */
    public static long sendfile(int socket, int file, long position, long count) {
        try {
            return (long) transfer.invokeExact((long) socket, (long) file, position, count);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static long transfer(long socket, long file, long position, long count) {
        Scratch mine = Scratch.mine();
        mine.struct.set(ValueLayout.JAVA_LONG, 0, position);
        try {
            long offset = mine.struct.address();
            return mine.result((long) SENDFILE.invokeExact(mine.errno, socket, file, offset, count, 0L, 0L));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /**
     * Adds the next names in a directory to {@code names}, {@code .} and {@code ..} included. Returns a positive
     * number, 0 at the end, or -errno.
     */
    public static int getdents64(int directory, List<String> names) {
        MemorySegment bytes = Scratch.mine().bytes();
        int n = Native.call(SYSCALL, SYS_GETDENTS64, directory, bytes.address(), bytes.byteSize(), 0);
        for (long at = 0; at < n; ) {
            int length = bytes.get(ValueLayout.JAVA_SHORT, at + DIRENT_RECLEN) & 0xffff;
            names.add(name(bytes, at + DIRENT_NAME, at + length));
            at += length;
        }
        return n;
    }

    private static String name(MemorySegment bytes, long from, long to) {
        return new String(cString(bytes, from, to), StandardCharsets.UTF_8);
    }

    private static byte[] cString(MemorySegment bytes, long from, long to) {
        byte[] raw = bytes.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
        int length = 0;
        while (raw[length] != 0) {
            length++;
        }
        return Arrays.copyOf(raw, length);
    }

    /**
     * The absolute path without links that a path leads to, {@code null} if it leads nowhere or through a name that is
     * not UTF-8.
     */
    public static @Nullable String realpath(String path) {
        Scratch scratch = Scratch.mine();
        if (path(path, scratch.path) < 0) {
            return null;
        }
        MemorySegment real = scratch.bytes();
        long found = Native.callLong(REALPATH, scratch.path.address(), real.address(), 0, 0, 0);
        return found == 0 ? null : PathBytes.text(cString(real, 0, Scratch.PATH_MAX));
    }

    /** Removes the name of a file that is no directory. Returns 0 or -errno. */
    public static int unlink(String path) {
        Scratch scratch = Scratch.mine();
        int refused = path(path, scratch.path);
        return refused < 0 ? refused : Native.call(UNLINK, scratch.path.address(), 0, 0, 0, 0);
    }

    /** Sets the permissions of a file, following links. Returns 0 or -errno. */
    public static int chmod(String path, int mode) {
        Scratch scratch = Scratch.mine();
        int refused = path(path, scratch.path);
        return refused < 0 ? refused : Native.call(CHMOD, scratch.path.address(), mode, 0, 0, 0);
    }

    /**
     * Sets the permissions of an open file. For a Unix socket that is not bound yet, they are the most that its file
     * will have. Returns 0 or -errno.
     */
    public static int fchmod(int fd, int mode) {
        return Native.call(FCHMOD, fd, mode, 0, 0, 0);
    }
}
