// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.acme.AcmeOptions.ChallengeWay;
import io.millrace.testkit.ExpectedLog;
import io.millrace.tls.Credentials;
import io.millrace.tls.JdkProvider;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsProvider;
import io.millrace.web.CertificateChallenges;
import io.millrace.web.TlsProviders;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders from Debian's pebble, and from no other authority; skipped where that package is not installed. */
final class PebbleTest {
    private static final String FIRST = "www.millrace.test";
    private static final String SECOND = "files.millrace.test";

    @TempDir
    static Path folder;

    private static final CertificateChallenges CHALLENGES = new CertificateChallenges();
    private static TlsContext tls;
    private static WebServer server;
    private static Pebble pebble;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(Pebble.isHere(), "no pebble: apt install pebble");
        Credentials temporary = AcmeCertificates.of(options("start", ChallengeWay.HTTP_01), CHALLENGES)
                .load();
        TlsProvider provider = TlsProviders.auto();
        tls = TlsContext.server(
                TlsOptions.DEFAULT.with(temporary).withApplicationProtocols("h2", "http/1.1"), provider);
        server = WebServer.on(0)
                .tls(tls)
                .redirectFrom(0)
                .challenges(CHALLENGES)
                .get("/", (request, response) -> response.send("here"))
                .start();
        pebble = Pebble.start(folder, server.redirectPort(), server.port());
    }

    @AfterAll
    static void stop() {
        if (pebble != null) {
            pebble.close();
        }
        if (server != null) {
            server.close();
        }
    }

    private static AcmeOptions options(String store, ChallengeWay way) {
        AcmeOptions options = AcmeOptions.of(folder.resolve(store), FIRST, SECOND)
                .withAgreement(true)
                .withEmail("operator@millrace.test")
                .withWays(Set.of(way));
        return pebble == null ? options : options.withDirectory(pebble.directory(), pebble.root());
    }

    @Test
    void aCertificateIsOrderedByTextsAndUsed() throws Exception {
        AcmeOptions options = options("texts", ChallengeWay.HTTP_01);
        try (AcmeCertificates acme = AcmeCertificates.of(options, CHALLENGES)) {
            assertFalse(acme.isIssued());
            CountDownLatch used = new CountDownLatch(1);
            acme.start(() -> {
                tls.replace(List.of(acme.load()));
                used.countDown();
            });
            assertTrue(used.await(60, TimeUnit.SECONDS));
            Credentials issued = acme.load();
            assertTrue(issued.names().containsAll(List.of(FIRST, SECOND)));
            assertTrue(issued.chain().size() > 1, "no issuer's certificate");
            assertEquals(issued.chain().getFirst(), shown());
            assertKept(acme, options);
        }
    }

    private static void assertKept(AcmeCertificates acme, AcmeOptions options) throws IOException {
        for (Path file : List.of(acme.file(), acme.file().resolveSibling("account.pem"))) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
        // Another start orders nothing: the time of a step's end is that of the renewal.
        int orders = pebble.log("POST /order-plz").size();
        AcmeCertificates again = AcmeCertificates.of(options, CHALLENGES);
        assertTrue(again.isIssued());
        try {
            assertTrue(again.step().isAfter(Instant.now().plus(Duration.ofMinutes(1))));
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        assertEquals(orders, pebble.log("POST /order-plz").size());
    }

    @Test
    void aCertificateIsOrderedByCertificatesAndRenewedInTime() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        AcmeCertificates acme =
                new AcmeCertificates(options("certificates", ChallengeWay.TLS_ALPN_01), CHALLENGES, now::get);
        acme.step();
        Credentials first = acme.load();
        assertTrue(acme.isIssued());
        acme.step();
        assertEquals(first.fingerprint(), acme.load().fingerprint(), "renewed before its time");
        now.set(first.expires().minus(Duration.ofDays(1)));
        acme.step();
        assertNotEquals(first.fingerprint(), acme.load().fingerprint());
    }

    @Test
    void theJdksEngineIsAskedForTheChallengesCertificateToo() throws Exception {
        CertificateChallenges challenges = new CertificateChallenges();
        AcmeOptions options = options("jdk", ChallengeWay.TLS_ALPN_01);
        AcmeCertificates unused = AcmeCertificates.of(options, challenges);
        TlsContext context = TlsContext.server(TlsOptions.DEFAULT.with(unused.load()), new JdkProvider());
        try (WebServer other =
                        WebServer.on(0).tls(context).challenges(challenges).start();
                Pebble authority = Pebble.start(Files.createDirectory(folder.resolve("other")), 1, other.port())) {
            AcmeCertificates acme =
                    AcmeCertificates.of(options.withDirectory(authority.directory(), authority.root()), challenges);
            acme.step();
            assertTrue(acme.isIssued());
        }
    }

    @Test
    @ExpectedLog("no certificate for")
    @ExpectedLog("refused a request for the host")
    void aCheckThatFailsIsTriedAgainLaterAndLater() throws Exception {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        // Challenges that no server answers with.
        CertificateChallenges unknown = new CertificateChallenges();
        AcmeCertificates acme = new AcmeCertificates(options("wrong", ChallengeWay.HTTP_01), unknown, now::get);
        Instant first = acme.step();
        assertFalse(acme.isIssued());
        assertTrue(first.isAfter(now.get().plusSeconds(59)), first.toString());
        assertEquals(first, acme.step(), "tried again at once");
        now.set(first);
        Instant second = acme.step();
        assertTrue(second.isAfter(first.plusSeconds(119)), second.toString());
        assertFalse(Files.exists(acme.file()));
    }

    /** The certificate that the server shows. */
    private static X509Certificate shown() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Everything()}, new SecureRandom());
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", server.port())) {
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    private static final class Everything implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
