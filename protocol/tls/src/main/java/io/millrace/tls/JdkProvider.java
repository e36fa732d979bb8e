// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

/** The JDK's TLS, which is everywhere. */
public final class JdkProvider implements TlsProvider {

    /** Makes a provider; all are alike. */
    public JdkProvider() {}

    @Override
    public String name() {
        return "JDK " + Runtime.version().feature();
    }

    @Override
    public TlsEngines server(TlsOptions options) {
        return new JdkEngines(options, true);
    }

    @Override
    public TlsEngines client(TlsOptions options) {
        return new JdkEngines(options, false);
    }
}
