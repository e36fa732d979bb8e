// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import java.util.ArrayDeque;
import java.util.LinkedHashSet;

/**
 * The connections of one loop to one origin, and the calls that wait for one. The connection that was used last is used
 * next, so that those not needed reach their idle time and go. On the loop only.
 */
final class OriginPool {
    private final Origin origin;

    /** Without a call, the one used last at the end. */
    final ArrayDeque<ClientConnection> idle = new ArrayDeque<>();

    /** In the order in which they came. */
    final LinkedHashSet<Call> waiting = new LinkedHashSet<>();

    /** Connections, those being opened included. */
    int open;

    OriginPool(Origin origin) {
        this.origin = origin;
    }

    Origin origin() {
        return origin;
    }

    boolean isEmpty() {
        return open == 0 && waiting.isEmpty();
    }
}
