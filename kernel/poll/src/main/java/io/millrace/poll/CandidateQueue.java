// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Poll;
import io.millrace.sys.ThreadSignals;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Descriptors on which something may have happened, oldest first: those that signals name. poll(2) is asked what is
 * true of them, one call for as many as fit.
 */
final class CandidateQueue {
    /** In {@link InterestList#marks}: the descriptor is in the queue. */
    private static final int QUEUED = 1;

    /** In {@link InterestList#marks}: a one-shot descriptor that has reported, and does not get into the queue. */
    private static final int SILENT = 2;

    /** Signals taken in a call for each place for an event: several may be about one descriptor. */
    private static final int SIGNALS_A_CANDIDATE = 4;

    private final InterestList watched;
    private final SignalReceiver receiver;

    /** One struct pollfd for each candidate of a call. */
    private final MemorySegment array;

    private int[] fds = new int[64];
    private int count;
    private long overflows;

    CandidateQueue(InterestList watched, SignalReceiver receiver, int capacity) {
        this.watched = watched;
        this.receiver = receiver;
        this.array = Arena.ofAuto().allocate((long) capacity * Poll.POLLFD_SIZE, 8);
    }

    int count() {
        return count;
    }

    /** Returns how often the queue of signals has overflowed. */
    long overflows() {
        return overflows;
    }

    /**
     * Takes signals while there are any and what they name fits into {@code most} places. Blocks for the first one
     * only, up to {@code nanos} (negative: without limit). Returns the last signal, or -errno.
     */
    int receive(int most, long nanos) {
        int signal = 0;
        for (int i = 0; i < most * SIGNALS_A_CANDIDATE && count < most && signal >= 0; i++) {
            signal = receiver.take(i == 0 ? nanos : 0);
            if (signal == ThreadSignals.SIGIO) {
                overflows++;
                addAll();
            } else if (signal >= 0) {
                add(watched.find(receiver.descriptor()));
            }
        }
        return signal;
    }

    void addAll() {
        for (int place = 0; place < watched.count(); place++) {
            add(place);
        }
    }

    /** Adds the descriptor at an index of the interest list that was added or modified. */
    void renew(int place) {
        watched.marks[place] &= ~SILENT;
        add(place);
    }

    /** Keeps the one-shot descriptor at an index out until it is modified. */
    void silence(int place) {
        watched.marks[place] |= SILENT;
    }

    boolean silent(int place) {
        return (watched.marks[place] & SILENT) != 0;
    }

    /** Adds the descriptor at an index, unless there is none, it is in the queue already or it is silent. */
    void add(int place) {
        if (place < 0 || (watched.marks[place] & (QUEUED | SILENT)) != 0) {
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
