// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;

/**
 * What the kernel is to do. We write entries and the tail, the kernel takes them and writes the head. One thread only.
 */
public final class SubmissionQueue {
    private final MemorySegment ring;
    private final long headAt;
    private final long tailAt;
    private final long flagsAt;
    private final int size;
    private final Sqe sqe;
    private int tail;

    SubmissionQueue(MemorySegment params, MemorySegment ring, MemorySegment entries, boolean indexed) {
        this.ring = ring;
        this.headAt = Words.plain(params, Uring.SQ_OFF_HEAD);
        this.tailAt = Words.plain(params, Uring.SQ_OFF_TAIL);
        this.flagsAt = Words.plain(params, Uring.SQ_OFF_FLAGS);
        this.size = Words.plain(params, Uring.PARAMS_SQ_ENTRIES);
        this.sqe = new Sqe(entries);
        if (indexed) {
            // Entry i is at place i, always: written once.
            long array = Words.plain(params, Uring.SQ_OFF_ARRAY);
            for (int i = 0; i < size; i++) {
                Words.release(ring, array + 4L * i, i);
            }
        }
    }

    /** Number of entries that fit. */
    public int size() {
        return size;
    }

    /** Number of entries that the kernel has not taken yet. */
    public int pending() {
        return tail - Words.acquire(ring, headAt);
    }

    /** Whether the next entry would find no room. */
    public boolean isFull() {
        return pending() == size;
    }

    /**
     * The next entry, to be written at once and whole; there must be room. Handed over by the ring's next submission.
     */
    public Sqe next() {
        assert !isFull();
        sqe.at((long) (tail & size - 1) * Uring.SQE_SIZE);
        tail++;
        return sqe;
    }

    /** One of those that are pending, the first is 0: to be read before another is asked for. */
    public Sqe peek(int index) {
        int place = tail - pending() + index;
        return sqe.at((long) (place & size - 1) * Uring.SQE_SIZE);
    }

    /** Shows the kernel what has been written: the number of entries it is to take. */
    int publish() {
        Words.release(ring, tailAt, tail);
        return pending();
    }

    /** Whether completions wait in the kernel because the completion queue was full. */
    public boolean overflowed() {
        return (Words.acquire(ring, flagsAt) & Uring.IORING_SQ_CQ_OVERFLOW) != 0;
    }
}
