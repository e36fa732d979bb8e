// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.OpenFile;
import io.millrace.fs.KernelFile;
import io.millrace.socket.Kernel;
import io.millrace.sys.Errno;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.SocketIo;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A socket by its descriptor, non-blocking and connected. How to sleep on it is the model's business. */
public abstract class KernelSocketIo extends SocketIo {
    /** What calls go through. */
    protected final Kernel kernel;

    /** The descriptor, -1 once it is closed. */
    protected int fd;

    private boolean aborting;

    /** Takes over a descriptor that came from {@link Kernel#accept}. */
    protected KernelSocketIo(Kernel kernel, int fd) {
        this.kernel = kernel;
        this.fd = fd;
    }

    /** A wire whose owner sleeps in poll(2), with this bell beside it: one thread, one bell, one link at a time. */
    public static KernelSocketIo blocking(Kernel kernel, int fd, WakeupChannel wakeupChannel) {
        return new KernelSocketIo(kernel, fd) {
            @Override
            protected int await(int interest, long nanos) {
                return wakeupChannel.await(interest == BlockingLink.NO_SOCKET ? -1 : this.fd, interest, nanos);
            }

            @Override
            protected void wake() {
                wakeupChannel.wakeup();
            }
        };
    }

    @Override
    protected final int receive(byte[] into, int offset, int length) {
        return kernel.receive(fd, into, offset, length);
    }

    @Override
    protected final int send(byte[] from, int offset, int length, boolean more) {
        return kernel.send(fd, from, offset, length, more);
    }

    @Override
    protected final long sendFile(OpenFile file, long position, long count) {
        return file instanceof KernelFile known
                ? kernel.sendFile(fd, known.descriptor(), position, count)
                : -Errno.EINVAL;
    }

    @Override
    protected final void shutdown() {
        kernel.shutdown(fd);
    }

    @Override
    protected void close() {
        if (aborting) {
            kernel.abort(fd);
        } else {
            kernel.close(fd);
        }
        fd = -1;
    }

    @Override
    protected final void abort() {
        aborting = true;
        close();
    }

    @Override
    protected final @Nullable SocketAddress local() {
        return kernel.local(fd);
    }
}
