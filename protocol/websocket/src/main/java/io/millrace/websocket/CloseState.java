// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

/**
 * How far a WebSocket has come to its end (RFC 6455 section 7).
 *
 * <pre>
 *          this side closes            the peer answers, or takes too long
 *   OPEN ────────────────────► CLOSING ────────────────────────────────────► CLOSED
 *     │                                                                        ▲
 *     └────────────────────────────────────────────────────────────────────────┘
 *       the peer closes, and is answered; either side fails; the connection ends
 * </pre>
 */
enum CloseState {
    /** Messages go both ways. */
    OPEN,

    /** A Close has been sent; frames are still read, and nothing is told until the peer's Close. */
    CLOSING,

    /** The listener has been told; input is dropped. */
    CLOSED
}
