// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

/** Sends back every message, and remembers the end. */
final class Echo implements WebSocketListener {
    int closedCode;
    String closedReason;
    WebSocket socket;

    @Override
    public void opened(WebSocket opened) {
        socket = opened;
    }

    @Override
    public void text(WebSocket from, byte[] utf8, int offset, int length) {
        from.sendText(utf8, offset, length);
    }

    @Override
    public void binary(WebSocket from, byte[] bytes, int offset, int length) {
        from.sendBinary(bytes, offset, length);
    }

    @Override
    public void closed(WebSocket from, int code, String reason) {
        if (closedCode != 0) {
            throw new AssertionError("closed twice: " + closedCode + ", then " + code);
        }
        closedCode = code;
        closedReason = reason;
    }
}
