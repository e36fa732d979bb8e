// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.poll.Kernel.Sharing;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Files;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** How a listening socket comes to be: made and bound, or taken over. */
final class LinuxListen {
    private LinuxListen() {}

    static int listen(SocketAddress address, ListenFlags flags, Sharing sharing) throws SysException {
        if (address instanceof InheritedSocket inherited) {
            return inherited(inherited);
        }
        int fd = Sockets.socket(LinuxKernel.family(address), Sockets.SOCK_STREAM | LinuxKernel.FLAGS, 0);
        if (fd < 0) {
            throw new SysException("socket", fd, LinuxKernel.text(address));
        }
        try {
            if (address instanceof UnixAddress unix) {
                bind(fd, unix, flags.mode());
            } else {
                prepare(fd, (InetSocketAddress) address, flags);
                bind(fd, (InetSocketAddress) address, sharing);
            }
            check("listen", Sockets.listen(fd, flags.backlog()), address);
            return fd;
        } catch (SysException e) {
            Descriptors.close(fd);
            throw e;
        }
    }

    // ---- TCP ----

    /**
     * With SO_REUSEPORT set, bind(2) lets any process of this user have the port too, a server that was started a
     * second time by mistake included, and half of the connections would go astray without a word. So the first socket
     * binds for itself alone and lets others in afterwards.
     */
    private static void bind(int fd, InetSocketAddress address, Sharing sharing) throws SysException {
        if (sharing == Sharing.FURTHER) {
            option("SO_REUSEPORT", fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEPORT, 1, address);
        }
        byte[] struct = SocketAddresses.encode(address);
        check("bind", Sockets.bind(fd, struct, struct.length), address);
        if (sharing == Sharing.FIRST) {
            option("SO_REUSEPORT", fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEPORT, 1, address);
        }
    }

    private static void prepare(int fd, InetSocketAddress address, ListenFlags flags) throws SysException {
        if (flags.reuseAddress()) {
            option("SO_REUSEADDR", fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1, address);
        }
        if (LinuxKernel.family(address) == Sockets.AF_INET6) {
            int only = v6Only(flags, address) ? 1 : 0;
            option("IPV6_V6ONLY", fd, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY, only, address);
        }
        tune(fd, address);
        if (flags.deferSeconds() > 0) {
            option(
                    "TCP_DEFER_ACCEPT",
                    fd,
                    Sockets.IPPROTO_TCP,
                    Sockets.TCP_DEFER_ACCEPT,
                    flags.deferSeconds(),
                    address);
        }
        if (flags.fastOpen() > 0) {
            option("TCP_FASTOPEN", fd, Sockets.IPPROTO_TCP, Sockets.TCP_FASTOPEN, flags.fastOpen(), address);
        }
    }

    /** What accepted sockets inherit, which saves a call for each of them. */
    private static void tune(int fd, SocketAddress address) throws SysException {
        option("TCP_NODELAY", fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1, address);
    }

    private static boolean v6Only(ListenFlags flags, InetSocketAddress address) {
        return switch (flags.families()) {
            case USUAL -> !address.getAddress().isAnyLocalAddress();
            case V6_ONLY -> true;
            case BOTH -> false;
        };
    }

    // ---- Unix sockets ----

    private static void bind(int fd, UnixAddress address, int mode) throws SysException {
        if (mode >= 0) {
            // The file is made with no more than this; to set it afterwards would leave it open to all for a moment.
            check("fchmod", Files.fchmod(fd, mode), address);
        }
        byte[] struct = address.encode();
        int result = Sockets.bind(fd, struct, struct.length);
        if (result == -Errno.EADDRINUSE && address.path() != null) {
            removeStale(address);
            result = Sockets.bind(fd, struct, struct.length);
        }
        check("bind", result, address);
        if (mode >= 0 && address.path() != null) {
            // umask(2) has taken its part: now all that was asked for.
            check("chmod", Files.chmod(address.path(), mode), address);
        }
    }

    /**
     * Removes the file that a Unix socket has left behind, which the kernel never does by itself (unix(7)): if it is a
     * socket, and nobody listens on it any more.
     *
     * @throws SysException if the file is no socket, or if it cannot be removed; EADDRINUSE if somebody listens
     */
    static void removeStale(UnixAddress address) throws SysException {
        String path = address.path();
        long[] found = new long[Files.STAT_VALUES];
        if (path == null || Files.statx(Files.AT_FDCWD, path, Files.AT_SYMLINK_NOFOLLOW, found) < 0) {
            return;
        }
        if ((found[Files.MODE] & Files.S_IFMT) != Files.S_IFSOCK) {
            throw new SysException("bind", Errno.EADDRINUSE, address + ", where there is a file that is no socket");
        }
        int result = knock(address);
        if (result >= 0 || result == -Errno.EAGAIN || result == -Errno.EPROTOTYPE) {
            throw new SysException("bind", Errno.EADDRINUSE, address + ", where another process listens");
        }
        if (result != -Errno.ECONNREFUSED) {
            throw new SysException(
                    "bind", result, address + ", of which nobody can tell whether somebody listens there");
        }
        check("unlink", Files.unlink(path), address);
    }

    /** What somebody who connects is told. */
    private static int knock(UnixAddress address) {
        int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_STREAM | LinuxKernel.FLAGS, 0);
        if (fd < 0) {
            return fd;
        }
        byte[] struct = address.encode();
        int result = Sockets.connect(fd, struct, struct.length);
        Descriptors.close(fd);
        return result;
    }

    // ---- inherited ----

    private static int inherited(InheritedSocket socket) throws SysException {
        int fd = socket.descriptor();
        if (option(fd, Sockets.SO_TYPE, socket) != Sockets.SOCK_STREAM) {
            throw new SysException("listen", Errno.EPROTOTYPE, socket + ", which is no stream socket");
        }
        if (option(fd, Sockets.SO_ACCEPTCONN, socket) == 0) {
            throw new SysException("listen", Errno.EINVAL, socket + ", which is a socket that does not listen");
        }
        int family = option(fd, Sockets.SO_DOMAIN, socket);
        if (family != Sockets.AF_INET && family != Sockets.AF_INET6 && family != Sockets.AF_UNIX) {
            throw new SysException("listen", Errno.EAFNOSUPPORT, socket + ", which is neither TCP nor a Unix socket");
        }
        check("fcntl", LinuxKernel.setFlags(fd), socket);
        if (family != Sockets.AF_UNIX) {
            tune(fd, socket);
        }
        return fd;
    }

    private static int option(int fd, int name, InheritedSocket socket) throws SysException {
        int[] value = new int[1];
        check("listen", Sockets.getsockopt(fd, Sockets.SOL_SOCKET, name, value), socket);
        return value[0];
    }

    private static void option(String call, int fd, int level, int name, int value, SocketAddress address)
            throws SysException {
        check(call, Sockets.setsockopt(fd, level, name, value), address);
    }

    private static int check(String call, int result, SocketAddress address) throws SysException {
        if (result < 0) {
            throw new SysException(call, result, LinuxKernel.text(address));
        }
        return result;
    }
}
