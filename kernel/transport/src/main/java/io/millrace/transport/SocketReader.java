// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.socket.Kernel;
import io.millrace.sys.Errno;

/**
 * Takes what has arrived for connections by calls that do not wait: bytes into the heap, or on to another connection
 * within the kernel.
 */
final class SocketReader {
    private final Kernel kernel;
    private final Budget budget;
    private final ReceiveBuffer receiveBuffer;
    private final PipePool pipes;

    SocketReader(Kernel kernel, Budget budget, ReceiveBuffer receiveBuffer, PipePool pipes) {
        this.kernel = kernel;
        this.budget = budget;
        this.receiveBuffer = receiveBuffer;
        this.pipes = pipes;
    }

    /**
     * Takes input of a connection by one call of recv(2) and delivers it, or moves it on. Returns the bytes it took
     * from the connection's budget.
     */
    int receive(Connection c) {
        int most = c.flow == null ? budget.lent() : share(c.flow);
        if (most == 0) {
            return 0;
        }
        if (c.flow != null && c.flow.splice != null) {
            return pour(c, c.flow.splice, most);
        }
        Buffer in = receiveBuffer.lend(c);
        int space = Math.min(in.writable(), c.driver.heap.isShort() ? Math.min(most, HeapLimit.LITTLE) : most);
        int n = kernel.receive(c.fd, in.array(), in.tail(), space);
        if (n > 0) {
            in.wrote(n);
            c.countIn(n);
            // Less than there was room for: the socket is empty, and the next byte or the end will be a new edge
            // (epoll(7)).
            if (n < space && !c.is(Connection.HUNG_UP)) {
                c.clear(Connection.READABLE);
            }
            receiveBuffer.deliver(c, in);
            return n;
        }
        receiveBuffer.scratch();
        ended(c, n);
        return 0;
    }

    /** Returns how many bytes the agreements let in now. */
    private int share(ConnectionFlow flow) {
        return flow.mayReceive(flow.splice == null ? budget.lent() : PipePool.PORTION);
    }

    /** Moves input on to another connection without seeing it. */
    private int pour(Connection c, Splice splice, int most) {
        long n = splice.canPour() ? splice.fill(kernel, pipes, most) : -Errno.EINVAL;
        if (n > 0) {
            c.countIn(n);
            return (int) n;
        }
        if (n == -Errno.EINVAL || n == -Errno.ENOSYS || n == -Errno.EOPNOTSUPP) {
            // A socket that cannot, or no pipe to take it: the protocol passes it on by hand.
            c.flow.splice = null;
        } else {
            ended(c, (int) n);
        }
        return 0;
    }

    /** No bytes: the end of the stream, or -errno. */
    private static void ended(Connection c, int n) {
        if (n == 0) {
            c.clear(Connection.READABLE);
            if (!c.is(Connection.ENDED)) {
                c.endRead();
            }
        } else if (n == -Errno.EAGAIN) {
            c.clear(Connection.READABLE);
        } else if (n != -Errno.EINTR) {
            c.failLater(Causes.of(n));
        }
    }
}
