// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Errno;
import io.millrace.sys.Platform;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * The one door between the loop and the kernel: every call on a socket that the loop makes, and the time. Results are
 * those of the system calls: n or 0, and -errno for a failure. Sockets that come through here are non-blocking and
 * closed on exec.
 *
 * <p>There is one implementation in a program, {@link LinuxKernel}, so the JIT binds these calls directly; a simulated
 * kernel can stand in for tests. Calls are made by the loop's thread.
 */
public abstract class Kernel {

    /** Whether several sockets listen on one address. */
    public enum Sharing {
        /** This one only. */
        ALONE,

        /** The first of several: must have the address for itself, and lets others join. */
        FIRST,

        /** One more. */
        FURTHER
    }

    /** For implementations. */
    protected Kernel() {}

    /**
     * The kernel of this machine.
     *
     * @throws UnsupportedOperationException saying why, where the system calls cannot be used
     */
    public static Kernel host() {
        String whyNot = Platform.whyNot();
        if (whyNot != null) {
            throw new UnsupportedOperationException("epoll: " + whyNot);
        }
        return new LinuxKernel();
    }

    /**
     * A poller for sockets of this kernel that reports up to {@code capacity} events a call.
     *
     * @throws UnsupportedOperationException saying why, where this kind cannot be had
     */
    public abstract Poller poller(PollerKind kind, int capacity) throws SysException;

    /** As the other, the usual kind: epoll. */
    public final Poller poller(int capacity) throws SysException {
        return poller(PollerKind.EPOLL, capacity);
    }

    /**
     * A listening socket.
     *
     * @param address where: an {@link InetSocketAddress}, a {@link UnixAddress}, whose file takes the place of one that
     *     nobody listens on any more, or an {@link InheritedSocket}, which is checked and made non-blocking
     * @param sharing whether other sockets may listen on the same address, the kernel spreading connections
     *     (SO_REUSEPORT); TCP only
     * @throws SysException naming the call that failed and the address
     */
    public abstract int listen(SocketAddress address, ListenFlags flags, Sharing sharing) throws SysException;

    /**
     * The last socket that listened on the address has been closed: removes what it left behind, the file of a Unix
     * socket, unless somebody else listens on it by now.
     *
     * @throws SysException if there is something that cannot be removed
     */
    public abstract void unlinkSocket(SocketAddress address) throws SysException;

    /**
     * Begins to connect a new stream socket, bound to {@code from} before unless that is {@code null}: its descriptor,
     * which becomes writable when the attempt has ended; or -errno, at once and for good. -EAGAIN: the queue of a Unix
     * socket is full, later it may not be.
     */
    public abstract int connect(SocketAddress to, SocketAddress from);

    /**
     * How the attempt of {@link #connect} ended: 0 for connected, with TCP_NODELAY set, -EINPROGRESS for not yet, or
     * -errno.
     */
    public abstract int connected(int fd);

    /** Takes a connection: its descriptor, with TCP_NODELAY set, or -errno. */
    public abstract int accept(int listener, RawSockaddr peer);

    /** Whose connection it is, or was before it was reset, that was accepted without asking: 0 or -errno. */
    public int peer(int fd, RawSockaddr peer) {
        return -Errno.EOPNOTSUPP;
    }

    /**
     * Whether what {@link #accept} gave is an error of the one connection that has gone again, not of the socket
     * (accept(2)): the next may be tried.
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

    /** Makes a descriptor from elsewhere fit for a loop: 0, or -errno for what is no connected stream socket. */
    public abstract int adopt(int fd);

    /** Receives: bytes, 0 at the end of the stream, or -errno. */
    public abstract int receive(int fd, byte[] into, int offset, int length);

    /** Sends what fits now: bytes taken or -errno. {@code more} says that a send follows at once (MSG_MORE). */
    public abstract int send(int fd, byte[] from, int offset, int length, boolean more);

    /** Sends part of a file: bytes taken, 0 past its end, or -errno. */
    public abstract long sendFile(int fd, int file, long position, long count);

    /**
     * A pipe with room for some {@code room} bytes, as far as may be: {@code ends[0]} to read from, {@code ends[1]} to
     * write to; both non-blocking and closed on exec. Returns 0 or -errno; -ENOSYS from a kernel without.
     */
    public int pipe(int[] ends, int room) {
        return -Errno.ENOSYS;
    }

    /**
     * Moves up to {@code count} bytes between a socket and a pipe: bytes, 0 at the end of the stream, or -errno.
     * {@code more} says that output of another kind follows at once.
     */
    public long splice(int from, int to, long count, boolean more) {
        return -Errno.ENOSYS;
    }

    /**
     * Has the kernel keep little of what a connection sends beyond what is under way to the peer, and tell of room when
     * only little is left (TCP_NOTSENT_LOWAT, tcp(7)). Of a listening socket those that it accepts inherit it. 0, or
     * -errno where the kernel or the socket does not know how, which is no harm.
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

    /** Closes our direction; the peer reads the end of the stream. */
    public abstract int shutdown(int fd);

    /** Closes a descriptor. */
    public abstract int close(int fd);

    /** Closes a connection so that the peer gets RST (SO_LINGER of 0, socket(7)); where that cannot be, closes it. */
    public int abort(int fd) {
        return close(fd);
    }

    /**
     * A descriptor that serves nothing, to be closed in need: what has to be done without any may need one. Or -errno.
     */
    public abstract int reserveDescriptor();

    /** The address of this end, or {@code null} if the socket has none. */
    public abstract SocketAddress local(int fd);

    /** The address of the other end, or {@code null} if there is none; of a Unix socket a {@link UnixPeer}. */
    public abstract SocketAddress peer(int fd);

    /** Monotonic time in nanoseconds. */
    public abstract long nanos();

    /** The number of descriptors that this process may have open. */
    public abstract long descriptorLimit();
}
