// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.tls.JdkProvider;
import io.millrace.tls.TlsProvider;

/** OpenSSL's engine of a server, and the JDK's of a client. */
final class OpenSslServerTest extends TlsEngineContract {
    @Override
    TlsProvider ofServer() {
        return OpenSslHere.provider();
    }

    @Override
    TlsProvider ofClient() {
        return new JdkProvider();
    }
}
