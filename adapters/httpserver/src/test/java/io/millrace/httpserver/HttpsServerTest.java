// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.millrace.testkit.ExpectedLog;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What programs written for the JDK's server for HTTPS rely on, asked of the JDK's own and of this one. */
@Timeout(120)
final class HttpsServerTest {
    private static final SSLContext KEYS = context("local.p12");
    private static final SSLContext CLIENT_KEYS = context("client.p12");
    private static final SSLContext NO_KEYS = context(null);

    /** Who makes the server. */
    enum Maker {
        JDK,
        MILLRACE;

        HttpsServer bound() throws IOException {
            System.setProperty(
                    "com.sun.net.httpserver.HttpServerProvider", "sun.net.httpserver.DefaultHttpServerProvider");
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            return this == MILLRACE ? HttpServers.createHttps(address, 0) : HttpsServer.create(address, 0);
        }
    }

    /** A context that trusts the authority of the tests, with the keys of a file or none. */
    private static SSLContext context(String file) {
        try (InputStream authority = HttpsServerTest.class.getResourceAsStream("ca.pem");
                InputStream key = file == null ? null : HttpsServerTest.class.getResourceAsStream(file)) {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(authority));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(key, "secret".toCharArray());
            KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            own.init(keys, "secret".toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static HttpClient client(SSLContext context) {
        return HttpClient.newBuilder()
                .sslContext(context)
                .connectTimeout(Duration.ofSeconds(30))
                .build();
    }

    private static String post(HttpClient client, HttpsServer server, String body) throws Exception {
        URI uri = URI.create("https://localhost:" + server.getAddress().getPort() + "/");
        HttpRequest request = HttpRequest.newBuilder(uri)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    /** Sends back what comes, with the version of TLS before it. */
    private static void echo(HttpsServer server) {
        server.createContext("/", exchange -> {
            String version = ((HttpsExchange) exchange).getSSLSession().getProtocol();
            byte[] body = exchange.getRequestBody().readAllBytes();
            byte[] answer = (version + " " + new String(body, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
    }

    @ParameterizedTest
    @EnumSource
    void exchangesAreThoseOfHttpsAndTellTheSession(Maker maker) throws Exception {
        HttpsServer server = maker.bound();
        server.setHttpsConfigurator(new HttpsConfigurator(KEYS));
        echo(server);
        server.start();
        try (HttpClient client = client(NO_KEYS)) {
            String large = "x".repeat(300_000);
            assertEquals("TLSv1.3 hello", post(client, server, "hello"));
            assertEquals("TLSv1.3 " + large, post(client, server, large));
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theConfiguratorIsAskedForEachConnectionWithTheClientsAddress(Maker maker) throws Exception {
        ConcurrentLinkedQueue<InetSocketAddress> clients = new ConcurrentLinkedQueue<>();
        HttpsServer server = maker.bound();
        server.setHttpsConfigurator(new HttpsConfigurator(KEYS) {
            @Override
            public void configure(HttpsParameters parameters) {
                clients.add(parameters.getClientAddress());
                SSLParameters chosen = getSSLContext().getDefaultSSLParameters();
                chosen.setProtocols(new String[] {"TLSv1.2"});
                parameters.setSSLParameters(chosen);
            }
        });
        echo(server);
        server.start();
        try {
            for (int i = 0; i < 2; i++) {
                try (HttpClient client = client(NO_KEYS)) {
                    assertEquals("TLSv1.2 a", post(client, server, "a"));
                    assertEquals("TLSv1.2 b", post(client, server, "b"));
                }
            }
            assertEquals(2, clients.size());
            assertTrue(clients.stream().allMatch(each -> each.getAddress().isLoopbackAddress()));
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCertificateOfTheClientCanBeRequired(Maker maker) throws Exception {
        HttpsServer server = maker.bound();
        server.setHttpsConfigurator(new HttpsConfigurator(KEYS) {
            @Override
            @SuppressWarnings("deprecation")
            public void configure(HttpsParameters parameters) {
                parameters.setNeedClientAuth(true);
            }
        });
        echo(server);
        server.start();
        try (HttpClient with = client(CLIENT_KEYS);
                HttpClient without = client(NO_KEYS)) {
            assertEquals("TLSv1.3 known", post(with, server, "known"));
            assertThrows(IOException.class, () -> post(without, server, "unknown"));
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void clearTextDoesNotDisturbOthers(Maker maker) throws Exception {
        HttpsServer server = maker.bound();
        server.setHttpsConfigurator(new HttpsConfigurator(KEYS));
        echo(server);
        server.start();
        try (HttpClient client = client(NO_KEYS);
                Socket clear = new Socket(
                        InetAddress.getLoopbackAddress(), server.getAddress().getPort())) {
            clear.getOutputStream().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertEquals("TLSv1.3 secret", post(client, server, "secret"));
            clear.setSoTimeout(30_000);
            assertTrue(endsWithoutAnAnswer(clear), "clear text was answered");
            assertEquals("TLSv1.3 again", post(client, server, "again"));
        } finally {
            server.stop(0);
        }
    }

    private static boolean endsWithoutAnAnswer(Socket clear) throws IOException {
        try {
            byte[] told = clear.getInputStream().readAllBytes();
            return !new String(told, StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 200");
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true; // reset
        }
    }

    @ParameterizedTest
    @EnumSource
    @ExpectedLog("No https context created")
    void withoutAConfiguratorNoHandshakeSucceeds(Maker maker) throws Exception {
        HttpsServer server = maker.bound();
        AtomicInteger handled = new AtomicInteger();
        server.createContext("/", exchange -> handled.incrementAndGet());
        server.start();
        try (HttpClient client = client(NO_KEYS)) {
            assertThrows(IOException.class, () -> post(client, server, "a"));
            assertEquals(0, handled.get());
            HttpsConfigurator late = new HttpsConfigurator(KEYS);
            assertThrows(IllegalStateException.class, () -> server.setHttpsConfigurator(late));
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theStatesAreThoseOfHttp(Maker maker) throws Exception {
        HttpsServer server = maker.bound();
        assertThrows(NullPointerException.class, () -> server.setHttpsConfigurator(null));
        HttpContext context = server.createContext("/");
        assertSame(server, context.getServer());
        assertThrows(BindException.class, () -> server.bind(server.getAddress(), 0));
        server.start();
        assertThrows(IllegalStateException.class, server::start);
        assertThrows(IllegalStateException.class, () -> server.setExecutor(Runnable::run));
        server.removeContext(context);
        server.stop(0);
        server.stop(0);
    }
}
