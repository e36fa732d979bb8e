// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A flood of messages of one byte has its share of each turn of the loop, and no more: turns are counted. */
@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "the loops of this release are for Linux")
final class WebSocketTurnsTest {
    private static final String OPENING = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n";
    private static final int FRAME = 7;
    private static final int MESSAGES = 400_000;

    /**
     * What a connection may receive at once, and what the last call may bring beyond that; twice, since what was left
     * from the turn before and a new edge of the same socket may come in one turn.
     */
    private static final int MOST_BYTES_A_TURN = 2 * (256 * 1024 + 64 * 1024);

    /** Counts the messages between two turns of its loop. All but {@link #all} belongs to the loop. */
    private static final class Counting implements WebSocketListener {
        private final CompletableFuture<Integer> all = new CompletableFuture<>();
        private WebSocket socket;
        private int total;
        private int inTurn;
        private int most;
        private int turns;

        @Override
        public void opened(WebSocket opened) {
            socket = opened;
        }

        @Override
        public void binary(WebSocket from, byte[] bytes, int offset, int length) {
            if (total++ == 0) {
                socket.execute(this::turn);
            }
            inTurn++;
        }

        private void turn() {
            most = Math.max(most, inTurn);
            inTurn = 0;
            turns++;
            if (total == MESSAGES) {
                all.complete(most);
            } else {
                socket.execute(this::turn);
            }
        }
    }

    @Test
    void aFloodOfTinyMessagesLeavesTheOthersTheirTurns() throws Exception {
        WebSocketFrames frames = new WebSocketFrames();
        for (int i = 0; i < MESSAGES; i++) {
            frames.frame(WebSocketFrames.BINARY, "x");
        }
        byte[] flood = frames.bytes();
        assertEquals(FRAME * MESSAGES, flood.length);
        Counting counting = new Counting();
        WebSocketUpgrade upgrade = WebSocketUpgrade.of(WebSocketOptions.DEFAULT);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (LoopGroup loops = LoopGroup.open(1)) {
            Listener listening = loops.listen(
                    ListenOptions.on(address), () -> new Http1Factory(upgrade.handler(request -> counting)));
            try (RawClient flooding = RawClient.connect(listening.address())) {
                flooding.send(OPENING).readUntil("\r\n\r\n");
                flooding.send(flood);
                int most = counting.all.get(60, TimeUnit.SECONDS);
                assertTrue(most <= MOST_BYTES_A_TURN / FRAME, most + " messages in one turn");
                assertTrue(counting.turns >= flood.length / MOST_BYTES_A_TURN, counting.turns + " turns");
            }
        }
    }
}
