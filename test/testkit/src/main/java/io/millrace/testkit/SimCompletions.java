// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The kernel's side of a completion queue. What is done becomes visible at the end of a call, in any order that
 * io_uring allows: those of one operation stay in their order, and so do those that tell of parts of one buffer. What
 * finds no room is kept aside (IORING_FEAT_NODROP).
 */
final class SimCompletions {
    private record Completion(SimOperation of, int result, int flags) {}

    private final Random random;
    private final MemorySegment ring;
    private final SimRingLayout layout;
    private final List<Completion> pending = new ArrayList<>();
    private final ArrayDeque<Completion> overflow = new ArrayDeque<>();

    SimCompletions(Random random, MemorySegment ring, SimRingLayout layout) {
        this.random = random;
        this.ring = ring;
        this.layout = layout;
    }

    /** Returns how many can be read. */
    int ready() {
        return tail() - ring.get(ValueLayout.JAVA_INT, SimRingLayout.CQ_HEAD);
    }

    /** Returns whether another one would find no room: a multishot operation ends then. */
    boolean isFull() {
        return ready() + pending.size() >= layout.completions() || !overflow.isEmpty();
    }

    void add(SimOperation of, int result, int flags) {
        pending.add(new Completion(of, result, flags));
    }

    /** Shows what is done. */
    void publish() {
        while (!pending.isEmpty()) {
            List<Completion> candidates = new ArrayList<>();
            for (int i = 0; i < pending.size(); i++) {
                if (mayComeFirst(i)) {
                    candidates.add(pending.get(i));
                }
            }
            Completion next = candidates.get(random.nextInt(candidates.size()));
            pending.remove(next);
            overflow.add(next);
        }
        flush();
    }

    private boolean mayComeFirst(int index) {
        Completion one = pending.get(index);
        for (int i = 0; i < index; i++) {
            Completion earlier = pending.get(i);
            boolean buffers = (one.flags & earlier.flags & Uring.IORING_CQE_F_BUFFER) != 0;
            if (earlier.of == one.of || buffers) {
                return false;
            }
        }
        return true;
    }

    private void flush() {
        while (!overflow.isEmpty() && ready() < layout.completions()) {
            write(overflow.remove());
        }
        int flags = overflow.isEmpty() ? 0 : Uring.IORING_SQ_CQ_OVERFLOW;
        ring.set(ValueLayout.JAVA_INT, SimRingLayout.SQ_FLAGS, flags);
    }

    private void write(Completion completion) {
        int tail = tail();
        long at = layout.completion(tail);
        ring.set(ValueLayout.JAVA_LONG, at, completion.of.data);
        ring.set(ValueLayout.JAVA_INT, at + Uring.CQE_RES, completion.result);
        ring.set(ValueLayout.JAVA_INT, at + Uring.CQE_FLAGS, completion.flags);
        ring.set(ValueLayout.JAVA_INT, SimRingLayout.CQ_TAIL, tail + 1);
    }

    private int tail() {
        return ring.get(ValueLayout.JAVA_INT, SimRingLayout.CQ_TAIL);
    }
}
