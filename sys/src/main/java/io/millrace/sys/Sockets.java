// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import static io.millrace.sys.Native.INT;
import static io.millrace.sys.Native.LONG;
import static io.millrace.sys.Native.POINTER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The socket family: socket(2), bind(2), listen(2), accept4(2), connect(2), recv(2), send(2), shutdown(2), getsockopt(2),
 * setsockopt(2), getsockname(2), getpeername(2). The constants are those of Linux on x86-64 and AArch64.
 */
public final class Sockets {
    private Sockets() {}

    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x80000;
    public static final int SOL_SOCKET = 1;
    public static final int SO_REUSEADDR = 2;
    public static final int SO_ERROR = 4;
    public static final int SO_SNDBUF = 7;
    public static final int SO_RCVBUF = 8;
    public static final int SO_LINGER = 13;
    public static final int SO_REUSEPORT = 15;
    public static final int IPPROTO_TCP = 6;
    public static final int TCP_NODELAY = 1;
    public static final int TCP_CORK = 3;
    public static final int TCP_DEFER_ACCEPT = 9;
    public static final int IPPROTO_IPV6 = 41;
    public static final int IPV6_V6ONLY = 26;
    public static final int MSG_DONTWAIT = 0x40;
    public static final int MSG_NOSIGNAL = 0x4000;
    public static final int MSG_MORE = 0x8000;
    public static final int SHUT_RD = 0;
    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;

    private static final MethodHandle SOCKET = Native.call("socket", INT, INT, INT, INT);
    private static final MethodHandle SOCKETPAIR = Native.critical("socketpair", INT, INT, INT, INT, POINTER);
    private static final MethodHandle BIND = Native.critical("bind", INT, INT, POINTER, INT);
    private static final MethodHandle LISTEN = Native.call("listen", INT, INT, INT);
    private static final MethodHandle ACCEPT4 = Native.critical("accept4", INT, INT, POINTER, POINTER, INT);
    private static final MethodHandle CONNECT = Native.critical("connect", INT, INT, POINTER, INT);
    private static final MethodHandle RECV = Native.critical("recv", LONG, INT, POINTER, LONG, INT);
    private static final MethodHandle SEND = Native.critical("send", LONG, INT, POINTER, LONG, INT);
    private static final MethodHandle SHUTDOWN = Native.call("shutdown", INT, INT, INT);
    private static final MethodHandle SETSOCKOPT = Native.critical("setsockopt", INT, INT, INT, INT, POINTER, INT);
    private static final MethodHandle GETSOCKOPT = Native.critical("getsockopt", INT, INT, INT, INT, POINTER, POINTER);
    private static final MethodHandle GETSOCKNAME = Native.critical("getsockname", INT, INT, POINTER, POINTER);
    private static final MethodHandle GETPEERNAME = Native.critical("getpeername", INT, INT, POINTER, POINTER);

    /** A new socket. */
    public static int socket(int family, int type, int protocol) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) SOCKET.invokeExact(errno, family, type, protocol), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Two connected sockets, into {@code pair[0]} and {@code pair[1]}. */
    public static int socketpair(int family, int type, int protocol, int[] pair) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result(
                    (int) SOCKETPAIR.invokeExact(errno, family, type, protocol, MemorySegment.ofArray(pair)), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Gives a socket its address: {@code length} bytes of a struct sockaddr (see {@link SocketAddresses}). Critical. */
    public static int bind(int fd, byte[] address, int length) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) BIND.invokeExact(errno, fd, MemorySegment.ofArray(address), length), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Makes a socket listen. */
    public static int listen(int fd, int backlog) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) LISTEN.invokeExact(errno, fd, backlog), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /**
     * Takes a connection from a non-blocking listening socket. {@code address} gets the peer's struct sockaddr and {@code length[0]}, which
     * says how much fits, its size. Critical.
     */
    public static int accept4(int fd, byte[] address, int[] length, int flags) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result(
                    (int) ACCEPT4.invokeExact(
                            errno, fd, MemorySegment.ofArray(address), MemorySegment.ofArray(length), flags),
                    errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Begins to connect a non-blocking socket: -EINPROGRESS is the usual answer. Critical. */
    public static int connect(int fd, byte[] address, int length) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) CONNECT.invokeExact(errno, fd, MemorySegment.ofArray(address), length), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Receives into a heap array from a non-blocking socket: bytes, 0 at the end of the stream, -errno. Critical. */
    public static int recv(int fd, byte[] into, int offset, int length, int flags) {
        MemorySegment errno = Errno.slot();
        try {
            long n = (long) RECV.invokeExact(
                    errno, fd, MemorySegment.ofArray(into).asSlice(offset, length), (long) length, flags);
            return (int) Errno.result(n, errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Sends from a heap array to a non-blocking socket: bytes taken, which may be fewer, or -errno. Critical. */
    public static int send(int fd, byte[] from, int offset, int length, int flags) {
        MemorySegment errno = Errno.slot();
        try {
            long n = (long) SEND.invokeExact(
                    errno, fd, MemorySegment.ofArray(from).asSlice(offset, length), (long) length, flags);
            return (int) Errno.result(n, errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Closes one direction of a connection, or both. */
    public static int shutdown(int fd, int how) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result((int) SHUTDOWN.invokeExact(errno, fd, how), errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Sets an option whose value is an int. Critical. */
    public static int setsockopt(int fd, int level, int name, int value) {
        return setsockopt(fd, level, name, new int[] {value});
    }

    /** Sets an option whose value is a struct of ints. Critical. */
    public static int setsockopt(int fd, int level, int name, int[] value) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result(
                    (int) SETSOCKOPT.invokeExact(
                            errno, fd, level, name, MemorySegment.ofArray(value), value.length * Integer.BYTES),
                    errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Reads an option whose value is an int into {@code value[0]}. Critical. */
    public static int getsockopt(int fd, int level, int name, int[] value) {
        MemorySegment errno = Errno.slot();
        int[] length = {Integer.BYTES};
        try {
            return Errno.result(
                    (int) GETSOCKOPT.invokeExact(
                            errno, fd, level, name, MemorySegment.ofArray(value), MemorySegment.ofArray(length)),
                    errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** This end's address, as {@link #accept4} gives the peer's. Critical. */
    public static int getsockname(int fd, byte[] address, int[] length) {
        return name(GETSOCKNAME, fd, address, length);
    }

    /** The peer's address, as {@link #accept4} gives it. Critical. */
    public static int getpeername(int fd, byte[] address, int[] length) {
        return name(GETPEERNAME, fd, address, length);
    }

    private static int name(MethodHandle call, int fd, byte[] address, int[] length) {
        MemorySegment errno = Errno.slot();
        try {
            return Errno.result(
                    (int) call.invokeExact(errno, fd, MemorySegment.ofArray(address), MemorySegment.ofArray(length)),
                    errno);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }
}
