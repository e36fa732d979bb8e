// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import java.net.SocketAddress;
import java.util.List;

/**
 * What a proxy has said of a connection before its first byte: the PROXY protocol, version 1 or 2. Immutable.
 *
 * @param version 1 or 2
 * @param isLocal whether the connection is the proxy's own, such as a health check, and has no client behind it
 * @param source the client's address; {@code null} where the proxy names none, as for its own connections
 * @param destination the address that the client connected to, or {@code null}
 * @param values what else version 2 has said, in the order in which it came
 */
public record ProxyHeader(
        int version, boolean isLocal, SocketAddress source, SocketAddress destination, List<Value> values) {
    /** The protocol above, as ALPN names it. */
    public static final int ALPN = 0x01;

    /** The host that the client asked for, by SNI. */
    public static final int AUTHORITY = 0x02;

    /** The checksum of the header, which has been checked. */
    public static final int CRC32C = 0x03;

    /** Padding. */
    public static final int NOOP = 0x04;

    /** A number of the proxy's for the connection. */
    public static final int UNIQUE_ID = 0x05;

    /** What the proxy knows of the client's TLS: a byte of flags, four of verification, then values of its own. */
    public static final int SSL = 0x20;

    /**
     * A value of version 2 (a TLV). Its bytes must not be changed.
     *
     * @param type {@link #ALPN} or another number from 0 to 255
     */
    public record Value(int type, byte[] bytes) {}

    /** Returns the bytes of the first value of a type, {@code null} if there is none. They must not be changed. */
    public byte[] value(int type) {
        for (Value value : values) {
            if (value.type == type) {
                return value.bytes;
            }
        }
        return null;
    }
}
