// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * struct sockaddr_in (ip(7)), struct sockaddr_in6 (ipv6(7)) and struct sockaddr_un (unix(7)) as byte arrays.
 *
 * <pre>
 * sockaddr_in   family u16 | port u16 big-endian | address 4 bytes | zero 8 bytes                       = 16
 * sockaddr_in6  family u16 | port u16 big-endian | flow u32 | address 16 bytes | scope u32 native order = 28
 * sockaddr_un   family u16 | path, a zero byte first for an abstract name; as long as it is, at most             = 110
 * </pre>
 */
public final class SocketAddresses {
    private SocketAddresses() {}

    /** Bytes of a struct sockaddr_in. */
    public static final int SIZE_IN = 16;

    /** Bytes of a struct sockaddr_in6. */
    public static final int SIZE_IN6 = 28;

    /** Bytes of a struct sockaddr_un, the largest here. */
    public static final int SIZE_UN = 110;

    /** Offset of the path in a struct sockaddr_un. */
    public static final int UN_PATH = 2;

    /** Returns the family that {@link #encode} gives an address: AF_INET or AF_INET6. */
    public static int family(InetSocketAddress address) {
        return address.getAddress() instanceof Inet4Address ? Sockets.AF_INET : Sockets.AF_INET6;
    }

    /** Returns the structure for a resolved address. */
    public static byte[] encode(InetSocketAddress address) {
        boolean v4 = address.getAddress() instanceof Inet4Address;
        byte[] struct = new byte[v4 ? SIZE_IN : SIZE_IN6];
        // Both processors are little-endian: the family's low byte comes first.
        struct[0] = (byte) (v4 ? Sockets.AF_INET : Sockets.AF_INET6);
        struct[2] = (byte) (address.getPort() >>> 8);
        struct[3] = (byte) address.getPort();
        byte[] bytes = address.getAddress().getAddress();
        System.arraycopy(bytes, 0, struct, v4 ? 4 : 8, bytes.length);
        if (address.getAddress() instanceof Inet6Address v6) {
            int scope = v6.getScopeId();
            for (int i = 0; i < 4; i++) {
                struct[24 + i] = (byte) (scope >>> (8 * i));
            }
        }
        return struct;
    }

    /**
     * Returns the structure for a Unix socket. {@code name} is a path, to which the zero byte that ends it is added, or
     * an abstract name, which begins with a zero byte and goes to the end of the structure (unix(7)). It has at most
     * {@code SIZE_UN - UN_PATH - 1} bytes.
     */
    public static byte[] encodeUnix(byte[] name) {
        boolean path = name.length > 0 && name[0] != 0;
        byte[] struct = new byte[UN_PATH + name.length + (path ? 1 : 0)];
        struct[0] = (byte) Sockets.AF_UNIX;
        System.arraycopy(name, 0, struct, UN_PATH, name.length);
        return struct;
    }

    /**
     * Returns the path, without the zero byte that ends it, or the abstract name in the first {@code length} bytes of a
     * structure; empty if the socket has neither.
     */
    public static byte[] decodeUnix(byte[] struct, int length) {
        int end = Math.max(UN_PATH, Math.min(length, struct.length));
        if (end > UN_PATH && struct[UN_PATH] != 0) {
            int zero = UN_PATH;
            while (zero < end && struct[zero] != 0) {
                zero++;
            }
            end = zero;
        }
        return Arrays.copyOfRange(struct, UN_PATH, end);
    }

    /** Returns the address in a structure that the kernel filled, or {@code null} if its family is not IP. */
    public static @Nullable InetSocketAddress decode(byte[] struct) {
        int family = (struct[0] & 0xff) | (struct[1] & 0xff) << 8;
        int port = (struct[2] & 0xff) << 8 | (struct[3] & 0xff);
        try {
            return switch (family) {
                case Sockets.AF_INET ->
                    new InetSocketAddress(InetAddress.getByAddress(Arrays.copyOfRange(struct, 4, 8)), port);
                case Sockets.AF_INET6 -> new InetSocketAddress(inet6(struct), port);
                default -> null;
            };
        } catch (UnknownHostException e) {
            throw new AssertionError("four or sixteen bytes are an address", e);
        }
    }

    private static InetAddress inet6(byte[] struct) throws UnknownHostException {
        int scope = 0;
        for (int i = 0; i < 4; i++) {
            scope |= (struct[24 + i] & 0xff) << (8 * i);
        }
        byte[] bytes = Arrays.copyOfRange(struct, 8, 24);
        // getByAddress makes an IPv4 address of ::ffff:a.b.c.d, which is how a dual-stack socket names an IPv4 peer.
        return scope == 0 ? InetAddress.getByAddress(bytes) : Inet6Address.getByAddress(null, bytes, scope);
    }
}
