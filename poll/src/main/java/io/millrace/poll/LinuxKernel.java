// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Files;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;

/** The kernel of this machine, by system calls. */
final class LinuxKernel extends Kernel {
    private static final int ACCEPTED = Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;

    /** sendfile(2) transfers no more than this at once. */
    private static final long SENDFILE_MAX = 0x7ffff000L;

    @Override
    public Poller poller(int capacity) throws SysException {
        return EpollPoller.open(capacity);
    }

    @Override
    public int listen(InetSocketAddress address, int backlog, Sharing sharing) throws SysException {
        int fd = Sockets.socket(SocketAddresses.family(address), Sockets.SOCK_STREAM | ACCEPTED, 0);
        if (fd < 0) {
            throw new SysException("socket", fd, address);
        }
        try {
            prepare(fd, address);
            bind(fd, address, sharing);
            check("listen", Sockets.listen(fd, backlog), address);
            return fd;
        } catch (SysException e) {
            Descriptors.close(fd);
            throw e;
        }
    }

    /**
     * With SO_REUSEPORT set, bind(2) lets any process of this user have the port too, a server that was started a second time
     * by mistake included, and half of the connections would go astray without a word. So the first socket binds for itself
     * alone and lets others in afterwards.
     */
    private static void bind(int fd, InetSocketAddress address, Sharing sharing) throws SysException {
        if (sharing == Sharing.FURTHER) {
            allowSharing(fd, address);
        }
        byte[] struct = SocketAddresses.encode(address);
        check("bind", Sockets.bind(fd, struct, struct.length), address);
        if (sharing == Sharing.FIRST) {
            allowSharing(fd, address);
        }
    }

    private static void allowSharing(int fd, InetSocketAddress address) throws SysException {
        check("SO_REUSEPORT", Sockets.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEPORT, 1), address);
    }

    private static void prepare(int fd, InetSocketAddress address) throws SysException {
        // Without it a restarted server could not bind while old connections are in TIME_WAIT (tcp(7)).
        check("SO_REUSEADDR", Sockets.setsockopt(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1), address);
        if (SocketAddresses.family(address) == Sockets.AF_INET6) {
            int only = address.getAddress().isAnyLocalAddress() ? 0 : 1;
            check("IPV6_V6ONLY", Sockets.setsockopt(fd, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY, only), address);
        }
        // Accepted sockets inherit it, which saves a call for each of them.
        check("TCP_NODELAY", Sockets.setsockopt(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1), address);
    }

    private static void check(String call, int result, InetSocketAddress address) throws SysException {
        if (result < 0) {
            throw new SysException(call, result, address.getAddress().getHostAddress() + ":" + address.getPort());
        }
    }

    @Override
    public int accept(int listener, Peer peer) {
        return Sockets.accept4(listener, peer.address, ACCEPTED);
    }

    @Override
    public int receive(int fd, byte[] into, int offset, int length) {
        return Sockets.recv(fd, into, offset, length, 0);
    }

    @Override
    public int send(int fd, byte[] from, int offset, int length, boolean more) {
        // A JVM ignores SIGPIPE already; a child that inherited the socket would not.
        int flags = more ? Sockets.MSG_NOSIGNAL | Sockets.MSG_MORE : Sockets.MSG_NOSIGNAL;
        return Sockets.send(fd, from, offset, length, flags);
    }

    @Override
    public long sendFile(int fd, int file, long position, long count) {
        return Files.sendfile(fd, file, position, Math.min(count, SENDFILE_MAX));
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
    public int spare() {
        return Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC);
    }

    @Override
    public InetSocketAddress local(int fd) {
        byte[] struct = new byte[SocketAddresses.SIZE_IN6];
        int result = Sockets.getsockname(fd, struct);
        return result < 0 ? null : SocketAddresses.decode(struct);
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
