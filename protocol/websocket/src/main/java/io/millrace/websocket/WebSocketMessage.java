// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Buffer;
import io.millrace.core.SharedBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message, received or to be sent to many. It is framed once, and compressed once for each window and level that was
 * negotiated, when the first connection needs it; every connection is then given the same bytes. Any thread may use it.
 */
public final class WebSocketMessage {
    private static final int PLAIN = 0;
    private static final int FORMS = 1 + DeflateParameters.MOST_BITS - DeflateParameters.LEAST_BITS + 1;

    private final boolean text;
    private final byte[] bytes;
    private volatile SharedBytes @Nullable [] frames;
    private int level;

    private WebSocketMessage(boolean text, byte[] bytes) {
        this.text = text;
        this.bytes = bytes;
    }

    /** Returns a text message. */
    public static WebSocketMessage text(String text) {
        return new WebSocketMessage(true, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a text message of UTF-8, which is not checked; the array must not change any more. */
    public static WebSocketMessage text(byte[] utf8) {
        return new WebSocketMessage(true, utf8);
    }

    /** Returns a binary message; the array must not change any more. */
    public static WebSocketMessage binary(byte[] bytes) {
        return new WebSocketMessage(false, bytes);
    }

    static WebSocketMessage copy(boolean text, byte[] array, int offset, int length) {
        return new WebSocketMessage(text, Arrays.copyOfRange(array, offset, offset + length));
    }

    /** Returns whether this is a text. */
    public boolean isText() {
        return text;
    }

    /** Returns the message as text. */
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Returns the bytes of the message, of a text as UTF-8. Not to be written to. */
    public byte[] bytes() {
        return bytes;
    }

    int opcode() {
        return text ? FrameHeader.TEXT : FrameHeader.BINARY;
    }

    /** Returns the whole message as one frame, compressed where {@code session} wants it. */
    SharedBytes frame(@Nullable DeflateSession session) {
        return session != null && session.wants(bytes.length) ? compressed(session) : plain();
    }

    /** Returns the whole message as one frame that is neither masked nor compressed. */
    SharedBytes plain() {
        SharedBytes[] known = frames;
        return known != null && known[PLAIN] != null ? known[PLAIN] : make(PLAIN, null);
    }

    /**
     * Returns the whole message as the frame for connections that agreed on the same compression without takeover:
     * compressed, unless that makes it larger.
     */
    SharedBytes compressed(DeflateSession session) {
        int form = session.sendBits() - DeflateParameters.LEAST_BITS + 1;
        SharedBytes[] known = frames;
        return known != null
                        && known[form] != null
                        && level == session.settings().level()
                ? known[form]
                : make(form, session);
    }

    private synchronized SharedBytes make(int form, @Nullable DeflateSession session) {
        SharedBytes[] known = frames == null ? new SharedBytes[FORMS] : frames;
        if (session != null && level != session.settings().level()) {
            Arrays.fill(known, 1, FORMS, null);
            level = session.settings().level();
        }
        if (known[form] == null) {
            known[form] = form == PLAIN ? frame(bytes, bytes.length, 0) : deflated(Objects.requireNonNull(session));
        }
        frames = known;
        return known[form];
    }

    private SharedBytes deflated(DeflateSession session) {
        MessageDeflater deflater = session.lendDeflater();
        try {
            Buffer small = session.deflate(deflater, bytes, 0, bytes.length);
            return small.readable() >= bytes.length
                    ? plain()
                    : frame(small.toBytes(), small.readable(), FrameHeader.RSV1);
        } finally {
            session.giveBack(deflater);
        }
    }

    private SharedBytes frame(byte[] payload, int length, int flag) {
        Buffer out = new Buffer(length + 10);
        FrameWriter.frame(out, FrameHeader.FIN | flag | opcode(), payload, 0, length);
        return SharedBytes.of(out.toBytes());
    }

    @Override
    public String toString() {
        return (text ? "text" : "binary") + " of " + bytes.length + " bytes";
    }
}
