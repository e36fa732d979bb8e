// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.client.ClientOptions;
import io.millrace.client.HttpClient;
import io.millrace.client.HttpFailure;
import io.millrace.core.Protocol;
import io.millrace.core.Tls;
import io.millrace.loop.EventLoop;
import io.millrace.net.Connector;
import io.millrace.socket.Kernel;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.transport.Engine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client over TLS: names are verified, sessions are used again, and what fails is told. */
@Timeout(120)
final class HttpsClientTest {

    private static Path file(String name) throws Exception {
        return Path.of(HttpsClientTest.class.getResource(name).toURI());
    }

    private static TlsContext serverTls(String name) throws Exception {
        return TlsContext.server(TlsOptions.DEFAULT
                .with(Credentials.pem(file(name + ".pem"), file(name + ".key")))
                .withApplicationProtocols("h2", "http/1.1"));
    }

    private static TlsContext trusting() throws Exception {
        return TlsContext.client(TlsOptions.DEFAULT
                .withTrusted(Credentials.certificates(file("ca.pem")))
                .withApplicationProtocols("http/1.1"));
    }

    private static WebServer server(TlsContext tls) throws IOException {
        return WebServer.on(0)
                .loops(1)
                .tls(tls)
                .get(
                        "/",
                        (request, response) -> response.send(request.tls().applicationProtocol() + " "
                                + request.tls().resumed()))
                .start();
    }

    @Test
    void httpsOriginsAreCalledAndSessionsUsedAgain() throws Exception {
        TlsContext tls = serverTls("local");
        TlsContext own = trusting();
        try (WebServer server = server(tls);
                HttpClient client = HttpClients.open(ClientOptions.DEFAULT, own);
                HttpClient next = HttpClients.open(ClientOptions.DEFAULT, own)) {
            String url = "https://localhost:" + server.port() + "/";
            assertEquals("http/1.1 false", client.get(url).receive(100).text());
            assertEquals("http/1.1 false", client.get(url).receive(100).text());
            assertEquals(1, own.handshakes());
            assertEquals("http/1.1 true", next.get(url).receive(100).text());
            assertEquals(1, own.resumptions());
            assertEquals(1, tls.resumptions());
        }
    }

    @Test
    void aCertificateForAnotherNameIsRefused() throws Exception {
        TlsContext tls = serverTls("wild");
        try (WebServer server = server(tls);
                HttpClient client = HttpClients.open(ClientOptions.DEFAULT, trusting())) {
            HttpFailure failure = assertThrows(
                    HttpFailure.TlsFailed.class,
                    () -> client.get("https://localhost:" + server.port() + "/").receive(10));
            assertTrue(failure.getMessage().contains("localhost"), failure.getMessage());
            assertEquals(0, tls.handshakes());
            assertEquals(
                    "{received certificate_unknown=1}", tls.failuresByAlert().toString());
        }
    }

    @Test
    void anAuthorityThatIsNotKnownIsRefused() throws Exception {
        try (WebServer server = server(serverTls("local"));
                HttpClient client = HttpClients.open()) {
            assertThrows(
                    HttpFailure.TlsFailed.class,
                    () -> client.get("https://localhost:" + server.port() + "/").receive(10));
        }
    }

    @Test
    void whoHasNoTlsIsNoHttpsServer() throws Exception {
        try (WebServer server = WebServer.on(0).loops(1).start();
                HttpClient client = HttpClients.open(ClientOptions.DEFAULT, trusting())) {
            HttpFailure failure = assertThrows(
                    HttpFailure.TlsFailed.class,
                    () -> client.get("https://localhost:" + server.port() + "/").receive(10));
            assertTrue(failure.getMessage().contains("handshake_failure"), failure.getMessage());
        }
    }

    @Test
    void aHandshakeThatIsNotAnsweredIsGivenUp() throws Exception {
        EventLoop loop = new EventLoop(Kernel.host(), "test", Engine.READINESS);
        loop.start();
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            InetSocketAddress to = new InetSocketAddress(silent.getInetAddress(), silent.getLocalPort());
            CompletableFuture<String> told = new CompletableFuture<>();
            TlsConnector connector = new TlsConnector(Connector.USUAL.withTimeLimit(Duration.ofMillis(50)), trusting());
            connector.connect(loop, to, "localhost", to.getPort(), telling(told));
            ExecutionException late = assertThrows(ExecutionException.class, () -> told.get(30, TimeUnit.SECONDS));
            assertTrue(late.getCause() instanceof SSLException, late.toString());

            CompletableFuture<String> never = new CompletableFuture<>();
            TlsConnector patient = new TlsConnector(Connector.USUAL, trusting());
            CompletableFuture<TlsConnector.Attempt> begun = new CompletableFuture<>();
            loop.execute(() -> begun.complete(patient.connect(loop, to, "localhost", to.getPort(), telling(never))));
            TlsConnector.Attempt attempt = begun.get(30, TimeUnit.SECONDS);
            silent.accept().close();
            silent.accept().setSoTimeout(30_000);
            CompletableFuture<Void> cancelled = new CompletableFuture<>();
            loop.execute(() -> {
                attempt.cancel();
                cancelled.complete(null);
            });
            cancelled.get(30, TimeUnit.SECONDS);
            assertTrue(!never.isDone() || never.isCompletedExceptionally());
        } finally {
            loop.stop();
        }
    }

    private static TlsConnector.Outcome telling(CompletableFuture<String> told) {
        return new TlsConnector.Outcome() {
            @Override
            public Protocol connected(Tls session) {
                told.complete(session.protocol());
                return null;
            }

            @Override
            public void failed(IOException why) {
                told.completeExceptionally(why);
            }
        };
    }
}
