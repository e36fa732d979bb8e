// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.ring.Ring;
import io.millrace.sys.Errno;
import io.millrace.sys.Platform;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The one door between the loop and the kernel: every call on a socket that the loop makes, and the time. Results are
 * those of the system calls: n or 0, or -errno for a failure. Sockets that are opened here do not block and are closed
 * on exec.
 *
 * <p>A program has one implementation, {@link LinuxKernel}, so the JIT compiler binds these calls directly. A simulated
 * kernel can take its place in tests. The loop's thread makes the calls.
 */
public abstract class Kernel {

    /** Whether several sockets listen on one address. */
    public enum Sharing {
        /** Only this one does. */
        ALONE,

        /** The first of several: it binds the address for itself alone, and then lets others join. */
        FIRST,

        /** One that joins the first. */
        FURTHER
    }

    /** For implementations. */
    protected Kernel() {}

    /**
     * Returns the kernel of this machine.
     *
     * @throws UnsupportedOperationException if system calls cannot be made, with the reason
     */
    public static Kernel host() {
        String whyNot = Platform.whyNot();
        if (whyNot != null) {
            throw new UnsupportedOperationException("epoll: " + whyNot);
        }
        return new LinuxKernel();
    }

    /**
     * Opens a poller for sockets of this kernel that reports up to {@code capacity} events a call.
     *
     * @throws UnsupportedOperationException if the kind is not available, with the reason
     * @throws SysException if the kernel refuses what the poller needs
     */
    public abstract Poller poller(PollerKind kind, int capacity) throws SysException;

    /**
     * Opens a ring of io_uring(7) over sockets of this kernel, for that many entries a submission and that many unread
     * completions.
     *
     * @throws UnsupportedOperationException if this kernel has none
     * @throws SysException if the kernel refuses it
     */
    public Ring ring(int submissions, int completions) throws SysException {
        throw new UnsupportedOperationException("io_uring: " + getClass().getSimpleName() + " has no rings");
    }

    /**
     * Opens an epoll poller.
     *
     * @throws SysException if the kernel refuses what the poller needs
     */
    public final Poller poller(int capacity) throws SysException {
        return poller(PollerKind.EPOLL, capacity);
    }

    /**
     * Opens a listening socket and returns its descriptor.
     *
     * @param address an {@link InetSocketAddress}; a {@link UnixAddress}, whose file replaces one on which no process
     *     listens any more; or an {@link InheritedSocket}, which is checked and made non-blocking
     * @param sharing whether other sockets may listen on the same address, among which the kernel then spreads
     *     connections (SO_REUSEPORT); TCP only
     * @throws SysException naming the call that failed and the address
     */
    public abstract int listen(SocketAddress address, ListenFlags flags, Sharing sharing) throws SysException;

    /**
     * Removes the file of a Unix socket after the last socket that listened on it was closed, unless another process
     * listens on it by now. Does nothing for other addresses.
     *
     * @throws SysException if the file cannot be removed
     */
    public abstract void unlinkSocket(SocketAddress address) throws SysException;

    /**
     * Opens a stream socket and begins to connect it. Returns its descriptor, which becomes writable when the attempt
     * has ended, or -errno if it has failed at once. -EAGAIN says that the queue of a Unix socket is full; later it may
     * not be.
     *
     * @param from the address to bind the socket to first, or {@code null}
     */
    public abstract int connect(SocketAddress to, @Nullable SocketAddress from);

    /**
     * Returns how the attempt of {@link #connect} has ended: 0 if the socket is connected, which has TCP_NODELAY set
     * then, -EINPROGRESS if it has not ended, or the -errno of its failure.
     */
    public abstract int connected(int fd);

    /** Accepts a connection and sets TCP_NODELAY. Returns its descriptor or -errno; {@code peer} gets its address. */
    public abstract int accept(int listener, RawSockaddr peer);

    /**
     * Reads the peer's address of a connection that was accepted without asking for it, also when it has been reset
     * since. Returns 0 or -errno.
     */
    public int peer(int fd, RawSockaddr peer) {
        return -Errno.EOPNOTSUPP;
    }

    /**
     * Tells whether an error of {@link #accept} is one of a single connection that has ended already, and not of the
     * listening socket (accept(2)); then the next call may succeed.
     */
    public static boolean isOfTheConnection(int result) {
        return switch (-result) {
            case Errno.EINTR,
                    Errno.ECONNABORTED,
                    Errno.EPROTO,
                    Errno.EPERM,
                    Errno.ENETDOWN,
                    Errno.EHOSTUNREACH,
                    Errno.ENETUNREACH,
                    Errno.ETIMEDOUT,
                    Errno.EOPNOTSUPP,
                    Errno.ENOPROTOOPT -> true;
            default -> false;
        };
    }

    /**
     * Prepares a descriptor that was opened elsewhere for a loop. Returns 0, or -errno if it is no connected stream
     * socket.
     */
    public abstract int adopt(int fd);

    /**
     * Sees to it that a descriptor from elsewhere does not block. Whether it does is a property of what is open and not
     * of the descriptor (O_NONBLOCK, fcntl(2)), so another process that has a copy may change it at any time. To be
     * called before {@link #accept}, {@link #sendFile} and {@link #splice}, which would wait then; the other calls
     * never do. Returns 0 or -errno.
     */
    public int unblock(int fd) {
        return 0;
    }

    /** Receives, without waiting. Returns the number of bytes, 0 at the end of the stream, or -errno. */
    public abstract int receive(int fd, byte[] into, int offset, int length);

    /**
     * Sends as much as the socket takes now, without waiting. Returns the number of bytes, or -errno.
     *
     * @param more whether another send follows at once (MSG_MORE)
     */
    public abstract int send(int fd, byte[] from, int offset, int length, boolean more);

    /** Sends part of a file. Returns the number of bytes taken, 0 past the end of the file, or -errno. */
    public abstract long sendFile(int fd, int file, long position, long count);

    /**
     * Opens a pipe: {@code ends[0]} is to read from, {@code ends[1]} to write to; both do not block and are closed on
     * exec. Returns 0 or -errno; -ENOSYS if this kernel has none.
     *
     * @param room bytes that the pipe is to hold, as far as the kernel allows it
     */
    public int pipe(int[] ends, int room) {
        return -Errno.ENOSYS;
    }

    /**
     * Moves up to {@code count} bytes between a socket and a pipe. Returns the number of bytes, 0 at the end of the
     * stream, or -errno.
     *
     * @param more whether other output follows at once
     */
    public long splice(int from, int to, long count, boolean more) {
        return -Errno.ENOSYS;
    }

    /**
     * Limits what the kernel buffers of a connection's output beyond what is under way to the peer, so that the socket
     * becomes writable only when little is left (TCP_NOTSENT_LOWAT, tcp(7)). Sockets accepted from a listening socket
     * inherit it. Returns 0, or -errno if the kernel or the socket does not support it, which does no harm.
     */
    public int setNotsentLowat(int fd) {
        return -Errno.ENOPROTOOPT;
    }

    /**
     * How many bytes of what a connection was given to send the kernel keeps because the peer takes no more
     * (SIOCOUTQNSD); 0 where the kernel or the socket does not know.
     */
    public int unsent(int fd) {
        return 0;
    }

    /**
     * Has a connected TCP socket make TLS 1.3 records of what is sent from now on, files included. Returns 0, or -errno
     * if it cannot, and then nothing has changed.
     *
     * @param cipher one of {@link io.millrace.sys.KernelTls}
     */
    public int protectOutput(int fd, int cipher, byte[] key, byte[] iv, long sequence) {
        return -Errno.ENOPROTOOPT;
    }

    /**
     * Sends a record of another type than data on such a socket, without waiting. Returns the number of bytes, or
     * -errno.
     */
    public int sendRecord(int fd, int type, byte[] content, int offset, int length) {
        return -Errno.ENOPROTOOPT;
    }

    /** Closes the direction of this end, so that the peer reads the end of the stream. Returns 0 or -errno. */
    public abstract int shutdown(int fd);

    /** Closes a descriptor. Returns 0 or -errno. */
    public abstract int close(int fd);

    /** Resets a connection: the peer gets RST (SO_LINGER of 0, socket(7)). A kernel that cannot do this closes it. */
    public int abort(int fd) {
        return close(fd);
    }

    /**
     * Opens a descriptor that serves no purpose, to be closed when the process has run out of descriptors and needs
     * one. Returns it or -errno.
     */
    public abstract int reserveDescriptor();

    /** Returns the address of this end, or {@code null} if the socket has none. */
    public abstract @Nullable SocketAddress local(int fd);

    /** Returns the address of the other end, of a Unix socket a {@link UnixPeer}, or {@code null} if there is none. */
    public abstract @Nullable SocketAddress peer(int fd);

    /** Returns the monotonic time in nanoseconds. */
    public abstract long nanos();

    /** Returns the number of descriptors that this process may have open. */
    public abstract long descriptorLimit();
}
