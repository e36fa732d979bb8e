// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.sys.Errno;
import java.io.IOException;

/**
 * What a thread lends to the link it is serving: the buffer where input arrives and those for output. A link that waits
 * holds none of them. To be used by one thread at a time, for any number of links one after the other.
 */
public final class ThreadBuffers {
    private static final int USUAL = 16 * 1024;

    final Buffer lent;
    final OutputQueue.Pool outputs = new OutputQueue.Pool(2);

    /** Whether the last {@link #send} has found the socket full. */
    boolean full;

    /** Desks that no thread works at, for threads that come and go. Any thread may call. */
    public static final class Pool {
        private static final int MOST = 64;

        private final ThreadBuffers[] free = new ThreadBuffers[MOST];
        private int count;

        /** An empty pool: desks are made when they are needed. */
        public Pool() {}

        /** Takes a desk that is free, or a new one. */
        public synchronized ThreadBuffers take() {
            if (count == 0) {
                return new ThreadBuffers();
            }
            ThreadBuffers threadBuffers = free[--count];
            free[count] = null;
            return threadBuffers;
        }

        /** Gives a desk back. */
        public synchronized void give(ThreadBuffers threadBuffers) {
            if (count < MOST) {
                free[count++] = threadBuffers;
            }
        }
    }

    /** A desk with an input buffer of 16 KiB. */
    public ThreadBuffers() {
        this.lent = new Buffer(USUAL);
    }

    /** Sends what is to be sent next, up to {@code most} bytes of what is no buffer: bytes taken, or -errno. */
    long send(SocketIo socketIo, OutputQueue output, long most) {
        full = false;
        long n = output.isBytes()
                ? send(
                        socketIo,
                        output.bytes().array(),
                        output.bytes().head(),
                        (int) Math.min(output.length(), most),
                        output.more())
                : sendPart(socketIo, output, output.first(), most);
        if (n > 0) {
            output.sent(n, outputs.buffers);
        }
        return n;
    }

    private long sendPart(SocketIo socketIo, OutputQueue output, OutputQueue.Part part, long most) {
        if (part.array == null) {
            return sendFile(socketIo, output, part, most);
        }
        int length = (int) Math.min(part.left, most);
        return send(socketIo, part.array, (int) part.position, length, part.left > length || output.more());
    }

    private long send(SocketIo socketIo, byte[] bytes, int offset, int length, boolean more) {
        int n = socketIo.send(bytes, offset, length, more);
        full = n >= 0 && n < length;
        return n;
    }

    private long sendFile(SocketIo socketIo, OutputQueue output, OutputQueue.Part part, long most) {
        long count = Math.min(part.left, most);
        if (!part.copied) {
            long n = socketIo.sendFile(part.file, part.position, count);
            if (n != -Errno.EINVAL && n != -Errno.ENOSYS && n != -Errno.EOPNOTSUPP) {
                return n == 0 ? -Errno.EIO : n;
            }
            part.copied = true;
        }
        return copyFile(socketIo, output, part, (int) Math.min(count, lent.capacity()));
    }

    private long copyFile(SocketIo socketIo, OutputQueue output, OutputQueue.Part part, int count) {
        lent.clear();
        try {
            int n = part.file.read(part.position, lent.array(), 0, count);
            if (n <= 0) {
                return -Errno.EIO;
            }
            lent.wrote(n);
            return send(socketIo, lent.array(), lent.head(), n, part.left > n || output.more());
        } catch (IOException e) {
            return -Errno.EIO;
        } finally {
            lent.clear();
        }
    }
}
