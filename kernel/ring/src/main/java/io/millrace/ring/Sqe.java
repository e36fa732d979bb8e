// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The entry of a {@link SubmissionQueue} that is being written: one object for all entries of the queue, as nothing is
 * allocated for an operation. Each method writes a whole entry for one operation; {@code data} comes back with its
 * completions.
 */
public final class Sqe {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final MemorySegment entries;
    private long at;

    Sqe(MemorySegment entries) {
        this.entries = entries;
    }

    Sqe at(long offset) {
        at = offset;
        return this;
    }

    /** Nothing: completes at once with 0. */
    public void nop(long data) {
        write(Uring.IORING_OP_NOP, 0, 0, -1, 0, 0, data);
    }

    /**
     * Receives again and again into buffers of a {@link BufferRing}, until a completion comes without IORING_CQE_F_MORE
     * (io_uring_prep_recv_multishot(3)). Each result is bytes, 0 at the end of the stream, or -errno; -ENOBUFS when the
     * buffers are used up.
     */
    public void receiveMultishot(int fd, int bufferGroup, long data) {
        write(Uring.IORING_OP_RECV, Uring.IOSQE_BUFFER_SELECT, Uring.IORING_RECV_MULTISHOT, fd, 0, 0, data);
        entries.set(LONG, at + 40, bufferGroup);
    }

    /**
     * Accepts again and again until a completion comes without IORING_CQE_F_MORE (io_uring_prep_multishot_accept(3)).
     * Each result is a descriptor, made with the {@code flags} of accept4(2), or -errno. The source that they come from
     * has to be asked for: one address would be overwritten by the next.
     */
    public void acceptMultishot(int fd, int flags, long data) {
        write(Uring.IORING_OP_ACCEPT, 0, Uring.IORING_ACCEPT_MULTISHOT, fd, 0, (long) flags << 32, data);
    }

    /**
     * Sends native memory; {@code flags} are those of send(2). With MSG_DONTWAIT it has happened, or failed, when it
     * has been submitted.
     */
    public void send(int fd, long address, int length, int flags, long data) {
        write(Uring.IORING_OP_SEND, 0, 0, fd, address, length | (long) flags << 32, data);
    }

    /** Waits once for some of the events of poll(2), whose bits are the result. */
    public void poll(int fd, int events, long data) {
        write(Uring.IORING_OP_POLL_ADD, 0, 0, fd, 0, (long) events << 32, data);
    }

    /** Waits for events again and again: each arrival is told once, as with EPOLLET. */
    public void pollMultishot(int fd, int events, long data) {
        write(Uring.IORING_OP_POLL_ADD, 0, 0, fd, 0, Uring.IORING_POLL_ADD_MULTI | (long) events << 32, data);
    }

    /**
     * Cancels the operation whose data is {@code target}, which completes with -ECANCELED unless it is done already
     * (io_uring_prep_cancel(3)).
     */
    public void cancel(long target, long data) {
        write(Uring.IORING_OP_ASYNC_CANCEL, 0, 0, -1, target, 0, data);
    }

    /**
     * Makes the next entry wait until the operation that has just been written is done; if it fails, the next one is
     * not begun and completes with -ECANCELED (IOSQE_IO_LINK). A send that falls short has not failed, unless it was
     * asked for MSG_WAITALL.
     */
    public void link() {
        byte flags = entries.get(ValueLayout.JAVA_BYTE, at + 1);
        entries.set(ValueLayout.JAVA_BYTE, at + 1, (byte) (flags | Uring.IOSQE_IO_LINK));
    }

    /** The operation, IORING_OP_NOP and its like. */
    public int opcode() {
        return entries.get(ValueLayout.JAVA_BYTE, at);
    }

    /** The descriptor, -1 for none. */
    public int fd() {
        return entries.get(ValueLayout.JAVA_INT, at + 4);
    }

    /** A place in memory, or what else stands there: of a cancellation the data of the other operation. */
    public long address() {
        return entries.get(LONG, at + 16);
    }

    /** How many bytes, or the bits of a multishot poll. */
    public int length() {
        return entries.get(ValueLayout.JAVA_INT, at + 24);
    }

    /** Flags as those of send(2), or the events of a poll. */
    public int flags() {
        return entries.get(ValueLayout.JAVA_INT, at + 28);
    }

    private void write(int opcode, int flags, int priority, int fd, long address, long lengthAndFlags, long data) {
        entries.set(LONG, at, opcode | flags << 8 | priority << 16 | (long) fd << 32);
        entries.set(LONG, at + 8, 0);
        entries.set(LONG, at + 16, address);
        entries.set(LONG, at + 24, lengthAndFlags);
        entries.set(LONG, at + 32, data);
        entries.set(LONG, at + 40, 0);
        entries.set(LONG, at + 48, 0);
        entries.set(LONG, at + 56, 0);
    }
}
