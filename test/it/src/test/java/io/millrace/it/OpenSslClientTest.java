// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.tls.JdkProvider;
import io.millrace.tls.TlsProvider;

/** The JDK's engine of a server, and OpenSSL's of a client. */
final class OpenSslClientTest extends TlsEngineContract {
    @Override
    TlsProvider ofServer() {
        return new JdkProvider();
    }

    @Override
    TlsProvider ofClient() {
        return OpenSslHere.provider();
    }
}
