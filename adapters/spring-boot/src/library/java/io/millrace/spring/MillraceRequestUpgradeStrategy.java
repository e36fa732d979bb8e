// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.websocket.OriginPolicy;
import io.millrace.websocket.WebSocketOptions;
import io.millrace.websocket.WebSocketUpgrade;
import java.util.function.Supplier;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.reactive.socket.HandshakeInfo;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.server.RequestUpgradeStrategy;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Opens WebSockets for Spring's handlers. Which pages may connect is what Spring's CORS settings say. */
public final class MillraceRequestUpgradeStrategy implements RequestUpgradeStrategy {
    private final WebSocketOptions options;

    /** Makes a strategy with the limits of {@link WebSocketOptions#DEFAULT}. */
    public MillraceRequestUpgradeStrategy() {
        this(WebSocketOptions.DEFAULT.withOrigins(OriginPolicy.ANY));
    }

    /** Makes a strategy with other options; its subprotocols are not looked at. */
    public MillraceRequestUpgradeStrategy(WebSocketOptions options) {
        this.options = options;
    }

    @Override
    public Mono<Void> upgrade(
            ServerWebExchange exchange,
            WebSocketHandler handler,
            String subProtocol,
            Supplier<HandshakeInfo> handshakeInfo) {
        Request request = ServerHttpRequestDecorator.getNativeRequest(exchange.getRequest());
        MillraceServerHttpResponse answer = unwrapped(exchange.getResponse());
        Response response = answer.getNativeResponse();
        WebSocketOptions chosen = subProtocol == null ? options : options.withSubprotocols(subProtocol);
        HandshakeInfo info = handshakeInfo.get();
        // The fields that Spring has set go with the answer.
        return exchange.getResponse()
                .setComplete()
                .then(Mono.defer(() -> Mono.<Void>create(sink -> {
                    MillraceWebSocketListener listener = new MillraceWebSocketListener(
                            handler, info, exchange.getResponse().bufferFactory(), sink);
                    Handler opening = WebSocketUpgrade.of(chosen).handler(asked -> listener);
                    boolean runs = answer.onLoop(() -> {
                        try {
                            opening.handle(request, response);
                            answer.upgraded();
                        } catch (Exception e) {
                            answer.upgraded();
                            response.fail(e);
                            sink.error(e);
                        }
                    });
                    if (!runs) {
                        sink.error(new IllegalStateException("the connection has ended"));
                    }
                })));
    }

    private static MillraceServerHttpResponse unwrapped(ServerHttpResponse response) {
        ServerHttpResponse inner = response;
        while (inner instanceof ServerHttpResponseDecorator decorator) {
            inner = decorator.getDelegate();
        }
        return (MillraceServerHttpResponse) inner;
    }
}
