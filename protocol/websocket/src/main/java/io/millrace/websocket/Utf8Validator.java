// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Checks that bytes are UTF-8 (RFC 3629), piece by piece, and finds the first wrong byte in the piece that has it. What
 * is kept from piece to piece is how many bytes the character that has begun still needs, and the bounds of the next
 * one: of E0, ED, F0 and F4 the second byte is limited further, for overlong forms, surrogates and what is beyond
 * U+10FFFF.
 */
final class Utf8Validator {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;
    private static final int WRONG = -1;

    private int needed;
    private int low;
    private int high;

    /** Begins a new text. */
    void begin() {
        needed = 0;
    }

    /** Returns whether the text may end here: no character has been begun and not finished. */
    boolean isComplete() {
        return needed == 0;
    }

    /** Returns whether these bytes may follow those before; after {@code false} the text is lost. */
    boolean accept(byte[] bytes, int offset, int length) {
        int end = offset + length;
        int at = needed > 0 ? resume(bytes, offset, end) : offset;
        while (at >= 0 && at < end) {
            at = bytes[at] >= 0 ? skipAscii(bytes, at, end) : character(bytes, at, end);
        }
        return at >= 0;
    }

    private static int skipAscii(byte[] bytes, int from, int end) {
        int at = from;
        while (at <= end - 32
                && (((long) LONGS.get(bytes, at)
                                        | (long) LONGS.get(bytes, at + 8)
                                        | (long) LONGS.get(bytes, at + 16)
                                        | (long) LONGS.get(bytes, at + 24))
                                & HIGH_BITS)
                        == 0) {
            at += 32;
        }
        while (at <= end - 8 && ((long) LONGS.get(bytes, at) & HIGH_BITS) == 0) {
            at += 8;
        }
        while (at < end && bytes[at] >= 0) {
            at++;
        }
        return at;
    }

    // One character that begins at from; the usual ones, of two and three bytes, without touching a field.
    private int character(byte[] bytes, int from, int end) {
        int lead = bytes[from] & 0xff;
        if (lead >= 0xc2 && lead <= 0xdf && from + 1 < end) {
            return isContinuation(bytes[from + 1]) ? from + 2 : WRONG;
        }
        if (lead > 0xe0 && lead <= 0xef && lead != 0xed && from + 2 < end) {
            return isContinuation(bytes[from + 1]) && isContinuation(bytes[from + 2]) ? from + 3 : WRONG;
        }
        return lead(lead) ? resume(bytes, from + 1, end) : WRONG;
    }

    private static boolean isContinuation(byte value) {
        return value < (byte) 0xc0;
    }

    private boolean lead(int lead) {
        low = 0x80;
        high = 0xbf;
        if (lead < 0xc2 || lead > 0xf4) {
            return false;
        }
        needed = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        switch (lead) {
            case 0xe0 -> low = 0xa0;
            case 0xed -> high = 0x9f;
            case 0xf0 -> low = 0x90;
            case 0xf4 -> high = 0x8f;
            default -> {}
        }
        return true;
    }

    private int resume(byte[] bytes, int from, int end) {
        int at = from;
        while (needed > 0 && at < end) {
            int value = bytes[at++] & 0xff;
            if (value < low || value > high) {
                return WRONG;
            }
            low = 0x80;
            high = 0xbf;
            needed--;
        }
        return at;
    }
}
