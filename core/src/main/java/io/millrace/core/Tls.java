// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The facts of a TLS session, as {@link Link#tls} returns them. They do not change while the connection lasts. */
public interface Tls {

    /** Returns the version of the protocol, such as {@code TLSv1.3}. */
    String protocol();

    /** Returns the cipher suite by its registered name, such as {@code TLS_AES_128_GCM_SHA256}. */
    String cipherSuite();

    /** Returns the protocol that was agreed upon by ALPN, such as {@code h2}; {@code null} if none was. */
    @Nullable
    String applicationProtocol();

    /** Returns the host name that the client asked for (SNI), in lower case; {@code null} if it named none. */
    @Nullable
    String serverName();

    /**
     * Returns the peer's certificates, its own first, each signed by the next; empty if it has shown none. A server's
     * peer shows one only if it was asked to.
     */
    List<X509Certificate> peerCertificates();

    /** Returns whether the session continues an earlier one, without a full handshake. */
    boolean resumed();

    /** Returns the session's identifier, a new array each time; empty where the session has none. */
    byte[] sessionId();

    /**
     * Derives secret bytes that only the two ends can know, to tie another protocol to this session (RFC 5705).
     *
     * @param label what they are for
     * @param context what they are bound to, or {@code null}
     * @param length number of bytes
     * @throws IllegalStateException if the session has no secret to derive from any more
     * @throws IllegalArgumentException if the length is not positive, or the label or context is refused
     */
    byte[] exportKeyingMaterial(String label, byte @Nullable [] context, int length);
}
