// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.compress.Compression;
import io.millrace.web.ContentCodings;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/** Millrace as a contender of {@code bench/compress}: files, compressed anew for each request. */
public final class CompressionServer {
    private CompressionServer() {}

    /**
     * Serves until it is killed.
     *
     * @param arguments the port on the loopback address, the folder, and the coding
     */
    public static void main(String[] arguments) throws IOException {
        WebServer.on(0)
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])))
                .loops(1)
                .files("/files", Path.of(arguments[1]))
                .get("/", (request, response) -> response.send("Hello, World!"))
                .compress(Compression.DEFAULT
                        .withCodings(ContentCodings.read(arguments[2]))
                        .withCache(0))
                .start();
        JvmProbe.listen();
    }
}
