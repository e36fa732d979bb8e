// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.Limits;
import io.millrace.testkit.HouseClassPath;
import io.millrace.tls.Credentials;
import io.millrace.tls.JdkProvider;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsProvider;
import io.millrace.web.AdminRoutes;
import io.millrace.web.ServerStats;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server with TLS in the hands of its operator: new certificates under load, a stop, figures, memory, odd records.
 */
@ParameterizedClass
@ValueSource(strings = {"jdk", "openssl"})
@Timeout(240)
final class TlsOperationTest {
    private static final String ASKED = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final int PATIENCE = 60_000;

    @TempDir
    Path folder;

    @Parameter
    String engine;

    private TlsProvider provider() {
        return engine.equals("jdk") ? new JdkProvider() : OpenSslHere.provider();
    }

    private TlsContext tls() {
        return TlsContext.server(
                TlsOptions.DEFAULT.with(TlsKeys.of("local")).withApplicationProtocols("http/1.1"), provider());
    }

    private static WebServer server(TlsContext tls) throws IOException {
        return WebServer.on(0)
                .loops(1)
                .tls(tls)
                .handler((request, response) -> response.send("served"))
                .start();
    }

    private static SSLContext trusting() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("authority", TlsKeys.authority().getFirst());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static SSLSocket connect(SSLContext context, int port) throws IOException {
        return over(context, new Socket(InetAddress.getLoopbackAddress(), port));
    }

    private static SSLSocket over(SSLContext context, Socket plain) throws IOException {
        plain.setSoTimeout(PATIENCE);
        return (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
    }

    /** Asks, and reads the answer, which ends with its body. */
    private static void ask(SSLSocket socket) throws IOException {
        socket.getOutputStream().write(ASKED.getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("\r\n\r\nserved") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("ended in the answer: " + answer);
            }
            answer.append((char) next);
        }
    }

    // ---- certificates

    @Test
    void certificatesAreSwappedUnderLoadAndNoRequestFails() throws Exception {
        TlsContext tls = tls();
        try (WebServer server = server(tls)) {
            Queue<Exception> failures = new ConcurrentLinkedQueue<>();
            Set<Object> seen = ConcurrentHashMap.newKeySet();
            AtomicBoolean ending = new AtomicBoolean();
            CountDownLatch asked = new CountDownLatch(60);
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(Thread.ofPlatform().start(() -> load(server.port(), seen, failures, ending, asked)));
            }
            for (int i = 0; asked.getCount() > 0 && failures.isEmpty(); i++) {
                tls.replace(List.of(TlsKeys.of(i % 2 == 0 ? "rsa" : "local")));
                asked.await(20, TimeUnit.MILLISECONDS);
            }
            ending.set(true);
            for (Thread client : clients) {
                client.join();
            }
            assertTrue(failures.isEmpty(), failures::toString);
            assertEquals(2, seen.size(), "certificates that were seen");
            assertEquals(0, tls.failures(), tls::lastFailure);
        }
    }

    /** One connection that stands all the time, and new ones beside it, each with a full handshake. */
    private static void load(
            int port, Set<Object> seen, Queue<Exception> failures, AtomicBoolean ending, CountDownLatch asked) {
        try (SSLSocket standing = connect(trusting(), port)) {
            while (!ending.get()) {
                ask(standing);
                try (SSLSocket fresh = connect(trusting(), port)) {
                    ask(fresh);
                    seen.add(fresh.getSession().getPeerCertificates()[0]);
                }
                asked.countDown();
            }
        } catch (Exception e) {
            failures.add(e);
            while (asked.getCount() > 0) {
                asked.countDown();
            }
        }
    }

    /** The client refuses it, in whatever way its engine says so. */
    @Test
    void aCertificateThatHasExpiredIsRefused() throws Exception {
        TlsOptions serving = TlsOptions.DEFAULT
                .with(Credentials.pem(file("expired.pem"), file("expired.key")))
                .withExecutor(Runnable::run);
        TlsOptions trusting = TlsOptions.DEFAULT
                .withTrusted(Credentials.certificates(file("expired-authority.pem")))
                .withExecutor(Runnable::run);
        TlsContext client = TlsContext.client(trusting, provider());
        TlsEnds ends = new TlsEnds(TlsContext.server(serving, provider()), client, "localhost").pump();
        assertEquals(List.of(), ends.client.told);
        assertEquals(1, client.failures());
    }

    private static Path file(String name) throws Exception {
        return Path.of(TlsOperationTest.class.getResource(name).toURI());
    }

    // ---- the end

    /** The JDK's socket throws when a connection ends without close_notify. */
    @Test
    void aStopEndsIdleAndBusyConnectionsWithCloseNotify() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        WebServer server = WebServer.on(0)
                .loops(1)
                .tls(tls())
                .get("/", (request, response) -> response.send("served"))
                .get("/slow", (request, response) -> {
                    response.defer();
                    begun.countDown();
                    Thread.startVirtualThread(() -> {
                        try {
                            go.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        response.send("slow");
                    });
                })
                .start();
        SSLContext context = trusting();
        try (server;
                SSLSocket idle = connect(context, server.port());
                SSLSocket busy = connect(context, server.port())) {
            ask(idle);
            ask(busy);
            busy.getOutputStream()
                    .write("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            begun.await();
            Thread stopping = Thread.ofPlatform().start(() -> stop(server));
            assertEquals(-1, idle.getInputStream().read());
            go.countDown();
            String answer = new String(busy.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(answer.endsWith("slow") && answer.contains("onnection: close"), answer);
            stopping.join();
        }
    }

    private static void stop(WebServer server) {
        try {
            server.stop(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- figures

    @Test
    void metricsTellVersionsSuitesResumptionsAlertsAndExpiry() throws Exception {
        TlsContext tls = tls();
        try (WebServer server = server(tls);
                WebServer admin = AdminRoutes.of(server, new ServerStats())
                        .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            SSLContext context = trusting();
            for (int i = 0; i < 2; i++) {
                try (SSLSocket socket = connect(context, server.port())) {
                    ask(socket);
                }
            }
            try (SSLSocket socket = connect(SSLContext.getDefault(), server.port())) {
                assertThrows(SSLException.class, socket::startHandshake);
            }
            URI metrics = URI.create("http://127.0.0.1:" + admin.port() + "/metrics");
            try (HttpClient client = HttpClient.newHttpClient()) {
                String text = "";
                for (int i = 0; i < 300 && !text.contains("millrace_tls_failures_total{"); i++) {
                    Thread.sleep(i == 0 ? 0 : 100);
                    text = client.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                            .body();
                }
                assertTrue(text.contains("millrace_tls_sessions_total{version=\"TLSv1.3\",suite=\"TLS_AES_"), text);
                assertTrue(text.contains("millrace_tls_resumptions_total 1\n"), text);
                assertTrue(text.contains("millrace_tls_failures_total{reason=\"received "), text);
                assertTrue(text.contains("expiry_timestamp_seconds{name=\"localhost\",sha256=\""), text);
            }
        }
    }

    // ---- memory

    /** A buffer of a connection has 16 KiB at least; what the engine and the connection keep is less. */
    @Test
    void anIdleConnectionHoldsNoBuffer() throws Exception {
        int count = 200;
        List<Socket> connections = new ArrayList<>();
        try (WebServer server = server(tls())) {
            connect(server, connections, 50);
            long before = heap();
            connect(server, connections, count);
            long each = (heap() - before) / count;
            assertTrue(each < 14_000, each + " bytes for each");
        } finally {
            for (Socket one : connections) {
                one.close();
            }
        }
    }

    /** The clients' engines are forgotten: what stays is the server's, and sockets. */
    private static void connect(WebServer server, List<Socket> connections, int count) throws Exception {
        SSLContext context = trusting();
        for (int i = 0; i < count; i++) {
            Socket plain = new Socket(InetAddress.getLoopbackAddress(), server.port());
            connections.add(plain);
            ask((SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", server.port(), false));
        }
    }

    private static long heap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    // ---- records

    @Test
    void recordsThatAreTooLongOrOfNoKindEndTheConnection() throws Exception {
        TlsContext tls = tls();
        try (WebServer server = server(tls)) {
            assertRefused(server, record(23, (1 << 14) + 256 + 1));
            assertRefused(server, record(99, 40));
            assertEquals(2, tls.failures());
            try (SSLSocket other = connect(trusting(), server.port())) {
                ask(other);
            }
        }
    }

    private static byte[] record(int type, int length) {
        byte[] record = new byte[5 + length];
        record[0] = (byte) type;
        record[1] = 3;
        record[2] = 3;
        record[3] = (byte) (length >> 8);
        record[4] = (byte) length;
        return record;
    }

    /** The alert comes, or the end. */
    private static void assertRefused(WebServer server, byte[] record) throws Exception {
        try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), server.port());
                SSLSocket socket = over(trusting(), plain)) {
            ask(socket);
            plain.getOutputStream().write(record);
            assertThrows(IOException.class, () -> {
                if (socket.getInputStream().read() < 0) {
                    throw new IOException("ended");
                }
            });
        }
    }

    // ---- new keys

    /** The JDK's client changes its keys after each 2^20 bytes, fifty times in this upload. */
    @Test
    void anUploadGoesOnOverChangesOfTheClientsKeys() throws Exception {
        Path properties = folder.resolve("java.security");
        Files.writeString(
                properties, "jdk.tls.keyLimits=AES/GCM/NoPadding KeyUpdate 2^20, ChaCha20-Poly1305 KeyUpdate 2^20\n");
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .tls(tls())
                .limits(Limits.DEFAULT.withBody(100L << 20))
                .route(
                        "POST",
                        "/",
                        Dispatch.VIRTUAL,
                        (request, response) -> response.send(KeyLimitsClient.digest(request.body().stream())))
                .start()) {
            Process client = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-Djava.security.properties=" + properties,
                            "-cp",
                            HouseClassPath.text(),
                            KeyLimitsClient.class.getName(),
                            Integer.toString(server.port()))
                    .redirectErrorStream(true)
                    .start();
            String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, client.waitFor(), said);
        }
    }
}
