// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP over TLS, to the JDK's client. */
@Timeout(60)
final class TlsServerTest {

    static Path file(String name) throws Exception {
        return Path.of(TlsServerTest.class.getResource(name).toURI());
    }

    static SSLContext trusting() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry(
                "authority", Credentials.certificates(file("ca.pem")).getFirst());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    static TlsContext context(String engine) throws Exception {
        String reason = engine.equals("openssl") ? TlsProviders.whyNoOpenSsl() : null;
        assumeTrue(reason == null, reason);
        return TlsContext.server(
                TlsOptions.DEFAULT
                        .with(Credentials.pem(file("local.pem"), file("local.key")))
                        .withApplicationProtocols("h2", "http/1.1"),
                TlsProviders.named(engine));
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1, jdk", "HTTP_2, jdk", "HTTP_1_1, openssl", "HTTP_2, openssl"})
    void bothVersionsOfHttpAreServedOverTls(HttpClient.Version version, String engine) throws Exception {
        TlsContext tls = context(engine);
        try (WebServer server = WebServer.on(0)
                        .get("/", (request, response) -> response.send(request.scheme() + " is served"))
                        .tls(tls);
                HttpClient client = HttpClient.newBuilder()
                        .version(version)
                        .sslContext(trusting())
                        .connectTimeout(Duration.ofSeconds(30))
                        .build()) {
            server.start();
            HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/"))
                    .version(version)
                    .build();
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
                assertEquals("https is served", response.body());
                assertEquals(version, response.version());
            }
        }
    }

    private static String answerTo(int port, String agreed, String bytes) throws Exception {
        try (SSLSocket socket = (SSLSocket) trusting().getSocketFactory().createSocket("localhost", port)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {agreed});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            assertEquals(agreed, socket.getApplicationProtocol());
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** What ALPN has agreed upon is spoken, whatever the first bytes are. */
    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void whatWasAgreedUponIsSpoken(String engine) throws Exception {
        TlsContext tls = context(engine);
        try (WebServer server = WebServer.on(0)
                .get("/", (request, response) -> response.send("served"))
                .tls(tls)) {
            server.start();
            String http2 = answerTo(server.port(), "h2", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertEquals(4, http2.charAt(3), "the first frame is SETTINGS");
            assertTrue(http2.endsWith("no preface of HTTP/2"), http2);
            String http1 = answerTo(server.port(), "http/1.1", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            assertTrue(http1.startsWith("HTTP/1.1 505 "), http1);
        }
    }
}
