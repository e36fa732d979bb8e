// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Request;
import io.millrace.models.IoModel;
import io.millrace.testkit.ExpectedLog;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsOptions.ClientCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ports with TLS and beside it: who speaks the wrong language, redirects, HSTS, new certificates while serving. */
@Timeout(120)
final class TlsPortsTest {
    private static final String GET = "GET /a%20b?c=d HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n";

    @TempDir
    Path folder;

    private static Path file(String name) throws Exception {
        return Path.of(TlsPortsTest.class.getResource(name).toURI());
    }

    private static TlsContext tls() throws Exception {
        return TlsContext.server(options());
    }

    private static TlsOptions options() throws Exception {
        return TlsOptions.DEFAULT
                .with(Credentials.pem(file("local.pem"), file("local.key")))
                .withApplicationProtocols("http/1.1");
    }

    private static WebServer server(TlsContext tls) throws Exception {
        return WebServer.on(0).loops(1).tls(tls).handler((request, response) -> response.send("served\n"));
    }

    private static String clear(int port, byte[] bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(bytes);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String clear(int port, String text) throws IOException {
        return clear(port, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static SSLSocket secure(int port) throws Exception {
        return secure(port, null);
    }

    /** A client that trusts the authority, and has keys of its own if any are given. */
    private static SSLSocket secure(int port, KeyManager[] own) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry(
                "authority", Credentials.certificates(file("ca.pem")).getFirst());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own, trust.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static KeyManager[] clientsKey() throws Exception {
        String base64 = Files.readString(file("client.key")).replaceAll("-----[A-Z ]+-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        Certificate[] chain = Credentials.certificates(file("client.pem")).toArray(Certificate[]::new);
        store.setKeyEntry("client", key, new char[0], chain);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        return keys.getKeyManagers();
    }

    private static String over(SSLSocket socket) throws IOException {
        try (socket) {
            socket.getOutputStream().write(GET.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String lastLine(String text) {
        return text.substring(text.lastIndexOf('\n') + 1);
    }

    private static String serial(SSLSocket socket) throws IOException {
        try (socket) {
            socket.startHandshake();
            return socket.getSession().getPeerCertificates()[0].toString();
        }
    }

    /** Keeps the status of each exchange. */
    private static final class Statuses implements ExchangeLog {
        private final BlockingQueue<Integer> all = new LinkedBlockingQueue<>();

        @Override
        public void completed(Request request, int status, long bytes, long nanos) {
            all.add(status);
        }

        @Override
        public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
            assertNotNull(peer);
            all.add(status);
        }

        int next() throws InterruptedException {
            return all.poll(30, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = IoModel.class,
            names = {"EPOLL_EDGE", "IO_URING", "NIO", "THREAD", "VIRTUAL", "NONBLOCKING", "ITERATIVE", "POLL"})
    void eachModelServesTlsAndTellsWhoSpeaksInTheClear(IoModel model) throws Exception {
        Assumptions.assumeTrue(model.whyNot() == null, String.valueOf(model.whyNot()));
        Statuses statuses = new Statuses();
        try (WebServer server = server(tls()).model(model).log(statuses).start()) {
            String answer = over(secure(server.port()));
            assertTrue(answer.startsWith("HTTP/1.1 200 ") && answer.endsWith("served\n"), answer);
            assertEquals(200, statuses.next());
            String refused = clear(server.port(), GET);
            assertTrue(refused.startsWith("HTTP/1.1 400 "), refused);
            assertTrue(refused.contains("https://localhost:" + server.port() + "/a%20b?c=d\n"), refused);
            assertEquals(400, statuses.next());
        }
    }

    @Test
    void whatIsNeitherTlsNorHttpGetsAnAnswerAndOneLine() throws Exception {
        Statuses statuses = new Statuses();
        try (WebServer server = server(tls()).log(statuses).start()) {
            assertTrue(clear(server.port(), "\1\2\3\r\n\r\n").startsWith("HTTP/1.1 400 "));
            assertEquals(400, statuses.next());
        }
    }

    @Test
    void whoSpeaksTlsInTheClearGetsAnAlertAndOneLine() throws Exception {
        Statuses statuses = new Statuses();
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .log(statuses)
                .handler((request, response) -> response.send("served\n"))
                .start()) {
            byte[] hello = {22, 3, 1, 0, 5, 1, 0, 0, 1, 3};
            String answer = clear(server.port(), hello);
            byte[] alert = {21, 3, 1, 0, 2, 2, 40};
            assertArrayEquals(alert, answer.getBytes(StandardCharsets.ISO_8859_1));
            assertEquals(400, statuses.next());
            assertThrows(IOException.class, () -> over(secure(server.port())));
            assertEquals(400, statuses.next());
        }
    }

    @ExpectedLog("refused a request for the host evil.example")
    @Test
    void theClearPortLeadsToTheOtherAndBrowsersAreToldToStay() throws Exception {
        try (WebServer server =
                server(tls()).redirectFrom(0).hsts(Duration.ofDays(1)).start()) {
            String answer = clear(server.redirectPort(), GET);
            assertTrue(answer.startsWith("HTTP/1.1 308 "), answer);
            assertTrue(answer.contains("Location: https://localhost:" + server.port() + "/a%20b?c=d\r\n"), answer);
            assertFalse(answer.contains("Strict-Transport-Security"), answer);
            assertTrue(clear(server.redirectPort(), "GET / HTTP/1.0\r\n\r\n").startsWith("HTTP/1.1 400 "));
            assertTrue(clear(server.redirectPort(), "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
                    .startsWith("HTTP/1.1 421 "));
            String secured = over(secure(server.port()));
            assertTrue(secured.contains("Strict-Transport-Security: max-age=86400\r\n"), secured);
        }
    }

    @Test
    void aRedirectNeedsTls() throws Exception {
        try (WebServer server = WebServer.on(0).redirectFrom(0)) {
            assertThrows(IllegalStateException.class, server::start);
            assertThrows(IllegalStateException.class, server::redirectPort);
        }
    }

    @Test
    void aProcessForEachClientDoesNotServeTls() throws Exception {
        try (WebServer server = server(tls()).model(IoModel.PROCESS)) {
            assertThrows(UnsupportedOperationException.class, server::start);
        }
    }

    @Test
    void handlersSeeTheSessionAndTheClientsCertificate() throws Exception {
        TlsContext tls = TlsContext.server(
                options().withClientCertificates(ClientCertificate.OPTIONAL, Credentials.certificates(file("ca.pem"))));
        try (WebServer server = WebServer.on(0).loops(1).tls(tls)) {
            server.get(
                            "/*",
                            Dispatch.VIRTUAL,
                            (request, response) -> response.send(request.tls().protocol() + " "
                                    + request.tls().peerCertificates().size() + " "
                                    + request.tls().serverName()))
                    .start();
            assertEquals("TLSv1.3 0 null", lastLine(over(secure(server.port()))));
            assertEquals("TLSv1.3 2 null", lastLine(over(secure(server.port(), clientsKey()))));
        }
    }

    @ExpectedLog("TLS: ")
    @Test
    void changedFilesAreUsedAndBrokenOnesLeaveTheOldInUse() throws Exception {
        Path chain = folder.resolve("chain.pem");
        Path key = folder.resolve("key.pem");
        Files.copy(file("local.pem"), chain);
        Files.copy(file("local.key"), key);
        TlsContext tls = TlsContext.server(TlsOptions.DEFAULT.with(Credentials.pem(chain, key)));
        AtomicInteger replaced = new AtomicInteger();
        try (WebServer server = server(tls).start();
                CredentialsReloader reloader = CredentialsReloader.of(
                                tls, List.of(chain, key), () -> List.of(Credentials.pem(chain, key)))
                        .onReplaced(replaced::incrementAndGet)) {
            String before = serial(secure(server.port()));
            try (SSLSocket standing = secure(server.port())) {
                standing.startHandshake();
                reloader.check();
                assertEquals(0, replaced.get());
                Files.writeString(chain, Files.readString(file("wild.pem")) + "\n");
                reloader.check();
                assertEquals(0, replaced.get(), "a certificate without its key");
                assertEquals(before, serial(secure(server.port())));
                Files.writeString(key, Files.readString(file("wild.key")) + "\n");
                reloader.check();
                assertEquals(1, replaced.get());
                assertFalse(before.equals(serial(secure(server.port()))));
                assertTrue(over(standing).endsWith("served\n"));
            }
            Files.delete(chain);
            reloader.check();
            assertFalse(reloader.reload());
            assertEquals(1, replaced.get());
        }
    }

    @ExpectedLog("TLS: ")
    @Test
    void aCertificateThatEndsSoonIsTriedAgainOnceADay() throws Exception {
        TlsContext tls = tls();
        AtomicInteger loads = new AtomicInteger();
        Instant[] now = {tls.credentials().getFirst().expires().minus(Duration.ofDays(20))};
        try (CredentialsReloader reloader = new CredentialsReloader(
                tls,
                List.of(),
                () -> {
                    loads.incrementAndGet();
                    return tls.credentials();
                },
                () -> now[0])) {
            reloader.check();
            assertEquals(0, loads.get());
            now[0] = now[0].plus(Duration.ofDays(7));
            reloader.check();
            reloader.check();
            assertEquals(1, loads.get());
            now[0] = now[0].plus(Duration.ofDays(1));
            reloader.check();
            assertEquals(2, loads.get());
        }
    }

    @Test
    void aWatchLooksByItself() throws Exception {
        Path chain = folder.resolve("chain.pem");
        Files.copy(file("local.pem"), chain);
        TlsContext tls = tls();
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (CredentialsReloader reloader = CredentialsReloader.of(tls, List.of(chain), tls::credentials)
                .onReplaced(() -> told.add("replaced"))
                .watch(Duration.ofMillis(5))) {
            assertNotNull(reloader);
            Files.writeString(chain, "anything else");
            assertEquals("replaced", told.poll(30, TimeUnit.SECONDS));
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> CredentialsReloader.of(tls, List.of(), tls::credentials).watch(Duration.ZERO));
    }
}
