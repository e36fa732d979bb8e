// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Buffer;

/** Writes frames (RFC 6455 section 5.2): always with the shortest form of the length. */
final class FrameWriter {
    private FrameWriter() {}

    /** Appends a whole frame that is not masked. */
    static void frame(Buffer out, int first, byte[] bytes, int offset, int length) {
        head(out, first, length, 0);
        out.append(bytes, offset, length);
    }

    /** Appends a whole frame that is masked. */
    static void masked(Buffer out, int first, byte[] bytes, int offset, int length, int key) {
        head(out, first, length, FrameHeader.MASK);
        out.reserve(4 + length);
        Masking.putKey(out.array(), out.tail(), key);
        out.wrote(4);
        out.append(bytes, offset, length);
        Masking.apply(out.array(), out.tail() - length, length, key);
    }

    private static void head(Buffer out, int first, int length, int mask) {
        out.append((byte) first);
        if (length < 126) {
            out.append((byte) (mask | length));
        } else if (length <= 0xffff) {
            out.append((byte) (mask | 126));
            out.append((byte) (length >>> 8));
            out.append((byte) length);
        } else {
            out.append((byte) (mask | 127));
            out.appendLong(length);
        }
    }
}
