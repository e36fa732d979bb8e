// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.sys.SocketAddresses;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What has been received, as a view: the same object and the same array serve the next datagram, so what is to last is
 * copied. Makes nothing anew unless the sender's address or a copy is asked for.
 */
public final class Datagram {
    final byte[] bytes;
    final byte[] sender = new byte[SocketAddresses.SIZE_IN6];
    int offset;
    int length;
    int fullLength;

    Datagram(int room) {
        bytes = new byte[room];
    }

    /** The array in which the bytes lie. */
    public byte[] array() {
        return bytes;
    }

    /** Where in {@link #array} they begin. */
    public int offset() {
        return offset;
    }

    /** How many there are. */
    public int length() {
        return length;
    }

    /** How many were sent: more than {@link #length} if it was cut off. */
    public int fullLength() {
        return fullLength;
    }

    /** Whether it was longer than the socket's {@link UdpOptions#size}: the rest is lost. */
    public boolean truncated() {
        return fullLength > length;
    }

    /** The sender. */
    public @Nullable InetSocketAddress from() {
        return SocketAddresses.decode(sender);
    }

    /** A copy of the bytes. */
    public byte[] toBytes() {
        return Arrays.copyOfRange(bytes, offset, offset + length);
    }

    @Override
    public String toString() {
        return "Datagram[" + length + (truncated() ? " of " + fullLength : "") + " bytes from " + from() + "]";
    }
}
