// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import java.util.Arrays;

/**
 * What is watched, for pollers whose kernel does not remember it: parallel arrays without holes, and the place of each
 * descriptor in them. The last one moves where one is taken out, so places are good until the next removal.
 */
final class InterestList {
    private static final int SMALLEST = 64;

    int[] fds = new int[SMALLEST];
    int[] interests = new int[SMALLEST];
    long[] tokens = new long[SMALLEST];

    /** For the poller's own use; 0 at first. */
    int[] marks = new int[SMALLEST];

    private int count;

    /** By descriptor: the place plus one, 0 for none. */
    private int[] places = new int[SMALLEST];

    int count() {
        return count;
    }

    /** The place of a descriptor, or -1. */
    int find(int fd) {
        return fd >= 0 && fd < places.length ? places[fd] - 1 : -1;
    }

    /** Takes a descriptor in, or changes what is noted of it: its place. */
    int put(int fd, int interest, long token) {
        int place = find(fd);
        if (place < 0) {
            place = append(fd);
        }
        interests[place] = interest;
        tokens[place] = token;
        return place;
    }

    private int append(int fd) {
        if (count == fds.length) {
            int larger = count + (count >> 1);
            fds = Arrays.copyOf(fds, larger);
            interests = Arrays.copyOf(interests, larger);
            tokens = Arrays.copyOf(tokens, larger);
            marks = Arrays.copyOf(marks, larger);
        }
        if (fd >= places.length) {
            places = Arrays.copyOf(places, Math.max(fd + 1, places.length + (places.length >> 1)));
        }
        fds[count] = fd;
        marks[count] = 0;
        places[fd] = ++count;
        return count - 1;
    }

    /** Takes a descriptor out: the place that it had, where the last one is now, or -1 if it was not there. */
    int remove(int fd) {
        int place = find(fd);
        if (place < 0) {
            return -1;
        }
        places[fd] = 0;
        if (place < --count) {
            fds[place] = fds[count];
            interests[place] = interests[count];
            tokens[place] = tokens[count];
            marks[place] = marks[count];
            places[fds[place]] = place + 1;
        }
        return place;
    }

    void clear() {
        count = 0;
        Arrays.fill(places, 0);
    }
}
