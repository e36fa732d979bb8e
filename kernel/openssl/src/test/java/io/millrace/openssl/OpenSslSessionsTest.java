// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.tls.TlsEngines;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsOptions.ClientCertificate;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose sessions are resumed by whom, and how failures are told. */
@Timeout(120)
final class OpenSslSessionsTest {
    private OpenSslProvider provider;
    private TlsEngines clients;

    @BeforeEach
    void findLibrary() {
        String reason = OpenSslProvider.whyNot();
        assumeTrue(reason == null, reason);
        provider = new OpenSslProvider();
        clients = provider.client(Conversation.trusting());
    }

    private boolean isResumed(TlsEngines servers) {
        Conversation both = new Conversation(servers, clients).pump();
        assertTrue(both.server.isEstablished(), both.server.failure() + ", " + both.client.failure());
        boolean resumed = both.server.session().resumed();
        assertEquals(resumed, both.client.session().resumed());
        both.free();
        return resumed;
    }

    @Test
    void sessionsSurviveAReload() {
        TlsEngines servers = provider.server(Conversation.serving());
        assertEquals(false, isResumed(servers));
        assertEquals(true, isResumed(servers));
        servers.replace(List.of(Conversation.credentials("local")));
        assertEquals(true, isResumed(servers));
        assertEquals(true, isResumed(servers));
    }

    @Test
    void serversWithOneSecretResumeEachOthersSessions() {
        TlsOptions shared = Conversation.serving().withTicketSecret(new byte[48]);
        assertEquals(false, isResumed(provider.server(shared)));
        assertEquals(true, isResumed(provider.server(shared)));
        assertEquals(false, isResumed(provider.server(Conversation.serving())));
    }

    @Test
    void aServerThatAsksForCertificatesResumesNoSessionWithout() {
        TlsOptions shared = Conversation.serving().withTicketSecret(new byte[48]);
        assertEquals(false, isResumed(provider.server(shared)));
        TlsOptions asking = shared.withClientCertificates(
                ClientCertificate.OPTIONAL, Conversation.trusting().trusted());
        Conversation both = new Conversation(provider.server(asking), clients).pump();
        assertTrue(!both.server.isEstablished() || !both.server.session().resumed());
        both.free();
    }

    @Test
    void alertsOfThePeerAreToldByName() {
        TlsOptions asking = Conversation.serving()
                .withClientCertificates(
                        ClientCertificate.REQUIRED, Conversation.trusting().trusted());
        Conversation without = new Conversation(provider.server(asking), clients).pump();
        assertEquals("peer did not return a certificate", without.server.failure());
        assertEquals("Received fatal alert: certificate_required", without.client.failure());
        without.free();
        TlsEngines strangers = provider.client(TlsOptions.DEFAULT);
        Conversation refused = new Conversation(provider.server(Conversation.serving()), strangers).pump();
        assertEquals(
                "(unknown_ca) the peer's certificate was refused: self-signed certificate in certificate chain"
                        + " (asked for localhost)",
                refused.client.failure());
        assertEquals("Received fatal alert: unknown_ca", refused.server.failure());
        refused.free();
    }
}
