// SPDX-License-Identifier: Apache-2.0
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;

/** Vert.x as a contender of bench/websocket: one event loop, no extensions. */
public final class VertxEcho {
    public static void main(String[] arguments) {
        HttpServerOptions options = new HttpServerOptions()
                .setTcpNoDelay(true)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false);
        Vertx.vertx()
                .createHttpServer(options)
                .webSocketHandler(socket -> socket.frameHandler(socket::writeFrame))
                .listen(Integer.parseInt(arguments[0]), "127.0.0.1");
    }
}
