// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseMode;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsOptions.ClientCertificate;
import io.millrace.tls.TlsProvider;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every engine of TLS does the same way, between two ends in memory on a simulated clock. */
@Timeout(120)
abstract class TlsEngineContract {
    private TlsProvider serverProvider;
    private TlsProvider clientProvider;

    /** The provider of a test's server. */
    abstract TlsProvider ofServer();

    /** The provider of a test's client. */
    abstract TlsProvider ofClient();

    @BeforeEach
    void chooseProviders() {
        serverProvider = ofServer();
        clientProvider = ofClient();
    }

    private TlsContext server(TlsOptions options) {
        return TlsContext.server(options, serverProvider);
    }

    private TlsContext client(TlsOptions options) {
        return TlsContext.client(options, clientProvider);
    }

    private TlsContext server(String... credentials) {
        TlsOptions options = TlsOptions.DEFAULT.withExecutor(Runnable::run);
        for (String name : credentials) {
            options = options.with(TlsKeys.of(name));
        }
        return server(options);
    }

    private TlsContext client() {
        return client(trusting());
    }

    private static TlsOptions serving(String name) {
        return TlsOptions.DEFAULT.with(TlsKeys.of(name)).withExecutor(Runnable::run);
    }

    private static TlsOptions trusting() {
        return TlsKeys.trusting().withExecutor(Runnable::run);
    }

    private TlsEnds ends() {
        return new TlsEnds(server("local"), client(), "localhost");
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void bytesPassBothWaysAndTheSessionIsTold() {
        TlsEnds ends = ends().pump();
        assertEquals(List.of("opened"), ends.server.told);
        assertEquals(List.of("opened"), ends.client.told);
        TlsEnds.send(ends.client, ends.clientLink, "question");
        ends.pump();
        assertEquals("question", ends.server.text());
        TlsEnds.send(ends.server, ends.serverLink, "answer");
        ends.pump();
        assertEquals("answer", ends.client.text());
        assertEquals("TLSv1.3", ends.server.tls.protocol());
        assertEquals("localhost", ends.server.tls.serverName());
        assertNull(ends.server.tls.applicationProtocol());
        assertTrue(ends.server.link.tls() == ends.server.tls);
        assertEquals(List.of(), ends.server.tls.peerCertificates());
        assertEquals(2, ends.client.tls.peerCertificates().size());
        assertArrayEquals(
                ends.client.tls.exportKeyingMaterial("EXPERIMENTAL-test", null, 20),
                ends.server.tls.exportKeyingMaterial("EXPERIMENTAL-test", null, 20));
        String wire = ends.toServer.toString(java.nio.charset.StandardCharsets.ISO_8859_1);
        assertFalse(wire.contains("question"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    void theHandshakeMayComeInPieces(int piece) {
        TlsEnds ends = ends();
        ends.piece = piece;
        ends.pump();
        TlsEnds.send(ends.client, ends.clientLink, "question");
        ends.pump();
        assertEquals("question", ends.server.text());
    }

    @Test
    void muchDataPassesInOrder() {
        TlsEnds ends = ends().pump();
        byte[] bytes = noise(3_000_000);
        TlsEnds.send(ends.server, ends.serverLink, bytes);
        ends.pump();
        assertArrayEquals(bytes, ends.client.input.toByteArray());
        TlsEnds.send(ends.client, ends.clientLink, bytes);
        ends.pump();
        assertArrayEquals(bytes, ends.server.input.toByteArray());
    }

    @Test
    void theFirstRecordsAreSmallAndLaterOnesLarge() {
        TlsEnds ends = ends().pump();
        ends.toClient.reset();
        TlsEnds.send(ends.server, ends.serverLink, noise(300_000));
        ends.pump();
        byte[] wire = ends.toClient.toByteArray();
        int first = recordLength(wire, 0);
        assertTrue(first < 1_460, "the first record has " + first + " bytes");
        int largest = 0;
        for (int at = 0; at < wire.length; at += recordLength(wire, at)) {
            largest = Math.max(largest, recordLength(wire, at));
        }
        assertTrue(largest > 16_000 && largest <= 16_384 + 256, "the largest record has " + largest + " bytes");
    }

    private static int recordLength(byte[] wire, int at) {
        return 5 + ((wire[at + 3] & 0xff) << 8) + (wire[at + 4] & 0xff);
    }

    // ---- which protocol, which certificate

    @Test
    void alpnChoosesWhatIsAbove() {
        TlsContext server = server(serving("local").withApplicationProtocols("h2", "http/1.1"));
        TlsEnds ends = new TlsEnds(server, client(trusting().withApplicationProtocols("http/1.1", "h2")), "localhost");
        ends.pump();
        assertEquals("h2", ends.server.tls.applicationProtocol());
        assertEquals("h2", ends.client.tls.applicationProtocol());
        TlsEnds without = new TlsEnds(server, client(), "localhost").pump();
        assertNull(without.server.tls.applicationProtocol());
        TlsEnds foreign = new TlsEnds(server, client(trusting().withApplicationProtocols("foo")), "localhost");
        foreign.pump();
        assertEquals(List.of(), foreign.server.told);
        assertTrue(foreign.clientLink.isClosed());
        assertEquals(1, server.failures());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.example.org", "A.Example.org", "b.example.org", "localhost"})
    void theNameChoosesTheCertificate(String host) {
        TlsContext server = server("local", "rsa", "wild");
        TlsEnds ends = new TlsEnds(server, client(), host).pump();
        assertEquals(List.of("opened"), ends.client.told, server.lastFailure());
        assertEquals(host.toLowerCase(java.util.Locale.ROOT), ends.server.tls.serverName());
        String subject = ends.client
                .tls
                .peerCertificates()
                .getFirst()
                .getSubjectX500Principal()
                .getName();
        assertEquals(
                switch (host) {
                    case "b.example.org" -> "CN=wild";
                    case "localhost" -> "CN=localhost";
                    default -> "CN=example.org";
                },
                subject);
    }

    @Test
    void aNameThatNoCertificateIsForGetsTheFirstAndTheClientRefusesIt() {
        TlsContext server = server("local", "wild");
        TlsContext client = client();
        TlsEnds ends = new TlsEnds(server, client, "c.b.example.org").pump();
        assertEquals(List.of(), ends.client.told);
        assertTrue(client.lastFailure().contains("c.b.example.org"), client.lastFailure());
    }

    @Test
    void aServerOfAnAuthorityThatIsNotTrustedIsRefused() {
        TlsContext client = client(TlsOptions.DEFAULT.withExecutor(Runnable::run));
        TlsEnds ends = new TlsEnds(server("local"), client, "localhost").pump();
        assertEquals(List.of(), ends.client.told);
        assertEquals(1, client.failures());
    }

    @Test
    void clientCertificatesAreAskedForAndChecked() {
        TlsOptions asking = serving("local").withClientCertificates(ClientCertificate.REQUIRED, TlsKeys.authority());
        TlsContext client = client(trusting().with(TlsKeys.of("client")));
        TlsEnds known = new TlsEnds(server(asking), client, "localhost").pump();
        assertEquals(
                "CN=a client",
                known.server
                        .tls
                        .peerCertificates()
                        .getFirst()
                        .getSubjectX500Principal()
                        .getName());
        TlsContext strict = server(asking);
        TlsEnds unknown = new TlsEnds(strict, client(), "localhost").pump();
        assertEquals(List.of(), unknown.server.told);
        assertEquals(1, strict.failures());
        TlsContext mild =
                server(serving("local").withClientCertificates(ClientCertificate.OPTIONAL, TlsKeys.authority()));
        TlsEnds optional = new TlsEnds(mild, client(), "localhost").pump();
        assertEquals(List.of("opened"), optional.server.told);
    }

    // ---- sessions

    @Test
    void aSessionIsResumedAndNewCredentialsAreUsedAtOnce() throws InterruptedException {
        TlsContext server = server("local");
        TlsContext client = client();
        TlsEnds first = new TlsEnds(server, client, "localhost").pump();
        assertFalse(first.server.tls.resumed());
        // A session is told to be an older one by the millisecond of its creation.
        Thread.sleep(2);
        TlsEnds second = new TlsEnds(server, client, "localhost").pump();
        assertTrue(second.server.tls.resumed());
        assertTrue(second.client.tls.resumed());
        assertEquals(1, server.resumptions());
        server.replace(List.of(TlsKeys.of("rsa")));
        assertEquals(List.of("opened"), new TlsEnds(server, client, "localhost").pump().client.told);
        TlsEnds.send(second.client, second.clientLink, "still");
        second.pump();
        assertEquals("still", second.server.text());
        TlsEnds fresh = new TlsEnds(server, client(), "localhost").pump();
        assertEquals(
                "CN=example.org",
                fresh.client
                        .tls
                        .peerCertificates()
                        .getFirst()
                        .getSubjectX500Principal()
                        .getName());
    }

    // ---- ends

    @Test
    void oneDirectionMayEndBeforeTheOther() {
        TlsEnds ends = ends().pump();
        ends.clientLink.execute(() -> {
            ends.client.link.out().append("last".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            ends.client.link.flush();
            ends.client.link.shutdownOutput();
        });
        ends.pump();
        assertEquals("last", ends.server.text());
        assertEquals(List.of("opened", "ended"), ends.server.told, "before the carrier has ended");
        TlsEnds.send(ends.server, ends.serverLink, "answer");
        ends.pump();
        assertEquals("answer", ends.client.text());
        ends.serverLink.execute(() -> ends.server.link.close(CloseMode.FLUSHED));
        ends.pump();
        assertEquals(List.of("opened", "ended", "closed LOCAL"), ends.server.told);
        assertTrue(ends.client.told.contains("ended"));
    }

    @Test
    void anEndWithoutCloseNotifyIsATruncation() {
        TlsEnds ends = ends().pump();
        TlsEnds.send(ends.client, ends.clientLink, "part");
        ends.pump();
        ends.serverLink.end();
        assertEquals("part", ends.server.text());
        ends.serverLink.run();
        assertEquals(List.of("opened", "closed TRUNCATED"), ends.server.told);
    }

    @Test
    void anEndAfterCloseNotifyIsNone() {
        TlsEnds ends = ends().pump();
        ends.clientLink.execute(() -> ends.client.link.close(CloseMode.FLUSHED));
        ends.pump();
        ends.serverLink.end();
        assertEquals(List.of("opened", "ended"), ends.server.told);
        ends.serverLink.execute(() -> ends.server.link.close(CloseMode.FLUSHED));
        ends.pump();
        assertEquals(List.of("opened", "ended", "closed LOCAL"), ends.server.told);
    }

    @Test
    void aHandshakeHasATimeOfItsOwn() {
        TlsContext server = server(serving("local").withHandshakeTime(Duration.ofSeconds(3)));
        TlsEnds ends = new TlsEnds(server, client(), "localhost");
        ends.serverLink.advance(Duration.ofMillis(2_999));
        assertFalse(ends.serverLink.isClosed());
        ends.serverLink.advance(Duration.ofMillis(2)).end();
        assertTrue(ends.serverLink.isClosed());
        assertEquals("the handshake took too long", server.lastFailure());
        TlsEnds done = new TlsEnds(server, client(), "localhost").pump();
        done.serverLink.advance(Duration.ofHours(1));
        assertFalse(done.serverLink.isClosed());
    }

    @Test
    void theProtocolAboveHasADeadlineAsWell() {
        TlsEnds ends = ends().pump();
        ends.serverLink.execute(() -> ends.server.link.deadline(ends.server.link.now() + 1_000_000));
        ends.serverLink.run().advance(Duration.ofMillis(2));
        // The default of a protocol whose deadline passes.
        assertEquals(List.of("opened", "closed LOCAL"), ends.server.told);
    }

    // ---- abuse

    @Test
    void whatIsNoTlsIsRefused() {
        TlsContext server = server("local");
        TlsEnds ends = new TlsEnds(server, client(), "localhost");
        ends.serverLink.feed("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").end();
        assertTrue(ends.serverLink.isClosed());
        assertEquals(1, server.failures());
        assertNotNull(server.lastFailure());
    }

    @Test
    void aRecordThatWasChangedEndsTheConnection() {
        TlsEnds ends = ends().pump();
        TlsEnds.send(ends.client, ends.clientLink, "question");
        byte[] record = ends.clientLink.take().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        record[record.length - 1] ^= 1;
        ends.serverLink.feed(record).end();
        assertEquals("", ends.server.text());
        assertEquals(List.of("opened", "closed FAILED"), ends.server.told);
    }

    @Test
    void recordsOfNothingAreNotReadWithoutEnd() {
        TlsContext server = server(serving("local"));
        TlsEnds ends = new TlsEnds(server, client(trusting()), "localhost").pump();
        // A change_cipher_spec record is allowed at any time and means nothing (RFC 8446 section 5).
        byte[] nothing = {0x14, 3, 3, 0, 1, 1};
        for (int i = 0; i < 200 && !ends.serverLink.isClosed(); i++) {
            ends.serverLink.feed(nothing);
        }
        ends.serverLink.end();
        assertTrue(ends.serverLink.isClosed());
        assertEquals("closed FAILED", ends.server.told.getLast());
    }

    @Test
    void aFewKeyUpdatesPassAndAStormOfThemDoesNot() throws SSLException {
        JsseClient client = new JsseClient(server("local"), "TLSv1.3").pump();
        for (int i = 0; i < 20; i++) {
            client.engine.beginHandshake();
            client.send("a");
        }
        assertEquals("a".repeat(20), client.end.text());
        TlsEnds.send(client.end, client.server, "after");
        client.pump();
        assertEquals("after", client.received.toString());
        for (int i = 0; i < 500 && !client.server.isClosed(); i++) {
            client.engine.beginHandshake();
            pumpUntilRefused(client);
        }
        client.server.end();
        assertEquals("closed FAILED", client.end.told.getLast());
    }

    @Test
    void renegotiationIsRefused() throws SSLException {
        JsseClient client = new JsseClient(server("local"), "TLSv1.2").pump();
        client.send("before");
        assertEquals("TLSv1.2", client.end.tls.protocol());
        byte[] session = client.end.tls.sessionId();
        client.engine.beginHandshake();
        pumpUntilRefused(client);
        assertEquals("before", client.end.text());
        assertEquals(1, client.end.told.stream().filter("opened"::equals).count());
        assertArrayEquals(session, client.end.tls.sessionId());
        assertFalse(client.engine.getHandshakeStatus() == HandshakeStatus.FINISHED);
    }

    private static void pumpUntilRefused(JsseClient client) {
        try {
            client.pump();
        } catch (SSLException e) {
            // That is what it is told.
        }
    }
}
