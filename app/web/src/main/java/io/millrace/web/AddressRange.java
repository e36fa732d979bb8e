// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * A range of IP addresses in CIDR notation. A range of IPv4 addresses contains no IPv6 address and the other way round;
 * IPv4 addresses mapped into IPv6 are IPv4 addresses.
 *
 * @param bytes the address, 4 or 16 bytes
 * @param bits how many bits of it count
 */
record AddressRange(byte[] bytes, int bits) {

    /**
     * Reads {@code 10.0.0.0/8}, {@code 192.0.2.1}, {@code fd00::/8} or {@code ::1}.
     *
     * @throws IllegalArgumentException if the text is none of these
     */
    static AddressRange parse(String text) {
        int slash = text.indexOf('/');
        InetAddress address = literal(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            throw new IllegalArgumentException("not an address or a range such as 10.0.0.0/8: '" + text + "'");
        }
        byte[] bytes = address.getAddress();
        int bits = slash < 0 ? 8 * bytes.length : bits(text.substring(slash + 1));
        if (bits < 0 || bits > 8 * bytes.length) {
            throw new IllegalArgumentException("not a number of bits of an address: '" + text + "'");
        }
        return new AddressRange(bytes, bits);
    }

    private static int bits(String text) {
        boolean number = !text.isEmpty() && text.length() <= 3 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? Integer.parseInt(text) : -1;
    }

    /** Returns the address that a text is, without a look-up of a name; {@code null} if it is none. */
    static InetAddress literal(String text) {
        try {
            if (text.indexOf(':') >= 0) {
                // With a zone it would be an address of this machine's own links.
                return text.indexOf('%') >= 0 || text.charAt(0) == '[' ? null : Inet6Address.ofLiteral(text);
            }
            return text.chars().filter(c -> c == '.').count() == 3 ? Inet4Address.ofLiteral(text) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Whether the address lies in this range; {@code null} lies in none. */
    boolean contains(InetAddress address) {
        byte[] other = address == null ? new byte[0] : address.getAddress();
        if (other.length != bytes.length) {
            return false;
        }
        int whole = bits / 8;
        for (int i = 0; i < whole; i++) {
            if (bytes[i] != other[i]) {
                return false;
            }
        }
        int rest = 8 - bits % 8;
        return rest == 8 || (bytes[whole] & 0xff) >> rest == (other[whole] & 0xff) >> rest;
    }
}
