// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Engines of the JDK: one SSLContext. */
final class JdkEngines implements TlsEngines {
    private static final String[] BOTH = {"TLSv1.3", "TLSv1.2"};
    private static final String[] LATEST = {"TLSv1.3"};

    private final TlsOptions options;
    private final @Nullable CredentialsManager manager;
    private final @Nullable SSLContext own;
    private final @Nullable Supplier<SSLContext> given;
    private final Consumer<SSLEngine> setup;

    JdkEngines(TlsOptions options, boolean isServer) {
        this.setup = engine -> {};
        this.options = options;
        this.given = null;
        this.manager = new CredentialsManager(options.credentials());
        try {
            this.own = SSLContext.getInstance("TLS");
            own.init(new KeyManager[] {manager}, trust(options.trusted(), isServer), null);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("this JDK has no TLS that can be used", e);
        }
    }

    /**
     * With the keys and the trust of a context of the JDK, asked for with each connection; {@code setup} has the last
     * word on each engine.
     */
    JdkEngines(Supplier<SSLContext> given, TlsOptions options, Consumer<SSLEngine> setup) {
        this.setup = setup;
        this.options = options;
        this.manager = null;
        this.own = null;
        this.given = given;
    }

    private SSLContext context() {
        return given == null ? Objects.requireNonNull(own) : given.get();
    }

    private static TrustManager @Nullable [] trust(List<X509Certificate> authorities, boolean isServer)
            throws GeneralSecurityException, IOException {
        if (authorities.isEmpty()) {
            // A server that trusts none asks no client; the authorities of the JDK would be read for nothing, which is
            // the longest part of its start.
            return isServer ? new TrustManager[0] : null;
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

    @Override
    public TlsEngine accept() {
        SSLEngine engine = context().createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = parameters(engine);
        parameters.setUseCipherSuitesOrder(true);
        parameters.setNeedClientAuth(options.clientCertificate() == TlsOptions.ClientCertificate.REQUIRED);
        if (options.clientCertificate() == TlsOptions.ClientCertificate.OPTIONAL) {
            parameters.setWantClientAuth(true);
        }
        engine.setSSLParameters(parameters);
        setup.accept(engine);
        return new JdkEngine(engine);
    }

    /** Returns an engine of a server that {@code configuration} has changed to its liking. */
    TlsEngine accept(Consumer<SSLEngine> configuration) {
        SSLEngine engine = context().createSSLEngine();
        engine.setUseClientMode(false);
        configuration.accept(engine);
        return new JdkEngine(engine);
    }

    @Override
    public TlsEngine connect(String host, int port) {
        SSLEngine engine = context().createSSLEngine(host, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = parameters(engine);
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        if (!HostNames.isAddress(host)) {
            parameters.setServerNames(List.of(new SNIHostName(host)));
        }
        engine.setSSLParameters(parameters);
        return new JdkEngine(engine);
    }

    private SSLParameters parameters(SSLEngine engine) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(options.onlyLatest() ? LATEST : BOTH);
        parameters.setApplicationProtocols(options.applicationProtocols().toArray(String[]::new));
        return parameters;
    }

    @Override
    public void replace(List<Credentials> credentials) {
        if (manager == null) {
            throw new IllegalStateException("the keys belong to the SSLContext that was given");
        }
        manager.replace(credentials);
    }
}
