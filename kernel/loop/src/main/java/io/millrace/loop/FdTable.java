// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The watched descriptors by number. The kernel gives the lowest free numbers, so an array is the shortest way and the
 * smallest.
 *
 * <p>Who closes a descriptor without disabling its watches leaves an entry behind. When the number comes back and is
 * watched again, the poller finds out ({@code ENOENT}) and begins to watch the new one.
 */
final class FdTable {
    private static final int SMALLEST = 64;

    private final Mechanism mechanism;
    private final long limit;
    private @Nullable FdEntry[] byDescriptor = new FdEntry[SMALLEST];

    /** Those without a descriptor. */
    private final Set<Watch> free = new LinkedHashSet<>();

    FdTable(Mechanism mechanism, long limit) {
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
        FdEntry entry = byDescriptor[fd];
        return entry == null ? addFirst(watch) : addFurther(entry, watch);
    }

    private int addFirst(Watch watch) {
        FdEntry entry = new FdEntry(this);
        int result = mechanism.add(entry, watch.fd, watch.interest);
        if (result >= 0) {
            entry.registered = watch.interest;
            entry.debug(mechanism.loop().debug);
            link(entry, watch);
            byDescriptor[watch.fd] = entry;
        }
        return result;
    }

    private int addFurther(FdEntry entry, Watch watch) {
        if (((entry.registered ^ watch.interest) & Interest.EDGE) != 0) {
            throw new IllegalStateException("descriptor " + watch.fd + " is watched "
                    + ((entry.registered & Interest.EDGE) != 0 ? "edge" : "level")
                    + "-triggered already: the kernel knows one mode for each descriptor");
        }
        // Asked for even when nothing changes: the descriptor may be a new one under an old number, which only the
        // kernel knows.
        int together = entry.registered | watch.interest;
        int result = mechanism.modify(entry, together);
        if (result >= 0) {
            entry.registered = together;
            link(entry, watch);
        }
        return result;
    }

    private static void link(FdEntry entry, Watch watch) {
        watch.entry = entry;
        watch.next = entry.first;
        entry.first = watch;
    }

    /** Ends to watch. */
    void remove(Watch watch) {
        FdEntry entry = watch.entry;
        if (entry == null) {
            free.remove(watch);
            return;
        }
        watch.entry = null;
        unlink(entry, watch);
        if (entry.first == null) {
            byDescriptor[watch.fd] = null;
            mechanism.remove(entry);
            return;
        }
        int together = 0;
        for (Watch other = entry.first; other != null; other = other.next) {
            together |= other.interest;
        }
        if (together != entry.registered) {
            entry.registered = together;
            // Refused only when the descriptor has been closed, and then nothing is left to be told.
            mechanism.modify(entry, together);
        }
    }

    @SuppressWarnings("NullAway") // the watch is in the list
    private static void unlink(FdEntry entry, Watch watch) {
        if (entry.first == watch) {
            entry.first = watch.next;
        } else {
            Watch before = entry.first;
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
        for (FdEntry entry : byDescriptor) {
            for (Watch watch = entry == null ? null : entry.first; watch != null; watch = watch.next) {
                visitor.accept(watch);
            }
        }
    }

    /** All watches on a descriptor are told that these bits have been found; none there is no error. */
    void activate(int fd, int bits) {
        FdEntry entry = fd >= 0 && fd < byDescriptor.length ? byDescriptor[fd] : null;
        for (Watch watch = entry == null ? null : entry.first; watch != null; watch = watch.next) {
            int mine = bits & watch.interest;
            if (mine != 0) {
                watch.happened(mine);
            }
        }
    }
}
