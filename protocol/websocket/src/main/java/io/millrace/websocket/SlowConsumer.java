// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

/** What becomes of a member of a {@link WebSocketGroup} for which more waits to be sent than the group allows. */
public enum SlowConsumer {
    /** It misses the message, and is sent those that come when less waits. */
    DROP,

    /** It is closed with {@link CloseCode#TRY_AGAIN_LATER}, so that it knows that it missed something. */
    CLOSE,

    /** The message waits with the others, without a bound. For members that are trusted. */
    KEEP
}
