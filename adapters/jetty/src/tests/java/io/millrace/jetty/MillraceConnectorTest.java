// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is the connector's own: its states, TLS, HTTP/2, where handlers run. */
@Timeout(120)
final class MillraceConnectorTest {

    /** Answers with the name of the thread and the URI. */
    private static final class Telling extends Handler.Abstract {
        Telling(InvocationType type) {
            super(type);
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put("Content-Type", "text/plain");
            String text = Thread.currentThread().getName() + " " + request.isSecure() + " " + request.getHttpURI() + " "
                    + request.getConnectionMetaData().getProtocol();
            response.write(true, ByteBuffer.wrap(text.getBytes()), callback);
            return true;
        }
    }

    private static String get(HttpClient client, String uri) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString())
                .body();
    }

    private static MillraceConnector connector(Server server) {
        MillraceConnector connector = new MillraceConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        return connector;
    }

    @Test
    void handlersThatDoNotBlockRunOnTheLoop() throws Exception {
        for (var type : new Handler.Abstract.InvocationType[] {
            Handler.Abstract.InvocationType.BLOCKING, Handler.Abstract.InvocationType.NON_BLOCKING
        }) {
            Server server = new Server();
            MillraceConnector connector = connector(server);
            server.setHandler(new Telling(type));
            server.start();
            try (HttpClient client = HttpClient.newHttpClient()) {
                String answer = get(client, "http://127.0.0.1:" + connector.getLocalPort() + "/x");
                assertEquals(type == Handler.Abstract.InvocationType.BLOCKING, answer.startsWith("qtp"), answer);
                assertTrue(answer.endsWith("/x HTTP/1.1"), answer);
            } finally {
                server.stop();
            }
        }
    }

    @Test
    void stopsAndStartsAgain() throws Exception {
        Server server = new Server();
        MillraceConnector connector = connector(server);
        server.setHandler(new Telling(Handler.Abstract.InvocationType.BLOCKING));
        for (int i = 0; i < 3; i++) {
            server.start();
            int port = connector.getLocalPort();
            try (HttpClient client = HttpClient.newHttpClient()) {
                get(client, "http://127.0.0.1:" + port + "/");
            }
            server.stop();
            assertEquals(-2, connector.getLocalPort());
            connector.setPort(port);
        }
    }

    @Test
    void aPortThatIsTakenIsABindException() throws Exception {
        Server first = new Server();
        MillraceConnector taken = connector(first);
        first.start();
        Server second = new Server();
        connector(second).setPort(taken.getLocalPort());
        try {
            IOException thrown = assertThrows(IOException.class, second::start);
            assertTrue(thrown.getCause() instanceof BindException, String.valueOf(thrown.getCause()));
            assertEquals("Address already in use", thrown.getCause().getMessage());
        } finally {
            second.stop();
            first.stop();
        }
    }

    @Test
    void trailersAndInterimAnswersAreSent() throws Exception {
        Server server = new Server();
        MillraceConnector connector = connector(server);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                response.setTrailersSupplier(() -> HttpFields.build().put("X-Sum", "42"));
                response.writeInterim(103, HttpFields.build().put("Link", "</a.css>"))
                        .whenComplete((done, failure) -> response.write(true, ByteBuffer.wrap(new byte[10]), callback));
                return true;
            }
        });
        server.start();
        try (java.net.Socket socket = new java.net.Socket("127.0.0.1", connector.getLocalPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".getBytes());
            String answer = new String(socket.getInputStream().readAllBytes());
            assertTrue(answer.startsWith("HTTP/1.1 103 "), answer);
            assertTrue(answer.contains("\r\n\r\nHTTP/1.1 200 OK\r\n"), answer);
            assertTrue(answer.endsWith("\r\n0\r\nX-Sum: 42\r\n\r\n"), answer);
        } finally {
            server.stop();
        }
    }

    private static KeyStore keys() throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = MillraceConnectorTest.class.getResourceAsStream("local.p12")) {
            keys.load(in, "secret".toCharArray());
        }
        return keys;
    }

    private static SSLContext trusting() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = MillraceConnectorTest.class.getResourceAsStream("ca.pem")) {
            store.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void tlsIsThatOfTheContextFactoryAndHttp2IsSpokenIfAsked() throws Exception {
        for (boolean http2 : new boolean[] {false, true}) {
            Server server = new Server();
            SslContextFactory.Server keys = new SslContextFactory.Server();
            keys.setKeyStore(keys());
            keys.setKeyStorePassword("secret");
            HttpConfiguration configuration = new HttpConfiguration();
            configuration.addCustomizer(new SecureRequestCustomizer());
            MillraceConnector connector = http2
                    ? new MillraceConnector(
                            server,
                            new SslConnectionFactory(keys, "http/1.1"),
                            new HttpConnectionFactory(configuration),
                            new HTTP2CServerConnectionFactory(configuration))
                    : new MillraceConnector(
                            server,
                            new SslConnectionFactory(keys, "http/1.1"),
                            new HttpConnectionFactory(configuration));
            connector.setHost("127.0.0.1");
            server.addConnector(connector);
            server.setHandler(new Telling(Handler.Abstract.InvocationType.BLOCKING));
            server.start();
            try (HttpClient client =
                    HttpClient.newBuilder().sslContext(trusting()).build()) {
                URI uri = URI.create("https://localhost:" + connector.getLocalPort() + "/a");
                HttpResponse<String> answer =
                        client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
                String protocol = http2 ? "HTTP/2.0" : "HTTP/1.1";
                assertTrue(answer.body().endsWith(" true " + uri + " " + protocol), answer.body());
            } finally {
                server.stop();
            }
        }
    }

    /** A browser that is told of tunnels opens WebSockets in streams alone, where Jetty's cannot be. */
    @Test
    void clientsOfHttp2AreNotToldOfTunnels() throws Exception {
        Server server = new Server();
        HttpConfiguration configuration = new HttpConfiguration();
        MillraceConnector connector = new MillraceConnector(
                server, new HttpConnectionFactory(configuration), new HTTP2CServerConnectionFactory(configuration));
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.start();
        try (Socket socket = new Socket("127.0.0.1", connector.getLocalPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            int settings = (in.readUnsignedByte() << 16 | in.readUnsignedShort()) / 6;
            in.skipNBytes(6);
            Map<Integer, Integer> said = new HashMap<>();
            for (int i = 0; i < settings; i++) {
                said.put(in.readUnsignedShort(), in.readInt());
            }
            assertEquals(0, said.getOrDefault(8, 0), said.toString());
        } finally {
            server.stop();
        }
    }
}
