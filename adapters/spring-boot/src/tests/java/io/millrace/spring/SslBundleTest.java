// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.spring.PropertiesTest.Kind;
import io.millrace.spring.Servers.App;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.jks.JksSslStoreBundle;
import org.springframework.boot.ssl.jks.JksSslStoreDetails;

/** Boot's SSL bundles on Millrace, for both kinds of application. */
@Timeout(120)
final class SslBundleTest {
    @ParameterizedTest
    @EnumSource
    void aReloadedBundleIsForTheNextConnection(Kind kind, @TempDir Path folder) throws Exception {
        Path before = key(folder, "before");
        Path after = key(folder, "after");
        try (App app = kind.start(
                "server.ssl.bundle=web",
                "spring.ssl.bundle.jks.web.keystore.location=" + before.toUri(),
                "spring.ssl.bundle.jks.web.keystore.password=secret")) {
            assertEquals("CN=before", subject(app.port()));
            JksSslStoreDetails details =
                    JksSslStoreDetails.forLocation(after.toUri().toString()).withPassword("secret");
            app.context
                    .getBean(SslBundleRegistry.class)
                    .updateBundle("web", SslBundle.of(new JksSslStoreBundle(details, null)));
            assertEquals("CN=after", subject(app.port()));
        }
    }

    private static Path key(Path folder, String name) throws Exception {
        Path store = folder.resolve(name + ".p12");
        String tool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        List<String> command = List.of(
                tool, "-genkeypair", "-keyalg", "EC", "-alias", name, "-dname", "CN=" + name, "-storepass", "secret");
        Process process = new ProcessBuilder(Stream.concat(command.stream(), Stream.of("-keystore", store.toString()))
                        .toList())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        return store;
    }

    /** Returns whose key the server at {@code port} has. */
    private static String subject(int port) throws Exception {
        AtomicReference<String> subject = new AtomicReference<>();
        X509ExtendedTrustManager asking = new X509ExtendedTrustManager() {
            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
                subject.set(chain[0].getSubjectX500Principal().getName());
            }

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {asking}, null);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.setSoTimeout(30_000);
            socket.startHandshake();
        }
        return subject.get();
    }
}
