// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.core.Tls;
import io.millrace.link.LayerProtocol;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * What the TLS connections of one server or client have in common: credentials, trust, remembered sessions, counts.
 * Safe for use by several threads.
 *
 * <pre>
 *   TlsContext tls = TlsContext.server(TlsOptions.DEFAULT.with(Credentials.pem(chain, key)));
 *   loops.listen(options, () -> tls.over(http));
 * </pre>
 */
public final class TlsContext {
    private static final String[] BOTH = {"TLSv1.3", "TLSv1.2"};
    private static final String[] LATEST = {"TLSv1.3"};

    private final TlsOptions options;
    private final CredentialsManager manager;
    private final SSLContext context;
    private final LongAdder handshakes = new LongAdder();
    private final LongAdder resumptions = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private volatile String lastFailure;

    private TlsContext(TlsOptions options) {
        this.options = options;
        this.manager = new CredentialsManager(options.credentials());
        try {
            this.context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {manager}, trust(options.trusted()), null);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this JDK has no TLS that can be used", e);
        }
    }

    /**
     * Makes the context of a server.
     *
     * @throws IllegalArgumentException if there are no credentials
     * @throws IllegalStateException if the JDK lacks TLS
     */
    public static TlsContext server(TlsOptions options) {
        if (options.credentials().isEmpty()) {
            throw new IllegalArgumentException("a server needs credentials");
        }
        return new TlsContext(options);
    }

    /**
     * Makes the context of a server from one of the JDK's, whose keys and trust it has: for programs that have made
     * theirs already. Credentials and trust of the options are not looked at, and {@link #replace} is refused.
     *
     * @throws NullPointerException if one of them is {@code null}
     */
    public static TlsContext server(SSLContext context, TlsOptions options) {
        return new TlsContext(Objects.requireNonNull(context), options);
    }

    /**
     * Makes the context of clients.
     *
     * @throws IllegalStateException if the JDK lacks TLS
     */
    public static TlsContext client(TlsOptions options) {
        return new TlsContext(options);
    }

    private TlsContext(SSLContext context, TlsOptions options) {
        this.options = Objects.requireNonNull(options);
        this.manager = null;
        this.context = context;
    }

    private static TrustManager[] trust(List<X509Certificate> authorities)
            throws GeneralSecurityException, IOException {
        if (authorities.isEmpty()) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry("authority " + i, authorities.get(i));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    /**
     * Replaces the credentials of a server at once: handshakes from now on use the new ones. Connections that stand are
     * not touched. A client with a session from before shakes hands anew. Any thread may call.
     *
     * @throws IllegalArgumentException if there are none
     * @throws IllegalStateException if the keys are those of a context of the JDK
     */
    public void replace(List<Credentials> credentials) {
        if (manager == null) {
            throw new IllegalStateException("the keys belong to the SSLContext that was given");
        }
        if (credentials.isEmpty()) {
            throw new IllegalArgumentException("a server needs credentials");
        }
        manager.replace(credentials);
    }

    /** Returns the credentials that handshakes use now. */
    public List<Credentials> credentials() {
        return manager == null ? List.of() : manager.all();
    }

    /** Returns what the context was made of. */
    public TlsOptions options() {
        return options;
    }

    // ---- connections

    /** Returns a factory of connections over TLS whose protocol {@code above} makes, whatever ALPN agrees upon. */
    public ProtocolFactory over(ProtocolFactory above) {
        return () -> accept(session -> above.create());
    }

    /**
     * Returns the protocol of one connection of a server: TLS, and above it what {@code above} makes when the handshake
     * has succeeded. {@link Tls#applicationProtocol} says what ALPN has agreed upon.
     */
    public Protocol accept(Function<Tls, Protocol> above) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = parameters(engine);
        parameters.setUseCipherSuitesOrder(true);
        parameters.setNeedClientAuth(options.clientCertificate() == TlsOptions.ClientCertificate.REQUIRED);
        if (options.clientCertificate() == TlsOptions.ClientCertificate.OPTIONAL) {
            parameters.setWantClientAuth(true);
        }
        engine.setSSLParameters(parameters);
        return layer(engine, above);
    }

    /**
     * Returns the protocol of one connection of a server as {@link #accept(Function)} does, with an engine that
     * {@code setup} has changed to its liking: protocols, cipher suites, client certificates.
     *
     * @param setup is called once, on the calling thread, before the handshake
     */
    public Protocol accept(Consumer<SSLEngine> setup, Function<Tls, Protocol> above) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        setup.accept(engine);
        return layer(engine, above);
    }

    /**
     * Returns the protocol of one connection of a client: TLS, and above it what {@code above} makes when the handshake
     * has succeeded and the server's certificate is for {@code host}.
     *
     * @param host the name to ask for and to verify
     * @param port the port, by which sessions are remembered
     */
    public Protocol connect(String host, int port, Function<Tls, Protocol> above) {
        SSLEngine engine = context.createSSLEngine(host, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = parameters(engine);
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        if (!isAddress(host)) {
            parameters.setServerNames(List.of(new SNIHostName(host)));
        }
        engine.setSSLParameters(parameters);
        return layer(engine, above);
    }

    /** Addresses are no names to ask for (RFC 6066 section 3). */
    private static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }

    private SSLParameters parameters(SSLEngine engine) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(options.onlyLatest() ? LATEST : BOTH);
        parameters.setApplicationProtocols(options.applicationProtocols().toArray(String[]::new));
        return parameters;
    }

    private Protocol layer(SSLEngine engine, Function<Tls, Protocol> above) {
        return new LayerProtocol(new TlsLayer(this, new JdkEngine(engine), above), null);
    }

    // ---- what layers ask and tell

    long handshakeNanos() {
        return options.handshakeTime().toNanos();
    }

    Executor executor() {
        return options.executor();
    }

    void established(Tls session) {
        handshakes.increment();
        if (session.resumed()) {
            resumptions.increment();
        }
    }

    void failed(String why) {
        failures.increment();
        lastFailure = why;
    }

    // ---- counts

    /** Returns the number of handshakes that have succeeded. */
    public long handshakes() {
        return handshakes.sum();
    }

    /** Returns how many of them resumed an earlier session. */
    public long resumptions() {
        return resumptions.sum();
    }

    /** Returns the number of connections that TLS has ended: refused handshakes and broken records. */
    public long failures() {
        return failures.sum();
    }

    /** Returns why the last of them failed, {@code null} if none has. */
    public String lastFailure() {
        return lastFailure;
    }
}
