// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.models.IoModel;
import io.millrace.models.ModelOptions;
import io.millrace.models.Server;
import io.millrace.transport.ListenOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with other people's ends: the JDK's own sockets, OpenSSL, curl; over loops and models without one. */
@Timeout(120)
@SuppressWarnings("try") // a server that does nothing here serves all the same
final class TlsPeersTest {

    /** Sends back what comes, and answers what looks like a request of HTTP/1.0. */
    private static final class Echo implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            String text = in.text(StandardCharsets.ISO_8859_1);
            if (text.startsWith("GET ")) {
                in.consume(in.readable());
                String body = link.tls().protocol() + "\n";
                String head = "HTTP/1.0 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n";
                link.out().append((head + body).getBytes(StandardCharsets.ISO_8859_1));
                link.close(CloseMode.LINGERING);
                return;
            }
            link.out().append(in);
            in.consume(in.readable());
            link.flush();
        }
    }

    private static Server serve(IoModel model, TlsContext tls, List<Integer> port) throws IOException {
        Assumptions.assumeTrue(model.whyNot() == null, String.valueOf(model.whyNot()));
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(1));
        ListenOptions options = ListenOptions.on(new InetSocketAddress("127.0.0.1", 0));
        port.add(server.listen(options, () -> tls.over(Echo::new)).address().getPort());
        return server;
    }

    private static TlsContext context() {
        return TlsContext.server(TlsOptions.DEFAULT.with(TestKeys.of("local")));
    }

    private static SSLSocket connect(int port, String version) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("authority", TestKeys.authority().getFirst());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port);
        socket.setEnabledProtocols(new String[] {version});
        socket.setSoTimeout(30_000);
        return socket;
    }

    @ParameterizedTest
    @EnumSource(
            value = IoModel.class,
            names = {"EPOLL_EDGE", "IO_URING", "NIO", "THREAD", "VIRTUAL", "NONBLOCKING"})
    void theJdksSocketsAreServedOnEveryKindOfModel(IoModel model) throws Exception {
        byte[] bytes = new byte[2_000_000];
        new Random(7).nextBytes(bytes);
        List<Integer> port = new ArrayList<>();
        try (Server server = serve(model, context(), port)) {
            for (String version : List.of("TLSv1.3", "TLSv1.2")) {
                try (SSLSocket socket = connect(port.getFirst(), version)) {
                    OutputStream out = socket.getOutputStream();
                    CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                        try {
                            out.write(bytes);
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    });
                    assertArrayEquals(bytes, socket.getInputStream().readNBytes(bytes.length));
                    sending.get(30, TimeUnit.SECONDS);
                    assertEquals(version, socket.getSession().getProtocol());
                    if (version.equals("TLSv1.3")) {
                        socket.shutdownOutput();
                        assertEquals(-1, socket.getInputStream().read());
                    }
                }
            }
        }
    }

    private static String run(List<String> command, String input) throws Exception {
        Path out = Files.createTempFile("tls", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            try (OutputStream to = process.getOutputStream()) {
                to.write(input.getBytes(StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                // It has not waited for its input.
            }
            assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it does not end");
            return process.exitValue() + "\n" + Files.readString(out, StandardCharsets.ISO_8859_1);
        } finally {
            Files.delete(out);
        }
    }

    private static void assumeCommand(String name) {
        boolean found = List.of("/usr/bin/", "/usr/local/bin/", "/bin/").stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder + name)));
        Assumptions.assumeTrue(found, name + " is not installed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_3", "-tls1_2"})
    void opensslIsServed(String version) throws Exception {
        assumeCommand("openssl");
        List<Integer> port = new ArrayList<>();
        try (Server server = serve(IoModel.EPOLL_EDGE, context(), port)) {
            String said = run(
                    List.of(
                            "openssl",
                            "s_client",
                            "-connect",
                            "127.0.0.1:" + port.getFirst(),
                            "-servername",
                            "localhost",
                            "-verify_return_error",
                            "-verify_hostname",
                            "localhost",
                            "-CAfile",
                            TestKeys.file("ca.pem").toString(),
                            "-ign_eof",
                            "-quiet",
                            version),
                    "GET / HTTP/1.0\r\n\r\n");
            assertTrue(said.contains("HTTP/1.0 200 OK"), said);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_1"})
    void oldVersionsAreRefused(String version) throws Exception {
        assumeCommand("openssl");
        TlsContext context = context();
        List<Integer> port = new ArrayList<>();
        try (Server server = serve(IoModel.EPOLL_EDGE, context, port)) {
            String said = run(
                    List.of(
                            "openssl",
                            "s_client",
                            "-cipher",
                            "ALL:@SECLEVEL=0",
                            "-connect",
                            "127.0.0.1:" + port.getFirst(),
                            version),
                    "");
            assertNotEquals('0', said.charAt(0), said);
            assertTrue(said.contains("alert protocol version"), said);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"THREAD", "EPOLL_EDGE"})
    void renegotiationIsRefused(String model) throws Exception {
        assumeCommand("openssl");
        TlsContext context = context();
        List<Integer> port = new ArrayList<>();
        try (Server server = serve(IoModel.valueOf(model), context, port)) {
            run(
                    List.of("openssl", "s_client", "-connect", "127.0.0.1:" + port.getFirst(), "-tls1_2"),
                    "R\nGET / HTTP/1.0\r\n\r\n");
            assertEquals("renegotiation was refused", context.lastFailure());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--tlsv1.3", "--tlsv1.2"})
    void curlIsServed(String version) throws Exception {
        assumeCommand("curl");
        List<Integer> port = new ArrayList<>();
        try (Server server = serve(IoModel.EPOLL_EDGE, context(), port)) {
            String said = run(
                    List.of(
                            "curl",
                            "-sS",
                            "--http1.0",
                            version,
                            "--cacert",
                            TestKeys.file("ca.pem").toString(),
                            "--resolve",
                            "localhost:" + port.getFirst() + ":127.0.0.1",
                            "https://localhost:" + port.getFirst() + "/"),
                    "");
            assertEquals("0\nTLSv1.3\n", said);
        }
    }
}
