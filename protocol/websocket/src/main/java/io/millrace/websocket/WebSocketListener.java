// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.nio.charset.StandardCharsets;

/**
 * What happens on a {@link WebSocket}. Every method is called by the thread that owns the connection, one at a time,
 * and must not block; {@link BlockingWebSocket} is for those that want to. An exception closes the connection with
 * {@link CloseCode#INTERNAL_ERROR} and is logged.
 *
 * <p>Arrays are lent for the length of the call.
 */
public interface WebSocketListener {

    /** The opening handshake is done. Called once, before anything else. */
    default void opened(WebSocket socket) {}

    /**
     * The opening handshake has failed: the server refused, or the client went before it was answered. Nothing else is
     * called.
     */
    default void failed(String why) {}

    /** A text has come. */
    default void text(WebSocket socket, String text) {}

    /** A text has come, as UTF-8 that has been checked. Passes it on as a string unless overridden. */
    default void text(WebSocket socket, byte[] utf8, int offset, int length) {
        text(socket, new String(utf8, offset, length, StandardCharsets.UTF_8));
    }

    /** A binary message has come. */
    default void binary(WebSocket socket, byte[] bytes, int offset, int length) {}

    /** A pong has come. Pings are answered without the listener. */
    default void pong(WebSocket socket, byte[] bytes, int offset, int length) {}

    /** {@link WebSocket#writable} had said no, and what waited to be sent has left. */
    default void writable(WebSocket socket) {}

    /**
     * The WebSocket is over. Called once, if {@link #opened} was; nothing is called after it.
     *
     * @param code the peer's code, {@link CloseCode#NO_STATUS} if its Close had none, {@link CloseCode#ABNORMAL} if the
     *     connection ended without one, or the code with which this side refused what the peer sent
     * @param reason the reason that came with it, or what happened; may be empty
     */
    default void closed(WebSocket socket, int code, String reason) {}
}
