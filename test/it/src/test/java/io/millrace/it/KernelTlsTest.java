// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.models.IoModel;
import io.millrace.openssl.OpenSslProvider;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files over TLS that the kernel makes the records of. Skipped with the reason where the kernel cannot;
 * {@code test/ktls} runs it in a guest kernel that can.
 */
@Timeout(300)
final class KernelTlsTest {
    private static final int LENGTH = 3_000_000;
    private static final List<String> SUITES =
            List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

    @TempDir
    static Path folder;

    private static byte[] bytes;

    @BeforeAll
    static void makeFile() throws IOException {
        String reason = OpenSslProvider.whyNot();
        reason = reason == null ? OpenSslProvider.whyNoKernelTls() : reason;
        assumeTrue(reason == null, reason);
        bytes = new byte[LENGTH];
        new Random(1).nextBytes(bytes);
        Files.write(folder.resolve("file.bin"), bytes);
    }

    static Stream<Arguments> modelsAndSuites() {
        return Stream.of("epoll-et", "epoll-lt", "io_uring")
                .flatMap(name -> IoModel.named(name).stream())
                .filter(model -> model.whyNot() == null)
                .flatMap(model -> SUITES.stream().map(suite -> Arguments.of(model, suite)));
    }

    private static TlsContext context(boolean usesKernel) {
        TlsOptions options = TlsOptions.DEFAULT.with(TlsKeys.of("local")).withKernel(usesKernel);
        return TlsContext.server(options, new OpenSslProvider());
    }

    private static TlsContext context() {
        return context(true);
    }

    private static SSLSocket connect(WebServer server, String suite) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("authority", TlsKeys.authority().getFirst());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext client = SSLContext.getInstance("TLS");
        client.init(null, trust.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket("127.0.0.1", server.port());
        socket.setEnabledCipherSuites(new String[] {suite});
        socket.startHandshake();
        return socket;
    }

    private static void ask(SSLSocket socket, String fields) throws IOException {
        socket.getOutputStream()
                .write(("GET /file.bin HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
    }

    private static void checkBody(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            int next = in.read();
            assertTrue(next >= 0, "the end in " + head);
            head.append((char) next);
        }
        assertTrue(head.toString().startsWith("HTTP/1.1 200 "), head::toString);
        assertArrayEquals(bytes, in.readNBytes(LENGTH));
    }

    private static WebServer serve(IoModel model, TlsContext tls) throws IOException {
        return WebServer.on(0).loops(1).model(model).tls(tls).files("/", folder).start();
    }

    @ParameterizedTest
    @MethodSource("modelsAndSuites")
    void filesAreSentIntactAndTheEndIsTold(IoModel model, String suite) throws Exception {
        TlsContext tls = context();
        try (WebServer server = serve(model, tls);
                SSLSocket socket = connect(server, suite)) {
            for (int i = 0; i < 3; i++) {
                ask(socket, "");
                checkBody(socket.getInputStream());
            }
            ask(socket, "Connection: close\r\n");
            checkBody(socket.getInputStream());
            // By close_notify: an end without would be an exception.
            assertEquals(-1, socket.getInputStream().read());
            assertEquals(1, tls.releasedToKernel());
            assertEquals(suite, socket.getSession().getCipherSuite());
        }
    }

    @Test
    void aPeerThatAsksForNewKeysIsNotServedWithTheOldOnes() throws Exception {
        TlsContext tls = context();
        try (WebServer server = serve(IoModel.named("epoll-et").orElseThrow(), tls);
                SSLSocket socket = connect(server, SUITES.getFirst())) {
            ask(socket, "");
            checkBody(socket.getInputStream());
            assertEquals(1, tls.releasedToKernel());
            // The JDK asks for ours in return, which the kernel cannot change: the connection ends.
            socket.startHandshake();
            byte[] rest = new byte[100];
            Arrays.fill(rest, (byte) 'x');
            int n = 0;
            try {
                ask(socket, "");
                n = socket.getInputStream().read(rest);
            } catch (IOException e) {
                n = -1;
            }
            assertEquals(-1, n);
        }
    }

    @Test
    void aServerThatDoesNotWantTheKernelEncryptsItself() throws Exception {
        TlsContext tls = context(false);
        try (WebServer server = serve(IoModel.named("epoll-et").orElseThrow(), tls);
                SSLSocket socket = connect(server, SUITES.getFirst())) {
            ask(socket, "");
            checkBody(socket.getInputStream());
            assertEquals(0, tls.releasedToKernel());
        }
    }

    /** After the hand-over a connection keeps a cipher for its input, and not OpenSSL's object. */
    @Test
    void theObjectOfOpenSslIsFreed() throws Exception {
        TlsContext tls = context();
        try (WebServer server = serve(IoModel.named("epoll-et").orElseThrow(), tls)) {
            try (SSLSocket first = connect(server, SUITES.getFirst())) {
                ask(first, "");
                checkBody(first.getInputStream());
                long before = OpenSslProvider.liveObjects();
                try (SSLSocket other = connect(server, SUITES.getFirst())) {
                    ask(other, "");
                    checkBody(other.getInputStream());
                    assertEquals(2, tls.releasedToKernel());
                    assertEquals(before + 1, OpenSslProvider.liveObjects());
                }
            }
        }
    }

    /** Prints how much a second of the loop's CPU time sends, by the kernel and by ourselves. */
    @Test
    @EnabledIfSystemProperty(named = "ktls.figure", matches = "true")
    void figure() throws Exception {
        for (int round = 0; round < 3; round++) {
            for (boolean usesKernel : new boolean[] {true, false}) {
                TlsContext tls = context(usesKernel);
                try (WebServer server = serve(IoModel.named("epoll-et").orElseThrow(), tls);
                        SSLSocket socket = connect(server, SUITES.getFirst())) {
                    long before = loopNanos();
                    for (int i = 0; i < 10; i++) {
                        ask(socket, "");
                        checkBody(socket.getInputStream());
                    }
                    double seconds = (loopNanos() - before) / 1e9;
                    System.out.printf(
                            "FIGURE %s %.0f MB for a second of CPU time%n",
                            usesKernel ? "kernel" : "user space", 10.0 * LENGTH / 1e6 / seconds);
                }
            }
        }
    }

    /** CPU time of all loops, user and system: those of servers that were closed are gone. */
    private static long loopNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long nanos = 0;
        for (long id : threads.getAllThreadIds()) {
            ThreadInfo info = threads.getThreadInfo(id);
            boolean isLoop = info != null && info.getThreadName().startsWith("millrace");
            nanos += isLoop ? Math.max(0, threads.getThreadCpuTime(id)) : 0;
        }
        return nanos;
    }
}
