// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import jakarta.websocket.OnMessage;
import jakarta.websocket.server.ServerEndpoint;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.jakarta.server.config.JakartaWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Jetty's WebSocket over both connectors. */
@Timeout(120)
final class WebSocketTest {

    /** Sends back what comes. */
    @ServerEndpoint("/echo")
    public static final class Echo {
        @OnMessage(maxMessageSize = 10_000_000)
        public String text(String message) {
            return message;
        }

        @OnMessage(maxMessageSize = 10_000_000)
        public ByteBuffer bytes(ByteBuffer message) {
            return message;
        }
    }

    /** Collects a message, and the end. */
    private static final class Receiver implements WebSocket.Listener {
        final StringBuilder text = new StringBuilder();
        final CompletableFuture<String> message = new CompletableFuture<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                message.complete(text.toString());
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code);
            return null;
        }
    }

    @ParameterizedTest
    @EnumSource
    void messagesAreEchoedAndTheEndIsAgreedUpon(Connectors connectors) throws Exception {
        Server server = new Server();
        ServerConnector connector = connectors.add(server);
        ServletContextHandler context = new ServletContextHandler("/");
        server.setHandler(context);
        JakartaWebSocketServletContainerInitializer.configure(
                context, (servlet, container) -> container.addEndpoint(Echo.class));
        server.start();
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("ws://127.0.0.1:" + connector.getLocalPort() + "/echo");
            for (int length : new int[] {5, 2_000_000}) {
                Receiver receiver = new Receiver();
                WebSocket socket =
                        client.newWebSocketBuilder().buildAsync(uri, receiver).get(30, TimeUnit.SECONDS);
                String text = "x".repeat(length);
                socket.sendText(text, true);
                assertEquals(text, receiver.message.get(30, TimeUnit.SECONDS));
                socket.sendClose(1000, "done");
                assertEquals(1000, receiver.closed.get(30, TimeUnit.SECONDS));
            }
        } finally {
            server.stop();
        }
    }
}
