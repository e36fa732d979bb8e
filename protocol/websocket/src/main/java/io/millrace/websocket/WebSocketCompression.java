// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

/**
 * How messages are compressed (permessage-deflate, RFC 7692), where the peer agrees.
 *
 * <p>With context takeover a message can refer to those before it: it becomes smaller, and each connection holds some
 * 300 KB of native memory. Without, contexts are lent for one message and an idle connection holds none.
 *
 * @param level how hard to try, 1 to 9
 * @param threshold the smallest message in bytes that is compressed
 * @param sendTakeover whether what this side sends may use context takeover
 * @param receiveTakeover whether what the peer sends may use context takeover
 * @param sendWindow the largest window of what this side sends, as a power of two: 8 to 15
 * @param receiveWindow the largest window of what the peer sends, which it is asked to keep to: 8 to 15
 */
public record WebSocketCompression(
        int level, int threshold, boolean sendTakeover, boolean receiveTakeover, int sendWindow, int receiveWindow) {

    /** Compression at level 4 of messages from 128 bytes on, without context takeover. */
    public static final WebSocketCompression DEFAULT = new WebSocketCompression(4, 128, false, false, 15, 15);

    /**
     * Checks the parameters.
     *
     * @throws IllegalArgumentException if a level is not 1 to 9, a window not 8 to 15, or the threshold negative
     */
    public WebSocketCompression {
        if (level < 1 || level > 9) {
            throw new IllegalArgumentException("a level is 1 to 9, not " + level);
        }
        if (threshold < 0) {
            throw new IllegalArgumentException("not a size: " + threshold);
        }
        checkWindow(sendWindow);
        checkWindow(receiveWindow);
    }

    private static void checkWindow(int bits) {
        if (bits < DeflateParameters.LEAST_BITS || bits > DeflateParameters.MOST_BITS) {
            throw new IllegalArgumentException("a window is 8 to 15 bits, not " + bits);
        }
    }

    /** Returns the same with another level. */
    public WebSocketCompression withLevel(int newLevel) {
        return new WebSocketCompression(newLevel, threshold, sendTakeover, receiveTakeover, sendWindow, receiveWindow);
    }

    /** Returns the same with another size in bytes from which messages are compressed. */
    public WebSocketCompression withThreshold(int bytes) {
        return new WebSocketCompression(level, bytes, sendTakeover, receiveTakeover, sendWindow, receiveWindow);
    }

    /** Returns the same with context takeover, for what is sent and for what is received. */
    public WebSocketCompression withTakeover(boolean sending, boolean receiving) {
        return new WebSocketCompression(level, threshold, sending, receiving, sendWindow, receiveWindow);
    }

    /** Returns the same with other windows, as powers of two. */
    public WebSocketCompression withWindows(int sending, int receiving) {
        return new WebSocketCompression(level, threshold, sendTakeover, receiveTakeover, sending, receiving);
    }
}
