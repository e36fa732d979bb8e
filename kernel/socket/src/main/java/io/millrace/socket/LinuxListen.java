// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.socket.Kernel.Sharing;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Files;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** Opens listening sockets: new ones, and those that were inherited. */
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
     * Binds. With SO_REUSEPORT set, bind(2) lets any process of this user share the port, also a server that was
     * started twice by mistake, which would then silently get half of the connections. So the first socket binds for
     * itself alone, and lets others join afterwards.
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

    /** Sets what accepted sockets inherit, which saves a call for each of them. */
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
            // The file is created with these permissions at most; set afterwards, it would be open to all for a moment.
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
            // What umask(2) has taken away.
            check("chmod", Files.chmod(address.path(), mode), address);
        }
    }

    /**
     * Removes the file that a Unix socket has left behind, which the kernel does not do (unix(7)), if it is a socket
     * and no process listens on it.
     *
     * @throws SysException EADDRINUSE if it is no socket or a process listens; another error if it cannot be removed
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

    /** Returns what a client is told that connects. */
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
