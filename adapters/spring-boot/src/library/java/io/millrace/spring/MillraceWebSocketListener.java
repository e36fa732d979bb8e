// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketListener;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.HandshakeInfo;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import reactor.core.publisher.MonoSink;

/** Tells a session what happens on its connection, and ends the connection when Spring's handler is done. */
final class MillraceWebSocketListener implements WebSocketListener {
    private final WebSocketHandler handler;
    private final HandshakeInfo info;
    private final DataBufferFactory buffers;
    private final MonoSink<Void> done;
    private MillraceWebSocketSession session;

    MillraceWebSocketListener(
            WebSocketHandler handler, HandshakeInfo info, DataBufferFactory buffers, MonoSink<Void> done) {
        this.handler = handler;
        this.info = info;
        this.buffers = buffers;
        this.done = done;
    }

    @Override
    public void opened(WebSocket socket) {
        session = new MillraceWebSocketSession(socket, info, buffers);
        handler.handle(session)
                .subscribe(
                        nothing -> {},
                        failure -> {
                            session.close(CloseStatus.SERVER_ERROR).subscribe();
                            done.error(failure);
                        },
                        () -> {
                            session.close(CloseStatus.NORMAL).subscribe();
                            done.success();
                        });
    }

    @Override
    public void failed(String why) {
        done.error(new IllegalStateException(why));
    }

    @Override
    public void text(WebSocket socket, byte[] utf8, int offset, int length) {
        tell(WebSocketMessage.Type.TEXT, utf8, offset, length);
    }

    @Override
    public void text(WebSocket socket, String text) {
        tell(WebSocketMessage.Type.TEXT, factory -> factory.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
        tell(WebSocketMessage.Type.BINARY, bytes, offset, length);
    }

    @Override
    public void pong(WebSocket socket, byte[] bytes, int offset, int length) {
        tell(WebSocketMessage.Type.PONG, bytes, offset, length);
    }

    private void tell(WebSocketMessage.Type type, byte[] lent, int offset, int length) {
        byte[] bytes = Arrays.copyOfRange(lent, offset, offset + length);
        tell(type, factory -> factory.wrap(bytes));
    }

    private void tell(WebSocketMessage.Type type, Function<DataBufferFactory, DataBuffer> content) {
        session.received(new WebSocketMessage(type, content.apply(buffers)));
    }

    @Override
    public void writable(WebSocket socket) {
        session.writable();
    }

    @Override
    public void closed(WebSocket socket, int code, String reason) {
        session.ended(CloseStatus.create(code, reason));
    }
}
