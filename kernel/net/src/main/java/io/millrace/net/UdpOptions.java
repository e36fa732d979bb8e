// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * How a UDP socket is set up.
 *
 * @param address the address to bind to, port 0 for one that is free; an IPv6 wildcard takes IPv4 as well
 * @param batch how many datagrams one system call moves at most; also how many may wait to be sent
 * @param size the longest datagram that is received whole, in bytes
 * @param share whether several sockets may be bound to the address: for multicast, where each gets every datagram, and
 *     for several loops, among which the kernel spreads them (socket(7) SO_REUSEADDR, SO_REUSEPORT)
 * @param broadcast whether it may send to broadcast addresses
 * @param merge whether the kernel may put datagrams of one sender together and hand them over in one piece (udp(7)
 *     UDP_GRO); they are told one by one all the same
 * @param buffer bytes of the kernel's buffers in each direction, 0 for the system's choice; the kernel caps it
 *     (net.core.rmem_max)
 * @param errors whether the kernel keeps what the network says of each datagram, also without
 *     {@link UdpSocket#connect}: {@link UdpReceiver#refused} is told then where the datagram had been sent to
 */
public record UdpOptions(
        InetSocketAddress address,
        int batch,
        int size,
        boolean share,
        boolean broadcast,
        boolean merge,
        int buffer,
        boolean errors) {
    private static final int LONGEST = 65_535;
    private static final int MOST = 1024;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException for an unresolved address, a batch or a size out of bounds
     */
    public UdpOptions {
        Objects.requireNonNull(address, "address");
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("unknown host: " + address.getHostString());
        }
        if (batch < 1 || batch > MOST || size < 1 || size > LONGEST || buffer < 0) {
            throw new IllegalArgumentException("a batch is 1 to " + MOST + " datagrams of 1 to " + LONGEST + " bytes");
        }
    }

    /** The usual choices: 32 datagrams of up to 2,048 bytes, which an Ethernet's never exceed. */
    public static UdpOptions on(InetSocketAddress address) {
        return new UdpOptions(address, 32, 2048, false, false, false, 0, false);
    }

    /** The same with other batches. */
    public UdpOptions withBatch(int datagrams, int bytes) {
        return new UdpOptions(address, datagrams, bytes, share, broadcast, merge, buffer, errors);
    }

    /** The same with or without sharing the address. */
    public UdpOptions withShare(boolean other) {
        return new UdpOptions(address, batch, size, other, broadcast, merge, buffer, errors);
    }

    /** The same with or without broadcasts. */
    public UdpOptions withBroadcast(boolean other) {
        return new UdpOptions(address, batch, size, share, other, merge, buffer, errors);
    }

    /**
     * The same with or without merging; merged they come in pieces of up to 64 KiB, for which the memory is set aside.
     */
    public UdpOptions withMerge(boolean other) {
        return new UdpOptions(address, batch, size, share, broadcast, other, buffer, errors);
    }

    /** The same with other buffers. */
    public UdpOptions withBuffer(int bytes) {
        return new UdpOptions(address, batch, size, share, broadcast, merge, bytes, errors);
    }

    /** The same with or without the errors of single datagrams. */
    public UdpOptions withErrors(boolean other) {
        return new UdpOptions(address, batch, size, share, broadcast, merge, buffer, other);
    }

    /** Bytes for each datagram that is received. */
    int room() {
        return merge ? LONGEST : size;
    }
}
