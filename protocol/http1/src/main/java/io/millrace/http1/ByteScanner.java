// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.http.FieldSyntax;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The loops over bytes in which a parser spends its time: tables of 256 entries, or eight bytes at a time. */
final class ByteScanner {
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** The eight bytes of {@code HTTP/1.1} as {@link #eight} reads them. */
    static final long HTTP_1_1 = 0x312E312F50545448L;

    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private static final boolean[] TOKEN = new boolean[256];
    private static final boolean[] VALUE = new boolean[256];
    private static final boolean[] TARGET = new boolean[256];

    static {
        for (int c = 0; c < 256; c++) {
            TOKEN[c] = FieldSyntax.isToken((byte) c);
            VALUE[c] = FieldSyntax.isValue((byte) c);
            // More than RFC 3986 allows, since clients send it: raw UTF-8, quotes, braces. Never a fragment.
            TARGET[c] = c > ' ' && c != 0x7f && c != '#';
        }
    }

    private ByteScanner() {}

    /** The eight bytes from {@code at}, the first in the lowest place. */
    static long eight(byte[] bytes, int at) {
        return (long) EIGHT.get(bytes, at);
    }

    static int skipToken(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && TOKEN[bytes[at] & 0xff]) {
            at++;
        }
        return at;
    }

    static int skipTarget(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && TARGET[bytes[at] & 0xff]) {
            at++;
        }
        return at;
    }

    static int skipBlanks(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && (bytes[at] == ' ' || bytes[at] == '\t')) {
            at++;
        }
        return at;
    }

    /** Skips what a field value may contain: eight bytes at a time as long as none of them is below a blank or DEL. */
    static int skipValue(byte[] bytes, int from, int to) {
        int at = from;
        while (at + 8 <= to && isText(eight(bytes, at))) {
            at += 8;
        }
        while (at < to && VALUE[bytes[at] & 0xff]) {
            at++;
        }
        return at;
    }

    // "Is one of eight bytes below n" and "is one zero" without a branch for each (Bit Twiddling Hacks, S. E.
    // Anderson).
    // Bytes from 0x80 on are obs-text and allowed; the masks leave them out.
    private static boolean isText(long word) {
        long below = (word - ONES * ' ') & ~word & HIGHS;
        long delete = word ^ ONES * 0x7f;
        long deletes = (delete - ONES) & ~delete & HIGHS;
        return (below | deletes) == 0;
    }

    static int trimEnd(byte[] bytes, int from, int to) {
        int end = to;
        while (end > from && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) {
            end--;
        }
        return end;
    }
}
