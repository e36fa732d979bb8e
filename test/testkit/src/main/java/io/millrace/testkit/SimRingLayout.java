// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Where the words of a simulated ring's two queues are, which have so many entries each. */
record SimRingLayout(int submissions, int completions) {
    static final long SQ_HEAD = 0;
    static final long SQ_TAIL = 4;
    static final long SQ_FLAGS = 8;
    static final long CQ_HEAD = 16;
    static final long CQ_TAIL = 20;
    private static final long CQ_OVERFLOW = 24;
    private static final long CQES = 32;

    /** Returns a completed struct io_uring_params. */
    MemorySegment params() {
        MemorySegment params = memory(Uring.PARAMS_SIZE);
        set(params, Uring.PARAMS_SQ_ENTRIES, submissions);
        set(params, Uring.PARAMS_CQ_ENTRIES, completions);
        set(params, Uring.SQ_OFF_HEAD, SQ_HEAD);
        set(params, Uring.SQ_OFF_TAIL, SQ_TAIL);
        set(params, Uring.SQ_OFF_FLAGS, SQ_FLAGS);
        set(params, Uring.CQ_OFF_HEAD, CQ_HEAD);
        set(params, Uring.CQ_OFF_TAIL, CQ_TAIL);
        set(params, Uring.CQ_OFF_OVERFLOW, CQ_OVERFLOW);
        set(params, Uring.CQ_OFF_CQES, CQES);
        return params;
    }

    private static void set(MemorySegment params, int at, long value) {
        params.set(ValueLayout.JAVA_INT, at, (int) value);
    }

    MemorySegment rings() {
        return memory(CQES + (long) completions * Uring.CQE_SIZE);
    }

    MemorySegment entries() {
        return memory((long) submissions * Uring.SQE_SIZE);
    }

    private static MemorySegment memory(long size) {
        return MemorySegment.ofArray(new long[(int) ((size + 7) / 8)]);
    }

    long entry(int index) {
        return (long) (index & submissions - 1) * Uring.SQE_SIZE;
    }

    long completion(int index) {
        return CQES + (long) (index & completions - 1) * Uring.CQE_SIZE;
    }
}
