// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Source;
import io.millrace.poll.Interest;
import io.millrace.poll.PollBits;
import io.millrace.ring.Sqe;
import io.millrace.socket.Trace;
import io.millrace.sys.SysException;
import io.millrace.sys.Uring;

/**
 * A ring's driver that says what it hands over, how long it waited and what was done. No other loop pays for that: it
 * is made where there is a trace.
 */
final class TracedRingDriver extends RingDriver {
    private final Trace trace;
    private long turn;

    private TracedRingDriver(EventLoop loop, Budget budget, HeapLimit heap, RingSizes sizes, Trace trace)
            throws SysException {
        super(loop, budget, heap, sizes);
        this.trace = trace;
    }

    /** A driver for a loop: one that writes into the kernel's trace, if it has one. */
    static RingDriver open(EventLoop loop, Budget budget, HeapLimit heap, RingSizes sizes) throws SysException {
        Trace trace = Trace.of(loop.kernel());
        return trace == null
                ? new RingDriver(loop, budget, heap, sizes)
                : new TracedRingDriver(loop, budget, heap, sizes, trace);
    }

    @Override
    int call(int least, long timeoutNanos) {
        for (int i = 0; i < ring.submissions().pending(); i++) {
            trace.line("  submits: " + text(ring.submissions().peek(i)));
        }
        long start = System.nanoTime();
        int result = super.call(least, timeoutNanos);
        if (least == 0) {
            trace.called("io_uring_enter, without waiting", result);
        } else {
            trace.turn(++turn, "io_uring_enter", timeoutNanos, start, result);
        }
        return result;
    }

    private String text(Sqe entry) {
        return switch (entry.opcode()) {
            case Uring.IORING_OP_ACCEPT -> "accept " + entry.fd() + ", one after the other";
            case Uring.IORING_OP_RECV -> "recv " + entry.fd() + ", one after the other, into the loop's buffers";
            case Uring.IORING_OP_SEND -> "send " + entry.fd() + " (" + entry.length() + ")";
            case Uring.IORING_OP_POLL_ADD ->
                "poll " + entry.fd() + " " + events(entry.flags())
                        + ((entry.length() & Uring.IORING_POLL_ADD_MULTI) != 0 ? ", again and again" : "");
            case Uring.IORING_OP_ASYNC_CANCEL -> "cancel " + name(entry.address());
            default -> "operation " + entry.opcode();
        };
    }

    private static String events(int bits) {
        int interest = PollBits.fromPoll(bits);
        return interest == 0 ? "for its end" : Interest.describe(interest);
    }

    @Override
    void reported(long data, int result, int flags) {
        boolean isPoll = data == RingQueue.WAKE || (data >= 0 && !isTransfer(RingQueue.kind(data)));
        String what = isPoll && result > 0 ? Interest.describe(PollBits.fromPoll(result)) : Trace.result(result);
        boolean goesOn = (flags & Uring.IORING_CQE_F_MORE) != 0;
        trace.line("  reported: " + name(data) + " = " + what + (goesOn ? ", goes on" : ""));
    }

    private static boolean isTransfer(int kind) {
        return kind == RingQueue.RECEIVE || kind == RingQueue.SEND || kind == RingQueue.ACCEPT;
    }

    private String name(long data) {
        if (data == RingQueue.WAKE) {
            return "poll for wake-ups";
        }
        if (data == RingQueue.NOBODY) {
            return "cancel";
        }
        Source source = source(data);
        return switch (RingQueue.kind(data)) {
                    case RingQueue.RECEIVE -> "recv ";
                    case RingQueue.SEND -> "send ";
                    case RingQueue.ACCEPT -> "accept ";
                    default -> "poll ";
                }
                + (source == null ? "of nobody any more" : source.fd);
    }

    @Override
    protected synchronized void wakeup() {
        trace.line("wake-up of another loop");
        super.wakeup();
    }
}
