// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Buffer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Frames of a client: messages do not depend on how the bytes are cut, and are those that a naive reading finds. */
public final class FramesFuzz {
    private FramesFuzz() {}

    /** Reads one input. */
    public static void fuzzerTestOneInput(byte[] input) {
        List<String> whole = read(input, Math.max(1, input.length));
        List<String> cut = read(input, 1);
        if (!whole.equals(cut)) {
            throw new AssertionError("whole: " + whole + ", byte by byte: " + cut);
        }
        List<String> naive = naive(ByteBuffer.wrap(input));
        boolean failed = !whole.isEmpty() && whole.getLast().startsWith("failed");
        List<String> messages = failed ? whole.subList(0, whole.size() - 1) : whole;
        boolean naiveFailed = !naive.isEmpty() && naive.getLast().equals("failed");
        List<String> expected = naiveFailed ? naive.subList(0, naive.size() - 1) : naive;
        // What is wrong may be found at once, or not before all of it has come.
        boolean same = failed
                ? messages.size() <= expected.size() && messages.equals(expected.subList(0, messages.size()))
                : messages.equals(expected) && !naiveFailed;
        if (!same) {
            throw new AssertionError("read: " + whole + ", by a naive reading: " + naive);
        }
    }

    private static List<String> read(byte[] input, int step) {
        MessageReader reader = MessageReader.lend(true, WebSocketLimits.DEFAULT, null);
        List<String> seen = new ArrayList<>();
        Buffer in = new Buffer();
        for (int at = 0; at < input.length; at += step) {
            in.append(input, at, Math.min(step, input.length - at));
            for (int event = reader.next(in); event != MessageReader.NEED_MORE; event = reader.next(in)) {
                if (event < 0) {
                    seen.add("failed " + event);
                    return seen;
                }
                byte[] message = Arrays.copyOfRange(reader.array(), reader.offset(), reader.offset() + reader.length());
                seen.add(event + " " + Arrays.toString(message));
                reader.release();
            }
        }
        return seen;
    }

    private static List<String> naive(ByteBuffer in) {
        List<String> seen = new ArrayList<>();
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        int opcode = 0;
        while (true) {
            in.mark();
            if (in.remaining() < 2) {
                return seen;
            }
            int first = in.get() & 0xff;
            int second = in.get() & 0xff;
            int code = first & 15;
            long length = second & 127;
            int more = length == 126 ? 2 : length == 127 ? 8 : 0;
            if (in.remaining() < more + 4) {
                return seen;
            }
            length = more == 2 ? in.getShort() & 0xffff : more == 8 ? in.getLong() : length;
            boolean wrong = (first & 0x70) != 0
                    || (second & 128) == 0
                    || length < 0
                    || (code >= 8 && (length > 125 || (first & 128) == 0 || code > 10))
                    || (code > 2 && code < 8)
                    || (more == 2 && length < 126)
                    || (more == 8 && length < 65536)
                    || (code < 8 && (code == 0) != (opcode != 0));
            if (wrong) {
                seen.add("failed");
                return seen;
            }
            byte[] key = new byte[4];
            in.get(key);
            if (in.remaining() < length) {
                return seen;
            }
            byte[] payload = new byte[(int) length];
            in.get(payload);
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= key[i & 3];
            }
            if (code >= 8) {
                seen.add(code + " " + Arrays.toString(payload));
                continue;
            }
            opcode = code == 0 ? opcode : code;
            message.writeBytes(payload);
            if ((first & 128) != 0) {
                if (opcode == 1 && !isUtf8(message.toByteArray())) {
                    seen.add("failed");
                    return seen;
                }
                seen.add(opcode + " " + Arrays.toString(message.toByteArray()));
                message.reset();
                opcode = 0;
            }
        }
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
