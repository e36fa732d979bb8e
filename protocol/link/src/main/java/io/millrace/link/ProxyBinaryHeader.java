// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Reads version 2 of the PROXY protocol:
 *
 * <pre>
 *   signature (12) | version, command (1) | family, transport (1) | length (2) | addresses | values
 * </pre>
 */
final class ProxyBinaryHeader {
    static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};

    private static final int FIXED = 16;

    /** Addresses and values: a proxy that passes a certificate on needs a few thousand bytes. */
    private static final int LONGEST = 4096;

    private static final int INET = 1;
    private static final int INET6 = 2;
    private static final int UNIX = 3;

    /** By family: unspecified, INET, INET6, UNIX. */
    private static final int[] ADDRESS_BYTES = {0, 12, 36, 216};

    private ProxyBinaryHeader() {}

    static ProxyHeader parse(Buffer in) throws MalformedProxyHeaderException {
        int count = in.readable();
        for (int i = 0; i < Math.min(count, SIGNATURE.length); i++) {
            check(in.peek(i) == SIGNATURE[i], "another signature");
        }
        check(count <= 12 || (in.peek(12) & 0xfe) == 0x20, "another version or command");
        check(count <= 13 || ((in.peek(13) & 0xff) >> 4 <= UNIX && (in.peek(13) & 15) <= 2), "another family");
        if (count < FIXED) {
            return null;
        }
        int length = (in.peek(14) & 0xff) << 8 | (in.peek(15) & 0xff);
        check(length <= LONGEST, "more than " + LONGEST + " bytes");
        return count < FIXED + length ? null : whole(in.take(FIXED + length));
    }

    private static void check(boolean holds, String why) throws MalformedProxyHeaderException {
        if (!holds) {
            throw new MalformedProxyHeaderException(why);
        }
    }

    private static ProxyHeader whole(byte[] header) throws MalformedProxyHeaderException {
        boolean local = (header[12] & 15) == 0;
        int family = (header[13] & 0xff) >> 4;
        int valuesAt = FIXED + ADDRESS_BYTES[family];
        check(valuesAt <= header.length, "too short for its addresses");
        List<ProxyHeader.Value> values = values(header, valuesAt);
        // The proxy's own connections may carry addresses, which mean nothing.
        int known = local || (header[13] & 15) == 0 ? 0 : family;
        return new ProxyHeader(2, local, source(header, known), destination(header, known), values);
    }

    private static SocketAddress source(byte[] header, int family) {
        return switch (family) {
            case INET -> ProxyAddresses.inet(header, FIXED, 4, FIXED + 8);
            case INET6 -> ProxyAddresses.inet(header, FIXED, 16, FIXED + 32);
            case UNIX -> ProxyAddresses.unix(header, FIXED, 108);
            default -> null;
        };
    }

    private static SocketAddress destination(byte[] header, int family) {
        return switch (family) {
            case INET -> ProxyAddresses.inet(header, FIXED + 4, 4, FIXED + 10);
            case INET6 -> ProxyAddresses.inet(header, FIXED + 16, 16, FIXED + 34);
            case UNIX -> ProxyAddresses.unix(header, FIXED + 108, 108);
            default -> null;
        };
    }

    private static List<ProxyHeader.Value> values(byte[] header, int from) throws MalformedProxyHeaderException {
        List<ProxyHeader.Value> values = new ArrayList<>();
        for (int at = from; at < header.length; ) {
            check(at + 3 <= header.length, "a value without a length");
            int end = at + 3 + ((header[at + 1] & 0xff) << 8 | (header[at + 2] & 0xff));
            check(end <= header.length, "a value longer than the header");
            int type = header[at] & 0xff;
            if (type == ProxyHeader.CRC32C) {
                checkSum(header, at + 3, end);
            }
            values.add(new ProxyHeader.Value(type, Arrays.copyOfRange(header, at + 3, end)));
            at = end;
        }
        return List.copyOf(values);
    }

    /** The checksum is that of the header with zeros in the place of the checksum. */
    private static void checkSum(byte[] header, int from, int end) throws MalformedProxyHeaderException {
        check(end - from == Integer.BYTES, "a checksum of another length");
        CRC32C sum = new CRC32C();
        sum.update(header, 0, from);
        sum.update(new byte[Integer.BYTES]);
        sum.update(header, end, header.length - end);
        int said = 0;
        for (int i = from; i < end; i++) {
            said = said << 8 | (header[i] & 0xff);
        }
        check((int) sum.getValue() == said, "another checksum");
    }
}
