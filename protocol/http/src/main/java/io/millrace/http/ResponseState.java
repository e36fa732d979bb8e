// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import org.jspecify.annotations.Nullable;

/**
 * How far the answer of an exchange has come, as the loop sees it.
 *
 * <pre>
 *            BEGIN          END
 *    OPEN ─────────► BODY ───────► DONE
 *      │               │
 *      └────► BROKEN ◄─┘
 *       BREAK     BREAK
 * </pre>
 *
 * <p>DONE and BROKEN are final: whatever a handler still sends is dropped.
 */
enum ResponseState {
    /** Nothing has been said. */
    OPEN,
    /** The head has been handed to the connection, the body has not been ended. */
    BODY,
    /** All of the answer has been handed to the connection. */
    DONE,
    /** There will be no answer, or no more of it. */
    BROKEN;

    /** What can happen to an answer. */
    enum Event {
        /** Its head is handed over. */
        BEGIN,
        /** Its last byte is handed over. */
        END,
        /** The connection ended, or is being ended. */
        BREAK
    }

    /** The state after an event, {@code null} if it cannot happen here. */
    @Nullable
    ResponseState after(Event event) {
        return switch (event) {
            case BEGIN -> this == OPEN ? BODY : null;
            case END -> this == BODY ? DONE : null;
            case BREAK -> this == OPEN || this == BODY ? BROKEN : null;
        };
    }

    /** Whether nothing can happen any more. */
    boolean isFinal() {
        return this == DONE || this == BROKEN;
    }
}
