// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.sys.Errno;
import java.io.IOException;

/**
 * What a thread lends to the link it is serving: the buffer where input arrives and those for output. A link that waits
 * holds none of them. To be used by one thread at a time, for any number of links one after the other.
 */
public final class Desk {
    private static final int USUAL = 16 * 1024;

    final Buffer lent;
    final Output.Pool outputs = new Output.Pool(2);

    /** Whether the last {@link #send} has found the socket full. */
    boolean full;

    /** Desks that no thread works at, for threads that come and go. Any thread may call. */
    public static final class Pool {
        private static final int MOST = 64;

        private final Desk[] free = new Desk[MOST];
        private int count;

        /** An empty pool: desks are made when they are needed. */
        public Pool() {}

        /** Takes a desk that is free, or a new one. */
        public synchronized Desk take() {
            if (count == 0) {
                return new Desk();
            }
            Desk desk = free[--count];
            free[count] = null;
            return desk;
        }

        /** Gives a desk back. */
        public synchronized void give(Desk desk) {
            if (count < MOST) {
                free[count++] = desk;
            }
        }
    }

    /** A desk with an input buffer of 16 KiB. */
    public Desk() {
        this.lent = new Buffer(USUAL);
    }

    /** Sends what is to be sent next, up to {@code most} bytes of what is no buffer: bytes taken, or -errno. */
    long send(Wire wire, Output output, long most) {
        full = false;
        long n = output.isBytes()
                ? send(
                        wire,
                        output.bytes().array(),
                        output.bytes().head(),
                        (int) Math.min(output.length(), most),
                        output.more())
                : sendPart(wire, output, output.first(), most);
        if (n > 0) {
            output.sent(n, outputs.buffers);
        }
        return n;
    }

    private long sendPart(Wire wire, Output output, Output.Part part, long most) {
        if (part.array == null) {
            return sendFile(wire, output, part, most);
        }
        int length = (int) Math.min(part.left, most);
        return send(wire, part.array, (int) part.position, length, part.left > length || output.more());
    }

    private long send(Wire wire, byte[] bytes, int offset, int length, boolean more) {
        int n = wire.send(bytes, offset, length, more);
        full = n >= 0 && n < length;
        return n;
    }

    private long sendFile(Wire wire, Output output, Output.Part part, long most) {
        long count = Math.min(part.left, most);
        if (!part.copied) {
            long n = wire.sendFile(part.file, part.position, count);
            if (n != -Errno.EINVAL && n != -Errno.ENOSYS && n != -Errno.EOPNOTSUPP) {
                return n == 0 ? -Errno.EIO : n;
            }
            part.copied = true;
        }
        return copyFile(wire, output, part, (int) Math.min(count, lent.capacity()));
    }

    private long copyFile(Wire wire, Output output, Output.Part part, int count) {
        lent.clear();
        try {
            int n = part.file.read(part.position, lent.array(), 0, count);
            if (n <= 0) {
                return -Errno.EIO;
            }
            lent.wrote(n);
            return send(wire, lent.array(), lent.head(), n, part.left > n || output.more());
        } catch (IOException e) {
            return -Errno.EIO;
        } finally {
            lent.clear();
        }
    }
}
