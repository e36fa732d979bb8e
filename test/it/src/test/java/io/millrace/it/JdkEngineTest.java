// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.tls.JdkProvider;
import io.millrace.tls.TlsProvider;

/** The JDK's engine at both ends. */
final class JdkEngineTest extends TlsEngineContract {
    @Override
    TlsProvider ofServer() {
        return new JdkProvider();
    }

    @Override
    TlsProvider ofClient() {
        return new JdkProvider();
    }
}
