// SPDX-License-Identifier: Apache-2.0

/**
 * TLS engines of OpenSSL 3 behind the seam of the room {@code tls}: a full handshake costs a quarter of what it costs
 * the JDK. The library is loaded when {@code OpenSslProvider} is first asked for, and never by a server in the clear.
 *
 * <p>It knows contexts, connections and sessions of OpenSSL and frees each once. It knows neither sockets nor
 * protocols: records come and go through memory BIOs, which connections borrow for a call, so that an idle one holds no
 * buffer. OpenSSL calls back for ALPN alone, during a handshake.
 *
 * <p>Read in this order: {@code OpenSslProvider}, {@code OpenSslEngines}, {@code ContextSet}, {@code ContextBuilder};
 * {@code OpenSslEngine}, {@code BioPair}, {@code OpenSslSession}, {@code ClientSessions}, {@code Failures}.
 */
@NullMarked
package io.millrace.openssl;

import org.jspecify.annotations.NullMarked;
