// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/**
 * What a Host field or the authority of a request may be: host and optional port (RFC 9110 section 7.2, RFC 3986
 * section 3.2).
 */
public final class Authority {
    private static final boolean[] NAME = new boolean[128];

    static {
        for (int c = 0; c < 128; c++) {
            boolean letterOrDigit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            // RFC 3986 has the comma too, but two Host fields joined on their way look like a host with a comma.
            NAME[c] = letterOrDigit || "-._~!$&'()*+;=".indexOf(c) >= 0;
        }
    }

    private Authority() {}

    /**
     * Whether the bytes are a host that is not empty (RFC 9110 section 4.2.1 has an http URI without host rejected),
     * with or without a port.
     */
    public static boolean isValid(byte[] bytes, int from, int to) {
        if (from == to) {
            return false;
        }
        int hostEnd = bytes[from] == '[' ? literal(bytes, from, to) : name(bytes, from, to);
        return hostEnd > from && (hostEnd == to || (bytes[hostEnd] == ':' && isPort(bytes, hostEnd + 1, to)));
    }

    /** Whether the bytes are a host with a port that is not empty: the target of CONNECT. */
    public static boolean isValidWithPort(byte[] bytes, int from, int to) {
        int last = to - 1;
        return isValid(bytes, from, to) && bytes[last] >= '0' && bytes[last] <= '9' && hasColon(bytes, from, to);
    }

    private static boolean hasColon(byte[] bytes, int from, int to) {
        for (int at = to - 1; at > from && bytes[at] != ']'; at--) {
            if (bytes[at] == ':') {
                return true;
            }
        }
        return false;
    }

    // Index after a registered name or IPv4 address, 0 for a bad escape.
    private static int name(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] != ':') {
            if (bytes[at] == '%') {
                if (at + 2 >= to || !isHex(bytes[at + 1]) || !isHex(bytes[at + 2])) {
                    return 0;
                }
                at += 2;
            } else if (bytes[at] < 0 || !NAME[bytes[at]]) {
                return 0;
            }
            at++;
        }
        return at;
    }

    // Index after "[" IPv6address "]", 0 if it is none: up to eight groups, "::" once, an IPv4 address at the end.
    private static int literal(byte[] bytes, int from, int to) {
        int groups = 0;
        int gaps = 0;
        int digits = 0;
        int dots = 0;
        for (int at = from + 1; at < to; at++) {
            byte c = bytes[at];
            if (c == ']') {
                boolean ended = digits > 0 || (gaps > 0 && bytes[at - 1] == ':' && bytes[at - 2] == ':');
                groups += (digits > 0 ? 1 : 0) + (dots > 0 ? 1 : 0);
                boolean whole = gaps == 0 ? groups == 8 : gaps == 1 && groups <= 7;
                return ended && whole && (dots == 0 || dots == 3) ? at + 1 : 0;
            }
            if (c == ':') {
                boolean gap = bytes[at - 1] == ':';
                gaps += gap ? 1 : 0;
                if (dots > 0 || (digits == 0 && !gap && bytes[at - 1] != '[') || (gap && gaps > 1)) {
                    return 0;
                }
                if (bytes[at - 1] == '[' && (at + 1 >= to || bytes[at + 1] != ':')) {
                    return 0;
                }
                groups += digits > 0 ? 1 : 0;
                digits = 0;
            } else if (c == '.') {
                if (digits == 0 || digits > 3 || ++dots > 3) {
                    return 0;
                }
                digits = 0;
            } else if (!isHex(c) || ++digits > 4) {
                return 0;
            }
        }
        return 0;
    }

    private static boolean isHex(byte c) {
        return Character.digit(c, 16) >= 0;
    }

    private static boolean isPort(byte[] bytes, int from, int to) {
        int port = 0;
        for (int at = from; at < to; at++) {
            if (bytes[at] < '0' || bytes[at] > '9') {
                return false;
            }
            port = 10 * port + bytes[at] - '0';
            if (port > 65_535) {
                return false;
            }
        }
        return true;
    }
}
