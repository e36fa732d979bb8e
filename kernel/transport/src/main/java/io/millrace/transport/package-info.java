// SPDX-License-Identifier: Apache-2.0

/**
 * Connections on an event loop: accepts and connects sockets, moves their bytes, and calls protocols, of which it knows
 * none.
 *
 * <pre>
 *   kernel ─► ReadinessDriver or RingDriver ─► ReceiveBuffer ─► Connection ─► Protocol.receive
 *   kernel ◄─ ReadinessDriver or RingDriver ◄─ SocketWriter ◄─ OutputQueue ◄─ Link.out, transfer
 * </pre>
 *
 * <p>Read in this order: {@code Connections} (what users call), {@code Connection}, {@code Driver} (one connection
 * within its budget), {@code ReadinessDriver}, {@code RingDriver}; {@code Acceptor} and {@code ListenGroup};
 * {@code LoopGroup}; {@code Engine}, the catalogue of mechanisms.
 */
package io.millrace.transport;
