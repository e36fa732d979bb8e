// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Limits;
import io.millrace.http.Request;
import io.millrace.models.IoModel;
import io.millrace.testkit.ExpectedLog;
import io.millrace.tls.JdkProvider;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsProvider;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP over TLS by each engine: bodies, ends, slow and rude clients, other people's resumption. */
@ParameterizedClass
@ValueSource(strings = {"jdk", "openssl"})
@Timeout(240)
final class TlsAcceptanceTest {
    private static final String END = "\r\n\r\n";

    /** Of large bodies: {@code -Dmillrace.tls.large=1073741824} takes a GiB. */
    private static final int LARGE = Integer.getInteger("millrace.tls.large", 8 << 20);

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

    private static SSLSocket connect(int port) throws Exception {
        SSLSocket socket =
                (SSLSocket) trusting().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf(END) < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("ended in the head: " + head);
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static String digest(InputStream in) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] some = new byte[16 * 1024];
        for (int n = in.read(some); n >= 0; n = in.read(some)) {
            digest.update(some, 0, n);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static byte[] noise(int count) {
        byte[] bytes = new byte[count];
        new Random(5).nextBytes(bytes);
        return bytes;
    }

    /** Keeps how each exchange ended. */
    private static final class Ends implements ExchangeLog {
        private final BlockingQueue<String> all = new LinkedBlockingQueue<>();

        @Override
        public void completed(Request request, int status, long bytes, long nanos) {
            all.add("completed " + status);
        }

        @Override
        public void brokenOff(Request request, int status, long bytes, long nanos) {
            all.add("broken off " + status);
        }

        @Override
        public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
            all.add("unreadable " + status);
        }

        String next() throws InterruptedException {
            return all.poll(60, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = IoModel.class,
            names = {"EPOLL_EDGE", "EPOLL_LEVEL", "IO_URING", "NIO", "THREAD", "VIRTUAL", "EPOLL_ONE_SHOT"})
    void largeBodiesPassWholeBothWays(IoModel model) throws Exception {
        Assumptions.assumeTrue(model.whyNot() == null, String.valueOf(model.whyNot()));
        String expected = writeNoise(folder.resolve("large"));
        try (WebServer server = WebServer.on(0)
                        .loops(1)
                        .model(model)
                        .tls(tls())
                        .limits(Limits.DEFAULT.withBody(2L * LARGE))
                        .route(
                                "POST",
                                "/digest",
                                Dispatch.VIRTUAL,
                                (request, response) -> response.send(digest(request.body().stream())))
                        .files("/", folder)
                        .start();
                SSLSocket socket = connect(server.port())) {
            send(socket, "POST /digest HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + LARGE + END);
            Files.copy(folder.resolve("large"), socket.getOutputStream());
            head(socket.getInputStream());
            assertEquals(expected, new String(socket.getInputStream().readNBytes(64), StandardCharsets.US_ASCII));
            send(socket, "GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close" + END);
            head(socket.getInputStream());
            assertEquals(expected, digest(socket.getInputStream()));
        }
    }

    /** Writes so many bytes as a large body has, and returns their digest. */
    private static String writeNoise(Path file) throws Exception {
        byte[] piece = noise(1 << 20);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int left = LARGE; left > 0; left -= piece.length) {
                piece[0]++;
                out.write(piece, 0, Math.min(left, piece.length));
                digest.update(piece, 0, Math.min(left, piece.length));
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    @Test
    void whoHasEndedItsDirectionGetsTheWholeAnswer() throws Exception {
        String expected = writeNoise(folder.resolve("large"));
        try (WebServer server =
                        WebServer.on(0).loops(1).tls(tls()).files("/", folder).start();
                SSLSocket socket = connect(server.port())) {
            send(socket, "GET /large HTTP/1.1\r\nHost: localhost" + END);
            socket.shutdownOutput();
            head(socket.getInputStream());
            assertEquals(expected, digest(socket.getInputStream()));
        }
    }

    @Test
    void anEndInTheMiddleOfABodyIsNoRequest() throws Exception {
        Ends ends = new Ends();
        BlockingQueue<String> read = new LinkedBlockingQueue<>();
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .tls(tls())
                .log(ends)
                .route("POST", "/*", Dispatch.VIRTUAL, (request, response) -> {
                    try {
                        read.add("whole: " + request.body().stream().readAllBytes().length);
                    } catch (IOException e) {
                        read.add("failed");
                        response.abort();
                    }
                })
                .start()) {
            Socket below = new Socket(InetAddress.getLoopbackAddress(), server.port());
            SSLSocket socket =
                    (SSLSocket) trusting().getSocketFactory().createSocket(below, "localhost", server.port(), false);
            send(socket, "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000" + END + "some");
            // Without close_notify.
            below.close();
            assertEquals("failed", read.poll(60, TimeUnit.SECONDS));
            assertTrue(ends.next().endsWith(" 0"));
        }
    }

    @Test
    void whoReadsNothingIsCutOff() throws Exception {
        Ends ends = new Ends();
        Files.write(folder.resolve("large"), noise(32 << 20));
        try (WebServer server = WebServer.on(0)
                        .loops(1)
                        .tls(tls())
                        .log(ends)
                        .limits(Limits.DEFAULT.withWriteTime(Duration.ofMillis(300)))
                        .files("/", folder)
                        .start();
                SSLSocket socket = connect(server.port())) {
            send(socket, "GET /large HTTP/1.1\r\nHost: localhost" + END);
            assertEquals("broken off 200", ends.next());
        }
    }

    @ExpectedLog("the answer to")
    @Test
    void anAnswerThatFailsHalfwayIsNotTakenForWhole() throws Exception {
        try (WebServer server = WebServer.on(0)
                        .loops(1)
                        .tls(tls())
                        .route("GET", "/*", Dispatch.VIRTUAL, (request, response) -> {
                            OutputStream out = response.stream();
                            out.write(noise(100_000));
                            out.flush();
                            throw new IllegalStateException("on purpose");
                        })
                        .start();
                SSLSocket socket = connect(server.port())) {
            send(socket, "GET /x HTTP/1.1\r\nHost: localhost" + END);
            String all;
            try {
                all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                all = "";
            }
            assertTrue(!all.endsWith("0" + END), "the last chunk came");
        }
    }

    @Test
    void handshakesThatAreNeverFinishedStopNobody() throws Exception {
        byte[] half = {22, 3, 1, 2, 0, 1, 0, 1};
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .tls(tls())
                .handler((request, response) -> response.send("served"))
                .start()) {
            List<Socket> silent = new ArrayList<>();
            try {
                for (int i = 0; i < 1000; i++) {
                    Socket one = new Socket(InetAddress.getLoopbackAddress(), server.port());
                    silent.add(one);
                    one.getOutputStream().write(half);
                }
                try (SSLSocket socket = connect(server.port())) {
                    send(socket, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close" + END);
                    assertTrue(head(socket.getInputStream()).startsWith("HTTP/1.1 200 "));
                }
            } finally {
                for (Socket one : silent) {
                    one.close();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_3", "-tls1_2"})
    void opensslResumesBeforeAndAfterNewCredentials(String version) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        TlsContext tls = tls();
        String session = folder.resolve("session").toString();
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .tls(tls)
                .handler((request, response) -> response.send("served"))
                .start()) {
            assertTrue(client(server, version, "-sess_out", session).contains("New, TLSv1"));
            assertTrue(client(server, version, "-sess_in", session).contains("Reused, TLSv1"));
            tls.replace(List.of(TlsKeys.of("local")));
            assertTrue(client(server, version, "-sess_in", session).contains("Reused, TLSv1"));
            assertEquals(2, tls.resumptions());
        }
    }

    @Test
    void renegotiationEndsTheConnectionWithAnError() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        try (WebServer server = WebServer.on(0).loops(1).tls(tls()).start()) {
            Process process = new ProcessBuilder(
                            "openssl", "s_client", "-connect", "127.0.0.1:" + server.port(), "-tls1_2")
                    .redirectErrorStream(true)
                    .start();
            try (OutputStream to = process.getOutputStream()) {
                to.write("R\n".getBytes(StandardCharsets.US_ASCII));
                to.flush();
                String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                assertNotEquals(0, process.waitFor(), said);
            }
        }
    }

    @Test
    void theServerChoosesAmongTheClientsSuites() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .tls(tls())
                .handler((request, response) -> response.send("served"))
                .start()) {
            String one = "ECDHE-ECDSA-AES128-GCM-SHA256";
            String other = "ECDHE-ECDSA-AES256-GCM-SHA384";
            String first = suite(client(server, "-tls1_2", "-cipher", one + ":" + other));
            assertEquals(first, suite(client(server, "-tls1_2", "-cipher", other + ":" + one)));
        }
    }

    private static String suite(String said) {
        return said.lines().filter(line -> line.startsWith("New, ")).findFirst().orElse(said);
    }

    private String client(WebServer server, String... more) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + server.port(),
                "-servername",
                "localhost",
                "-ign_eof"));
        line.addAll(List.of(more));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        try (OutputStream to = process.getOutputStream()) {
            to.write(("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close" + END)
                    .getBytes(StandardCharsets.ISO_8859_1));
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertEquals(0, process.waitFor(), said);
        return said;
    }
}
