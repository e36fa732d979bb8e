// SPDX-License-Identifier: Apache-2.0
/**
 * An HTTP/1.1 client on event loops (RFC 9110, RFC 9112).
 *
 * <pre>
 *   HttpClient ─► ClientRequest ─► Call ─► LoopClient ─► OriginPool ─► ClientConnection ─► Link
 *                                   ▲      one per loop  one per loop    a Protocol
 *                                   │                    and origin
 *                            ResponseListener
 * </pre>
 *
 * <p>The package makes no system call and starts no thread. Connections come through
 * {@link io.millrace.client.ClientLoop}, which the program that wires client and loops implements;
 * {@code io.millrace.web.HttpClients} is that wiring for the loops of this house.
 */
package io.millrace.client;
