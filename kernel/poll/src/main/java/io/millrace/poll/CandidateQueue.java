// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Poll;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Descriptors on which something may have happened, oldest first. poll(2) is asked what is true of them, one call for
 * as many as fit.
 */
final class CandidateQueue {
    /** In {@link InterestList#marks}: the descriptor is in the queue. */
    static final int QUEUED = 1;

    private final InterestList watched;

    /** One struct pollfd for each candidate of a call. */
    private final MemorySegment array;

    private int[] fds = new int[64];
    private int count;

    CandidateQueue(InterestList watched, int capacity) {
        this.watched = watched;
        this.array = Arena.ofAuto().allocate((long) capacity * Poll.POLLFD_SIZE, 8);
    }

    int count() {
        return count;
    }

    /** Adds the descriptor at an index of the interest list, unless it is in the queue already. */
    void add(int place) {
        if ((watched.marks[place] & QUEUED) != 0) {
            return;
        }
        watched.marks[place] |= QUEUED;
        if (count == fds.length) {
            fds = Arrays.copyOf(fds, 2 * count);
        }
        fds[count++] = watched.fds[place];
    }

    /**
     * Takes the oldest {@code most} candidates out and asks poll(2) about them. Returns how many were asked about, for
     * {@link #fd} and {@link #found}; or -errno, and then they are in the queue again.
     */
    int check(int most) {
        int asked = take(Math.min(most, count));
        int result = asked == 0 ? 0 : Poll.poll(array, asked, 0);
        for (int i = 0; i < asked && result < 0; i++) {
            add(watched.find(fd(i)));
        }
        return result < 0 ? result : asked;
    }

    private int take(int taken) {
        int asked = 0;
        for (int i = 0; i < taken; i++) {
            int place = watched.find(fds[i]);
            // Removed; or removed and added again, so that it is in the queue twice, which the mark tells.
            if (place >= 0 && (watched.marks[place] & QUEUED) != 0) {
                watched.marks[place] &= ~QUEUED;
                Poll.fill(array, asked++, fds[i], PollBits.toPoll(watched.interests[place]));
            }
        }
        count -= taken;
        System.arraycopy(fds, taken, fds, 0, count);
        return asked;
    }

    /** Returns the descriptor of candidate {@code index} of the last check. */
    int fd(int index) {
        return Poll.fd(array, index);
    }

    /** Returns what was found for candidate {@code index} of the last check, as {@link Interest} bits. */
    int found(int index) {
        return PollBits.fromPoll(Poll.revents(array, index));
    }
}
