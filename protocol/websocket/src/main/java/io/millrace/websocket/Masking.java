// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Masks and unmasks payloads (RFC 6455 section 5.3), which are the same operation: XOR with a key of four bytes, here
 * eight bytes at a time. A key is a number whose lowest byte applies to the first byte of the payload.
 */
final class Masking {
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Masking() {}

    /** Returns the key whose four bytes stand at {@code at}. */
    static int key(byte[] bytes, int at) {
        return (int) INTS.get(bytes, at);
    }

    /** Writes the four bytes of a key at {@code at}. */
    static void putKey(byte[] bytes, int at, int key) {
        INTS.set(bytes, at, key);
    }

    /**
     * Applies a key to {@code length} bytes in place.
     *
     * @return the key as it applies to the byte that follows these
     */
    static int apply(byte[] bytes, int offset, int length, int key) {
        long wide = (key & 0xffff_ffffL) | ((long) key << 32);
        int at = offset;
        int end = offset + length;
        for (; at <= end - 32; at += 32) {
            LONGS.set(bytes, at, (long) LONGS.get(bytes, at) ^ wide);
            LONGS.set(bytes, at + 8, (long) LONGS.get(bytes, at + 8) ^ wide);
            LONGS.set(bytes, at + 16, (long) LONGS.get(bytes, at + 16) ^ wide);
            LONGS.set(bytes, at + 24, (long) LONGS.get(bytes, at + 24) ^ wide);
        }
        for (; at <= end - 8; at += 8) {
            LONGS.set(bytes, at, (long) LONGS.get(bytes, at) ^ wide);
        }
        for (int shift = 0; at < end; at++, shift += 8) {
            bytes[at] ^= (byte) (wide >>> shift);
        }
        return Integer.rotateRight(key, (length & 3) * 8);
    }
}
