// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.fs.KernelFile;
import io.millrace.socket.Kernel;
import io.millrace.sys.Errno;
import java.io.IOException;

/**
 * Sends what connections have to send by calls that do not wait: bytes from the heap, and files within the kernel where
 * it can.
 */
final class SocketWriter {
    /**
     * Of so many connections that wait for their peers the kernel may keep what it likes, up to tcp_wmem[2], 4 MiB,
     * each: that sends large files at the least cost. Of more it may not, for a few thousand peers that read nothing
     * would hold all the memory that TCP may have (tcp(7) tcp_mem).
     */
    private static final int UNRESTRAINED = 32;

    /** Less than this is no matter: neither what is to be sent, nor what the kernel keeps. */
    private static final int MUCH = 64 * 1024;

    /** After so many bytes the kernel is asked how much of them it keeps, even if it has taken them all. */
    private static final int UNASKED = 64 * 1024;

    private final Kernel kernel;
    private final Budget budget;
    private final ReceiveBuffer receiveBuffer;
    private final OutputQueue.Pool outputs;
    private long sentThisTurn;

    /** Connections whose output waits for their peers. */
    private int clogged;

    SocketWriter(Kernel kernel, Budget budget, ReceiveBuffer receiveBuffer, OutputQueue.Pool outputs) {
        this.kernel = kernel;
        this.budget = budget;
        this.receiveBuffer = receiveBuffer;
        this.outputs = outputs;
    }

    /** A turn begins. */
    void turn() {
        sentThisTurn = 0;
    }

    /** How many bytes a connection may send in this turn. */
    long share() {
        return sentThisTurn < budget.turn() ? budget.write() : Math.max(1, budget.write() / 16);
    }

    /**
     * A good part of what was given to the kernel lately may still be there: asks. A peer that does not read is found
     * this way before the kernel takes nothing more, which is megabytes later.
     */
    private void look(Connection c) {
        c.unasked = 0;
        if (kernel.unsent(c.fd) > MUCH) {
            backlogged(c);
        } else if (c.is(Connection.WRITABLE)) {
            drained(c);
        }
    }

    /** The peer does not read as fast as there is something to send. */
    void backlogged(Connection c) {
        if (!c.is(Connection.BACKLOGGED)) {
            c.set(Connection.BACKLOGGED);
            clogged++;
        }
    }

    /** Little of the connection waits any more, here and in the kernel. */
    void drained(Connection c) {
        if (c.is(Connection.BACKLOGGED)) {
            c.clear(Connection.BACKLOGGED);
            clogged--;
        }
    }

    /** Before something is sent: has the kernel keep little of a connection, once, if many wait for their peers. */
    void setLowat(Connection c) {
        if (clogged > UNRESTRAINED
                && !c.is(Connection.LOWAT_SET)
                && (c.is(Connection.BACKLOGGED) || c.pending() > MUCH)) {
            c.set(Connection.LOWAT_SET);
            kernel.setNotsentLowat(c.fd);
        }
    }

    /**
     * Sends what is to be sent next, up to {@code most} bytes where that was agreed upon or it is no buffer: bytes
     * taken, or -errno.
     */
    long sendFirst(Connection c, long most) {
        OutputQueue output = c.output;
        long n;
        if (output.isBytes()) {
            int length = c.flow == null ? output.length() : (int) Math.min(output.length(), most);
            n = send(c, output.bytes().array(), output.bytes().head(), length, output.more());
        } else {
            n = sendPart(c, output.first(), most);
        }
        if (n > 0) {
            sent(c, n);
        }
        return n;
    }

    private long sendPart(Connection c, OutputQueue.Part part, long most) {
        if (part.array != null) {
            int length = (int) Math.min(part.left, most);
            if (part.recordType != 0) {
                // As a whole, whatever was agreed upon.
                return kernel.sendRecord(c.fd, part.recordType, part.array, (int) part.position, (int) part.left);
            }
            return send(c, part.array, (int) part.position, length, part.left > length || c.output.more());
        }
        return part.piped() == null ? sendFile(c, part, most) : part.piped().drain(kernel, most, c.output.more());
    }

    /** That many bytes of what was to be sent next have left. */
    void sent(Connection c, long count) {
        sentThisTurn += count;
        c.countOut(count);
        c.output.sent(count, outputs.buffers);
        c.unasked += (int) Math.min(count, UNASKED);
        if (c.unasked >= UNASKED) {
            look(c);
        }
    }

    /** Everything has left: what it waited in goes back to the pool. */
    void giveBack(Connection c) {
        if (c.is(Connection.BACKLOGGED)) {
            look(c);
        }
        if (c.output != null) {
            outputs.give(c.output);
            c.output = null;
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

    private long sendFile(Connection c, OutputQueue.Part part, long most) {
        long count = Math.min(part.left, most);
        if (part.file instanceof KernelFile file && !part.copied) {
            c.unblock(kernel);
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

    private long copyFile(Connection c, OutputQueue.Part part, long most) {
        Buffer bytes = receiveBuffer.scratch();
        try {
            int n = part.file.read(part.position, bytes.array(), 0, (int) Math.min(most, bytes.capacity()));
            if (n <= 0) {
                return -Errno.EIO;
            }
            bytes.wrote(n);
            return send(c, bytes.array(), bytes.head(), n, part.left > n || c.output.more());
        } catch (IOException e) {
            return -Errno.EIO;
        } finally {
            bytes.clear();
        }
    }
}
