// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Where {@link Kernel#accept} leaves the peer's address: the bytes of a struct sockaddr (ip(7), ipv6(7)), reused from
 * call to call. What a connection keeps of it are two longs and an int, the sixteen address bytes (IPv4 as
 * ::ffff:a.b.c.d) and the port: 20 bytes instead of the some 100 of an InetSocketAddress that most connections are
 * never asked for.
 */
public final class RawSockaddr {
    private static final long V4_MAPPED = 0xffffL << 32;

    final byte[] address = new byte[SocketAddresses.SIZE_IN6];

    /** An empty one. */
    public RawSockaddr() {}

    /** The structure, to be filled by a kernel. */
    public byte[] bytes() {
        return address;
    }

    /** The first eight bytes of the address. */
    public long high() {
        return v6() ? ByteBuffer.wrap(address).getLong(8) : 0;
    }

    /** The last eight bytes of the address. */
    public long low() {
        ByteBuffer bytes = ByteBuffer.wrap(address);
        return v6() ? bytes.getLong(16) : V4_MAPPED | bytes.getInt(4) & 0xffff_ffffL;
    }

    /** The port, or -1 for a Unix socket, whose address is asked for by {@link Kernel#peer}. */
    public int port() {
        return address[0] == Sockets.AF_UNIX ? -1 : ByteBuffer.wrap(address).getShort(2) & 0xffff;
    }

    private boolean v6() {
        return address[0] == Sockets.AF_INET6;
    }

    /** The address that was kept in three numbers. */
    public static InetSocketAddress unpack(long high, long low, int port) {
        byte[] bytes = new byte[16];
        ByteBuffer.wrap(bytes).putLong(high).putLong(low);
        try {
            // Makes an IPv4 address of a mapped one.
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException e) {
            throw new AssertionError("sixteen bytes are an address: " + Arrays.toString(bytes), e);
        }
    }
}
