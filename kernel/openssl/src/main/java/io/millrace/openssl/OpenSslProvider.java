// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.sys.OpenSsl;
import io.millrace.tls.TlsEngines;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsProvider;
import org.jspecify.annotations.Nullable;

/**
 * OpenSSL 3's TLS. Handshakes are computed on the thread of the connection, for they take less time than handing them
 * to another thread would: the executor of {@link TlsOptions} is not used.
 */
public final class OpenSslProvider implements TlsProvider {
    private final String name;

    /**
     * Makes a provider; all are alike.
     *
     * @throws IllegalStateException if OpenSSL cannot be used here; the message says why
     */
    public OpenSslProvider() {
        String reason = whyNot();
        if (reason != null) {
            throw new IllegalStateException(reason);
        }
        name = OpenSsl.version();
    }

    /** Explains why OpenSSL cannot be used here, or returns {@code null} if it can. Loads the library. */
    public static @Nullable String whyNot() {
        return OpenSsl.whyNot();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public TlsEngines server(TlsOptions options) {
        return new OpenSslEngines(options, true);
    }

    @Override
    public TlsEngines client(TlsOptions options) {
        return new OpenSslEngines(options, false);
    }

    /** Explains why the kernel does not encrypt files here, or returns {@code null} if it does. */
    public static @Nullable String whyNoKernelTls() {
        return KernelSupport.WHY_NOT;
    }

    /** Returns how many objects of OpenSSL the engines have made and not freed: connections, contexts, sessions. */
    public static long liveObjects() {
        return NativeObjects.live();
    }
}
