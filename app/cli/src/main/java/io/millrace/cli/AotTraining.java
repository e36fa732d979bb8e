// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.tls.Credentials;
import io.millrace.tls.DevelopmentCertificate;
import io.millrace.web.TlsProviders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * A whole life of {@code millrace serve} in small, so that the JVM can write down which classes it loads and links and
 * which methods run hot (JEP 483, 514, 515): the launcher runs it once per build with {@code -XX:AOTCacheOutput}, and
 * every later start begins where this one ended. It serves a folder of its own to itself on a free port of the loopback
 * address, and stops by signal like any other.
 */
public final class AotTraining {
    private static final Pattern URL = Pattern.compile("https?://127\\.0\\.0\\.1:(\\d+)/");
    private static final int ROUNDS = 200;

    private AotTraining() {}

    /** Runs the training; exit code 0 if it went well. */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("millrace-training");
        Path page = folder.resolve("page.html");
        Path sub = folder.resolve("sub");
        Files.writeString(page, "<!DOCTYPE html><title>A page</title>");
        Files.createDirectory(sub);
        ClassPreload.begin();
        Path certificate = DevelopmentCertificate.file(folder);
        Credentials own = DevelopmentCertificate.in(folder, List.of("localhost"));
        int code = train(folder, AotTraining::visit);
        SSLSocketFactory sockets = TlsVisits.trusting(own);
        for (String engine : TlsProviders.whyNoOpenSsl() == null ? List.of("openssl", "jdk") : List.of("jdk")) {
            if (code == ExitCode.OK) {
                code = train(
                        folder,
                        port -> TlsVisits.visit(sockets, port),
                        "--tls-cert",
                        certificate.toString(),
                        "--tls-engine",
                        engine);
            }
        }
        for (Path path : List.of(page, sub, certificate, folder)) {
            Files.deleteIfExists(path);
        }
        System.exit(code);
    }

    private static int train(Path folder, Visit visit, String... more) {
        CompletableFuture<Integer> port = new CompletableFuture<>();
        Thread client = new Thread(() -> visit(visit, port.join()), "client");
        client.setDaemon(true);
        client.start();
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        PrintStream out = new PrintStream(new Listener(port), true, StandardCharsets.UTF_8);
        Terminal terminal = new Terminal(out, nowhere, true, Map.of());
        List<String> line = new ArrayList<>(List.of("serve", "--port", "0", "--directory", folder.toString()));
        line.addAll(List.of(more));
        return Main.run(terminal, line.toArray(String[]::new));
    }

    /** What a client does. */
    private interface Visit {
        void at(int port) throws IOException;
    }

    private static void visit(Visit visit, int port) {
        try {
            visit.at(port);
            Shutdown.raise("TERM");
        } catch (IOException | ReflectiveOperationException e) {
            Runtime.getRuntime().halt(ExitCode.FAILED);
        }
    }

    /** Handshakes, so that the first one of a later start does not load and link all of the JDK's TLS. */
    private static final class TlsVisits {
        private static final int HANDSHAKES = 40;

        static SSLSocketFactory trusting(Credentials own) throws IOException {
            try {
                KeyStore store = KeyStore.getInstance("PKCS12");
                store.load(null, null);
                store.setCertificateEntry("own", own.chain().getFirst());
                TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                trust.init(store);
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(null, trust.getTrustManagers(), null);
                return context.getSocketFactory();
            } catch (GeneralSecurityException e) {
                throw new IOException(e);
            }
        }

        /** By turns with TLS 1.3 and 1.2; sessions are resumed from the third on. */
        static void visit(SSLSocketFactory sockets, int port) throws IOException {
            for (int i = 0; i < HANDSHAKES; i++) {
                try (SSLSocket socket = (SSLSocket) sockets.createSocket(InetAddress.getLoopbackAddress(), port)) {
                    socket.setSoTimeout(10_000);
                    socket.setEnabledProtocols(new String[] {i % 2 == 0 ? "TLSv1.3" : "TLSv1.2"});
                    ask(socket, "/page.html", "");
                    ask(socket, "/", "Accept: text/html\r\n");
                }
            }
        }
    }

    private static void visit(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            for (int i = 0; i < ROUNDS; i++) {
                ask(socket, "/", "Accept: text/html\r\n");
                ask(socket, "/page.html", "");
                ask(socket, "/page.html", "Range: bytes=2-5\r\n");
                ask(socket, "/page.html", "If-Modified-Since: Fri, 31 Dec 2100 23:59:59 GMT\r\n");
                ask(socket, "/sub", "");
                ask(socket, "/nothing", "");
            }
        }
    }

    private static void ask(Socket socket, String path, String fields) throws IOException {
        String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        byte[] some = new byte[64 * 1024];
        // An answer to so small a request comes in one piece, or nearly: what is left over belongs to the next.
        if (socket.getInputStream().read(some) < 0) {
            throw new IOException("no answer");
        }
    }

    /** Hears the port in the banner. */
    private static final class Listener extends OutputStream {
        private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
        private final CompletableFuture<Integer> port;

        Listener(CompletableFuture<Integer> port) {
            this.port = port;
        }

        @Override
        public void write(int value) {
            if (port.isDone()) {
                return;
            }
            heard.write(value);
            if (value == '\n') {
                Matcher url = URL.matcher(heard.toString(StandardCharsets.UTF_8));
                if (url.find()) {
                    port.complete(Integer.valueOf(url.group(1)));
                }
            }
        }
    }
}
