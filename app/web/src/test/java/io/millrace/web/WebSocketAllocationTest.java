// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.RawClient;
import io.millrace.testkit.WebSocketFrames;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketOptions;
import io.millrace.websocket.WebSocketUpgrade;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the loop's own thread allocates over 10,000 messages that are echoed to several clients over real sockets. */
@Timeout(180)
@EnabledOnOs(value = OS.LINUX, disabledReason = "the loops of this release are for Linux")
final class WebSocketAllocationTest {
    private static final long PATIENCE_NANOS = 60_000_000_000L;
    private static final int CONNECTIONS = 8;
    private static final int ROUNDS = 10_000;
    private static final String OPENING = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n";

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private volatile long thread;

    private final class Echo implements WebSocketListener {
        @Override
        public void opened(WebSocket socket) {
            thread = Thread.currentThread().threadId();
        }

        @Override
        public void text(WebSocket socket, byte[] utf8, int offset, int length) {
            socket.sendText(utf8, offset, length);
        }

        @Override
        public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
            socket.sendBinary(bytes, offset, length);
        }
    }

    @ParameterizedTest
    @CsvSource({"129, 64", "129, 1000", "130, 64", "130, 8000"})
    void anEchoAllocatesNothing(int kind, int size) throws Exception {
        byte[] message = new WebSocketFrames().frame(kind, "x".repeat(size)).bytes();
        int answer = size + (size < 126 ? 2 : 4);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        WebSocketUpgrade upgrade = WebSocketUpgrade.of(WebSocketOptions.DEFAULT);
        try (LoopGroup loops = LoopGroup.open(1)) {
            Listener listening = loops.listen(
                    ListenOptions.on(address), () -> new Http1Factory(upgrade.handler(request -> new Echo())));
            List<RawClient> clients = new ArrayList<>();
            try {
                for (int i = 0; i < CONNECTIONS; i++) {
                    RawClient client = RawClient.connect(listening.address());
                    clients.add(client);
                    client.send(OPENING).readUntil("\r\n\r\n");
                }
                assertNothing(clients, message, answer);
            } finally {
                for (RawClient client : clients) {
                    client.close();
                }
            }
        }
    }

    /** Warm-up is when the compiler says so: the best of several measurements is what the code itself allocates. */
    private void assertNothing(List<RawClient> clients, byte[] message, int answer) throws IOException {
        long least = Long.MAX_VALUE;
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (least >= ROUNDS && System.nanoTime() - end < 0) {
            long before = threads.getThreadAllocatedBytes(thread);
            for (int done = 0; done < ROUNDS; done += CONNECTIONS) {
                for (RawClient client : clients) {
                    client.send(message);
                }
                for (RawClient client : clients) {
                    assertEquals(message[0], client.read(answer)[0]);
                }
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
        }
        assertTrue(least < ROUNDS, least + " bytes for " + ROUNDS + " messages");
    }
}
