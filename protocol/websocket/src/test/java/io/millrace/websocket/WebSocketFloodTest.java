// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.WebSocketFrames;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Floods of the smallest frames, against the limits that hold unless others are set; work is counted, not timed. */
final class WebSocketFloodTest {
    private static final int PIECE = 64 * 1024;
    private static final long HIGH = 256 * 1024;

    private static Server opened() {
        return Server.opened(WebSocketLimits.DEFAULT);
    }

    private static byte[] flood(int first, String payload, int count) {
        WebSocketFrames frames = new WebSocketFrames();
        for (int i = 0; i < count; i++) {
            frames.frame(first, payload);
        }
        return frames.bytes();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x"})
    void fragmentsEndAtTheLimit(String payload) {
        int most = WebSocketLimits.DEFAULT.fragments();
        Server server = opened();
        server.feed(new WebSocketFrames().frame(0x02, payload));
        server.link.feed(flood(0x00, payload, most - 2));
        server.feed(new WebSocketFrames().frame(0x80, payload));
        assertEquals(most * payload.length(), server.frames().getFirst().payload().length);

        server.feed(new WebSocketFrames().frame(0x02, payload));
        server.link.feed(flood(0x00, payload, 100_000));
        assertEquals("[close 1008]", server.taken());
        assertEquals(1008, server.echo.closedCode);
    }

    @ParameterizedTest
    @CsvSource({"0x89, ''", "0x89, x", "0x8a, ''"})
    void controlFramesEndAtTheLimit(int first, String payload) {
        int most = WebSocketLimits.DEFAULT.controls();
        Server server = opened();
        for (int second = 0; second < 3; second++) {
            server.link.feed(flood(first, payload, most));
            assertEquals(
                    first == WebSocketFrames.PING ? most : 0, server.frames().size());
            server.link.advance(Duration.ofSeconds(1));
        }
        server.link.feed(flood(first, payload, 100_000));
        assertEquals("close 1008", server.frames().getLast().toString());
        assertEquals(1008, server.echo.closedCode);
    }

    /** Pings between the fragments of a message count like others. */
    @Test
    void pingsWithinAMessageEndAtTheLimit() {
        Server server = opened();
        server.feed(new WebSocketFrames().frame(0x01, "begun"));
        server.link.feed(flood(WebSocketFrames.PING, "", WebSocketLimits.DEFAULT.controls() + 1));
        assertEquals("close 1008", server.frames().getLast().toString());
    }

    /** One who sends messages of a byte and reads no echo is not read from once the output has its high-water mark. */
    @Test
    void whoDoesNotReadTheEchoesIsNotReadFrom() {
        Server server = opened();
        server.link.highWater(HIGH).window(0);
        byte[] flood = flood(WebSocketFrames.BINARY, "x", 1_000_000);
        for (int at = 0; at < flood.length; at += PIECE) {
            server.link.feed(Arrays.copyOfRange(flood, at, Math.min(flood.length, at + PIECE)));
        }
        assertTrue(server.link.pending() < HIGH + PIECE, "waiting: " + server.link.pending());
        assertFalse(server.link.isClosed());
        server.link.window(Long.MAX_VALUE / 2);
        assertEquals(1_000_000, server.frames().size());
    }
}
