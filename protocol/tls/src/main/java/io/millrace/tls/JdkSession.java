// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Tls;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** The facts of a session of the JDK's engine. */
record JdkSession(
        ExtendedSSLSession session,
        String protocol,
        String cipherSuite,
        @Nullable String applicationProtocol,
        boolean resumed)
        implements Tls {

    static JdkSession of(SSLEngine engine, boolean resumed) {
        ExtendedSSLSession session = (ExtendedSSLSession) engine.getSession();
        String chosen = engine.getApplicationProtocol();
        return new JdkSession(
                session,
                session.getProtocol(),
                session.getCipherSuite(),
                chosen == null || chosen.isEmpty() ? null : chosen,
                resumed);
    }

    @Override
    public @Nullable String serverName() {
        return nameIn(session);
    }

    /** The host name that the client of a session has asked for, in lower case, or {@code null}. */
    static @Nullable String nameIn(ExtendedSSLSession session) {
        for (SNIServerName name : session.getRequestedServerNames()) {
            if (name instanceof SNIHostName host) {
                return host.getAsciiName().toLowerCase(Locale.ROOT);
            }
        }
        return null;
    }

    @Override
    public List<X509Certificate> peerCertificates() {
        List<X509Certificate> chain = new ArrayList<>();
        try {
            for (Certificate certificate : session.getPeerCertificates()) {
                chain.add((X509Certificate) certificate);
            }
        } catch (SSLPeerUnverifiedException e) {
            // It has shown none.
        }
        return chain;
    }

    @Override
    public byte[] sessionId() {
        return session.getId();
    }

    @Override
    public byte[] exportKeyingMaterial(String label, byte @Nullable [] context, int length) {
        try {
            return session.exportKeyingMaterialData(label, context, length);
        } catch (SSLException | UnsupportedOperationException e) {
            throw new IllegalStateException("the session has no secret to derive from", e);
        }
    }
}
