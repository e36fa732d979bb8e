// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/**
 * Regular files, which are always ready for reading and writing (poll(2)). With edge trigger or one-shot each is
 * reported once for each time that it is added or modified.
 */
final class AlwaysReady {
    private static final int READY = Interest.READ | Interest.WRITE;

    /** Marked are those that have been reported and are silent. */
    private final InterestList watches = new InterestList();

    private int next;

    void put(int fd, int interest, long token) {
        watches.marks[watches.put(fd, interest, token)] = 0;
    }

    boolean remove(int fd) {
        return watches.remove(fd) >= 0;
    }

    /** Or -1. */
    int interest(int fd) {
        int place = watches.find(fd);
        return place < 0 ? -1 : watches.interests[place];
    }

    void report(Ready ready, int most) {
        int count = watches.count();
        for (int i = 0, place = next; i < count && ready.count() < most; i++, place++) {
            place = place >= count ? 0 : place;
            int found = watches.interests[place] & READY;
            if (found != 0 && watches.marks[place] == 0) {
                ready.add(watches.tokens[place], found);
                watches.marks[place] = (watches.interests[place] & (Interest.EDGE | Interest.ONE_SHOT)) != 0 ? 1 : 0;
            }
            next = place + 1;
        }
    }
}
