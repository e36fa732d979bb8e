// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The watched descriptors by number. The kernel gives the lowest free numbers, so an array is the shortest way and the
 * smallest.
 *
 * <p>Who closes a descriptor without disabling its watches leaves an entry behind. When the number comes back and is
 * watched again, the poller finds out ({@code ENOENT}) and begins to watch the new one.
 */
final class WatchTable {
    private static final int SMALLEST = 64;

    private final Mechanism mechanism;
    private final long limit;
    private Watched[] byDescriptor = new Watched[SMALLEST];

    /** Those without a descriptor. */
    private final Set<Watch> free = new LinkedHashSet<>();

    WatchTable(Mechanism mechanism, long limit) {
        this.mechanism = mechanism;
        this.limit = limit;
    }

    /** Begins to watch: 0 or -errno, and nothing has changed then. */
    int add(Watch watch) {
        int fd = watch.fd;
        if (fd < 0) {
            free.add(watch);
            return 0;
        }
        if (fd >= limit) {
            return -Errno.EBADF;
        }
        if (fd >= byDescriptor.length) {
            byDescriptor = Arrays.copyOf(byDescriptor, Math.max(fd + 1, 2 * byDescriptor.length));
        }
        Watched watched = byDescriptor[fd];
        return watched == null ? addFirst(watch) : addFurther(watched, watch);
    }

    private int addFirst(Watch watch) {
        Watched watched = new Watched(this);
        int result = mechanism.add(watched, watch.fd, watch.interest);
        if (result >= 0) {
            watched.registered = watch.interest;
            watched.debug(mechanism.loop().debug);
            link(watched, watch);
            byDescriptor[watch.fd] = watched;
        }
        return result;
    }

    private int addFurther(Watched watched, Watch watch) {
        if (((watched.registered ^ watch.interest) & Interest.EDGE) != 0) {
            throw new IllegalStateException("descriptor " + watch.fd + " is watched "
                    + ((watched.registered & Interest.EDGE) != 0 ? "edge" : "level")
                    + "-triggered already: the kernel knows one mode for each descriptor");
        }
        // Asked for even when nothing changes: the descriptor may be a new one under an old number, which only the
        // kernel knows.
        int together = watched.registered | watch.interest;
        int result = mechanism.modify(watched, together);
        if (result >= 0) {
            watched.registered = together;
            link(watched, watch);
        }
        return result;
    }

    private static void link(Watched watched, Watch watch) {
        watch.watched = watched;
        watch.next = watched.first;
        watched.first = watch;
    }

    /** Ends to watch. */
    void remove(Watch watch) {
        Watched watched = watch.watched;
        if (watched == null) {
            free.remove(watch);
            return;
        }
        watch.watched = null;
        unlink(watched, watch);
        if (watched.first == null) {
            byDescriptor[watch.fd] = null;
            mechanism.remove(watched);
            return;
        }
        int together = 0;
        for (Watch other = watched.first; other != null; other = other.next) {
            together |= other.interest;
        }
        if (together != watched.registered) {
            watched.registered = together;
            // Refused only when the descriptor has been closed, and then nothing is left to be told.
            mechanism.modify(watched, together);
        }
    }

    private static void unlink(Watched watched, Watch watch) {
        if (watched.first == watch) {
            watched.first = watch.next;
        } else {
            Watch before = watched.first;
            while (before.next != watch) {
                before = before.next;
            }
            before.next = watch.next;
        }
        watch.next = null;
    }

    /** Shows all watches that are enabled. */
    void forEach(Consumer<Watch> visitor) {
        free.forEach(visitor);
        for (Watched watched : byDescriptor) {
            for (Watch watch = watched == null ? null : watched.first; watch != null; watch = watch.next) {
                visitor.accept(watch);
            }
        }
    }

    /** All watches on a descriptor are told that these bits have been found; nobody there is no error. */
    void activate(int fd, int bits) {
        Watched watched = fd >= 0 && fd < byDescriptor.length ? byDescriptor[fd] : null;
        for (Watch watch = watched == null ? null : watched.first; watch != null; watch = watch.next) {
            int mine = bits & watch.interest;
            if (mine != 0) {
                watch.happened(mine);
            }
        }
    }
}
