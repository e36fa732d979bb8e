// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What changes in folders: inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2). Names are UTF-8, whatever the
 * locale of the process is. Linux alone.
 */
public final class Inotify {
    private Inotify() {}

    public static final int CLOSE_WRITE = 0x8;
    public static final int MOVED_FROM = 0x40;
    public static final int MOVED_TO = 0x80;
    public static final int CREATE = 0x100;
    public static final int DELETE = 0x200;
    public static final int DELETE_SELF = 0x400;
    public static final int MOVE_SELF = 0x800;
    public static final int OVERFLOW = 0x4000;
    public static final int IGNORED = 0x8000;
    public static final int ONLYDIR = 0x0100_0000;
    public static final int DONT_FOLLOW = 0x0200_0000;
    public static final int ISDIR = 0x4000_0000;

    // struct inotify_event: watch s32, mask u32, cookie u32, length u32, name.
    private static final int MASK = 4;
    private static final int LENGTH = 12;
    private static final int NAME = 16;

    private static final @Nullable MethodHandle INIT = Native.optional("inotify_init1");
    private static final @Nullable MethodHandle ADD = Native.optional("inotify_add_watch");
    private static final @Nullable MethodHandle REMOVE = Native.optional("inotify_rm_watch");

    /** What {@link #read} tells of each event. */
    @FunctionalInterface
    public interface Events {
        /**
         * Something has changed.
         *
         * @param watch the number of the folder's watch, -1 for {@link #OVERFLOW}
         * @param mask what has
         * @param name the entry of the folder that it has happened to, empty for the folder itself
         */
        void changed(int watch, int mask, String name);
    }

    /** Opens a descriptor that does not block and is closed on exec. Returns it, or -errno. */
    public static int open() {
        return INIT == null ? -Errno.ENOSYS : Native.call(INIT, Files.O_NONBLOCK | Files.O_CLOEXEC, 0, 0, 0, 0);
    }

    /** Watches a folder for what {@code mask} says. Returns the number of the watch, or -errno. */
    public static int add(int fd, String path, int mask) {
        if (ADD == null) {
            return -Errno.ENOSYS;
        }
        Scratch scratch = Scratch.mine();
        int refused = Files.path(path, scratch.path);
        return refused < 0 ? refused : Native.call(ADD, fd, scratch.path.address(), mask, 0, 0);
    }

    /** Ends a watch; {@link #IGNORED} is told then. Returns 0 or -errno. */
    public static int remove(int fd, int watch) {
        return REMOVE == null ? -Errno.ENOSYS : Native.call(REMOVE, fd, watch, 0, 0, 0);
    }

    /**
     * Tells the events that wait, as far as one call takes them. A name that is not UTF-8 is told with replacement
     * characters.
     *
     * @return the number of bytes that were read, or -errno, -EAGAIN if none wait
     */
    public static int read(int fd, Events events) {
        MemorySegment bytes = Scratch.mine().bytes();
        int count = Descriptors.readInto(fd, bytes);
        for (int at = 0; at < count; ) {
            int watch = bytes.get(ValueLayout.JAVA_INT, at);
            int mask = bytes.get(ValueLayout.JAVA_INT, at + MASK);
            int length = bytes.get(ValueLayout.JAVA_INT, at + LENGTH);
            String name = length == 0 ? "" : bytes.getString(at + NAME, StandardCharsets.UTF_8);
            at += NAME + length;
            events.changed(watch, mask, name);
        }
        return count;
    }
}
