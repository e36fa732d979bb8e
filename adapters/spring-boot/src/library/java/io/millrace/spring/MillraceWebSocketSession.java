// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.websocket.WebSocket;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.util.ObjectUtils;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.HandshakeInfo;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.adapter.AbstractWebSocketSession;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;

/**
 * A WebSocket as Spring sees it. What the handler does not ask for stops the client; sending waits while the connection
 * does not take it.
 */
final class MillraceWebSocketSession extends AbstractWebSocketSession<WebSocket> {
    private final Sinks.One<CloseStatus> closed = Sinks.one();
    private final Flux<WebSocketMessage> messages = Flux.create(this::subscribed, FluxSink.OverflowStrategy.BUFFER);

    // On the loop.
    private final ArrayDeque<WebSocketMessage> early = new ArrayDeque<>();
    private FluxSink<WebSocketMessage> receiver;
    private MonoSink<Void> waiting;
    private boolean isHeld;
    private boolean isEnded;

    MillraceWebSocketSession(WebSocket socket, HandshakeInfo info, DataBufferFactory buffers) {
        super(socket, ObjectUtils.getIdentityHexString(socket), info, buffers);
    }

    private boolean onLoop(Runnable task) {
        if (getDelegate().inLoop()) {
            task.run();
            return true;
        }
        try {
            getDelegate().execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    // ---- receiving

    @Override
    public Flux<WebSocketMessage> receive() {
        return messages;
    }

    private void subscribed(FluxSink<WebSocketMessage> sink) {
        sink.onRequest(n -> onLoop(this::adjust));
        if (!onLoop(() -> deliverEarly(sink))) {
            sink.complete();
        }
    }

    private void deliverEarly(FluxSink<WebSocketMessage> sink) {
        receiver = sink;
        while (!early.isEmpty()) {
            sink.next(early.poll());
        }
        if (isEnded) {
            sink.complete();
        }
        adjust();
    }

    /** A message has come. */
    void received(WebSocketMessage message) {
        if (receiver == null) {
            early.add(message);
        } else {
            receiver.next(message);
        }
        adjust();
    }

    private void adjust() {
        boolean hold = receiver == null ? !early.isEmpty() : receiver.requestedFromDownstream() == 0;
        if (hold != isHeld && !isEnded) {
            isHeld = hold;
            getDelegate().pause(hold);
        }
    }

    // ---- sending

    @Override
    public Mono<Void> send(Publisher<WebSocketMessage> sent) {
        return Flux.from(sent).concatMap(this::sendOne, 1).then();
    }

    private Mono<Void> sendOne(WebSocketMessage message) {
        byte[] bytes = MillraceServerHttpResponse.taken(message.getPayload());
        return Mono.create(sink -> {
            if (!onLoop(() -> send(message.getType(), bytes, sink))) {
                sink.error(new IOException("the connection has ended"));
            }
        });
    }

    private void send(WebSocketMessage.Type type, byte[] bytes, MonoSink<Void> sink) {
        if (isEnded) {
            sink.error(new IOException("the WebSocket is closed"));
            return;
        }
        WebSocket socket = getDelegate();
        switch (type) {
            case TEXT -> socket.sendText(bytes, 0, bytes.length);
            case BINARY -> socket.sendBinary(bytes, 0, bytes.length);
            case PING -> socket.ping(bytes);
            case PONG -> {} // pings are answered without the handler
        }
        if (socket.writable()) {
            sink.success();
        } else {
            waiting = sink;
        }
    }

    /** The connection takes more. */
    void writable() {
        MonoSink<Void> ready = waiting;
        waiting = null;
        if (ready != null) {
            ready.success();
        }
    }

    // ---- the end

    /** The connection has ended. */
    void ended(CloseStatus status) {
        isEnded = true;
        closed.tryEmitValue(status);
        if (receiver != null) {
            receiver.complete();
        }
        MonoSink<Void> cut = waiting;
        waiting = null;
        if (cut != null) {
            cut.error(new IOException("the WebSocket is closed"));
        }
    }

    @Override
    public boolean isOpen() {
        return getDelegate().isOpen();
    }

    @Override
    public Mono<Void> close(CloseStatus status) {
        return Mono.fromRunnable(() -> onLoop(() -> {
            if (getDelegate().isOpen()) {
                String reason = status.getReason();
                getDelegate().close(status.getCode(), reason == null ? "" : reason);
            }
        }));
    }

    @Override
    public Mono<CloseStatus> closeStatus() {
        return closed.asMono();
    }
}
