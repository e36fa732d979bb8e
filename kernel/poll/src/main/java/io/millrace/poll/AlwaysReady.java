// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/**
 * Regular files for a mechanism that refuses them, such as epoll (EPERM). As select(2) and poll(2) have it, they are
 * always ready for reading and writing. With edge trigger or one-shot each is reported once after it was added or
 * modified.
 */
final class AlwaysReady {
    private static final int READY = Interest.READ | Interest.WRITE;

    /** The mark of a file that has been reported and is not reported again. */
    private static final int SILENT = 1;

    private final InterestList files = new InterestList();

    private int next;

    /** Adds a file or modifies it. Returns 0, as a poller's verbs do. */
    int put(int fd, int interest, long token) {
        files.marks[files.put(fd, interest, token)] = 0;
        return 0;
    }

    /** Removes a file and returns whether it was there. */
    boolean remove(int fd) {
        return files.remove(fd) >= 0;
    }

    /** Returns the interest in a file, or -1. */
    int interest(int fd) {
        int place = files.find(fd);
        return place < 0 ? -1 : files.interests[place];
    }

    /** Reports files in at most half of the places that there are, so that other descriptors have theirs. */
    void report(Ready ready, int capacity) {
        int count = files.count();
        int most = Math.max(1, capacity / 2);
        for (int i = 0, place = next; i < count && ready.count() < most; i++, place++) {
            place = place >= count ? 0 : place;
            int found = files.interests[place] & READY;
            if (found != 0 && files.marks[place] != SILENT) {
                ready.add(files.tokens[place], found);
                boolean once = (files.interests[place] & (Interest.EDGE | Interest.ONE_SHOT)) != 0;
                files.marks[place] = once ? SILENT : 0;
            }
            next = place + 1;
        }
    }
}
