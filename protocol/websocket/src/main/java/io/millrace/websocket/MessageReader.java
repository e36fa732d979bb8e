// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Buffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames and puts messages together, with its checks (RFC 6455 section 5): what must not be is found at its first
 * byte, a text that is not UTF-8 included. A message that is whole in the input is unmasked and shown where it lies;
 * any other is gathered. A compressed one is inflated when it is whole, with a context that is lent until
 * {@link #release}.
 *
 * <p>A reader has a state only from the first frame of a message to its last: it is lent for as long, so that a
 * WebSocket that is idle has none.
 *
 * <pre>
 *   next ─► NEED_MORE     all the input that can be used has been consumed
 *        ─► TEXT, BINARY  a message: array, offset, length, until release
 *        ─► CLOSE, PING, PONG  a control frame, likewise; also between the frames of a message
 *        ─► below 0       the negative of the code to close with
 * </pre>
 */
final class MessageReader {
    static final int NEED_MORE = 0;

    private static final int GO_ON = 100;
    private static final int FIRST_PIECE = 16 * 1024;

    private static final byte[] NOTHING = {};
    private static final ThreadLocal<Spare> SPARE = ThreadLocal.withInitial(Spare::new);

    /** The reader of a thread that nothing uses now. */
    private static final class Spare {
        private @Nullable MessageReader reader;
    }

    private @Nullable WebSocketLimits limits;
    private @Nullable DeflateSession deflate;
    private final FrameHeader frame = new FrameHeader();
    private final Utf8Validator utf8 = new Utf8Validator();

    // The frame whose payload comes in.
    private boolean inPayload;
    private long left;
    private int key;

    // The message that comes in; 0 between messages.
    private int opcode;
    private boolean compressed;
    private int fragments;
    private @Nullable Buffer message;

    // What is shown.
    private byte[] array = NOTHING;
    private int offset;
    private int length;
    private @Nullable MessageInflater inflater;

    private MessageReader() {}

    /**
     * Lends the reader of the calling thread, for masked frames, as a server reads, or for frames that are not;
     * {@code deflate} may be null.
     */
    static MessageReader lend(boolean masked, WebSocketLimits limits, @Nullable DeflateSession deflate) {
        Spare spare = SPARE.get();
        MessageReader reader = spare.reader == null ? new MessageReader() : spare.reader;
        spare.reader = null; // one that is called from within a call has another
        reader.limits = limits;
        reader.deflate = deflate;
        reader.frame.expect(masked, deflate != null);
        return reader;
    }

    /** Gives it back to the calling thread, unless a message has begun; whether it did. */
    boolean giveBack() {
        if (inPayload || opcode != 0) {
            return false;
        }
        limits = null;
        deflate = null;
        SPARE.get().reader = this;
        return true;
    }

    /** Goes on to the next message or control frame. */
    int next(Buffer in) {
        int event;
        do {
            event = inPayload ? payload(in) : header(in);
        } while (event == GO_ON);
        return event;
    }

    byte[] array() {
        return array;
    }

    int offset() {
        return offset;
    }

    int length() {
        return length;
    }

    /** Gives back what the last message was in. */
    void release() {
        array = NOTHING;
        if (inflater != null) {
            Objects.requireNonNull(deflate).giveBack(inflater);
            inflater = null;
        }
    }

    boolean isInflating() {
        return inflater != null;
    }

    /** Drops the message that was coming in: nothing more is read. */
    void drop() {
        message = null;
    }

    private int header(Buffer in) {
        int size = frame.parse(in.array(), in.head(), in.tail());
        if (size <= 0) {
            return size == FrameHeader.NEED_MORE ? NEED_MORE : -CloseCode.PROTOCOL_ERROR;
        }
        if (frame.isControl()) {
            return control(in, size);
        }
        int wrong = begin();
        if (wrong != 0) {
            return -wrong;
        }
        in.consume(size);
        left = frame.length();
        key = frame.key();
        inPayload = true;
        return GO_ON;
    }

    private int control(Buffer in, int size) {
        int count = (int) frame.length();
        if (in.readable() < size + count) {
            return NEED_MORE;
        }
        show(in.array(), in.head() + size, count);
        if (frame.isMasked()) {
            Masking.apply(array, offset, count, frame.key());
        }
        in.consume(size + count);
        return frame.opcode();
    }

    // A data frame: 0 if it may stand here, else the code to close with.
    private int begin() {
        boolean continued = frame.opcode() == FrameHeader.CONTINUATION;
        if (continued != (opcode != 0)) {
            return CloseCode.PROTOCOL_ERROR;
        }
        if (!continued) {
            opcode = frame.opcode();
            compressed = frame.isCompressed();
            fragments = 0;
            utf8.begin();
        }
        if (++fragments > Objects.requireNonNull(limits).fragments()) {
            return CloseCode.POLICY_VIOLATION;
        }
        long gathered = message == null ? 0 : message.readable();
        return frame.length() > limits.frame() || gathered + frame.length() > limits.message() ? CloseCode.TOO_BIG : 0;
    }

    private int payload(Buffer in) {
        byte[] bytes = in.array();
        int from = in.head();
        int count = (int) Math.min(left, in.readable());
        if (count > 0) {
            in.consume(count); // the bytes stay where they are as long as this call of the protocol lasts
            if (frame.isMasked()) {
                key = Masking.apply(bytes, from, count, key);
            }
            if (isPlainText() && !utf8.accept(bytes, from, count)) {
                return -CloseCode.INVALID_DATA;
            }
        }
        left -= count;
        boolean last = left == 0 && frame.isFinal();
        if (last && message == null) {
            show(bytes, from, count);
        } else {
            gather(bytes, from, count);
        }
        if (left > 0) {
            return NEED_MORE;
        }
        inPayload = false;
        return last ? finish() : GO_ON;
    }

    private boolean isPlainText() {
        return opcode == FrameHeader.TEXT && !compressed;
    }

    private void gather(byte[] bytes, int from, int count) {
        if (message == null) {
            message = new Buffer((int) Math.min(count + left, Math.max(count, FIRST_PIECE)));
        }
        message.append(bytes, from, count);
    }

    private int finish() {
        if (message != null) {
            show(message.array(), message.head(), message.readable());
            message = null;
        }
        int event = opcode;
        opcode = 0;
        if (compressed) {
            int wrong = inflate();
            if (wrong != MessageInflater.DONE) {
                return -wrong;
            }
            if (event == FrameHeader.TEXT && !utf8.accept(array, offset, length)) {
                return -CloseCode.INVALID_DATA;
            }
        }
        return event == FrameHeader.BINARY || utf8.isComplete() ? event : -CloseCode.INVALID_DATA;
    }

    private int inflate() {
        DeflateSession session = Objects.requireNonNull(deflate);
        MessageInflater lent = session.lendInflater();
        inflater = lent;
        int result = session.inflate(
                lent, array, offset, length, Objects.requireNonNull(limits).message());
        Buffer out = lent.out();
        show(out.array(), out.head(), out.readable());
        return result;
    }

    private void show(byte[] bytes, int from, int count) {
        array = bytes;
        offset = from;
        length = count;
    }
}
