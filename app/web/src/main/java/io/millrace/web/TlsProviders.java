// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.openssl.OpenSslProvider;
import io.millrace.tls.JdkProvider;
import io.millrace.tls.TlsProvider;
import java.util.List;

/**
 * Chooses where the cryptography of TLS comes from: {@code TlsContext.server(options, TlsProviders.auto())}. OpenSSL is
 * loaded when it is first asked for here, and not before.
 */
public final class TlsProviders {

    /** The names that {@link #named} knows. */
    public static final List<String> NAMES = List.of("auto", "jdk", "openssl");

    private TlsProviders() {}

    /** Returns OpenSSL where it can be used, else the JDK. */
    public static TlsProvider auto() {
        return whyNoOpenSsl() == null ? new OpenSslProvider() : new JdkProvider();
    }

    /**
     * Returns the provider of that name, one of {@link #NAMES}.
     *
     * @throws IllegalArgumentException if there is none of that name
     * @throws IllegalStateException if it cannot be used here; the message says why
     */
    public static TlsProvider named(String name) {
        return switch (name) {
            case "auto" -> auto();
            case "jdk" -> new JdkProvider();
            case "openssl" -> new OpenSslProvider();
            default -> throw new IllegalArgumentException("no TLS engine is called " + name + "; there are " + NAMES);
        };
    }

    /** Explains why the kernel does not encrypt files here, or returns {@code null} if it does. */
    public static String whyNoKernelTls() {
        String reason = whyNoOpenSsl();
        return reason == null ? OpenSslProvider.whyNoKernelTls() : reason;
    }

    /** Explains why OpenSSL cannot be used here, or returns {@code null} if it can. */
    public static String whyNoOpenSsl() {
        return OpenSslProvider.whyNot();
    }
}
