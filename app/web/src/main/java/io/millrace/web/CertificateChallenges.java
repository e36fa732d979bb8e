// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.Request;
import io.millrace.tls.ClientHello;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Answers a certificate authority that checks whether a name leads to this server (RFC 8555 section 8): by a text at
 * the port in the clear (http-01), or by a certificate at the port with TLS (tls-alpn-01, RFC 8737).
 * {@link WebServer#challenges} serves them; the client of the authority adds and removes them. Any thread may call.
 */
public final class CertificateChallenges {
    /** The application protocol by which an authority asks for a challenge's certificate. */
    static final String PROTOCOL = "acme-tls/1";

    private static final String PATH = "/.well-known/acme-challenge/";

    /** By token, what is answered. */
    private final Map<String, String> texts = new ConcurrentHashMap<>();

    /** By host name in lower case, what is shown. */
    private final Map<String, TlsContext> certificates = new ConcurrentHashMap<>();

    /** Makes a set without challenges. */
    public CertificateChallenges() {}

    /** Answers {@code text} to requests for the token, at the port that redirects to https. */
    public void addText(String token, String text) {
        texts.put(token, text);
    }

    /** Removes what {@link #addText} has added. */
    public void removeText(String token) {
        texts.remove(token);
    }

    /** Shows a certificate to those who ask for it by the application protocol {@code acme-tls/1} and this name. */
    public void addCertificate(String host, Credentials certificate) {
        TlsOptions options = TlsOptions.DEFAULT.with(certificate).withApplicationProtocols(PROTOCOL);
        certificates.put(host, TlsContext.server(options));
    }

    /** Removes what {@link #addCertificate} has added. */
    public void removeCertificate(String host) {
        certificates.remove(host);
    }

    /** Returns the text for a request, {@code null} if it asks for no challenge that is open. */
    String textFor(Request request) {
        String path = request.rawPath();
        return texts.isEmpty() || !path.startsWith(PATH) ? null : texts.get(path.substring(PATH.length()));
    }

    /** Returns whether a client's first bytes are too few to say whether it asks for a challenge's certificate. */
    boolean needsMore(Buffer bytes) {
        return !certificates.isEmpty() && ClientHello.isIncomplete(bytes);
    }

    /** Returns what shows the certificate that a client asks for, {@code null} if it asks for none. */
    Protocol protocolFor(Buffer bytes) {
        if (certificates.isEmpty() || !ClientHello.offers(bytes, PROTOCOL)) {
            return null;
        }
        String host = ClientHello.serverName(bytes);
        TlsContext context = host == null ? null : certificates.get(host);
        return context == null ? null : context.accept(session -> new Closing());
    }

    /** The handshake is all that is asked for (RFC 8737 section 3). */
    private static final class Closing implements Protocol {
        @Override
        public void opened(Link link) {
            link.close(CloseMode.FLUSHED);
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.consume(in.readable());
        }
    }
}
