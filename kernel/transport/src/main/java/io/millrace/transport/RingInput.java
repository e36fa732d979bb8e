// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.ring.BufferRing;
import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Input by completions: one multishot receive for the life of a connection, whose bytes come in buffers that the kernel
 * takes from a ring. Unwanted input is kept with the connection, and the receive is cancelled.
 */
final class RingInput {
    /** In Source.underWay: the receive has been cancelled, its last completion is on its way. */
    static final int CANCELLED = 1 << 16;

    private final RingQueue queue;
    private final BufferRing buffers;
    private final MemorySegment input;
    private final ReceiveBuffer receiveBuffer;

    RingInput(RingQueue queue, BufferRing buffers, ReceiveBuffer receiveBuffer) {
        this.queue = queue;
        this.buffers = buffers;
        this.input = buffers.memory();
        this.receiveBuffer = receiveBuffer;
    }

    /** A receive has brought bytes, the end or -errno. */
    void received(Connection c, int result, int flags) {
        if ((flags & Uring.IORING_CQE_F_BUFFER) != 0) {
            try {
                if (result > 0 && !c.is(Connection.DEAD)) {
                    take(c, buffers.offset(flags), result);
                }
            } finally {
                buffers.release(flags, Math.max(result, 0));
            }
        }
        if ((flags & Uring.IORING_CQE_F_MORE) == 0) {
            c.underWay &= ~CANCELLED;
        }
        if (result > 0 || c.is(Connection.DEAD)) {
            return;
        }
        if (result == 0) {
            // A poll may have reported it before; there is nothing more to fetch.
            c.clear(Connection.READABLE);
            if (!c.is(Connection.ENDED)) {
                c.endRead();
            }
        } else if (result == -Errno.ENOBUFS) {
            // A fast sender takes the buffers again before this connection's turn: a call needs none of them.
            c.set(Connection.READABLE);
        } else if (!goesOn(result)) {
            c.failLater(Causes.of(result));
        }
    }

    /** Results after which receiving begins again, now or when it is wanted. */
    private static boolean goesOn(int result) {
        return switch (-result) {
            case Errno.ECANCELED, Errno.EAGAIN, Errno.EINTR -> true;
            default -> false;
        };
    }

    private void take(Connection c, long offset, int length) {
        // What came beyond what may come overdraws the connection's rate, and is made up for later.
        c.countIn(length);
        if (c.is(Connection.LINGERING)) {
            return;
        }
        if (!c.wantsInput() || c.is(Connection.REDELIVER)) {
            hold(c, offset, length);
            return;
        }
        c.set(Connection.BUSY);
        Buffer in = receiveBuffer.lend(c);
        append(in, offset, length);
        receiveBuffer.deliver(c, in);
        if (c.flow != null && !c.canReceive()) {
            stopReceiving(c);
        }
    }

    /** Not wanted now: it is offered later, and what else comes may wait in the socket. */
    private void hold(Connection c, long offset, int length) {
        if (c.in == null) {
            c.in = new Buffer(Math.max(64, length));
        }
        append(c.in, offset, length);
        c.set(Connection.REDELIVER);
        if (!c.wantsInput()) {
            stopReceiving(c);
        }
    }

    /** Cancels the receive, if there is one. */
    void stopReceiving(Connection c) {
        if ((c.underWay & (1 << RingQueue.RECEIVE | CANCELLED)) == 1 << RingQueue.RECEIVE) {
            c.underWay |= CANCELLED;
            queue.cancel(c, RingQueue.RECEIVE);
        }
    }

    private void append(Buffer in, long offset, int length) {
        in.reserve(length);
        MemorySegment.copy(input, ValueLayout.JAVA_BYTE, offset, in.array(), in.tail(), length);
        in.wrote(length);
    }

    /** Returns whether input is fetched by calls that say how much, and not by the multishot receive. */
    static boolean byHand(Connection c) {
        return c.flow != null && c.flow.byHand();
    }

    /** Asks for input if it is wanted, by a receive or by a poll. */
    void ask(Connection c) {
        if (byHand(c)) {
            askForReadiness(c);
        } else if (!c.is(Connection.ENDED)
                && (c.underWay & 1 << RingQueue.RECEIVE) == 0
                && c.wantsInput()
                && c.canReceive()) {
            queue.next(c, RingQueue.RECEIVE).receiveMultishot(c.fd, 0, RingQueue.data(c, RingQueue.RECEIVE));
        }
    }

    private void askForReadiness(Connection c) {
        if ((c.underWay & 1 << RingQueue.RECEIVE) != 0) {
            stopReceiving(c);
        } else if (!c.is(Connection.ENDED | Connection.READABLE)
                && (c.underWay & 1 << RingQueue.READY) == 0
                && c.wantsInput()
                && c.canReceive()) {
            queue.next(c, RingQueue.READY)
                    .poll(c.fd, Epoll.EPOLLIN | Epoll.EPOLLRDHUP, RingQueue.data(c, RingQueue.READY));
        }
    }
}
