// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Arrays;

/** Reads the addresses of the PROXY protocol, and asks no name service for any. */
final class ProxyAddresses {
    private ProxyAddresses() {}

    /** Reads an address and a port as version 1 writes them. */
    static SocketAddress parse(boolean inet6, String address, String port) throws MalformedProxyHeaderException {
        if (!port.matches("0|[1-9][0-9]{0,4}") || Integer.parseInt(port) > 65535) {
            throw new MalformedProxyHeaderException("not a port");
        }
        return new InetSocketAddress(literal(inet6, address), Integer.parseInt(port));
    }

    private static InetAddress literal(boolean inet6, String text) throws MalformedProxyHeaderException {
        boolean looksRight = inet6
                ? text.matches("[0-9A-Fa-f:.]+") && text.indexOf(':') >= 0
                : text.matches("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");
        try {
            if (looksRight) {
                return inet6 ? Inet6Address.ofLiteral(text) : Inet4Address.ofLiteral(text);
            }
        } catch (IllegalArgumentException e) {
            // Said below, as of what does not even look like one.
        }
        throw new MalformedProxyHeaderException("not an address of the family named");
    }

    /** Reads the source or the destination of version 2: addresses first, then ports. */
    static SocketAddress inet(byte[] header, int address, int length, int port) {
        try {
            InetAddress inet = InetAddress.getByAddress(Arrays.copyOfRange(header, address, address + length));
            return new InetSocketAddress(inet, (header[port] & 0xff) << 8 | (header[port + 1] & 0xff));
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes", e);
        }
    }

    /** Reads a path that ends with a null byte; {@code null} if it is empty or no path in this JVM's charset. */
    static SocketAddress unix(byte[] header, int from, int length) {
        int end = from;
        while (end < from + length && header[end] != 0) {
            end++;
        }
        try {
            String path = new String(header, from, end - from, StandardCharsets.UTF_8);
            return path.isEmpty() ? null : UnixDomainSocketAddress.of(path);
        } catch (InvalidPathException e) {
            return null;
        }
    }
}
