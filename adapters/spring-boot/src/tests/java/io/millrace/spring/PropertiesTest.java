// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.millrace.jetty.MillraceConnector;
import io.millrace.spring.Servers.App;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jetty.JettyWebServer;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriComponentsBuilder;

/** Boot's properties on Millrace, for both kinds of application. */
@Timeout(120)
final class PropertiesTest {
    private static final class Gate {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch leave = new CountDownLatch(1);
    }

    // The common pool may have a single thread.
    private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    private static volatile Gate gate = new Gate();

    /** The application. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @RestController
    public static class Program {
        @GetMapping("/")
        String hello() {
            return "hello";
        }

        @GetMapping("/link")
        String link(UriComponentsBuilder uri) {
            return uri.path("/there").build().toUriString();
        }

        @GetMapping("/slow")
        CompletableFuture<String> slow() {
            Gate current = gate;
            return CompletableFuture.supplyAsync(
                    () -> {
                        current.entered.countDown();
                        try {
                            current.leave.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        return "slow";
                    },
                    THREADS);
        }
    }

    /** An application of this kind, on a Millrace. */
    enum Kind {
        REACTIVE,
        SERVLET;

        App start(String... properties) {
            return Servers.MILLRACE.start(WebApplicationType.valueOf(name()), Program.class, properties);
        }
    }

    /** One application for three properties: each start takes seconds. */
    @ParameterizedTest
    @EnumSource
    void runsOnMillraceByTheDependencyAloneAndKnowsItsProperties(Kind kind) throws Exception {
        try (App app = kind.start(
                "server.address=127.0.0.1",
                "server.forward-headers-strategy=native",
                "management.server.port=0",
                "management.endpoints.web.exposure.include=metrics,health")) {
            assertEquals("hello", app.get("/").body());
            if (kind == Kind.SERVLET) {
                JettyWebServer server = (JettyWebServer) ((WebServerApplicationContext) app.context).getWebServer();
                assertTrue(server.getServer().getConnectors()[0] instanceof MillraceConnector);
            } else {
                assertEquals("MillraceWebServer", app.engine());
            }
            forwardedFieldsAreBelieved(app);
            theManagementPortIsItsOwn(app);
        }
    }

    private static void forwardedFieldsAreBelieved(App app) throws Exception {
        HttpRequest request = app.to("/link")
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-Host", "shop.example")
                .build();
        assertEquals(
                "https://shop.example/there",
                app.client.send(request, BodyHandlers.ofString()).body());
    }

    private static void theManagementPortIsItsOwn(App app) throws Exception {
        int management = Integer.parseInt(app.context.getEnvironment().getProperty("local.management.port"));
        URI uri = URI.create("http://127.0.0.1:" + management + "/actuator/metrics/http.server.requests");
        HttpResponse<String> metrics =
                app.client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        assertEquals(200, metrics.statusCode());
        assertTrue(metrics.body().contains("http.server.requests"), metrics.body());
    }

    @ParameterizedTest
    @EnumSource
    void aPortInUseIsAnalysed(Kind kind) throws Exception {
        try (App first = kind.start("server.address=127.0.0.1")) {
            Throwable thrown = assertThrows(
                    Exception.class,
                    () -> kind.start("server.address=127.0.0.1", "server.port=" + first.port())
                            .close());
            while (thrown.getCause() != null && !(thrown instanceof PortInUseException)) {
                thrown = thrown.getCause();
            }
            assertEquals("Port " + first.port() + " is already in use", thrown.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aGracefulShutdownFinishesWhatIsInFlight(Kind kind) throws Exception {
        gate = new Gate();
        try (App app = kind.start("server.shutdown=graceful")) {
            CompletableFuture<HttpResponse<String>> slow =
                    app.client.sendAsync(app.to("/slow").build(), BodyHandlers.ofString());
            assertTrue(gate.entered.await(30, TimeUnit.SECONDS));
            int port = app.port();
            CompletableFuture<Void> closed = CompletableFuture.runAsync(app.context::close, THREADS);
            awaitRefusal(port);
            gate.leave.countDown();
            assertEquals("slow", slow.get(30, TimeUnit.SECONDS).body());
            app.client.shutdownNow();
            closed.get(60, TimeUnit.SECONDS);
        }
    }

    private static void awaitRefusal(int port) throws InterruptedException {
        for (long end = System.nanoTime() + 30_000_000_000L; System.nanoTime() < end; Thread.sleep(10)) {
            try {
                new Socket("127.0.0.1", port).close();
            } catch (IOException e) {
                return;
            }
        }
        fail("the port is still open");
    }

    @ParameterizedTest
    @EnumSource
    void aShutdownThatTakesTooLongIsCutShort(Kind kind) throws Exception {
        gate = new Gate();
        try (App app = kind.start("server.shutdown=graceful", "spring.lifecycle.timeout-per-shutdown-phase=200ms")) {
            CompletableFuture<HttpResponse<String>> slow =
                    app.client.sendAsync(app.to("/slow").build(), BodyHandlers.ofString());
            assertTrue(gate.entered.await(30, TimeUnit.SECONDS));
            app.context.close();
            assertThrows(Exception.class, () -> slow.get(30, TimeUnit.SECONDS));
        } finally {
            gate.leave.countDown();
        }
    }

    private static SSLContext trusting() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var in = PropertiesTest.class.getResourceAsStream("ca.pem")) {
            store.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @ParameterizedTest
    @EnumSource
    void tlsIsSpokenWithTheKeysOfTheProperties(Kind kind) throws Exception {
        Path keys = Path.of(PropertiesTest.class.getResource("local.p12").toURI());
        try (App app = kind.start("server.ssl.key-store=" + keys.toUri(), "server.ssl.key-store-password=secret");
                HttpClient client =
                        HttpClient.newBuilder().sslContext(trusting()).build()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + app.port() + "/"))
                    .build();
            assertEquals("hello", client.send(request, BodyHandlers.ofString()).body());
        }
    }

    @Test
    void anAliasThatTheKeyStoreDoesNotHaveEndsTheStart() throws Exception {
        Path keys = Path.of(PropertiesTest.class.getResource("local.p12").toURI());
        Exception thrown = assertThrows(
                Exception.class,
                () -> Kind.SERVLET.start(
                        "server.ssl.key-store=" + keys.toUri(),
                        "server.ssl.key-store-password=secret",
                        "server.ssl.key-alias=none"));
        StringBuilder causes = new StringBuilder();
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            causes.append(each.getMessage());
        }
        assertTrue(causes.toString().contains("Keystore does not contain alias 'none'"), causes.toString());
    }
}
