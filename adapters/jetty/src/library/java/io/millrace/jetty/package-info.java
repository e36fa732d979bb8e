// SPDX-License-Identifier: Apache-2.0

/**
 * Jetty 12.1 on Millrace: {@link io.millrace.jetty.MillraceConnector} takes the place of Jetty's own connector. Jetty
 * stays the container: servlets, sessions, handlers and its thread pool. Connections, parsing and TLS are Millrace's.
 *
 * <pre>
 *   loop:   request ──► RequestExchange ──► HttpChannel.onRequest ──► task
 *   Jetty's pool:                                                     task ──► Handler
 *                                           Handler ──► HttpStream.send ──► loop: head, body
 *           body ──► chunks ──► onContentAvailable ──► Handler
 *           101 ──► LinkEndPoint ──► the Connection that Jetty has made (WebSocket)
 * </pre>
 */
package io.millrace.jetty;
