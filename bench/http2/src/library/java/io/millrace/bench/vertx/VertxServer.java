// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench.vertx;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;

/**
 * Vert.x as a contender: one event loop that answers every request with 13 bytes, and sends the files of a folder under
 * {@code /files}; over TLS where a certificate is named.
 */
public final class VertxServer {
    private static final Buffer HELLO = Buffer.buffer("Hello, World!");

    private VertxServer() {}

    /** Serves until it is killed: the port, a folder, and perhaps the files of a certificate and its key. */
    public static void main(String[] arguments) {
        int port = Integer.parseInt(arguments[0]);
        String folder = arguments[1];
        HttpServerOptions options =
                new HttpServerOptions().setHost("127.0.0.1").setPort(port).setHttp2ClearTextEnabled(true);
        if (arguments.length > 2) {
            options.setSsl(true)
                    .setUseAlpn(true)
                    .setKeyCertOptions(
                            new PemKeyCertOptions().setCertPath(arguments[2]).setKeyPath(arguments[3]));
        }
        Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true))
                .createHttpServer(options)
                .requestHandler(request -> answer(request, folder))
                .listen()
                .onFailure(why -> {
                    why.printStackTrace();
                    System.exit(1);
                });
    }

    private static void answer(HttpServerRequest request, String folder) {
        if (request.path().startsWith("/files/")) {
            request.response().sendFile(folder + request.path().substring("/files".length()));
        } else {
            request.response().putHeader("content-type", "text/plain").end(HELLO);
        }
    }
}
