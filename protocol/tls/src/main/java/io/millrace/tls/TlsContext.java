// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.core.Tls;
import io.millrace.link.LayerProtocol;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

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
    private final TlsOptions options;
    private final TlsProvider provider;
    private final TlsEngines engines;
    private final HandshakeLimit executor;
    private final LongAdder handshakes = new LongAdder();
    private final LongAdder resumptions = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder released = new LongAdder();
    private final Alerts alerts = new Alerts();
    private final Map<String, LongAdder> suites = new ConcurrentHashMap<>();
    private volatile List<Credentials> credentials;
    private volatile @Nullable String lastFailure;

    private TlsContext(TlsOptions options, TlsProvider provider, TlsEngines engines) {
        this.options = Objects.requireNonNull(options);
        this.credentials = options.credentials();
        this.provider = provider;
        this.engines = engines;
        this.executor = new HandshakeLimit(options.executor(), options.concurrentHandshakes());
    }

    /**
     * Makes the context of a server with the JDK's engine.
     *
     * @throws IllegalArgumentException if there are no credentials
     * @throws IllegalStateException if the JDK lacks TLS
     */
    public static TlsContext server(TlsOptions options) {
        return server(options, new JdkProvider());
    }

    /**
     * Makes the context of a server with the engines of {@code provider}.
     *
     * @throws IllegalArgumentException if there are no credentials, or they cannot be used
     * @throws IllegalStateException if the provider's library cannot be used
     */
    public static TlsContext server(TlsOptions options, TlsProvider provider) {
        checkAny(options.credentials());
        return new TlsContext(options, provider, provider.server(options));
    }

    /**
     * Makes the context of a server from one of the JDK's, whose keys and trust it has: for programs that have made
     * theirs already. Credentials and trust of the options are not looked at, and {@link #replace} is refused.
     *
     * @throws NullPointerException if one of them is {@code null}
     */
    public static TlsContext server(SSLContext context, TlsOptions options) {
        return server(context, options, engine -> {});
    }

    /**
     * Makes the context of a server from one of the JDK's as {@link #server(SSLContext, TlsOptions)} does.
     *
     * @param setup changes the engine of each connection to its liking before the handshake, after what the options
     *     say: protocols, cipher suites, client certificates. Called on the connection's loop, must not block
     */
    public static TlsContext server(SSLContext context, TlsOptions options, Consumer<SSLEngine> setup) {
        Objects.requireNonNull(context);
        return server(() -> context, options, setup);
    }

    /**
     * Makes the context of a server from those of the JDK, for keys that a framework reloads by itself.
     *
     * @param current returns the context for the next connection. Called on the connection's loop, must not block
     * @param setup as in {@link #server(SSLContext, TlsOptions, Consumer)}
     */
    public static TlsContext server(Supplier<SSLContext> current, TlsOptions options, Consumer<SSLEngine> setup) {
        Objects.requireNonNull(current);
        Objects.requireNonNull(setup);
        return new TlsContext(options, new JdkProvider(), new JdkEngines(current, options, setup));
    }

    /**
     * Makes the context of clients with the JDK's engine.
     *
     * @throws IllegalStateException if the JDK lacks TLS
     */
    public static TlsContext client(TlsOptions options) {
        return client(options, new JdkProvider());
    }

    /**
     * Makes the context of clients with the engines of {@code provider}.
     *
     * @throws IllegalArgumentException if the credentials cannot be used
     * @throws IllegalStateException if the provider's library cannot be used
     */
    public static TlsContext client(TlsOptions options, TlsProvider provider) {
        return new TlsContext(options, provider, provider.client(options));
    }

    private static void checkAny(List<Credentials> credentials) {
        if (credentials.isEmpty()) {
            throw new IllegalArgumentException("a server needs credentials");
        }
    }

    /**
     * Replaces the credentials of a server at once: handshakes from now on use the new ones. Connections that stand are
     * not touched. Any thread may call.
     *
     * @throws IllegalArgumentException if there are none, or they cannot be used; those before stay
     * @throws IllegalStateException if the keys are those of a context of the JDK
     */
    public synchronized void replace(List<Credentials> credentials) {
        List<Credentials> all = List.copyOf(credentials);
        checkAny(all);
        engines.replace(all);
        this.credentials = all;
    }

    /** Returns the credentials that handshakes use now. */
    public List<Credentials> credentials() {
        return credentials;
    }

    /** Returns what the context was made of. */
    public TlsOptions options() {
        return options;
    }

    /** Returns where the cryptography comes from. */
    public TlsProvider provider() {
        return provider;
    }

    /**
     * Explains why a process for each connection cannot serve it, or returns {@code null} if it can: the JDK makes its
     * TLS anew in each process, which takes half a second, OpenSSL some milliseconds.
     */
    public @Nullable String whyNotByProcesses() {
        return provider instanceof JdkProvider
                ? "the model process does not serve TLS by the JDK's engine: each connection would make its TLS anew, "
                        + "half a second of work; OpenSSL does, and all other models serve both"
                : null;
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
        return layer(engines.accept(), above);
    }

    /**
     * Returns the protocol of one connection of a server as {@link #accept(Function)} does, with an engine of the JDK
     * that {@code setup} has changed to its liking: protocols, cipher suites, client certificates.
     *
     * @param setup is called once, on the calling thread, before the handshake
     * @throws IllegalStateException if the engines are not the JDK's
     */
    public Protocol accept(Consumer<SSLEngine> setup, Function<Tls, Protocol> above) {
        if (engines instanceof JdkEngines jdk) {
            return layer(jdk.accept(setup), above);
        }
        throw new IllegalStateException("the engines are those of " + provider.name());
    }

    /**
     * Returns the protocol of one connection of a client: TLS, and above it what {@code above} makes when the handshake
     * has succeeded and the server's certificate is for {@code host}.
     *
     * @param host the name to ask for and to verify
     * @param port the port, by which sessions are remembered
     */
    public Protocol connect(String host, int port, Function<Tls, Protocol> above) {
        return connect(host, port, above, why -> {});
    }

    /**
     * Returns the protocol of one connection of a client as {@link #connect(String, int, Function)} does.
     *
     * @param refused is told why, on the connection's thread, if it ends before the handshake has succeeded
     */
    public Protocol connect(String host, int port, Function<Tls, Protocol> above, Consumer<String> refused) {
        return layer(engines.connect(host, port), above, refused);
    }

    private Protocol layer(TlsEngine engine, Function<Tls, Protocol> above) {
        return layer(engine, above, why -> {});
    }

    private Protocol layer(TlsEngine engine, Function<Tls, Protocol> above, Consumer<String> refused) {
        return new LayerProtocol(new TlsLayer(this, engine, above, refused), null);
    }

    // ---- what layers ask and tell

    long handshakeNanos() {
        return options.handshakeTime().toNanos();
    }

    /** Returns whether the operating system may encrypt files, where it can. */
    public boolean usesKernel() {
        return options.usesKernel();
    }

    Executor executor() {
        return executor;
    }

    void established(Tls session) {
        handshakes.increment();
        if (session.resumed()) {
            resumptions.increment();
        }
        // There are as many as engines have suites: some twenty.
        String suite = session.protocol() + ' ' + session.cipherSuite();
        suites.computeIfAbsent(suite, unused -> new LongAdder()).increment();
    }

    void failed(@Nullable String why) {
        failures.increment();
        alerts.count(why);
        lastFailure = why;
    }

    void released() {
        released.increment();
    }

    // ---- counts

    /** Returns the number of connections whose output is encrypted by the kernel, or was until they ended. */
    public long releasedToKernel() {
        return released.sum();
    }

    /** Returns the number of handshakes that have succeeded. */
    public long handshakes() {
        return handshakes.sum();
    }

    /** Returns how many of them resumed an earlier session. */
    public long resumptions() {
        return resumptions.sum();
    }

    /**
     * Returns how many handshakes agreed upon each version and suite, such as {@code TLSv1.3 TLS_AES_128_GCM_SHA256}.
     * The map is the caller's.
     */
    public Map<String, Long> handshakesBySuite() {
        Map<String, Long> all = new TreeMap<>();
        suites.forEach((suite, count) -> all.put(suite, count.sum()));
        return all;
    }

    /** Returns the number of connections that TLS has ended: refused handshakes and broken records. */
    public long failures() {
        return failures.sum();
    }

    /**
     * Returns how many of them there were of each kind: by the alert, such as {@code sent handshake_failure} or
     * {@code received unknown_ca}, or by what happened where there was none. The map is the caller's.
     */
    public Map<String, Long> failuresByAlert() {
        return alerts.all();
    }

    /** Returns why the last of them failed, {@code null} if none has. */
    public @Nullable String lastFailure() {
        return lastFailure;
    }
}
