// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.core.Ascii;
import io.millrace.fileserver.FileOptions;
import io.millrace.fileserver.StaticFiles;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.Router;
import io.millrace.http1.Http1Factory;
import io.millrace.transport.Engine;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.LoopGroup;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;

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
        LoopGroup.open(engine.kernel(), 1, engine).listen(ListenOptions.on(address), () -> new Http1Factory(handler));
        JvmProbe.listen();
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
