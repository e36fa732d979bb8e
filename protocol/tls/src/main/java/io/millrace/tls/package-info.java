// SPDX-License-Identifier: Apache-2.0

/**
 * TLS 1.2 and 1.3 (RFC 5246, RFC 8446) between a link and the protocol above it. Does no I/O: bytes of records in,
 * bytes of records out. The cryptography is an engine's: the JDK's, or that of another provider.
 *
 * <p>It knows certificates, keys, sessions and records. It knows neither sockets nor HTTP; which protocol speaks above
 * it, it is told by name (ALPN).
 *
 * <p>Read in this order: {@code TlsOptions}, {@code Credentials}, {@code Pem}, {@code PrivateKeys}; {@code TlsContext},
 * {@code TlsLayer}, {@code TlsEngine}, {@code TlsProvider}, {@code JdkProvider}, {@code JdkEngines}, {@code JdkEngine},
 * {@code CredentialsManager}.
 */
@NullMarked
package io.millrace.tls;

import org.jspecify.annotations.NullMarked;
