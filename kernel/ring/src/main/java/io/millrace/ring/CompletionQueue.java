// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What the kernel has done. It writes completions and the tail, we read them and write the head. One thread only. */
public final class CompletionQueue {
    private final MemorySegment ring;
    private final long headAt;
    private final long tailAt;
    private final long overflowAt;
    private final long first;
    private final int size;
    private int head;
    private long at;

    CompletionQueue(MemorySegment params, MemorySegment ring) {
        this.ring = ring;
        this.headAt = Words.plain(params, Uring.CQ_OFF_HEAD);
        this.tailAt = Words.plain(params, Uring.CQ_OFF_TAIL);
        this.overflowAt = Words.plain(params, Uring.CQ_OFF_OVERFLOW);
        this.first = Words.plain(params, Uring.CQ_OFF_CQES);
        this.size = Words.plain(params, Uring.PARAMS_CQ_ENTRIES);
        this.head = Words.acquire(ring, headAt);
    }

    /** Number of completions that fit before the kernel has to keep them. */
    public int size() {
        return size;
    }

    /** Number of completions to be read. */
    public int ready() {
        return Words.acquire(ring, tailAt) - head;
    }

    /**
     * Looks at the next completion, which there must be: {@link #data}, {@link #result} and {@link #flags} tell of it
     * until {@link #done}.
     */
    public void look() {
        at = first + (long) (head & size - 1) * Uring.CQE_SIZE;
    }

    /** What the entry was written with. */
    public long data() {
        return ring.get(ValueLayout.JAVA_LONG, at);
    }

    /** What the system call would have returned, or -errno. */
    public int result() {
        return ring.get(ValueLayout.JAVA_INT, at + Uring.CQE_RES);
    }

    /** IORING_CQE_F bits, and the number of the buffer. */
    public int flags() {
        return ring.get(ValueLayout.JAVA_INT, at + Uring.CQE_FLAGS);
    }

    /** The completion has been read: its place is the kernel's again. */
    public void done() {
        Words.release(ring, headAt, ++head);
    }

    /**
     * How often the kernel lost a completion, for want of memory to keep it in. Always 0 where there is
     * IORING_FEAT_NODROP.
     */
    public int lost() {
        return Words.acquire(ring, overflowAt);
    }
}
