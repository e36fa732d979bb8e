// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Pollers;
import io.millrace.ring.LinuxRing;
import io.millrace.ring.Ring;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Files;
import io.millrace.sys.KernelTls;
import io.millrace.sys.Pipes;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.sys.UnixSockets;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The kernel of this machine, by system calls. */
final class LinuxKernel extends Kernel {
    /** Bytes of unsent output that {@link #setNotsentLowat} allows: enough to fill the next few windows. */
    private static final int UNSENT = 128 * 1024;

    static final int FLAGS = Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;

    /** sendfile(2) transfers no more than this at once. */
    private static final long SENDFILE_MAX = 0x7ffff000L;

    @Override
    public Poller poller(PollerKind kind, int capacity) throws SysException {
        return Pollers.open(kind, capacity);
    }

    @Override
    public Ring ring(int submissions, int completions) throws SysException {
        return LinuxRing.open(submissions, completions);
    }

    @Override
    public int listen(SocketAddress address, ListenFlags flags, Sharing sharing) throws SysException {
        return LinuxListen.listen(address, flags, sharing);
    }

    @Override
    public void unlinkSocket(SocketAddress address) throws SysException {
        if (address instanceof UnixAddress unix) {
            LinuxListen.removeStale(unix);
        }
    }

    static int family(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? SocketAddresses.family(inet) : Sockets.AF_UNIX;
    }

    static byte[] encode(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? SocketAddresses.encode(inet)
                : ((UnixAddress) address).encode();
    }

    static String text(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
                : address.toString();
    }

    @Override
    public int connect(SocketAddress to, @Nullable SocketAddress from) {
        int fd = Sockets.socket(family(to), Sockets.SOCK_STREAM | FLAGS, 0);
        if (fd < 0) {
            return fd;
        }
        int result = from == null ? 0 : bind(fd, from);
        if (result >= 0) {
            byte[] struct = encode(to);
            result = Sockets.connect(fd, struct, struct.length);
        }
        // An interrupted attempt goes on by itself as one in progress does; another call would be EALREADY
        // (connect(2)).
        if (result >= 0 || result == -Errno.EINPROGRESS || result == -Errno.EINTR) {
            return fd;
        }
        Descriptors.close(fd);
        return result;
    }

    private static int bind(int fd, SocketAddress from) {
        byte[] struct = encode(from);
        if (from instanceof InetSocketAddress inet && inet.getPort() != 0) {
            // Else a port that was used a minute ago could not be used for another peer (tcp(7)).
            Sockets.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
        }
        return Sockets.bind(fd, struct, struct.length);
    }

    @Override
    public int connected(int fd) {
        int[] error = new int[1];
        int result = Sockets.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_ERROR, error);
        if (result < 0 || error[0] != 0) {
            return result < 0 ? result : -error[0];
        }
        byte[] peer = new byte[SocketAddresses.SIZE_UN];
        int length = Sockets.getpeername(fd, peer);
        if (length < 0) {
            // The event was for nothing.
            return length == -Errno.ENOTCONN ? -Errno.EINPROGRESS : length;
        }
        if (peer[0] == Sockets.AF_UNIX) {
            return 0;
        }
        byte[] local = new byte[SocketAddresses.SIZE_UN];
        if (Sockets.getsockname(fd, local) == length && Arrays.equals(peer, local)) {
            // A port of our own by chance, on which no other socket listens: TCP lets a socket connect to itself, as
            // two ends that open at the same moment.
            return -Errno.ECONNREFUSED;
        }
        Sockets.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1);
        return 0;
    }

    @Override
    public int accept(int listener, RawSockaddr peer) {
        return Sockets.accept4(listener, peer.address, FLAGS);
    }

    @Override
    public int peer(int fd, RawSockaddr peer) {
        int result = Sockets.getpeername(fd, peer.address);
        return result == -Errno.ENOTCONN ? formerPeer(fd, peer.address) : Math.min(0, result);
    }

    /**
     * Reads the peer of a connection that has been reset, for which getpeername fails. SO_PEERNAME still tells, but
     * refuses a buffer that is longer than the address.
     */
    private static int formerPeer(int fd, byte[] address) {
        int result = Sockets.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_PEERNAME, address);
        if (result == -Errno.EINVAL) {
            byte[] shorter = new byte[SocketAddresses.SIZE_IN];
            result = Sockets.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_PEERNAME, shorter);
            System.arraycopy(shorter, 0, address, 0, shorter.length);
        }
        return Math.min(0, result);
    }

    @Override
    public int adopt(int fd) {
        int[] type = new int[1];
        int result = Sockets.getsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_TYPE, type);
        if (result >= 0 && type[0] != Sockets.SOCK_STREAM) {
            return -Errno.EPROTOTYPE;
        }
        if (result >= 0) {
            result = Sockets.getpeername(fd, new byte[SocketAddresses.SIZE_UN]);
        }
        return result < 0 ? result : setFlags(fd);
    }

    /** Sets what sockets opened here have from the beginning: they do not block and are closed on exec. 0 or -errno. */
    static int setFlags(int fd) {
        int result = setNonBlocking(fd);
        return result < 0 ? result : Descriptors.fcntl(fd, Descriptors.F_SETFD, Descriptors.FD_CLOEXEC);
    }

    private static int setNonBlocking(int fd) {
        int flags = Descriptors.fcntl(fd, Descriptors.F_GETFL, 0);
        if (flags < 0 || (flags & Descriptors.O_NONBLOCK) != 0) {
            return Math.min(flags, 0);
        }
        return Descriptors.fcntl(fd, Descriptors.F_SETFL, flags | Descriptors.O_NONBLOCK);
    }

    @Override
    public int unblock(int fd) {
        return setNonBlocking(fd);
    }

    @Override
    public int receive(int fd, byte[] into, int offset, int length) {
        return Sockets.recv(fd, into, offset, length, 0);
    }

    @Override
    public int send(int fd, byte[] from, int offset, int length, boolean more) {
        // A JVM ignores SIGPIPE, but a child process that has inherited the socket may not.
        int flags = more ? Sockets.MSG_NOSIGNAL | Sockets.MSG_MORE : Sockets.MSG_NOSIGNAL;
        return Sockets.send(fd, from, offset, length, flags);
    }

    @Override
    public long sendFile(int fd, int file, long position, long count) {
        return Files.sendfile(fd, file, position, Math.min(count, SENDFILE_MAX));
    }

    @Override
    public int pipe(int[] ends, int room) {
        int result = Pipes.pipe2(ends, Descriptors.O_NONBLOCK | Files.O_CLOEXEC);
        if (result == 0) {
            // The kernel refuses it beyond a user's share of memory in pipes (pipe(7)); the default size will do.
            Descriptors.fcntl(ends[1], Pipes.F_SETPIPE_SZ, room);
        }
        return result;
    }

    @Override
    public long splice(int from, int to, long count, boolean more) {
        int flags = Pipes.SPLICE_F_MOVE | Pipes.SPLICE_F_NONBLOCK;
        return Pipes.splice(from, to, count, more ? flags | Pipes.SPLICE_F_MORE : flags);
    }

    /** Best effort: Unix sockets do not have this option, nor do old kernels. */
    @Override
    public int setNotsentLowat(int fd) {
        return Sockets.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NOTSENT_LOWAT, UNSENT);
    }

    /** A Unix socket has no such number, and no more room than its fixed buffer. */
    @Override
    public int unsent(int fd) {
        return Math.max(0, Sockets.unsent(fd));
    }

    @Override
    public int protectOutput(int fd, int cipher, byte[] key, byte[] iv, long sequence) {
        int result = KernelTls.attach(fd);
        return result < 0 ? result : KernelTls.protectOutput(fd, cipher, key, iv, sequence);
    }

    @Override
    public int sendRecord(int fd, int type, byte[] content, int offset, int length) {
        return KernelTls.sendRecord(fd, type, content, offset, length);
    }

    @Override
    public int shutdown(int fd) {
        return Sockets.shutdown(fd, Sockets.SHUT_WR);
    }

    @Override
    public int close(int fd) {
        return Descriptors.close(fd);
    }

    @Override
    public int abort(int fd) {
        Sockets.linger(fd, 0);
        return Descriptors.close(fd);
    }

    @Override
    public int reserveDescriptor() {
        return Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC);
    }

    @Override
    public @Nullable SocketAddress local(int fd) {
        byte[] struct = new byte[SocketAddresses.SIZE_UN];
        int length = Sockets.getsockname(fd, struct);
        return length < 0 ? null : decode(struct, length);
    }

    @Override
    public @Nullable SocketAddress peer(int fd) {
        byte[] struct = new byte[SocketAddresses.SIZE_UN];
        int length = Sockets.getpeername(fd, struct);
        SocketAddress address = length < 0 ? null : decode(struct, length);
        int[] who = new int[3];
        return address instanceof UnixAddress unix && UnixSockets.credentials(fd, who) >= 0
                ? new UnixPeer(unix, who[0], who[1], who[2])
                : address;
    }

    private static @Nullable SocketAddress decode(byte[] struct, int length) {
        return struct[0] == Sockets.AF_UNIX ? UnixAddress.decode(struct, length) : SocketAddresses.decode(struct);
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long descriptorLimit() {
        long[] limits = new long[2];
        int result = Descriptors.getrlimit(Descriptors.RLIMIT_NOFILE, limits);
        return result < 0 || limits[0] < 0 ? Long.MAX_VALUE : limits[0];
    }
}
