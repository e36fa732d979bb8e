// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

/**
 * Where the cryptography comes from: the JDK, or another library. Chosen once for each {@link TlsContext}. Any thread
 * may call.
 */
public interface TlsProvider {

    /** Returns the name for logs, with a version where there is one, such as {@code OpenSSL 3.0.19}. */
    String name();

    /**
     * Prepares what the engines of one context have in common.
     *
     * @throws IllegalArgumentException if the credentials cannot be used
     * @throws IllegalStateException if the library cannot be used
     */
    TlsEngines server(TlsOptions options);

    /**
     * Prepares what the engines of one context of clients have in common.
     *
     * @throws IllegalArgumentException if the credentials cannot be used
     * @throws IllegalStateException if the library cannot be used
     */
    TlsEngines client(TlsOptions options);
}
