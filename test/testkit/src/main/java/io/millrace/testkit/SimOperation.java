// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.poll.Interest;
import io.millrace.poll.PollBits;
import io.millrace.sys.Poll;
import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One entry of a submission queue, as the kernel has read it. */
final class SimOperation {
    /** Linux always tells of these (IO_POLL_UNMASK). */
    private static final int ALWAYS = Interest.ERROR | Interest.HANGUP | Interest.PEER_CLOSED;

    final int opcode;
    final int flags;
    final int priority;
    final int fd;
    final long address;
    final int length;
    final int operationFlags;
    final long data;

    /** Something may have happened that completes it. */
    boolean triggered = true;

    /** What it was woken for, 0 if that has to be asked. */
    private int told;

    SimOperation(MemorySegment entries, long at) {
        opcode = entries.get(ValueLayout.JAVA_BYTE, at);
        flags = entries.get(ValueLayout.JAVA_BYTE, at + 1);
        priority = entries.get(ValueLayout.JAVA_SHORT, at + 2);
        fd = entries.get(ValueLayout.JAVA_INT, at + 4);
        address = entries.get(ValueLayout.JAVA_LONG, at + 16);
        length = entries.get(ValueLayout.JAVA_INT, at + 24);
        operationFlags = entries.get(ValueLayout.JAVA_INT, at + 28);
        data = entries.get(ValueLayout.JAVA_LONG, at + 32);
    }

    /** Something happened to the descriptor. Linux remembers of what kind if nothing else does before it is told. */
    void wake(int edge) {
        if ((edge & interest()) != 0) {
            told = triggered || edge == ~0 ? 0 : edge & interest();
            triggered = true;
        }
    }

    /** It goes on. Returns what it was woken for, or 0. */
    int run() {
        int known = told;
        told = 0;
        triggered = false;
        return known;
    }

    boolean isLinked() {
        return (flags & Uring.IOSQE_IO_LINK) != 0;
    }

    boolean isPoll() {
        return opcode == Uring.IORING_OP_POLL_ADD;
    }

    boolean isMultishotPoll() {
        return isPoll() && (length & Uring.IORING_POLL_ADD_MULTI) != 0;
    }

    /** Returns the {@link Interest} bits that the operation waits for. */
    int interest() {
        return switch (opcode) {
            case Uring.IORING_OP_POLL_ADD -> PollBits.fromPoll(operationFlags) | ALWAYS;
            case Uring.IORING_OP_SEND -> Interest.WRITE | ALWAYS;
            default -> Interest.READ | ALWAYS;
        };
    }

    /** Returns {@link Interest} bits as poll(2) has them. */
    static int toPoll(int found) {
        int bits = PollBits.toPoll(found);
        bits |= (found & Interest.ERROR) != 0 ? Poll.POLLERR : 0;
        return bits | ((found & Interest.HANGUP) != 0 ? Poll.POLLHUP : 0);
    }

    @Override
    public String toString() {
        return "operation " + opcode + " of descriptor " + fd;
    }
}
