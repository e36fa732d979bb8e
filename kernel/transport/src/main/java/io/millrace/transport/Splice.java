// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.socket.Kernel;
import io.millrace.sys.Errno;

/**
 * The input of one connection that goes out of another within the kernel: splice(2) moves it from a socket into a pipe
 * and from the pipe into the other socket. A pipe is borrowed only while something is in it, so that a relay that is
 * idle holds none.
 *
 * <p>It is filled only when it is empty. A pipe is full when its slots are, not when its bytes are, so -EAGAIN would
 * not say which of the two, socket or pipe, was meant (splice(2)).
 */
final class Splice implements OutputQueue.PipedBytes {
    final Connection from;
    final Connection to;
    private final OutputQueue.Part part = new OutputQueue.Part(this);
    private PipePool.Pipe pipe;
    private int level;

    Splice(Connection from, Connection to) {
        this.from = from;
        this.to = to;
    }

    /** Whether nothing is under way. */
    boolean isEmpty() {
        return level == 0;
    }

    /** Whether the other side still takes anything. */
    boolean canPour() {
        return !to.is(Connection.CLOSING | Connection.DEAD | Connection.FINISHING | Connection.LINGERING);
    }

    /** Takes up to {@code most} bytes out of the socket: bytes, 0 at the end of the stream, -errno. */
    long fill(Kernel kernel, PipePool pipes, int most) {
        pipe = pipes.take();
        if (pipe == null) {
            return -Errno.ENOSYS;
        }
        from.unblock(kernel);
        long n = kernel.splice(from.fd, pipe.in(), Math.min(most, PipePool.PORTION), false);
        if (n > 0) {
            level = (int) n;
            part.left = n;
            to.spliceTo(part);
        } else {
            pipes.give(pipe);
            pipe = null;
        }
        return n;
    }

    /** Sends up to {@code most} bytes of what is under way: bytes or -errno. */
    @Override
    public long drain(Kernel kernel, long most, boolean more) {
        to.unblock(kernel);
        return kernel.splice(pipe.out(), to.fd, Math.min(most, level), more);
    }

    /** Some bytes have left. */
    @Override
    public void left(long count) {
        level -= (int) count;
    }

    /** All that was under way has left, or never will. */
    @Override
    public void release() {
        PipePool pipes = to.driver.pipes;
        if (level == 0) {
            pipes.give(pipe);
        } else {
            pipes.drop(pipe);
            level = 0;
        }
        pipe = null;
        from.poured();
    }
}
