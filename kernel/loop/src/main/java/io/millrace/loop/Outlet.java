// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Buffer;
import io.millrace.poll.Kernel;
import io.millrace.sys.Errno;
import java.io.IOException;

/**
 * Sends what connections have to send by calls that do not wait: bytes from the heap, and files within the kernel where
 * it can.
 */
final class Outlet {
    /**
     * Of so many connections that wait for their peers the kernel may keep what it likes, up to tcp_wmem[2], 4 MiB,
     * each: that sends large files at the least cost. Of more it may not, for a few thousand peers that read nothing
     * would hold all the memory that TCP may have (tcp(7) tcp_mem).
     */
    private static final int UNRESTRAINED = 32;

    /** Less than this is no matter. */
    private static final int MUCH = 128 * 1024;

    private final Kernel kernel;
    private final Budget budget;
    private final Intake intake;
    private final BufferPool pool;
    private long sentThisTurn;

    /** Outboxes that no connection needs just now. */
    private final Outbox[] spare = new Outbox[64];

    private int spares;

    /** Connections whose output waits for their peers. */
    private int clogged;

    Outlet(Kernel kernel, Budget budget, Intake intake, BufferPool pool) {
        this.kernel = kernel;
        this.budget = budget;
        this.intake = intake;
        this.pool = pool;
    }

    /** A turn begins. */
    void turn() {
        sentThisTurn = 0;
    }

    /** How many bytes a connection may send in this turn. */
    long share() {
        return sentThisTurn < budget.turn() ? budget.write() : Math.max(1, budget.write() / 16);
    }

    /** The peer does not read as fast as there is something to send. */
    void clogged(Connection c) {
        if (!c.is(Connection.CLOGGED)) {
            c.set(Connection.CLOGGED);
            clogged++;
        }
    }

    /** Nothing of the connection waits any more. */
    void unclogged(Connection c) {
        if (c.is(Connection.CLOGGED)) {
            c.clear(Connection.CLOGGED);
            clogged--;
        }
    }

    /** Before something is sent: has the kernel keep little of a connection, once, if many wait for their peers. */
    void restrain(Connection c) {
        if (clogged > UNRESTRAINED
                && !c.is(Connection.RESTRAINED)
                && (c.is(Connection.CLOGGED) || c.pending() > MUCH)) {
            c.set(Connection.RESTRAINED);
            kernel.setNotsentLowat(c.fd);
        }
    }

    /**
     * Sends from the first part of the output, up to {@code most} bytes where that was agreed upon or it is no buffer:
     * bytes taken, or -errno.
     */
    long sendFirst(Connection c, long most) {
        Outbox.Part part = c.outbox == null ? null : c.outbox.first();
        long n;
        if (part == null) {
            n = send(c, c.out.array(), c.out.head(), length(c, c.out, most), false);
        } else {
            n = sendPart(c, part, most);
        }
        if (n > 0) {
            sent(c, n);
        }
        return n;
    }

    private static int length(Connection c, Buffer bytes, long most) {
        return c.terms == null ? bytes.readable() : (int) Math.min(bytes.readable(), most);
    }

    private long sendPart(Connection c, Outbox.Part part, long most) {
        if (part.bytes != null) {
            int length = length(c, part.bytes, most);
            return send(c, part.bytes.array(), part.bytes.head(), length, part.left > length || c.hasMore());
        }
        if (part.body != null) {
            int length = (int) Math.min(part.left, most);
            return send(c, part.body.array(), (int) part.position, length, part.left > length || c.hasMore());
        }
        return part.splice() == null ? sendFile(c, part, most) : part.splice().drain(kernel, most, c.hasMore());
    }

    /** The bytes to send next, or {@code null} if it is the turn of something else. */
    Buffer firstBytes(Connection c) {
        Outbox.Part part = c.outbox == null ? null : c.outbox.first();
        return part == null ? c.out : part.bytes;
    }

    /** That many bytes of the first part have left. */
    void sent(Connection c, long count) {
        sentThisTurn += count;
        c.countOut(count);
        Outbox.Part part = c.outbox == null ? null : c.outbox.first();
        if (part == null) {
            c.out.consume((int) count);
        } else {
            Buffer done = c.outbox.sent(count);
            if (done != null) {
                pool.give(done);
            }
        }
    }

    /** Everything has left: the buffer goes back to the pool. */
    void giveBack(Connection c) {
        unclogged(c);
        if (c.outbox != null && !c.outbox.stays) {
            keep(c.outbox);
            c.outbox = null;
        }
        if (c.out != null) {
            pool.give(c.out);
            c.out = null;
        }
    }

    /** An outbox for a connection that has more than bytes to send. */
    Outbox lend() {
        return spares == 0 ? new Outbox() : spare[--spares];
    }

    private void keep(Outbox empty) {
        if (spares < spare.length) {
            spare[spares++] = empty;
        }
    }

    private long send(Connection c, byte[] bytes, int from, int length, boolean more) {
        int n = kernel.send(c.fd, bytes, from, length, more);
        if (n >= 0 && n < length) {
            // The socket is full; that there is room again will be a new event.
            c.clear(Connection.WRITABLE);
        }
        return n;
    }

    private long sendFile(Connection c, Outbox.Part part, long most) {
        long count = Math.min(part.left, most);
        if (part.file instanceof KernelFile file && !part.copied) {
            long n = kernel.sendFile(c.fd, file.descriptor(), part.position, count);
            if (n == -Errno.EINVAL || n == -Errno.ENOSYS || n == -Errno.EOPNOTSUPP) {
                // A file system that cannot (sendfile(2)): read and send.
                part.copied = true;
                return -Errno.EINTR;
            }
            return n == 0 ? -Errno.EIO : n;
        }
        return copyFile(c, part, count);
    }

    private long copyFile(Connection c, Outbox.Part part, long most) {
        Buffer bytes = intake.scratch();
        try {
            int n = part.file.read(part.position, bytes.array(), 0, (int) Math.min(most, bytes.capacity()));
            if (n <= 0) {
                return -Errno.EIO;
            }
            bytes.wrote(n);
            return send(c, bytes.array(), bytes.head(), n, part.left > n || c.hasMore());
        } catch (IOException e) {
            return -Errno.EIO;
        } finally {
            bytes.clear();
        }
    }
}
