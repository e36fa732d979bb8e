// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** WebSocket frames as a client writes them, right or wrong, and as it reads those of a server. */
public final class WebSocketFrames {
    /** The first byte of a frame that is a whole text message. */
    public static final int TEXT = 0x81;

    /** The first byte of a frame that is a whole binary message. */
    public static final int BINARY = 0x82;

    /** The first byte of a Close. */
    public static final int CLOSE = 0x88;

    /** The first byte of a ping. */
    public static final int PING = 0x89;

    /** The first byte of a pong. */
    public static final int PONG = 0x8a;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Nothing yet. */
    public WebSocketFrames() {}

    /** A frame as it was read: its first byte and its payload, unmasked. */
    public record Frame(int first, byte[] payload) {

        /** Returns the frame in a word or two: of a Close the code alone. */
        @Override
        public String toString() {
            if (first == CLOSE) {
                return "close "
                        + (payload.length < 2
                                ? "empty"
                                : ByteBuffer.wrap(payload).getShort() & 0xffff);
            }
            String start = new String(payload, 0, Math.min(20, payload.length), StandardCharsets.ISO_8859_1);
            return Integer.toHexString(first) + " " + payload.length + " " + Arrays.hashCode(payload) + " " + start;
        }
    }

    /** Appends a masked frame. */
    public WebSocketFrames frame(int first, byte[] payload) {
        return frame(first, payload, payload.length);
    }

    /** Appends a masked frame with a text. */
    public WebSocketFrames frame(int first, String payload) {
        return frame(first, payload.getBytes(StandardCharsets.UTF_8));
    }

    /** Appends the head of a masked frame that announces {@code length} bytes, and those of {@code payload}. */
    public WebSocketFrames frame(int first, byte[] payload, long length) {
        head(first, length, 0x80);
        byte[] key = {0x37, (byte) 0xfa, 0x21, 0x3d};
        bytes.writeBytes(key);
        byte[] masked = payload.clone();
        for (int i = 0; i < masked.length; i++) {
            masked[i] ^= key[i & 3];
        }
        bytes.writeBytes(masked);
        return this;
    }

    /** Appends a Close with a code and a reason. */
    public WebSocketFrames close(int code, byte[] reason) {
        byte[] payload = new byte[2 + reason.length];
        payload[0] = (byte) (code >>> 8);
        payload[1] = (byte) code;
        System.arraycopy(reason, 0, payload, 2, reason.length);
        return frame(CLOSE, payload);
    }

    /** Appends a Close with the code 1000. */
    public WebSocketFrames close() {
        return close(1000, new byte[0]);
    }

    /** Appends bytes as they are. */
    public WebSocketFrames raw(int... values) {
        for (int value : values) {
            bytes.write(value);
        }
        return this;
    }

    private void head(int first, long length, int mask) {
        bytes.write(first);
        if (length < 126) {
            bytes.write(mask | (int) length);
        } else if (length <= 0xffff) {
            bytes.write(mask | 126);
            bytes.writeBytes(ByteBuffer.allocate(2).putShort((short) length).array());
        } else {
            bytes.write(mask | 127);
            bytes.writeBytes(ByteBuffer.allocate(8).putLong(length).array());
        }
    }

    /** Returns what was appended so far. */
    public byte[] bytes() {
        return bytes.toByteArray();
    }

    /**
     * Reads the frames of a server.
     *
     * @throws AssertionError if one is masked or not whole
     */
    public static List<Frame> parse(byte[] sent) {
        List<Frame> frames = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(sent);
        while (in.hasRemaining()) {
            int first = in.get() & 0xff;
            long length = in.get() & 0xff;
            if (length >= 128) {
                throw new AssertionError("a server has masked a frame");
            }
            length = length == 126 ? in.getShort() & 0xffff : length == 127 ? in.getLong() : length;
            if (length > in.remaining()) {
                throw new AssertionError("a frame of " + length + " bytes with only " + in.remaining());
            }
            byte[] payload = new byte[(int) length];
            in.get(payload);
            frames.add(new Frame(first, payload));
        }
        return frames;
    }
}
