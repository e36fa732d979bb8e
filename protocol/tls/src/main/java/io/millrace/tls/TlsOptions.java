// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;

/**
 * What TLS is to be like, for a server or a client. Immutable.
 *
 * @param credentials keys with certificates; a server chooses by the name that the client asks for, the first is the
 *     default
 * @param trusted certificates of authorities whose signature on the peer's is believed; empty for those of the JDK
 * @param clientCertificate whether a server asks its clients for certificates
 * @param applicationProtocols protocols above, by ALPN names (RFC 7301), the preferred one first; empty for no ALPN
 * @param onlyLatest whether TLS 1.3 alone is spoken; TLS 1.2 as well if not
 * @param handshakeTime how long a handshake may take altogether
 * @param executor what computes handshakes, with engines whose handshakes take long
 * @param concurrentHandshakes how many the executor computes at once; the others wait in turn, on their own time limit
 * @param ticketSecret what the keys of session tickets are derived from, at least 32 bytes, so that processes which
 *     share it resume each other's sessions; empty for a secret of each context's own. Not every engine can use it
 * @param usesKernel whether the operating system may encrypt files, where it and the engine can
 */
public record TlsOptions(
        List<Credentials> credentials,
        List<X509Certificate> trusted,
        ClientCertificate clientCertificate,
        List<String> applicationProtocols,
        boolean onlyLatest,
        Duration handshakeTime,
        Executor executor,
        int concurrentHandshakes,
        byte[] ticketSecret,
        boolean usesKernel) {

    /** Whether a server asks its clients for certificates. */
    public enum ClientCertificate {
        /** It does not ask. */
        NONE,
        /** It asks; a client may have none, and one that it has must be valid. */
        OPTIONAL,
        /** It asks, and refuses clients that have none. */
        REQUIRED
    }

    /** No credentials, no ALPN, TLS 1.2 and 1.3, ten seconds, handshakes on virtual threads. */
    public static final TlsOptions DEFAULT = new TlsOptions(
            List.of(),
            List.of(),
            ClientCertificate.NONE,
            List.of(),
            false,
            Duration.ofSeconds(10),
            HandshakeTasks.VIRTUAL,
            Runtime.getRuntime().availableProcessors(),
            new byte[0],
            true);

    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException if the time or the number is not positive, clients are to show certificates and
     *     no authority is trusted, or the secret is short
     */
    public TlsOptions {
        credentials = List.copyOf(credentials);
        trusted = List.copyOf(trusted);
        applicationProtocols = List.copyOf(applicationProtocols);
        Objects.requireNonNull(executor);
        ticketSecret = ticketSecret.clone();
        if (ticketSecret.length > 0 && ticketSecret.length < 32) {
            throw new IllegalArgumentException("a ticket secret of " + ticketSecret.length + " bytes");
        }
        if (handshakeTime.isNegative() || handshakeTime.isZero()) {
            throw new IllegalArgumentException("a handshake in " + handshakeTime);
        }
        if (concurrentHandshakes < 1) {
            throw new IllegalArgumentException("handshakes at once: " + concurrentHandshakes);
        }
        if (clientCertificate != ClientCertificate.NONE && trusted.isEmpty()) {
            throw new IllegalArgumentException("client certificates need an authority that is trusted");
        }
    }

    /** Returns a copy of the secret. */
    @Override
    public byte[] ticketSecret() {
        return ticketSecret.clone();
    }

    /** Returns these options with one more key and its certificates. */
    public TlsOptions with(Credentials more) {
        List<Credentials> all = new ArrayList<>(credentials);
        all.add(more);
        Values values = new Values(this);
        values.credentials = all;
        return values.options();
    }

    /** Returns these options, trusting those authorities and no other. */
    public TlsOptions withTrusted(List<X509Certificate> authorities) {
        Values values = new Values(this);
        values.trusted = authorities;
        return values.options();
    }

    /**
     * Returns these options for a server that asks clients for certificates of those authorities.
     *
     * @throws IllegalArgumentException if clients are asked and there is no authority
     */
    public TlsOptions withClientCertificates(ClientCertificate which, List<X509Certificate> authorities) {
        Values values = new Values(this);
        values.trusted = authorities;
        values.clientCertificate = which;
        return values.options();
    }

    /** Returns these options with those protocols for ALPN, the preferred one first. */
    public TlsOptions withApplicationProtocols(String... names) {
        Values values = new Values(this);
        values.applicationProtocols = List.of(names);
        return values.options();
    }

    /** Returns these options with TLS 1.3 alone, or TLS 1.2 as well. */
    public TlsOptions withOnlyLatest(boolean on) {
        Values values = new Values(this);
        values.onlyLatest = on;
        return values.options();
    }

    /**
     * Returns these options with another limit for the whole handshake.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public TlsOptions withHandshakeTime(Duration time) {
        Values values = new Values(this);
        values.handshakeTime = time;
        return values.options();
    }

    /** Returns these options with another place where handshakes are computed; it must not be the loop's thread. */
    public TlsOptions withExecutor(Executor other) {
        Values values = new Values(this);
        values.executor = other;
        return values.options();
    }

    /**
     * Returns these options with another limit of handshakes that are computed at once; the number of processors by
     * default. Engines that compute on the connection's own thread compute one at a time there.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public TlsOptions withConcurrentHandshakes(int most) {
        Values values = new Values(this);
        values.concurrentHandshakes = most;
        return values.options();
    }

    /**
     * Returns these options with a secret for session tickets that other processes have as well.
     *
     * @throws IllegalArgumentException if it has fewer than 32 bytes
     */
    public TlsOptions withTicketSecret(byte[] secret) {
        Values values = new Values(this);
        values.ticketSecret = secret;
        return values.options();
    }

    /** Returns these options, with files that the operating system may encrypt where it can, or never does. */
    public TlsOptions withKernel(boolean on) {
        Values values = new Values(this);
        values.usesKernel = on;
        return values.options();
    }

    /** The values of options that are to be changed in one of them. */
    private static final class Values {
        private List<Credentials> credentials;
        private List<X509Certificate> trusted;
        private ClientCertificate clientCertificate;
        private List<String> applicationProtocols;
        private boolean onlyLatest;
        private Duration handshakeTime;
        private Executor executor;
        private int concurrentHandshakes;
        private byte[] ticketSecret;
        private boolean usesKernel;

        Values(TlsOptions from) {
            credentials = from.credentials;
            trusted = from.trusted;
            clientCertificate = from.clientCertificate;
            applicationProtocols = from.applicationProtocols;
            onlyLatest = from.onlyLatest;
            handshakeTime = from.handshakeTime;
            executor = from.executor;
            concurrentHandshakes = from.concurrentHandshakes;
            ticketSecret = from.ticketSecret;
            usesKernel = from.usesKernel;
        }

        TlsOptions options() {
            return new TlsOptions(
                    credentials,
                    trusted,
                    clientCertificate,
                    applicationProtocols,
                    onlyLatest,
                    handshakeTime,
                    executor,
                    concurrentHandshakes,
                    ticketSecret,
                    usesKernel);
        }
    }
}
