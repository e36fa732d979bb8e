// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that listings on their way to clients may take together, in bytes. One account for all folders of a JVM:
 * how long a listing stays is up to the client that reads it. Any thread may call.
 */
final class ListingMemory {
    private static final long LEAST = 4L << 20;
    private static final long MOST = 128L << 20;

    /** An eighth of the heap, from 4 to 128 MiB. */
    static final ListingMemory SHARED =
            new ListingMemory(Math.clamp(Runtime.getRuntime().maxMemory() / 8, LEAST, MOST));

    /** For what is made and sent within a call: it is gone before the next. */
    static final ListingMemory FREE = new ListingMemory(Long.MAX_VALUE);

    private final long total;
    private final AtomicLong used = new AtomicLong();

    ListingMemory(long total) {
        this.total = total;
    }

    /** Bytes that one listing may take: half of all, so that the largest leaves room for others. */
    long mostForOne() {
        return total / 2;
    }

    /** Takes so many bytes if they are there. */
    boolean take(long bytes) {
        if (used.addAndGet(bytes) <= total) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    /** Gives bytes back. */
    void give(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Bytes that are taken now. */
    long used() {
        return used.get();
    }
}
