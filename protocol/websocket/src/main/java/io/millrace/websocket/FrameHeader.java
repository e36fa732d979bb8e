// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The head of a frame (RFC 6455 section 5.2), 2 to 14 bytes. A wrong bit is found as soon as its byte is there.
 *
 * <pre>
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R| opcode|M| length (7)  |  length, 16 bits if that is   |
 *     |I|S|S|S|  (4)  |A|             |  126, 64 bits if it is 127    |
 *     |N|V|V|V|       |S|             |                               |
 *     | |1|2|3|       |K|             |  then the key, if masked      |
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 * </pre>
 */
final class FrameHeader {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    static final int FIN = 0x80;
    static final int RSV1 = 0x40;
    static final int MASK = 0x80;

    /** The largest payload of a control frame. */
    static final int MOST_CONTROL = 125;

    /** {@link #parse} needs more input. */
    static final int NEED_MORE = 0;

    /** {@link #parse} has found what must not be. */
    static final int WRONG = -1;

    private static final int RESERVED = 0x30;
    private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private boolean masked;
    private boolean compression;
    private int first;
    private long length;
    private int key;

    /** Sets whether frames have to be masked, and whether they may be compressed. */
    void expect(boolean isMasked, boolean isCompressed) {
        masked = isMasked;
        compression = isCompressed;
    }

    /** Returns the size of the header that begins at {@code head}, {@link #NEED_MORE} or {@link #WRONG}. */
    int parse(byte[] bytes, int head, int tail) {
        if (head == tail) {
            return NEED_MORE;
        }
        first = bytes[head];
        if (!isFirstRight()) {
            return WRONG;
        }
        if (tail - head < 2) {
            return NEED_MORE;
        }
        int second = bytes[head + 1];
        int code = second & 0x7f;
        if ((second & MASK) != 0 != masked || (isControl() && code > MOST_CONTROL)) {
            return WRONG;
        }
        int size = 2 + (code < 126 ? 0 : code == 126 ? 2 : 8) + (masked ? 4 : 0);
        if (tail - head < size) {
            return NEED_MORE;
        }
        return readLength(bytes, head, code) ? readKey(bytes, head + size, size) : WRONG;
    }

    private boolean isFirstRight() {
        int opcode = opcode();
        if ((first & RESERVED) != 0 || (opcode & 7) > 2) {
            return false;
        }
        // RSV1 marks the first frame of a compressed message, and no other (RFC 7692 section 6).
        return isControl()
                ? (first & (FIN | RSV1)) == FIN
                : (first & RSV1) == 0 || (compression && opcode != CONTINUATION);
    }

    // The shortest form must be used, and the highest bit of the longest is 0.
    private boolean readLength(byte[] bytes, int head, int code) {
        if (code < 126) {
            length = code;
            return true;
        }
        if (code == 126) {
            length = (short) SHORTS.get(bytes, head + 2) & 0xffff;
            return length >= 126;
        }
        length = (long) LONGS.get(bytes, head + 2);
        return length > 0xffff;
    }

    private int readKey(byte[] bytes, int end, int size) {
        key = masked ? Masking.key(bytes, end - 4) : 0;
        return size;
    }

    int opcode() {
        return first & 0xf;
    }

    boolean isControl() {
        return (first & 8) != 0;
    }

    /** Returns whether this frame ends its message. */
    boolean isFinal() {
        return (first & FIN) != 0;
    }

    /** Returns whether this frame begins a compressed message. */
    boolean isCompressed() {
        return (first & RSV1) != 0;
    }

    /** Returns the number of bytes of the payload. */
    long length() {
        return length;
    }

    boolean isMasked() {
        return masked;
    }

    int key() {
        return key;
    }
}
