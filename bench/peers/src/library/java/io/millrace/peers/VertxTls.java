// SPDX-License-Identifier: Apache-2.0
package io.millrace.peers;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;

/** Vert.x over TLS, one event loop over native epoll: a short text at the root, files below {@code /files}. */
public final class VertxTls {
    private static final Buffer HELLO = Buffer.buffer("Hello, World!");

    private VertxTls() {}

    /**
     * Serves until it is killed.
     *
     * @param arguments the port on the loopback address, a folder, and {@code jdk} or {@code openssl}; the system
     *     properties {@code certificate} and {@code key} name files in PEM
     */
    public static void main(String[] arguments) throws Exception {
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));
        HttpServerOptions options = new HttpServerOptions()
                .setHost("127.0.0.1")
                .setPort(Integer.parseInt(arguments[0]))
                .setTcpNoDelay(true)
                .setAcceptBacklog(4096)
                .setSsl(true)
                .setUseAlpn(false)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertPath(System.getProperty("certificate"))
                        .addKeyPath(System.getProperty("key")))
                .setSslEngineOptions(
                        arguments[2].equals("openssl") ? new OpenSSLEngineOptions() : new JdkSSLEngineOptions());
        vertx.createHttpServer(options)
                .requestHandler(request -> answer(request, arguments[1]))
                .listen()
                .toCompletionStage()
                .toCompletableFuture()
                .get();
        Thread.currentThread().join();
    }

    private static void answer(HttpServerRequest request, String folder) {
        if (request.path().startsWith("/files/")) {
            request.response().sendFile(folder + "/" + request.path().substring("/files/".length()));
        } else {
            request.response().putHeader("content-type", "text/plain").end(HELLO);
        }
    }
}
