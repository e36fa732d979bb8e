// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;

/**
 * The kernel's side of a ring of provided buffers: takes the buffer at the head, fills it wholly or, where that was
 * agreed upon, one part behind the other. Checks that no buffer is lent twice, and that all are back at the end.
 */
final class SimBuffers {
    private final MemorySegment ring;
    private final int count;
    private final boolean incremental;

    /** Numbers of the buffers that are lent to the kernel. */
    private final Set<Integer> lent = new HashSet<>();

    /** The entry that the kernel takes next, and the one up to which it has seen the ring. */
    private short head;

    private short seen;

    SimBuffers(MemorySegment registration) {
        this.count = registration.get(ValueLayout.JAVA_INT, Uring.BUF_REG_ENTRIES);
        this.incremental =
                (registration.get(ValueLayout.JAVA_SHORT, Uring.BUF_REG_FLAGS) & Uring.IOU_PBUF_RING_INC) != 0;
        this.ring = Uring.memory(registration.get(ValueLayout.JAVA_LONG, 0), (long) count * Uring.BUF_SIZE);
    }

    boolean incremental() {
        return incremental;
    }

    /** Returns whether there is a buffer to receive into. */
    boolean isAvailable() {
        while (seen != tail()) {
            check(lent.add(number(seen)), "a buffer is lent twice: " + number(seen));
            seen++;
        }
        return head != seen;
    }

    /** Returns how many bytes fit into the buffer that is next. */
    int room() {
        return ring.get(ValueLayout.JAVA_INT, entry(head) + Uring.BUF_LEN);
    }

    /** Writes into the buffer that is next. Returns the flags of the completion that tells of it. */
    int fill(byte[] bytes, int length) {
        int room = room();
        long entry = entry(head);
        int flags = Uring.IORING_CQE_F_BUFFER | number(head) << Uring.IORING_CQE_BUFFER_SHIFT;
        long address = ring.get(ValueLayout.JAVA_LONG, entry);
        MemorySegment.copy(bytes, 0, Uring.memory(address, room), ValueLayout.JAVA_BYTE, 0, length);
        if (incremental && length < room) {
            ring.set(ValueLayout.JAVA_LONG, entry, address + length);
            ring.set(ValueLayout.JAVA_INT, entry + Uring.BUF_LEN, room - length);
            return flags | Uring.IORING_CQE_F_BUF_MORE;
        }
        lent.remove(number(head));
        head++;
        return flags;
    }

    /** The ring is closed: everything has been given back. */
    void closed() {
        isAvailable();
        check(lent.size() == count, "buffers not given back: " + (count - lent.size()) + " of " + count);
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    private short tail() {
        return ring.get(ValueLayout.JAVA_SHORT, Uring.BUF_RING_TAIL);
    }

    private int number(short at) {
        return Short.toUnsignedInt(ring.get(ValueLayout.JAVA_SHORT, entry(at) + Uring.BUF_BID));
    }

    private long entry(short at) {
        return (long) (at & count - 1) * Uring.BUF_SIZE;
    }
}
