// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.openssl.OpenSslProvider;
import io.millrace.tls.TlsProvider;

/** The provider of OpenSSL, for tests that are skipped where the library is missing. */
final class OpenSslHere {
    private OpenSslHere() {}

    static TlsProvider provider() {
        String reason = OpenSslProvider.whyNot();
        assumeTrue(reason == null, reason);
        return new OpenSslProvider();
    }
}
