// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.util.List;

/** Makes the engines of one {@link TlsContext}, which share credentials, trust and sessions. Any thread may call. */
public interface TlsEngines {

    /** Returns the engine of one connection of a server. */
    TlsEngine accept();

    /**
     * Returns the engine of one connection of a client.
     *
     * @param host the name or address to ask for and to verify
     * @param port the port, by which sessions are remembered
     */
    TlsEngine connect(String host, int port);

    /**
     * Uses other credentials from the next handshake on. Sessions stay valid.
     *
     * @throws IllegalArgumentException if they cannot be used; those before stay
     */
    void replace(List<Credentials> credentials);
}
