// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;

/**
 * Output by completions: what is small is copied into the batch's memory and submitted; large output and files leave by
 * a call, straight from the heap or the page cache.
 */
final class RingOutput {
    private final RingQueue queue;
    private final SocketWriter writer;
    private final int limit;

    /** Output of up to {@code limit} bytes is submitted. */
    RingOutput(RingQueue queue, SocketWriter writer, int limit) {
        this.queue = queue;
        this.writer = writer;
        this.limit = limit;
    }

    /** As {@link Driver#send}. */
    long send(Connection c, long most) {
        int length = c.output.isBytes() ? c.output.length() : Integer.MAX_VALUE;
        if (length > limit || (c.flow != null && length > most)) {
            return writer.sendFirst(c, most);
        }
        submit(c, c.output.bytes(), length);
        return 0;
    }

    private void submit(Connection c, Buffer bytes, int length) {
        queue.reserve(length);
        long address = queue.area.put(bytes.array(), bytes.head(), length);
        int flags = Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL | (c.output.more() ? Sockets.MSG_MORE : 0);
        queue.next(c, RingQueue.SEND).send(c.fd, address, length, flags, RingQueue.data(c, RingQueue.SEND));
        c.sending = length;
        c.clear(Connection.WRITABLE);
    }

    /** A send has completed. */
    void sent(Connection c, int result) {
        int submitted = c.sending;
        c.sending = 0;
        c.set(Connection.DIRTY);
        if (result > 0) {
            writer.sent(c, result);
            c.moved();
        } else if (result != -Errno.EAGAIN && result != -Errno.EINTR) {
            c.failLater(Causes.of(result));
        }
        // Less than there was: the socket is full.
        if (result == submitted || result == -Errno.EINTR) {
            c.set(Connection.WRITABLE);
        }
    }

    /**
     * The socket is full: polls it for room. The poll goes on: it also tells of the end of the peer's stream, and one
     * that is told once would be told of that again and again.
     */
    void awaitWritable(Connection c) {
        if ((c.underWay & 1 << RingQueue.ROOM) == 0) {
            queue.next(c, RingQueue.ROOM).pollMultishot(c.fd, Epoll.EPOLLOUT, RingQueue.data(c, RingQueue.ROOM));
        }
    }
}
