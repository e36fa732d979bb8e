// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.core.Tls;
import io.millrace.sys.LibSsl;
import io.millrace.tls.TrafficKeys;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The facts of a session, taken when the handshake is done: any thread may ask, after the connection's end, too. */
final class OpenSslSession implements Tls {
    private static final byte[] NO_BYTES = {};

    private final String protocol;
    private final String cipherSuite;
    private final @Nullable String applicationProtocol;
    private final @Nullable String serverName;
    private final boolean isResumed;
    private final byte[] sessionId;
    private final byte[][] encodedCertificates;

    /** The connection, 0 when it has been freed. */
    private long ssl;

    /** What others can be derived from without the connection, {@code null} as long as that is there. */
    private byte @Nullable [] exporterSecret;

    OpenSslSession(long ssl, @Nullable String serverName, boolean isServer) {
        this.ssl = ssl;
        this.serverName = serverName;
        this.protocol = LibSsl.version(ssl);
        this.cipherSuite = LibSsl.cipher(ssl);
        byte[] chosen = LibSsl.alpn(ssl);
        this.applicationProtocol = chosen.length == 0 ? null : new String(chosen, StandardCharsets.ISO_8859_1);
        this.isResumed = LibSsl.isResumed(ssl);
        this.sessionId = LibSsl.sessionId(ssl);
        this.encodedCertificates = LibSsl.peerCertificates(ssl, isServer);
    }

    @Override
    public String protocol() {
        return protocol;
    }

    @Override
    public String cipherSuite() {
        return cipherSuite;
    }

    @Override
    public @Nullable String applicationProtocol() {
        return applicationProtocol;
    }

    @Override
    public @Nullable String serverName() {
        return serverName;
    }

    @Override
    public List<X509Certificate> peerCertificates() {
        List<X509Certificate> chain = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (byte[] encoded : encodedCertificates) {
                chain.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(encoded)));
            }
        } catch (CertificateException e) {
            throw new IllegalStateException("OpenSSL accepts a certificate that the JDK cannot read", e);
        }
        return chain;
    }

    @Override
    public boolean resumed() {
        return isResumed;
    }

    @Override
    public byte[] sessionId() {
        return sessionId.clone();
    }

    @Override
    public synchronized byte[] exportKeyingMaterial(String label, byte @Nullable [] context, int length) {
        if (length <= 0) {
            throw new IllegalArgumentException("secret bytes of a length of " + length);
        }
        if (exporterSecret != null) {
            return TrafficKeys.export(cipherSuite, exporterSecret, label, context == null ? NO_BYTES : context, length);
        }
        byte[] bytes = new byte[length];
        byte[] name = label.getBytes(StandardCharsets.UTF_8);
        byte[] bound = context == null ? NO_BYTES : context;
        if (ssl == 0 || !LibSsl.export(ssl, name, bound, context != null, bytes)) {
            throw new IllegalStateException("the session has no secret to derive from");
        }
        return bytes;
    }

    /** The connection is about to be freed: what is derived from now on, is from that secret. */
    synchronized void detach(byte[] exporter) {
        ssl = 0;
        exporterSecret = exporter;
    }

    /** The connection has ended: from now on nothing can be derived. */
    synchronized void detach() {
        ssl = 0;
        if (exporterSecret != null) {
            Arrays.fill(exporterSecret, (byte) 0);
            exporterSecret = null;
        }
    }

    /** Whether it is one of TLS 1.3. */
    boolean isLatest() {
        return protocol.equals("TLSv1.3");
    }
}
