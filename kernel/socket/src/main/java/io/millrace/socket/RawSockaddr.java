// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The bytes of a struct sockaddr (ip(7), ipv6(7)) to which {@link Kernel#accept} writes the peer's address, used again
 * for each call. A connection keeps two longs and an int of it: the sixteen bytes of the address (IPv4 as
 * ::ffff:a.b.c.d) and the port. That is 20 bytes, where an InetSocketAddress, which most connections are never asked
 * for, has some 100.
 */
public final class RawSockaddr {
    private static final long V4_MAPPED = 0xffffL << 32;

    final byte[] address = new byte[SocketAddresses.SIZE_IN6];

    /** Makes an empty one. */
    public RawSockaddr() {}

    /** Returns the structure, for a kernel to fill. */
    public byte[] bytes() {
        return address;
    }

    /** Returns the first eight bytes of the address. */
    public long high() {
        return v6() ? ByteBuffer.wrap(address).getLong(8) : 0;
    }

    /** Returns the last eight bytes of the address. */
    public long low() {
        ByteBuffer bytes = ByteBuffer.wrap(address);
        return v6() ? bytes.getLong(16) : V4_MAPPED | (bytes.getInt(4) & 0xffff_ffffL);
    }

    /** Returns the port, or -1 for a Unix socket, whose address {@link Kernel#peer(int)} tells. */
    public int port() {
        return address[0] == Sockets.AF_UNIX ? -1 : ByteBuffer.wrap(address).getShort(2) & 0xffff;
    }

    private boolean v6() {
        return address[0] == Sockets.AF_INET6;
    }

    /** Returns the address that was kept as three numbers. */
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
