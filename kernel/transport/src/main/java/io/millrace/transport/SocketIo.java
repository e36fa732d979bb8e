// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.OpenFile;
import java.net.SocketAddress;

/**
 * What a {@link BlockingLink} runs over: one socket that never blocks in a call, and a way to sleep until it is ready
 * or another thread wakes it. Calls return n, 0 or -errno as the kernel does; all but {@link #wake} are made by the
 * thread that owns the link just then.
 */
public abstract class SocketIo {

    /** For implementations. */
    protected SocketIo() {}

    /** Receives: bytes, 0 at the end of the stream, or -errno, -EAGAIN when there is nothing yet. */
    protected abstract int receive(byte[] into, int offset, int length);

    /** Sends what fits now: bytes taken or -errno. {@code more} says that a send follows at once. */
    protected abstract int send(byte[] from, int offset, int length, boolean more);

    /** Sends part of a file: bytes taken, 0 past its end, or -errno; -EINVAL and the link copies the file instead. */
    protected abstract long sendFile(OpenFile file, long position, long count);

    /** Closes our direction; the peer reads the end of the stream. */
    protected abstract void shutdown();

    /** Closes the socket. */
    protected abstract void close();

    /** Closes the socket so that the peer gets RST, where that can be. */
    protected void abort() {
        close();
    }

    /** The address of this end, or {@code null} where none is known. */
    protected abstract SocketAddress local();

    /**
     * Sleeps until one of {@code interest} ({@link io.millrace.poll.Interest} READ, WRITE, or none; for
     * {@link BlockingLink#NO_SOCKET} the socket is not looked at) is there, {@code nanos} have passed (negative: for
     * ever) or {@link #wake} is called, even if that was before.
     *
     * @return what was found, ERROR and HANGUP included; 0 for nothing
     */
    protected abstract int await(int interest, long nanos);

    /** Ends a running or the next {@link #await}. Any thread may call, also when the link is over. */
    protected abstract void wake();
}
