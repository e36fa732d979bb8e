// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.Arrays;

/**
 * The path of a request target as bytes: what is well-formed, and what it means. Escapes are decoded first and dot
 * parts resolved afterwards, so that nothing which is decoded later can lead upwards: {@code %2F} is a slash like any
 * other and {@code %2e%2e} is {@code ..}.
 */
public final class PathNormalizer {
    private PathNormalizer() {}

    /** Whether every {@code %} begins a proper escape that does not stand for NUL. */
    public static boolean valid(byte[] raw, int from, int to) {
        for (int i = from; i < to; i++) {
            if (raw[i] == '%') {
                if (i + 2 >= to || escape(raw, i) <= 0) {
                    return false;
                }
                i += 2;
            }
        }
        return true;
    }

    /** Whether the path means what its bytes say: nothing to decode, no empty part, no part that begins with a dot. */
    static boolean plain(byte[] raw, int from, int to) {
        byte before = 0;
        for (int i = from; i < to; i++) {
            byte c = raw[i];
            if (c == '%' || (before == '/' && (c == '/' || c == '.'))) {
                return false;
            }
            before = c;
        }
        return true;
    }

    /**
     * The path decoded, with dot parts and empty parts resolved (RFC 3986 section 5.2.4), always beginning with a
     * slash.
     */
    static byte[] normal(byte[] raw, int from, int to) {
        byte[] decoded = new byte[to - from + 1];
        decoded[0] = '/'; // a guard for a path that does not begin with one
        int length = decode(raw, from, to, decoded, 1, false);
        return resolve(decoded, length);
    }

    /**
     * Decodes into {@code out} from {@code at}, where it must fit; an improper escape stays as it is. Returns the end.
     */
    static int decode(byte[] raw, int from, int to, byte[] out, int at, boolean form) {
        int end = at;
        for (int i = from; i < to; i++) {
            byte c = raw[i];
            int value = c == '%' && i + 2 < to ? escape(raw, i) : -1;
            if (value >= 0) {
                i += 2;
                c = (byte) value;
            } else if (form && c == '+') {
                c = ' ';
            }
            out[end++] = c;
        }
        return end;
    }

    // Writes over its own input: what is written is never longer than what was read.
    private static byte[] resolve(byte[] path, int length) {
        int end = 0; // what stands is path[0..end), without a slash at its end
        boolean slash = true;
        for (int i = 0; i < length; ) {
            int next = i;
            while (next < length && path[next] != '/') {
                next++;
            }
            slash = true;
            if (next - i == 2 && path[i] == '.' && path[i + 1] == '.') {
                end = parent(path, end);
            } else if (next > i && !(next - i == 1 && path[i] == '.')) {
                path[end] = '/';
                System.arraycopy(path, i, path, end + 1, next - i);
                end += 1 + next - i;
                slash = next < length;
            }
            i = next + 1;
        }
        if (slash) {
            path[end++] = '/';
        }
        return Arrays.copyOf(path, end);
    }

    private static int parent(byte[] path, int end) {
        int at = end;
        while (at > 0 && path[--at] != '/') {}
        return at;
    }

    private static int escape(byte[] raw, int at) {
        int high = Character.digit(raw[at + 1], 16);
        int low = Character.digit(raw[at + 2], 16);
        return high < 0 || low < 0 ? -1 : 16 * high + low;
    }
}
