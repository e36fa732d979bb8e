// SPDX-License-Identifier: Apache-2.0

/**
 * The load generator: asks a server many times, at a fixed rate or as fast as it answers, and says how long that took.
 *
 * <p>Knows: how to ask over HTTP/1.1, HTTP/2, WebSocket and plain TCP, when to ask, how to count. Does not know: what
 * is being tested, or how results are drawn.
 *
 * <pre>
 *   Load ──► Worker (one for each loop: when to ask) ──► Client (one connection at a time)
 *                                                          ├─ HttpLoadClient
 *                                                          ├─ Http2LoadClient
 *                                                          ├─ WebSocketLoadClient
 *                                                          └─ EchoLoadClient
 *    │          │                                             │
 *    │          ├── Dialer ─► net.Connector                   ├─► http1.ResponseParser
 *    │          └── Tally (what has happened) ◄───────────────┘
 *    └─► LoadResult (all tallies together)          LoadAgent, Coordinator: the same on several machines, over a
 *                                                   SealedChannel
 * </pre>
 *
 * <p>At a fixed rate the time of a request counts from when it was <em>due</em>, not from when it could be sent: a
 * server that stalls for a second is charged with every request that would have been asked meanwhile. A generator that
 * waits for an answer before it asks again hides that (Gil Tene's "coordinated omission").
 *
 * <p>Read in this order: {@code LoadPlan}, {@code Load}, {@code Worker}, {@code Client}, {@code HttpLoadClient},
 * {@code Http2LoadClient}.
 */
package io.millrace.load;
