// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.OpenFile;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The facts of the files asked for lately, some of them with the file open. A caller that takes facts out compares them
 * with the file as it is now; the cache believes nothing.
 *
 * <p>Bounded by number, bytes and open files. What goes is found by a clock (second chance): the oldest that was not
 * asked for since the hand came by. A file that is not asked for any more is let go within seconds of the next request
 * for another, so that a deleted one does not take up its disk space for ever. Looking up takes no lock; putting in
 * takes one for a few map operations.
 */
final class FileCache {

    /** Files kept open at most: a small part of the 1,024 descriptors that a process has everywhere. */
    static final int MOST_OPEN = 128;

    private static final long SWEEP = TimeUnit.SECONDS.toNanos(5);

    private final int mostFiles;
    private final long mostBytes;
    private final Map<String, FileMetadata> metadata = new ConcurrentHashMap<>();
    private final Deque<FileMetadata> clock = new ArrayDeque<>();
    private long bytes;
    private int open;
    private volatile long swept;

    /** An empty cache; {@code now} in nanoseconds, by the clock that {@link #sweep} goes by. */
    FileCache(int mostFiles, long mostBytes, long now) {
        this.mostFiles = mostFiles;
        this.mostBytes = mostBytes;
        this.swept = now;
    }

    /** What is known of a file, or {@code null}. */
    @Nullable
    FileMetadata get(String name) {
        FileMetadata found = metadata.get(name);
        if (found != null) {
            found.use();
        }
        return found;
    }

    /** Puts facts in the place of those of the same name. */
    synchronized void put(FileMetadata fresh) {
        if (mostFiles == 0 || fresh.weight() > mostBytes) {
            return;
        }
        FileMetadata old = metadata.put(fresh.name(), fresh);
        if (old != null) {
            // The old one's place in the clock is found stale when the hand gets there.
            release(old);
        }
        bytes += fresh.weight();
        clock.addLast(fresh);
        trim();
    }

    private void trim() {
        // Replaced facts leave stale places behind: they must not pile up either.
        if (clock.size() > 2 * metadata.size() + 16) {
            clock.removeIf(place -> metadata.get(place.name()) != place);
        }
        while (metadata.size() > mostFiles || bytes > mostBytes) {
            FileMetadata oldest = clock.removeFirst();
            if (metadata.get(oldest.name()) != oldest) {
                continue;
            }
            if (oldest.takeUsed()) {
                clock.addLast(oldest);
            } else {
                metadata.remove(oldest.name());
                release(oldest);
            }
        }
    }

    private void release(FileMetadata gone) {
        bytes -= gone.weight();
        letGo(gone);
    }

    private void letGo(FileMetadata idle) {
        open -= idle.letGo() ? 1 : 0;
    }

    /** Keeps a file open beside its facts if these are in the cache and there is room. */
    synchronized void keep(FileMetadata known, OpenFile file) {
        if (open < MOST_OPEN && metadata.get(known.name()) == known) {
            letGo(known);
            known.keep(file);
            open++;
        }
    }

    /**
     * Lets go the files that were not asked for lately. To be called now and then; does something every few seconds.
     */
    void sweep(long nanos) {
        if (nanos - swept > SWEEP) {
            sweepNow(nanos);
        }
    }

    private synchronized void sweepNow(long nanos) {
        swept = nanos;
        if (open > 0) {
            metadata.values().stream().filter(FileMetadata::takeIdle).forEach(this::letGo);
        }
    }

    /** Forgets everything. */
    synchronized void clear() {
        metadata.values().forEach(this::letGo);
        metadata.clear();
        clock.clear();
        bytes = 0;
    }

    /** Number of files known. */
    int size() {
        return metadata.size();
    }

    /** Bytes in use. */
    synchronized long bytes() {
        return bytes;
    }

    /** Number of files kept open. */
    synchronized int open() {
        return open;
    }
}
