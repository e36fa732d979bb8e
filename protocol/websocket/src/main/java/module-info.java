// SPDX-License-Identifier: Apache-2.0

/** WebSocket, as a protocol that does no I/O. */
module io.millrace.websocket {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires transitive io.millrace.http;

    exports io.millrace.websocket;
}
