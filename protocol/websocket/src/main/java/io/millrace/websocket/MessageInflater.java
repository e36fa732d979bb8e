// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Buffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Inflates messages (RFC 7692 section 7.2.2), and stops at the limit and not behind it. */
final class MessageInflater {
    /** {@link #inflate} is done. */
    static final int DONE = 0;

    private static final int ROOM = 4 * 1024;
    private static final int KEPT = 64 * 1024;
    private static final int WINDOW = 32 * 1024;

    // Each costs as much as some kilobytes of text: a message of nothing else would hold up a loop.
    private static final int MOST_FINALS = 256;
    private static final byte[] TAIL = {0, 0, (byte) 0xff, (byte) 0xff};

    private final Inflater inflater = new Inflater(true);
    private Buffer out = new Buffer();
    private int finals;

    /**
     * Inflates a message into {@link #out}.
     *
     * @param most the most bytes that it may become
     * @param takeover whether it may refer to the messages before, and later ones to it
     * @return {@link #DONE} or the code to close with
     */
    int inflate(byte[] bytes, int offset, int length, int most, boolean takeover) {
        forget();
        finals = 0;
        if (!takeover) {
            inflater.reset();
        }
        try {
            int result = feed(bytes, offset, length, most);
            return result == DONE ? feed(TAIL, 0, TAIL.length, most) : result;
        } catch (DataFormatException e) {
            return CloseCode.INVALID_DATA;
        }
    }

    private int feed(byte[] bytes, int offset, int length, int most) throws DataFormatException {
        inflater.setInput(bytes, offset, length);
        while (true) {
            // One byte of room beyond the limit shows that there is more without holding it.
            long beyond = most + 1L - out.readable();
            int room = (int) Math.min(beyond, Math.max(ROOM, out.capacity() - out.readable()));
            out.reserve(room);
            int count = inflater.inflate(out.array(), out.tail(), room);
            out.wrote(count);
            if (out.readable() > most) {
                return CloseCode.TOO_BIG;
            }
            if (inflater.needsDictionary()) {
                return CloseCode.INVALID_DATA;
            }
            if (inflater.finished()) {
                if (++finals > MOST_FINALS) {
                    return CloseCode.POLICY_VIOLATION;
                }
                goOn(bytes, offset + length);
            } else if (count < room && inflater.needsInput()) {
                return DONE;
            }
        }
    }

    // A block may call itself the last (section 7.2.3.4): what follows it begins anew, with the same window.
    private void goOn(byte[] bytes, int end) {
        int rest = inflater.getRemaining();
        int window = Math.min(out.readable(), WINDOW);
        inflater.reset();
        if (window > 0) {
            inflater.setDictionary(out.array(), out.tail() - window, window);
        }
        inflater.setInput(bytes, end - rest, rest);
    }

    /** The message that was inflated, valid until the next call. */
    Buffer out() {
        return out;
    }

    /** Drops the message, and its memory if that was much. */
    void forget() {
        if (out.capacity() > KEPT) {
            out = new Buffer();
        }
        out.clear();
    }

    /** Gives the native memory back. */
    void end() {
        inflater.end();
    }
}
