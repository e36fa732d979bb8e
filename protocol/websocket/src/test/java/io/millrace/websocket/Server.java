// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.TransferCounter;
import io.millrace.testkit.WebSocketFrames;
import io.millrace.testkit.WebSocketFrames.Frame;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** A server for tests: HTTP/1.1 over a link in memory, and a listener that can be looked at. */
final class Server {
    static final String OPENING = "GET /chat HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

    final Echo echo = new Echo();
    final FakeClock clock = new FakeClock();
    final TransferCounter transfers;
    final MemoryLink link;

    Server(WebSocketOptions options) {
        this(options, null);
    }

    Server(WebSocketOptions options, WebSocketListener listener) {
        this(WebSocketUpgrade.of(options), listener);
    }

    /** One of several connections of the same server. */
    Server(WebSocketUpgrade upgrade, WebSocketListener listener) {
        Handler handler = upgrade.handler(request -> listener == null ? echo : listener);
        transfers = new TransferCounter(
                new Http1Factory(handler, Limits.DEFAULT, ExchangeLog.NONE, clock, "test").create());
        link = new MemoryLink(transfers, clock);
    }

    /** Opens a WebSocket and returns the head of the answer. */
    String open(String fields) {
        link.feed(OPENING + fields + "\r\n");
        return link.take();
    }

    static Server opened(WebSocketOptions options, String fields) {
        Server server = new Server(options);
        String head = server.open(fields);
        if (!head.startsWith("HTTP/1.1 101 ") || !head.endsWith("\r\n\r\n")) {
            throw new AssertionError(head);
        }
        return server;
    }

    static Server opened(WebSocketLimits limits) {
        return opened(WebSocketOptions.DEFAULT.withLimits(limits), "");
    }

    Server feed(WebSocketFrames frames) {
        link.feed(frames.bytes());
        return this;
    }

    /** Takes the frames that were sent. */
    List<Frame> frames() {
        return WebSocketFrames.parse(link.run().take().getBytes(StandardCharsets.ISO_8859_1));
    }

    String taken() {
        return frames().toString();
    }

    static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) 'x');
        return bytes;
    }
}
