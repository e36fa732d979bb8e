// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;

/**
 * The socket family: socket(2), bind(2), listen(2), accept4(2), connect(2), recv(2), send(2), shutdown(2),
 * getsockopt(2), setsockopt(2), getsockname(2), getpeername(2), ioctl(2). The constants are those of Linux on x86-64
 * and AArch64.
 */
public final class Sockets {
    private Sockets() {}

    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_SEQPACKET = 5;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x80000;
    public static final int SOL_SOCKET = 1;
    public static final int SO_REUSEADDR = 2;
    public static final int SO_TYPE = 3;
    public static final int SO_ERROR = 4;
    public static final int SO_BROADCAST = 6;
    public static final int SO_SNDBUF = 7;
    public static final int SO_RCVBUF = 8;
    public static final int SO_LINGER = 13;
    public static final int SO_REUSEPORT = 15;
    public static final int SO_ATTACH_REUSEPORT_CBPF = 51;
    public static final int SO_PEERNAME = 28;
    public static final int SO_ACCEPTCONN = 30;
    public static final int SO_DOMAIN = 39;
    public static final int IPPROTO_TCP = 6;
    public static final int TCP_NODELAY = 1;
    public static final int TCP_CORK = 3;
    public static final int TCP_DEFER_ACCEPT = 9;
    public static final int TCP_FASTOPEN = 23;
    public static final int TCP_NOTSENT_LOWAT = 25;
    public static final int IPPROTO_IPV6 = 41;
    public static final int IPV6_V6ONLY = 26;
    public static final int SIOCOUTQNSD = 0x894b;
    public static final int MSG_DONTWAIT = 0x40;
    public static final int MSG_NOSIGNAL = 0x4000;
    public static final int MSG_MORE = 0x8000;
    public static final int SHUT_RD = 0;
    public static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;

    private static final MethodHandle SOCKET = Native.function("socket");
    private static final MethodHandle SOCKETPAIR = Native.function("socketpair");
    private static final MethodHandle BIND = Native.function("bind");
    private static final MethodHandle LISTEN = Native.function("listen");
    private static final MethodHandle ACCEPT4 = Native.function("accept4");
    private static final MethodHandle CONNECT = Native.function("connect");
    private static final MethodHandle RECV = Native.critical("recv");
    private static final MethodHandle SEND = Native.critical("send");
    private static final MethodType ON_ARRAY =
            MethodType.methodType(int.class, int.class, byte[].class, int.class, int.class, int.class);

    /** These three are not final: see {@link Native#outOfLine}. */
    private static MethodHandle receive = Native.outOfLine(MethodHandles.lookup(), "receive", ON_ARRAY);

    private static MethodHandle transmit = Native.outOfLine(MethodHandles.lookup(), "transmit", ON_ARRAY);

    private static MethodHandle control = Native.outOfLine(MethodHandles.lookup(), "control", Native.FOUR_LONGS);

    private static final MethodHandle SHUTDOWN = Native.function("shutdown");
    private static final MethodHandle IOCTL = Native.function("ioctl");
    private static final MethodHandle SETSOCKOPT = Native.function("setsockopt");
    private static final MethodHandle GETSOCKOPT = Native.function("getsockopt");
    private static final MethodHandle GETSOCKNAME = Native.function("getsockname");
    private static final MethodHandle GETPEERNAME = Native.function("getpeername");

    /**
     * Instructions of a classic BPF program: load a word, here one of the kernel's own; keep the remainder; return it.
     */
    private static final int BPF_LOAD = 0x20;

    private static final int BPF_MODULO = 0x94;
    private static final int BPF_RETURN = 0x16;
    private static final int SKF_AD_RANDOM = -0x1000 + 56;

    /** Offset in the scratch structure of the length of an address; the address itself is at 0. */
    private static final int LENGTH_AT = 128;

    /** Opens a socket. Returns its descriptor or -errno. */
    public static int socket(int family, int type, int protocol) {
        return Native.call(SOCKET, family, type, protocol, 0, 0);
    }

    /** Opens two connected sockets, into {@code pair[0]} and {@code pair[1]}. Returns 0 or -errno. */
    public static int socketpair(int family, int type, int protocol, int[] pair) {
        MemorySegment struct = Scratch.mine().struct;
        int result = Native.call(SOCKETPAIR, family, type, protocol, struct.address(), 0);
        if (result == 0) {
            pair[0] = struct.get(ValueLayout.JAVA_INT, 0);
            pair[1] = struct.get(ValueLayout.JAVA_INT, Integer.BYTES);
        }
        return result;
    }

    /**
     * Gives a socket its address: {@code length} bytes of a struct sockaddr (see {@link SocketAddresses}). Returns 0 or
     * -errno.
     */
    public static int bind(int fd, byte[] address, int length) {
        return Native.call(BIND, fd, toScratch(address, length), length, 0, 0);
    }

    /** Makes a socket listen; up to {@code backlog} connections wait to be accepted. Returns 0 or -errno. */
    public static int listen(int fd, int backlog) {
        return Native.call(LISTEN, fd, backlog, 0, 0, 0);
    }

    /**
     * Accepts a connection. {@code address} gets the peer's struct sockaddr, as much of it as fits; {@code flags} are
     * SOCK_NONBLOCK and SOCK_CLOEXEC. Blocks if the listening socket does. Returns the descriptor, -EAGAIN if a
     * non-blocking socket has none, or another -errno.
     */
    public static int accept4(int fd, byte[] address, int flags) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_INT, LENGTH_AT, LENGTH_AT);
        int result = Native.call(ACCEPT4, fd, struct.address(), struct.address() + LENGTH_AT, flags, 0);
        if (result >= 0) {
            MemorySegment.copy(struct, ValueLayout.JAVA_BYTE, 0, address, 0, address.length);
        }
        return result;
    }

    /**
     * Connects a socket. Returns 0 or -errno; for a non-blocking socket that is usually -EINPROGRESS, and the socket
     * becomes writable when the attempt has ended.
     */
    public static int connect(int fd, byte[] address, int length) {
        return Native.call(CONNECT, fd, toScratch(address, length), length, 0, 0);
    }

    private static long toScratch(byte[] address, int length) {
        MemorySegment struct = Scratch.mine().struct;
        MemorySegment.copy(address, 0, struct, ValueLayout.JAVA_BYTE, 0, length);
        return struct.address();
    }

    /**
     * Receives into a heap array. Never waits: MSG_DONTWAIT is set, for in a critical call a thread would hold up the
     * whole JVM, and whether a socket blocks can be changed by every process that has it. Returns the number of bytes,
     * 0 at the end of the stream, or -errno.
     */
    public static int recv(int fd, byte[] into, int offset, int length, int flags) {
        Objects.checkFromIndexSize(offset, length, into.length);
        try {
            return (int) receive.invokeExact(fd, into, offset, length, flags);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static int receive(int fd, byte[] into, int offset, int length, int flags) {
        Scratch mine = Scratch.mine();
        try {
            MemorySegment part = mine.received.from(into, offset);
            return (int)
                    mine.result((long) RECV.invokeExact(mine.errno, fd, part, (long) length, flags | MSG_DONTWAIT));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /**
     * Sends from a heap array. Never waits, as {@link #recv}. Returns the number of bytes taken, which may be fewer
     * than {@code length}, or -errno.
     */
    public static int send(int fd, byte[] from, int offset, int length, int flags) {
        Objects.checkFromIndexSize(offset, length, from.length);
        try {
            return (int) transmit.invokeExact(fd, from, offset, length, flags);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static int transmit(int fd, byte[] from, int offset, int length, int flags) {
        Scratch mine = Scratch.mine();
        try {
            MemorySegment part = mine.sent.from(from, offset);
            return (int)
                    mine.result((long) SEND.invokeExact(mine.errno, fd, part, (long) length, flags | MSG_DONTWAIT));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Closes one direction of a connection, or both (SHUT_RD, SHUT_WR, SHUT_RDWR). Returns 0 or -errno. */
    public static int shutdown(int fd, int how) {
        return Native.call(SHUTDOWN, fd, how, 0, 0, 0);
    }

    /** How many bytes a TCP connection was given that have not been sent for the first time (tcp(7)), or -errno. */
    public static int unsent(int fd) {
        MemorySegment struct = Scratch.mine().struct;
        try {
            int result = (int) (long) control.invokeExact((long) fd, (long) SIOCOUTQNSD, struct.address(), 0L);
            return result < 0 ? result : struct.get(ValueLayout.JAVA_INT, 0);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static long control(long fd, long request, long argument, long unused) {
        Scratch mine = Scratch.mine();
        try {
            return mine.result((int) (long) IOCTL.invokeExact(mine.errno, fd, request, argument, unused, 0L, 0L));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Sets an option whose value is an int. Returns 0 or -errno. */
    public static int setsockopt(int fd, int level, int name, int value) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_INT, 0, value);
        return Native.call(SETSOCKOPT, fd, level, name, struct.address(), Integer.BYTES);
    }

    /**
     * Switches SO_LINGER on: close(2) waits up to so many seconds for the output to be sent; with 0 it resets the
     * connection (RST). Returns 0 or -errno.
     */
    public static int linger(int fd, int seconds) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_INT, 0, 1);
        struct.set(ValueLayout.JAVA_INT, Integer.BYTES, seconds);
        return Native.call(SETSOCKOPT, fd, SOL_SOCKET, SO_LINGER, struct.address(), 2 * Integer.BYTES);
    }

    /**
     * Attaches a program to sockets that share an address by SO_REUSEPORT (socket(7) SO_ATTACH_REUSEPORT_CBPF): each
     * connection goes to one of the first {@code sockets} that listen, by a random number. {@code fd} is the first of
     * them. Returns 0 or -errno.
     *
     * <pre>
     *   struct sock_fprog    len u16 | filter pointer at 8                       = 16
     *   struct sock_filter   code u16 | jump if true u8 | jump if false u8 | k u32 = 8
     * </pre>
     */
    public static int chooseAtRandom(int fd, int sockets) {
        MemorySegment struct = Scratch.mine().struct;
        instruction(struct, 16, BPF_LOAD, SKF_AD_RANDOM);
        instruction(struct, 24, BPF_MODULO, sockets);
        instruction(struct, 32, BPF_RETURN, 0);
        struct.set(ValueLayout.JAVA_LONG, 0, 3);
        struct.set(ValueLayout.JAVA_LONG, 8, struct.address() + 16);
        return Native.call(SETSOCKOPT, fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, struct.address(), 16);
    }

    private static void instruction(MemorySegment struct, long at, int code, int operand) {
        struct.set(ValueLayout.JAVA_INT, at, code);
        struct.set(ValueLayout.JAVA_INT, at + 4, operand);
    }

    /** Reads an option whose value is an int into {@code value[0]}. Returns 0 or -errno. */
    public static int getsockopt(int fd, int level, int name, int[] value) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_INT, LENGTH_AT, Integer.BYTES);
        int result = Native.call(GETSOCKOPT, fd, level, name, struct.address(), struct.address() + LENGTH_AT);
        value[0] = struct.get(ValueLayout.JAVA_INT, 0);
        return result;
    }

    /** Sets an option whose value is a structure of up to 128 bytes. Returns 0 or -errno. */
    public static int setsockopt(int fd, int level, int name, byte[] value) {
        return Native.call(SETSOCKOPT, fd, level, name, toScratch(value, value.length), value.length);
    }

    /**
     * Reads an option whose value is a structure of up to 128 bytes, as much of it as fits. Returns its length or
     * -errno.
     */
    public static int getsockopt(int fd, int level, int name, byte[] value) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_INT, LENGTH_AT, Math.min(value.length, LENGTH_AT));
        int result = Native.call(GETSOCKOPT, fd, level, name, struct.address(), struct.address() + LENGTH_AT);
        return result < 0 ? result : fromScratch(value);
    }

    /** Reads the address of this end, a struct sockaddr, as much of it as fits. Returns its length or -errno. */
    public static int getsockname(int fd, byte[] address) {
        return name(GETSOCKNAME, fd, address);
    }

    /** Reads the address of the other end, a struct sockaddr, as much of it as fits. Returns its length or -errno. */
    public static int getpeername(int fd, byte[] address) {
        return name(GETPEERNAME, fd, address);
    }

    private static int name(MethodHandle call, int fd, byte[] address) {
        MemorySegment struct = Scratch.mine().struct;
        struct.set(ValueLayout.JAVA_INT, LENGTH_AT, LENGTH_AT);
        int result = Native.call(call, fd, struct.address(), struct.address() + LENGTH_AT, 0, 0);
        return result < 0 ? result : fromScratch(address);
    }

    /** Copies a structure that the kernel left in the scratch memory. Returns the length that it reported. */
    private static int fromScratch(byte[] into) {
        MemorySegment struct = Scratch.mine().struct;
        int length = struct.get(ValueLayout.JAVA_INT, LENGTH_AT);
        MemorySegment.copy(struct, ValueLayout.JAVA_BYTE, 0, into, 0, Math.min(into.length, LENGTH_AT));
        return length;
    }
}
