// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import io.millrace.sys.SysException;
import io.millrace.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Buffers lent to the kernel, which takes one when there is something to put in: so a connection that waits for input
 * holds none (io_uring_register_buf_ring(3)).
 *
 * <p>Where the kernel can (Linux 6.12) buffers are filled by several completions, one behind the other: then they are
 * large without being wasted on small input, and bytes of many connections lie close together.
 *
 * <pre>
 *   memory   | ring: buffer number, address, length, ... | buffer 0 | buffer 1 | ...
 * </pre>
 */
public final class BufferRing {
    private static final int PAGE = 4096;

    private final MemorySegment memory;
    private final long address;
    private final long ringSize;
    private final int count;
    private final int size;
    private final boolean incremental;

    /** How far each buffer has been filled by completions that we know of. */
    private final int[] filled;

    private short tail;

    private BufferRing(long address, int count, int size, boolean incremental) {
        this.address = address;
        this.count = count;
        this.size = size;
        this.incremental = incremental;
        this.ringSize = ringSize(count);
        this.memory = Uring.memory(address, ringSize + (long) count * size);
        this.filled = new int[count];
    }

    /** The data begins on a page of its own. */
    private static long ringSize(int count) {
        return Math.ceilDiv(count * Uring.BUF_SIZE, PAGE) * (long) PAGE;
    }

    /**
     * Registers {@code count} buffers, a power of two up to 32,768, of {@code size} bytes each.
     *
     * @param incremental whether buffers are to be filled by several completions, which older kernels refuse
     */
    static BufferRing register(Ring ring, int group, int count, int size, boolean incremental) throws SysException {
        if (Integer.bitCount(count) != 1 || count > 32_768) {
            throw new IllegalArgumentException("a power of two up to 32768, not " + count);
        }
        long bytes = ringSize(count) + (long) count * size;
        long address = Uring.allocate(bytes);
        if (address < 0 && address > -PAGE) {
            throw new SysException("mmap", (int) address, "for " + bytes + " bytes of buffers");
        }
        int result = register(ring, group, count, address, incremental);
        if (result < 0) {
            Uring.unmap(address, bytes);
            throw new SysException("io_uring_register", result, "for a ring of buffers");
        }
        BufferRing buffers = new BufferRing(address, count, size, incremental);
        for (int number = 0; number < count; number++) {
            buffers.lend(number);
        }
        return buffers;
    }

    private static int register(Ring ring, int group, int count, long address, boolean incremental) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment registration = arena.allocate(Uring.BUF_REG_SIZE, 8);
            registration.set(ValueLayout.JAVA_LONG, 0, address);
            registration.set(ValueLayout.JAVA_INT, Uring.BUF_REG_ENTRIES, count);
            registration.set(ValueLayout.JAVA_SHORT, Uring.BUF_REG_BGID, (short) group);
            registration.set(
                    ValueLayout.JAVA_SHORT, Uring.BUF_REG_FLAGS, (short) (incremental ? Uring.IOU_PBUF_RING_INC : 0));
            return ring.register(Uring.IORING_REGISTER_PBUF_RING, registration, 1);
        }
    }

    /** Whether one buffer is filled by several completions. */
    public boolean incremental() {
        return incremental;
    }

    /** Where the bytes are: to be read from {@link #offset}. */
    public MemorySegment memory() {
        return memory;
    }

    /** Where the bytes of a completion with IORING_CQE_F_BUFFER begin in {@link #memory}. */
    public long offset(int completionFlags) {
        int number = number(completionFlags);
        return ringSize + (long) number * size + filled[number];
    }

    /**
     * The bytes of a completion have been read; the buffer is lent to the kernel again unless that is not done with it.
     */
    public void release(int completionFlags, int length) {
        int number = number(completionFlags);
        if ((completionFlags & Uring.IORING_CQE_F_BUF_MORE) != 0) {
            filled[number] += length;
        } else {
            filled[number] = 0;
            lend(number);
        }
    }

    private int number(int completionFlags) {
        assert (completionFlags & Uring.IORING_CQE_F_BUFFER) != 0 : "no buffer came with this completion";
        return completionFlags >>> Uring.IORING_CQE_BUFFER_SHIFT;
    }

    private void lend(int number) {
        long entry = (long) (tail & count - 1) * Uring.BUF_SIZE;
        memory.set(ValueLayout.JAVA_LONG, entry, address + ringSize + (long) number * size);
        memory.set(ValueLayout.JAVA_INT, entry + Uring.BUF_LEN, size);
        memory.set(ValueLayout.JAVA_SHORT, entry + Uring.BUF_BID, (short) number);
        tail++;
        Words.releaseShort(memory, Uring.BUF_RING_TAIL, tail);
    }

    /** Gives the memory back; the ring must be closed and hold no operation any more. */
    void free() {
        Uring.unmap(address, memory.byteSize());
    }
}
