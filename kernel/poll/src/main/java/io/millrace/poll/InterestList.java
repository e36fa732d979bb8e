// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import java.util.Arrays;

/**
 * The descriptors that a poller watches, with interest and token of each: what epoll keeps in the kernel under this
 * name, for the mechanisms whose kernel does not.
 *
 * <p>Parallel arrays without gaps, and a table from the descriptor to its index in them. Removing an entry moves the
 * last one into its place, so an index is valid until the next removal.
 */
final class InterestList {
    private static final int SMALLEST = 64;

    int[] fds = new int[SMALLEST];
    int[] interests = new int[SMALLEST];
    long[] tokens = new long[SMALLEST];

    /** A number that the poller may keep with each entry; 0 when the entry is new. */
    int[] marks = new int[SMALLEST];

    private int count;

    /** By descriptor: its index plus one, 0 if it is not watched. */
    private int[] places = new int[SMALLEST];

    /** Returns the number of descriptors. */
    int count() {
        return count;
    }

    /** Returns the index of a descriptor, or -1. */
    int find(int fd) {
        return fd >= 0 && fd < places.length ? places[fd] - 1 : -1;
    }

    /** Adds a descriptor or changes its entry, and returns its index. */
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

    /** Removes a descriptor. Returns the index that it had, where the last entry is now, or -1 if there was none. */
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
