// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Ranges of addresses as they are configured, and the addresses in them. */
public final class AddressRangeFuzz {
    private AddressRangeFuzz() {}

    /** Reads one input: a range, a line end, and the bytes of an address. */
    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\n');
        AddressRange range;
        try {
            range = AddressRange.parse(end < 0 ? text : text.substring(0, end));
        } catch (IllegalArgumentException e) {
            return;
        }
        byte[] own = range.bytes();
        byte[] other = end < 0 ? own : Arrays.copyOfRange(input, end + 1, end + 1 + own.length);
        int rest = 8 * own.length - range.bits();
        boolean same = new BigInteger(1, own).shiftRight(rest).equals(new BigInteger(1, other).shiftRight(rest));
        InetAddress address = address(other);
        // An IPv6 address that stands for one of IPv4 is that one.
        if (address.getAddress().length == own.length && range.contains(address) != same) {
            throw new AssertionError(address + " in " + text + ": " + !same);
        }
        if (!range.contains(address(own)) && address(own).getAddress().length == own.length) {
            throw new AssertionError("not in its own range: " + text);
        }
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
