// SPDX-License-Identifier: Apache-2.0

/**
 * WebSocket (RFC 6455) with compression (RFC 7692), for servers and clients, over any {@link io.millrace.core.Link}.
 *
 * <pre>
 *   WebSocketUpgrade ─► Response.upgrade ─► WebSocketProtocol ─► WebSocketListener      callbacks on the loop
 *   WebSocketClient  ─► switchProtocol   ─►   │        ▲    └─► BlockingWebSocket       calls on a virtual thread
 *                                             ▼        │
 *                            MessageReader (Utf8Validator, MessageInflater)
 *                            FrameWriter (Masking, MessageDeflater)
 *
 *   WebSocketGroup ─► WebSocketMessage: framed and compressed once ─► Link.transfer     for each member
 * </pre>
 *
 * <p>An idle connection holds no buffer and no compression context: messages are read where they lie in the input that
 * the loop lends, and contexts are lent for one message, unless context takeover was asked for.
 */
@NullMarked
package io.millrace.websocket;

import org.jspecify.annotations.NullMarked;
