// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import io.millrace.tls.Credentials;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.provider.GenericAcmeProvider;

/** Reaches any authority, by a client that trusts the given roots. */
final class AuthorityProvider extends GenericAcmeProvider {
    private static final Duration CONNECT_TIME = Duration.ofSeconds(20);

    private final SSLContext trust;

    /** {@code root} is a file in PEM, {@code null} for the JDK's authorities. */
    AuthorityProvider(Path root) throws IOException {
        trust = root == null ? null : trustIn(root);
    }

    private static SSLContext trustIn(Path root) throws IOException {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (X509Certificate one : Credentials.certificates(root)) {
                store.setCertificateEntry("root" + store.size(), one);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(root + ": " + e.getMessage(), e);
        }
    }

    @Override
    public HttpClient createHttpClient(NetworkSettings settings) {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(CONNECT_TIME)
                .proxy(settings.getProxySelector());
        return (trust == null ? builder : builder.sslContext(trust)).build();
    }
}
