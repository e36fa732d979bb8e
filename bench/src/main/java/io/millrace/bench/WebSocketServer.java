// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.web.WebServer;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketGroup;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Millrace as a contender of {@code bench/websocket}: {@code /echo} sends back what comes, {@code /group} sends 1 KB to
 * all of its sockets for each message that comes.
 */
public final class WebSocketServer {
    private WebSocketServer() {}

    /**
     * Serves until it is killed.
     *
     * @param arguments the port on the loopback address
     */
    public static void main(String[] arguments) throws IOException {
        WebSocketGroup group = new WebSocketGroup();
        byte[] news = new byte[1024];
        WebSocketListener echo = new WebSocketListener() {
            @Override
            public void text(WebSocket socket, byte[] utf8, int offset, int length) {
                socket.sendText(utf8, offset, length);
            }

            @Override
            public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
                socket.sendBinary(bytes, offset, length);
            }
        };
        WebSocketListener member = new WebSocketListener() {
            @Override
            public void opened(WebSocket socket) {
                group.add(socket);
            }

            @Override
            public void text(WebSocket socket, byte[] utf8, int offset, int length) {
                group.send(WebSocketMessage.binary(news.clone()));
            }
        };
        WebServer.on(0)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])))
                .loops(1)
                .webSocket("/echo", request -> echo)
                .webSocket("/group", request -> member)
                .start();
        JvmProbe.listen();
    }
}
