// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.MemberSet;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One end of an open WebSocket, as its {@link WebSocketListener} has it. Any thread may send, close and
 * {@link #execute}; what one thread sends keeps its order. No method blocks. What is sent after the close handshake has
 * begun is dropped.
 */
public interface WebSocket extends MemberSet.Member {

    /** Sends a text. */
    void send(String text);

    /** Sends a text that is UTF-8 already, which is not checked. The array may be used again after the call. */
    void sendText(byte[] utf8, int offset, int length);

    /** Sends a binary message. The array may be used again after the call. */
    void sendBinary(byte[] bytes, int offset, int length);

    /** Sends a binary message. The array may be used again after the call. */
    default void send(byte[] bytes) {
        sendBinary(bytes, 0, bytes.length);
    }

    /** Sends a message that was made once for many, without copying it where the carrier can. */
    void send(WebSocketMessage message);

    /**
     * Sends a ping. Its answer is told by {@link WebSocketListener#pong}.
     *
     * @throws IllegalArgumentException if there are more than 125 bytes
     */
    void ping(byte[] bytes);

    /** Begins the close handshake with {@link CloseCode#NORMAL}. */
    default void close() {
        close(CloseCode.NORMAL, "");
    }

    /**
     * Begins the close handshake. {@link WebSocketListener#closed} tells its end, and nothing else is told from now on.
     * Of no effect if the handshake has begun already.
     *
     * @throws IllegalArgumentException for a code that must not be sent, or a reason of more than 123 bytes in UTF-8
     */
    void close(int code, String reason);

    /** Ends the connection at once. {@link WebSocketListener#closed} is told {@link CloseCode#ABNORMAL}. */
    void abort();

    /** Returns whether neither side has begun to close. Any thread may ask. */
    @Override
    boolean isOpen();

    /**
     * Returns whether more may be sent without piling up. After {@code false}, {@link WebSocketListener#writable} tells
     * when to go on; what is sent regardless is kept and sent. Only the owner thread may ask.
     */
    boolean writable();

    /** Returns the number of bytes that wait to be sent. Only the owner thread may ask. */
    long pending();

    /**
     * {@code true} stops the delivery of messages, and with it the peer; {@code false} goes on. A peer is not pinged
     * while it is stopped. Only the owner thread may call.
     */
    void pause(boolean on);

    /** Returns the subprotocol that was agreed on, or {@code ""}. */
    String subprotocol();

    /** Returns whether compression was agreed on. */
    boolean isCompressed();

    /** Returns the peer's address, or {@code null} where the carrier knows none. */
    @Nullable
    SocketAddress peer();

    /** Returns whether the calling thread owns this WebSocket. Any thread may ask. */
    @Override
    boolean inLoop();

    /**
     * Runs a task on the thread that owns this WebSocket, soon and in order, even after the WebSocket has ended. Any
     * thread may call.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed, and the connection with it
     */
    @Override
    void execute(Runnable task);
}
