// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.core.Ascii;
import io.millrace.core.ProtocolFactory;
import io.millrace.fileserver.FileOptions;
import io.millrace.fileserver.StaticFiles;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.Router;
import io.millrace.http1.Http1Factory;
import io.millrace.http2.Http2Factory;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.transport.Engine;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.LoopGroup;
import io.millrace.web.TlsProviders;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * Millrace as a contender: one loop that answers every request with 13 bytes on the loop, or, given a folder, serves it
 * under {@code /files} as {@code millrace serve} does.
 */
public final class MillraceServer {
    /** How the loop works: {@code -Dengine=NAME}, a name of {@link Engine#all}. */
    private static final String ENGINE = System.getProperty("engine", Engine.READINESS.name());

    private static final byte[] HELLO = Ascii.bytes("Hello, World!");

    private MillraceServer() {}

    /**
     * Serves until it is killed.
     *
     * @param arguments the port on the loopback address, then perhaps a folder
     */
    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        Handler handler = arguments.length > 1 ? files(Path.of(arguments[1])) : MillraceServer::hello;
        Engine engine = Engine.all().stream()
                .filter(each -> each.name().equals(ENGINE))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no engine " + ENGINE + " among " + Engine.all()));
        LoopGroup.open(engine.kernel(), 1, engine).listen(ListenOptions.on(address), protocols(handler));
        JvmProbe.listen();
    }

    /**
     * HTTP/1.1, or with {@code -Dhttp2=true} HTTP/2, in the clear, or over TLS by the engine that {@code -Dtls=} names,
     * with the files of two others.
     */
    private static Supplier<ProtocolFactory> protocols(Handler handler) throws IOException {
        boolean http2 = Boolean.getBoolean("http2");
        Supplier<ProtocolFactory> http =
                () -> http2 ? new Http2Factory(HttpContext.of(handler)) : new Http1Factory(handler);
        String engine = System.getProperty("tls");
        if (engine == null) {
            return http;
        }
        Credentials credentials =
                Credentials.pem(Path.of(System.getProperty("certificate")), Path.of(System.getProperty("key")));
        TlsOptions options = TlsOptions.DEFAULT.with(credentials).withApplicationProtocols(http2 ? "h2" : "http/1.1");
        TlsContext tls = TlsContext.server(options, TlsProviders.named(engine));
        return () -> tls.over(http.get());
    }

    private static void hello(Request request, Response response) {
        response.type("text/plain").send(HELLO);
    }

    private static Handler files(Path folder) throws IOException {
        FileOptions options = FileOptions.DEFAULT.mount("/files");
        return new Router()
                .get("/", MillraceServer::hello)
                .route("*", "/files/*", StaticFiles.of(WebServer.openFolder(folder, false), options));
    }
}
