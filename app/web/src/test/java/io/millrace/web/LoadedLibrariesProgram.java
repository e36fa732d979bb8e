// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Serves in the clear, then by TLS, and says each time whether OpenSSL has been loaded. */
public final class LoadedLibrariesProgram {
    private LoadedLibrariesProgram() {}

    /** Takes a certificate and a key in PEM. */
    public static void main(String[] arguments) throws Exception {
        try (WebServer server = WebServer.on(0)
                .get("/", (request, response) -> response.send("here"))
                .start()) {
            ask(server.port());
            System.out.println("in the clear: " + isLoaded());
        }
        TlsContext tls = TlsContext.server(
                TlsOptions.DEFAULT.with(Credentials.pem(Path.of(arguments[0]), Path.of(arguments[1]))),
                TlsProviders.auto());
        System.out.println("over TLS: " + isLoaded() + ", " + tls.provider().name());
    }

    private static void ask(int port) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        }
    }

    private static boolean isLoaded() throws Exception {
        return Files.readString(Path.of("/proc/self/maps")).contains("libssl");
    }
}
