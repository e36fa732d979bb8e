// SPDX-License-Identifier: Apache-2.0
package io.millrace.clients;

import io.millrace.tls.DevelopmentCertificate;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The service on two ports: in clear, and over TLS with ALPN. */
final class GrpcServer implements AutoCloseable {
    final GrpcService service = new GrpcService();
    final WebServer clear;
    final WebServer secure;

    /** The certificate of the secure port, which signs itself. */
    final Path certificate;

    GrpcServer(Path folder) throws IOException {
        TlsContext tls = TlsContext.server(TlsOptions.DEFAULT
                .with(DevelopmentCertificate.in(folder, List.of("localhost", "127.0.0.1")))
                .withApplicationProtocols("h2", "http/1.1"));
        certificate = DevelopmentCertificate.file(folder);
        clear = serve().start();
        secure = serve().tls(tls).start();
    }

    private WebServer serve() {
        WebServer server = WebServer.on(0).loops(1);
        service.addTo(server);
        return server;
    }

    @Override
    public void close() {
        clear.close();
        secure.close();
    }
}
