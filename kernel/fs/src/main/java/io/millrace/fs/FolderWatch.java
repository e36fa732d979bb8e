// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import io.millrace.loop.Watch;
import io.millrace.poll.Interest;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Inotify;
import io.millrace.sys.PathBytes;
import io.millrace.sys.SysException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Tells on a loop which files of a folder and of the folders in it have changed, by inotify(7): one descriptor, and one
 * of the user's watches (fs.inotify.max_user_watches) for each folder. What a program writes in one go is told once,
 * when it has been quiet for a twentieth of a second. Links are not followed; names that begin with a dot and
 * {@code node_modules} are passed over ({@link FolderEntries}).
 *
 * <p>The folder itself may go and come back, as build tools have it: it is looked for five times a second then, and all
 * that is in it has changed.
 */
public final class FolderWatch implements AutoCloseable {
    private static final Duration QUIET = Duration.ofMillis(50);
    private static final Duration SEARCH = Duration.ofMillis(200);
    private static final int ENTRIES =
            Inotify.CLOSE_WRITE | Inotify.MOVED_FROM | Inotify.MOVED_TO | Inotify.CREATE | Inotify.DELETE;
    private static final int WANTED = ENTRIES | Inotify.DELETE_SELF | Inotify.MOVE_SELF | Inotify.ONLYDIR;

    private final Path folder;
    private final Consumer<Set<String>> changed;
    private final int fd;
    private final Watch event;
    private final Timer quiet;
    private final Timer search;

    /** Below the folder, by the number of its watch; empty for the folder itself. */
    private final Map<Integer, String> watched = new HashMap<>();

    private final Set<String> found = new TreeSet<>();
    private boolean lost;

    private FolderWatch(EventLoop loop, Path folder, int fd, Consumer<Set<String>> changed) {
        this.folder = folder;
        this.fd = fd;
        this.changed = changed;
        this.event = loop.watch(fd, Interest.READ, (self, what) -> drain()).background();
        this.quiet = loop.timer(this::tell);
        this.search = loop.timer(this::search);
    }

    /**
     * Watches a folder. On the loop; walks through the folder before it returns.
     *
     * @param changed is told on the loop what has changed since it was last told: paths below the folder with slashes,
     *     {@code ""} alone where anything may have
     * @throws SysException if there is no inotify here, the user's watches are used up ({@code ENOSPC}), or the folder
     *     cannot be watched
     * @throws UnsupportedOperationException if the path is not in the system's own file system, or not UTF-8
     */
    public static FolderWatch open(EventLoop loop, Path folder, Consumer<Set<String>> changed) throws IOException {
        int fd = Inotify.open();
        if (fd < 0) {
            throw new SysException("inotify_init1", fd, folder);
        }
        FolderWatch watch = new FolderWatch(loop, folder.toAbsolutePath(), fd, changed);
        int result = watch.watch("");
        if (result < 0) {
            watch.close();
            throw new SysException("inotify_add_watch", result, folder);
        }
        result = watch.event.enable();
        if (result < 0) {
            watch.close();
            throw new SysException("watching", result, folder);
        }
        return watch;
    }

    // Watches a folder and those in it. The folder that is watched must be there, those in it may have gone again.
    private int watch(String name) {
        // The folder itself may be named by a link; none of those in it is followed.
        int mask = name.isEmpty() ? WANTED : WANTED | Inotify.DONT_FOLLOW;
        int number = Inotify.add(fd, PathBytes.text(name.isEmpty() ? folder : folder.resolve(name)), mask);
        if (number < 0) {
            return number == -Errno.ENOENT && !name.isEmpty() ? 0 : number;
        }
        watched.put(number, name);
        for (String entry : FolderEntries.folders(folder, name)) {
            int result = watch(entry);
            if (result == -Errno.ENOSPC) {
                return result;
            }
        }
        return 0;
    }

    private void drain() {
        int count;
        do {
            count = Inotify.read(fd, this::happened);
        } while (count > 0);
        if (!found.isEmpty() && !lost) {
            quiet.set(QUIET);
        }
    }

    private void happened(int number, int mask, String entry) {
        if ((mask & Inotify.OVERFLOW) != 0) {
            found.add("");
            watch("");
            return;
        }
        String parent = watched.get(number);
        if ((mask & Inotify.IGNORED) != 0) {
            watched.remove(number);
        }
        if (parent == null) {
            return;
        }
        if ((mask & (Inotify.DELETE_SELF | Inotify.MOVE_SELF | Inotify.IGNORED)) != 0) {
            if (parent.isEmpty()) {
                lose();
            }
        } else if (!FolderEntries.isPassedOver(entry)) {
            happened(mask, parent.isEmpty() ? entry : parent + "/" + entry);
        }
    }

    private void happened(int mask, String name) {
        boolean isFolder = (mask & Inotify.ISDIR) != 0;
        if (isFolder && (mask & (Inotify.CREATE | Inotify.MOVED_TO)) != 0) {
            arrived(name);
        } else if (isFolder) {
            forget(name);
            found.add(name);
        } else if ((mask & Inotify.CREATE) == 0 || FolderEntries.isLink(folder, name)) {
            // Any other file that is created is told when it has been written.
            found.add(name);
        }
    }

    // Gone, or moved to where it is not watched: nothing below it is told any more.
    private void forget(String name) {
        watched.entrySet().removeIf(one -> {
            boolean gone = one.getValue().equals(name) || one.getValue().startsWith(name + "/");
            if (gone) {
                Inotify.remove(fd, one.getKey());
            }
            return gone;
        });
    }

    // What was in it before it was watched has not been told.
    private void arrived(String name) {
        watch(name);
        found.addAll(FolderEntries.files(folder, name));
    }

    private void lose() {
        lost = true;
        watched.keySet().forEach(number -> Inotify.remove(fd, number));
        watched.clear();
        found.clear();
        search.set(SEARCH);
    }

    private void search() {
        if (watch("") < 0) {
            search.set(SEARCH);
            return;
        }
        lost = false;
        found.add("");
        quiet.set(QUIET);
    }

    private void tell() {
        if (found.isEmpty()) {
            return;
        }
        Set<String> names = found.contains("") ? Set.of("") : Collections.unmodifiableSet(new TreeSet<>(found));
        found.clear();
        changed.accept(names);
    }

    /** Watches no longer. Any thread may call. */
    @Override
    public void close() {
        quiet.close();
        search.close();
        event.close(() -> Descriptors.close(fd));
    }

    @Override
    public String toString() {
        return "FolderWatch[" + folder + "]";
    }
}
