// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.http.FieldBlock;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/** What a client of a WebSocket says (RFC 6455): the opening, the message that a plan asks for, a Close, a Pong. */
final class WebSocketRequest {
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    static final int FIN = 0x80;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final byte[] END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NORMAL = {3, (byte) 0xe8};
    private static final int MOST_HEAD = 64 * 1024;
    private static final int MASKED = 0x80;

    // Fields that the opening itself sets.
    private static final List<String> OWN =
            List.of("upgrade", "connection", "sec-websocket-key", "sec-websocket-version");

    private final byte[] opening;
    private final String accept;
    private final int opcode;
    private final byte[] message;
    private String answer = "";

    /** What an answer to the opening is. */
    enum Answer {
        NEED_MORE,
        OPENED,
        REFUSED
    }

    private WebSocketRequest(byte[] opening, String accept, int opcode, byte[] message) {
        this.opening = opening;
        this.accept = accept;
        this.opcode = opcode;
        this.message = message;
    }

    static WebSocketRequest of(LoadPlan plan) {
        byte[] nonce = new byte[16];
        ThreadLocalRandom.current().nextBytes(nonce);
        String key = Base64.getEncoder().encodeToString(nonce);
        byte[] message = plan.message().body();
        return new WebSocketRequest(opening(plan, key), accept(key), isText(message) ? TEXT : BINARY, message);
    }

    private static byte[] opening(LoadPlan plan, String key) {
        FieldBlock own = plan.message().fieldLines();
        StringBuilder head = new StringBuilder("GET " + plan.target().path() + " HTTP/1.1\r\n");
        if (!own.has("Host")) {
            head.append("Host: ").append(plan.target().authority()).append("\r\n");
        }
        head.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
        head.append(key).append("\r\n");
        for (int i = 0; i < own.size(); i++) {
            if (!OWN.contains(own.name(i).toLowerCase(Locale.ROOT))) {
                head.append(own.name(i)).append(": ").append(own.value(i)).append("\r\n");
            }
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String accept(String key) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            return Base64.getEncoder().encodeToString(sha1.digest((key + GUID).getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    private static boolean isText(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    int opcode() {
        return opcode;
    }

    byte[] message() {
        return message;
    }

    /** Appends the opening, and returns its length. */
    int writeOpening(Buffer out) {
        out.append(opening);
        return opening.length;
    }

    /** Consumes the head of the answer to the opening, if it is there. */
    Answer readAnswer(Buffer in) {
        int end = in.indexOf(END, 0);
        if (end < 0) {
            answer = "a head without an end";
            return in.readable() > MOST_HEAD ? Answer.REFUSED : Answer.NEED_MORE;
        }
        String head = new String(in.take(end + END.length), StandardCharsets.ISO_8859_1);
        answer = head.substring(0, head.indexOf("\r\n"));
        return answer.startsWith("HTTP/1.1 101") && isAccepted(head) ? Answer.OPENED : Answer.REFUSED;
    }

    private boolean isAccepted(String head) {
        return head.lines().anyMatch(line -> {
            int colon = line.indexOf(':');
            return colon > 0
                    && line.substring(0, colon).equalsIgnoreCase("Sec-WebSocket-Accept")
                    && line.substring(colon + 1).strip().equals(accept);
        });
    }

    /** Returns the first line of an answer that opened nothing. */
    String answer() {
        return answer;
    }

    /** Appends the message in a frame of its own key, and returns the frame's length. */
    int writeMessage(Buffer out) {
        return frame(
                out,
                opcode,
                message,
                0,
                message.length,
                ThreadLocalRandom.current().nextInt());
    }

    /** Appends a Close that is normal. */
    static int writeClose(Buffer out) {
        return frame(
                out,
                CLOSE,
                NORMAL,
                0,
                NORMAL.length,
                ThreadLocalRandom.current().nextInt());
    }

    /** Appends a frame that is masked with {@code key}, and returns its length. */
    static int frame(Buffer out, int opcode, byte[] payload, int offset, int length, int key) {
        int before = out.readable();
        out.append((byte) (FIN | opcode));
        if (length < 126) {
            out.append((byte) (MASKED | length));
        } else if (length <= 0xffff) {
            out.append((byte) (MASKED | 126));
            out.append((byte) (length >>> 8));
            out.append((byte) length);
        } else {
            out.append((byte) (MASKED | 127));
            out.appendLong(length);
        }
        out.appendInt(key);
        out.append(payload, offset, length);
        mask(out.array(), out.tail() - length, out.tail(), key);
        return out.readable() - before;
    }

    private static void mask(byte[] bytes, int from, int end, int key) {
        long wide = (long) key << 32 | (key & 0xffff_ffffL);
        int at = from;
        for (; at <= end - 8; at += 8) {
            LONGS.set(bytes, at, (long) LONGS.get(bytes, at) ^ wide);
        }
        for (int shift = 24; at < end; at++, shift = shift == 0 ? 24 : shift - 8) {
            bytes[at] ^= (byte) (key >>> shift);
        }
    }

    /** Returns the opening and the message, for a connection that does not wait for an answer. */
    byte[] alone() {
        Buffer out = new Buffer(opening.length + message.length + 16);
        writeOpening(out);
        writeMessage(out);
        return out.toBytes();
    }
}
