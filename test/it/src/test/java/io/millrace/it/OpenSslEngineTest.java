// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.tls.TlsProvider;

/** OpenSSL's engine at both ends. */
final class OpenSslEngineTest extends TlsEngineContract {
    @Override
    TlsProvider ofServer() {
        return OpenSslHere.provider();
    }

    @Override
    TlsProvider ofClient() {
        return OpenSslHere.provider();
    }
}
