// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.web.WebServer;
import io.millrace.websocket.OriginPolicy;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketLimits;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketOptions;
import java.net.InetSocketAddress;

/** {@code millrace echo --websocket}: every message back, on any path, texts as texts. */
final class WebSocketEcho implements WebSocketListener {
    private static final int MOST = 32 << 20;
    private static final int FRAGMENTS = 1 << 20;

    // A page can learn nothing here but what it has sent itself.
    private static final WebSocketOptions OPTIONS = WebSocketOptions.DEFAULT
            .withOrigins(OriginPolicy.ANY)
            .withLimits(WebSocketLimits.DEFAULT.withSizes(MOST, MOST).withCounts(FRAGMENTS, 100_000));

    /** Returns a server that echoes; it is not started. */
    static WebServer server(InetSocketAddress address) {
        WebSocketEcho echo = new WebSocketEcho();
        return WebServer.on(0).address(address).webSocket("/*", OPTIONS, request -> echo);
    }

    @Override
    public void text(WebSocket socket, byte[] utf8, int offset, int length) {
        socket.sendText(utf8, offset, length);
    }

    @Override
    public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
        socket.sendBinary(bytes, offset, length);
    }
}
