// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Buffer;
import java.util.Objects;

/**
 * The beginning of a TLS connection: nothing fails, and what is known of a whole message is not changed by more bytes.
 */
public final class ClientHelloFuzz {
    private ClientHelloFuzz() {}

    /** Reads one input. */
    public static void fuzzerTestOneInput(byte[] input) {
        boolean known = false;
        String name = null;
        boolean offers = false;
        for (int length = 0; length <= input.length; length++) {
            Buffer bytes = new Buffer();
            bytes.append(input, 0, length);
            boolean incomplete = ClientHello.isIncomplete(bytes);
            String found = ClientHello.serverName(bytes);
            boolean offered = ClientHello.offers(bytes, "h2");
            if (bytes.readable() != length) {
                throw new AssertionError("bytes were taken");
            }
            if (incomplete && (known || found != null || offered)) {
                throw new AssertionError("complete and then not, at " + length);
            }
            if (known && (!Objects.equals(name, found) || offers != offered)) {
                throw new AssertionError(name + " at first, and at " + length + " " + found);
            }
            known |= !incomplete;
            name = found;
            offers = offered;
        }
    }
}
