// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.testkit.ExpectedLog;
import io.millrace.web.CertificateChallenges;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an authority says that pebble does not: to come back later, and when to renew (RFC 9773). */
@ExpectedLog("no certificate for")
final class AuthorityWordsTest {
    private static final String DOMAIN = "www.millrace.test";
    private static final Duration LATER = Duration.ofDays(3);

    @TempDir
    Path folder;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private final AtomicInteger orders = new AtomicInteger();
    private final AtomicInteger looks = new AtomicInteger();
    private volatile Instant windowStart = Instant.now();
    private WebServer authority;
    private AcmeCertificates acme;

    @BeforeEach
    void start() throws IOException {
        authority = WebServer.on(0)
                .get("/directory", this::directory)
                .route("HEAD", "/nonce", AuthorityWordsTest::nonce)
                .route("GET", "/nonce", AuthorityWordsTest::nonce)
                .post("/account", (request, response) -> {
                    response.header("Location", url("/account/1")).header("Replay-Nonce", "bm9uY2U");
                    response.status(201).type("application/json").send("{\"status\":\"valid\"}");
                })
                .post("/order", this::refuse)
                .get("/renewal/{certificate}", this::suggest)
                .start();
        AcmeOptions options =
                AcmeOptions.of(folder, DOMAIN).withAgreement(true).withDirectory(URI.create(url("/directory")), null);
        acme = new AcmeCertificates(options, new CertificateChallenges(), now::get);
    }

    @AfterEach
    void stop() {
        authority.close();
    }

    private String url(String path) {
        return "http://127.0.0.1:" + authority.port() + path;
    }

    private void directory(Request request, Response response) {
        response.type("application/json")
                .send(("{\"newNonce\":\"%s\",\"newAccount\":\"%s\",\"newOrder\":\"%s\","
                                + "\"renewalInfo\":\"%s\",\"meta\":{}}")
                        .formatted(url("/nonce"), url("/account"), url("/order"), url("/renewal")));
    }

    private static void nonce(Request request, Response response) {
        response.header("Replay-Nonce", "bm9uY2U").send("");
    }

    private void refuse(Request request, Response response) {
        orders.incrementAndGet();
        response.header("Replay-Nonce", "bm9uY2U").header("Retry-After", Long.toString(LATER.toSeconds()));
        response.status(429).type("application/problem+json");
        response.send("{\"type\":\"urn:ietf:params:acme:error:rateLimited\",\"detail\":\"too many certificates\"}");
    }

    private void suggest(Request request, Response response) {
        looks.incrementAndGet();
        response.header("Retry-After", "3600").type("application/json");
        response.send("{\"suggestedWindow\":{\"start\":\"%s\",\"end\":\"%s\"}}"
                .formatted(windowStart, windowStart.plusSeconds(60)));
    }

    /** Keeps a certificate as if it had been issued; it names the key of its issuer, as those of authorities do. */
    private void issue() throws IOException {
        Files.createDirectories(acme.file().getParent());
        try (InputStream file = AuthorityWordsTest.class.getResourceAsStream("issued.pem")) {
            Files.copy(file, acme.file());
        }
        assertTrue(acme.isIssued());
    }

    @Test
    void theAuthoritySaysWhenToRenew() throws Exception {
        issue();
        windowStart = now.get().plus(Duration.ofDays(20));
        Instant next = acme.step();
        assertEquals(1, looks.get());
        assertEquals(now.get().plus(Duration.ofHours(1)).getEpochSecond(), next.getEpochSecond(), 60, next.toString());
        now.set(next);
        // It has changed its mind: all of its certificates are to be renewed now.
        windowStart = now.get().minusSeconds(120);
        acme.step();
        assertEquals(2, looks.get());
        assertEquals(1, orders.get());
        assertTrue(acme.isIssued(), "an order that fails takes nothing away");
    }

    @Test
    void anAuthorityThatHasHadEnoughIsAskedAgainWhenItSays() throws Exception {
        Instant next = acme.step();
        assertEquals(1, orders.get());
        assertFalse(next.isBefore(now.get().plus(LATER).minusSeconds(5)), next.toString());
        now.set(next.minusSeconds(1));
        assertEquals(next, acme.step());
        assertEquals(1, orders.get());
        now.set(next);
        acme.step();
        assertEquals(2, orders.get());
    }
}
