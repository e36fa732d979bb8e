// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseMode;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.WebSocketFrames;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits, time, back-pressure and the end, on byte arrays. */
final class WebSocketLimitsTest {
    private static final WebSocketLimits LIMITS = WebSocketLimits.DEFAULT;

    @Test
    void aMessageThatIsTooLargeIsRefusedByItsHead() {
        Server server = Server.opened(LIMITS.withSizes(1000, 1 << 20));
        server.feed(new WebSocketFrames().frame(0x82, Server.bytes(1000)));
        assertEquals(1000, server.frames().getFirst().payload().length);
        server.feed(new WebSocketFrames().frame(0x82, new byte[0], 1001));
        assertEquals("[close 1009]", server.taken());
        assertEquals(1009, server.echo.closedCode);
    }

    @Test
    void aMessageOfManyFramesCountsAsAWhole() {
        Server server = Server.opened(LIMITS.withSizes(1000, 1 << 20));
        server.feed(new WebSocketFrames().frame(0x02, Server.bytes(600)).frame(0x00, new byte[0], 401));
        assertEquals("[close 1009]", server.taken());
    }

    @Test
    void aFrameThatIsTooLargeIsRefused() {
        Server server = Server.opened(LIMITS.withSizes(1 << 20, 1000));
        server.feed(new WebSocketFrames().frame(0x82, new byte[0], 1001));
        assertEquals("[close 1009]", server.taken());
    }

    @Test
    void aLengthBeyondAllBoundsIsRefusedWithoutMemory() {
        Server server = Server.opened(LIMITS);
        server.feed(new WebSocketFrames().frame(0x82, new byte[0], Long.MAX_VALUE));
        assertEquals("[close 1009]", server.taken());
        server = Server.opened(LIMITS);
        server.feed(new WebSocketFrames().raw(0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4));
        assertEquals("[close 1002]", server.taken());
    }

    @Test
    void theShortestFormOfALengthIsADuty() {
        Server server = Server.opened(LIMITS);
        server.feed(new WebSocketFrames().raw(0x82, 0xfe, 0, 125, 1, 2, 3, 4));
        assertEquals("[close 1002]", server.taken());
        server = Server.opened(LIMITS);
        server.feed(new WebSocketFrames().raw(0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4));
        assertEquals("[close 1002]", server.taken());
    }

    @Test
    void aFrameThatIsNotMaskedIsRefused() {
        Server server = Server.opened(LIMITS);
        server.feed(new WebSocketFrames().raw(0x81, 0x01, 'a'));
        assertEquals("[close 1002]", server.taken());
        assertEquals(CloseMode.LINGERING, server.link.closing());
    }

    @Test
    void aFloodOfFragmentsEnds() {
        Server server = Server.opened(LIMITS.withCounts(3, 100));
        WebSocketFrames frames =
                new WebSocketFrames().frame(0x01, "a").frame(0x00, "b").frame(0x80, "c");
        server.feed(frames);
        assertEquals(3, server.frames().getFirst().payload().length);
        server.feed(new WebSocketFrames()
                .frame(0x01, "")
                .frame(0x00, "")
                .frame(0x00, "")
                .frame(0x00, ""));
        assertEquals("[close 1008]", server.taken());
    }

    @Test
    void aFloodOfPingsEnds() {
        Server server = Server.opened(LIMITS.withCounts(10, 5));
        for (int second = 0; second < 3; second++) {
            for (int i = 0; i < 5; i++) {
                server.feed(new WebSocketFrames().frame(0x89, "x"));
            }
            assertEquals(5, server.frames().size());
            server.link.advance(Duration.ofSeconds(1));
        }
        for (int i = 0; i < 6; i++) {
            server.feed(new WebSocketFrames().frame(0x8a, "x"));
        }
        assertEquals("[close 1008]", server.taken());
    }

    @Test
    void aSilentPeerIsPingedAndThenLeft() {
        Server server = Server.opened(LIMITS.withPings(Duration.ofSeconds(60), Duration.ofSeconds(20)));
        server.link.advance(Duration.ofSeconds(59));
        assertEquals("[]", server.taken());
        server.feed(new WebSocketFrames().frame(0x81, "here"));
        assertEquals(1, server.frames().size());
        server.link.advance(Duration.ofSeconds(59));
        assertEquals("[]", server.taken());
        server.link.advance(Duration.ofSeconds(1));
        assertEquals(0x89, server.frames().getFirst().first());
        server.link.advance(Duration.ofSeconds(10));
        server.feed(new WebSocketFrames().frame(0x8a, ""));
        server.link.advance(Duration.ofSeconds(59));
        assertEquals("[]", server.taken());
        assertFalse(server.link.isClosed());
        server.link.advance(Duration.ofSeconds(11));
        assertEquals(0x89, server.frames().getFirst().first());
        server.link.advance(Duration.ofSeconds(20));
        assertTrue(server.link.isClosed());
        assertEquals(1006, server.echo.closedCode);
        assertEquals("the peer did not answer a ping", server.echo.closedReason);
    }

    @Test
    void aPeerThatIsNotReadFromIsNotLeft() {
        Server server = Server.opened(LIMITS.withPings(Duration.ofSeconds(60), Duration.ofSeconds(20)));
        server.echo.socket.pause(true);
        server.link.advance(Duration.ofSeconds(600));
        assertFalse(server.link.isClosed());
        assertEquals("[]", server.taken());
        server.echo.socket.pause(false);
        server.link.advance(Duration.ofSeconds(120));
        assertEquals(0x89, server.frames().getFirst().first());
    }

    @Test
    void closingWaitsForTheAnswerAndTellsNothingElse() {
        Server server = Server.opened(LIMITS);
        server.echo.socket.close(4000, "enough");
        assertEquals("[close 4000]", server.taken());
        assertFalse(server.echo.socket.isOpen());
        server.echo.socket.send("too late");
        server.feed(new WebSocketFrames().frame(0x81, "on its way").frame(0x89, "ping"));
        assertEquals("[]", server.taken());
        assertNull(server.link.closing());
        server.feed(new WebSocketFrames().close(4000, new byte[0]));
        assertEquals("[]", server.taken());
        assertEquals(4000, server.echo.closedCode);
        assertEquals(CloseMode.LINGERING, server.link.closing());
    }

    @Test
    void aCloseThatIsNotAnsweredEndsInTime() {
        Server server = Server.opened(LIMITS);
        server.echo.socket.close();
        server.link.advance(Duration.ofSeconds(2));
        assertTrue(server.link.isClosed());
        assertEquals(1006, server.echo.closedCode);
    }

    @Test
    void aServerThatStopsSaysSo() {
        Server server = Server.opened(LIMITS);
        server.link.stop();
        assertEquals("[close 1001]", server.taken());
        server.feed(new WebSocketFrames().close(1001, new byte[0]));
        assertEquals(1001, server.echo.closedCode);
    }

    @Test
    void aPeerThatJustGoesIsTold() {
        Server server = Server.opened(LIMITS);
        server.link.end();
        assertEquals(1006, server.echo.closedCode);
        assertEquals(CloseMode.FLUSHED, server.link.closing());
        server = Server.opened(LIMITS);
        server.link.reset();
        assertEquals(1006, server.echo.closedCode);
    }

    @Test
    @ExpectedLog("the listener of a WebSocket of")
    void aListenerThatFailsEndsItsConnectionWith1011() {
        Server server = new Server(WebSocketOptions.DEFAULT, new WebSocketListener() {
            @Override
            public void text(WebSocket socket, String text) {
                throw new IllegalStateException(text);
            }
        });
        server.open("");
        server.feed(new WebSocketFrames().frame(0x81, "boom").frame(0x81, "again"));
        assertEquals("[close 1011]", server.taken());
    }

    @Test
    void aPausedSocketKeepsWhatHasCome() {
        StringBuilder told = new StringBuilder();
        WebSocket[] sockets = new WebSocket[1];
        Server server = new Server(WebSocketOptions.DEFAULT, new WebSocketListener() {
            @Override
            public void opened(WebSocket socket) {
                sockets[0] = socket;
            }

            @Override
            public void text(WebSocket socket, String text) {
                told.append(text);
                socket.pause(true);
            }
        });
        server.open("");
        server.feed(new WebSocketFrames().frame(0x81, "a").frame(0x81, "b").frame(0x81, "c"));
        assertEquals("a", told.toString());
        sockets[0].pause(false);
        server.link.run();
        assertEquals("ab", told.toString());
        sockets[0].close();
        server.link.run();
        server.feed(new WebSocketFrames().close());
        assertEquals("ab", told.toString());
        assertTrue(server.link.closing() != null);
    }

    @Test
    void writableIsToldOnceThereIsRoomAgain() {
        int[] told = new int[1];
        WebSocket[] sockets = new WebSocket[1];
        Server server = new Server(WebSocketOptions.DEFAULT, new WebSocketListener() {
            @Override
            public void opened(WebSocket socket) {
                sockets[0] = socket;
            }

            @Override
            public void writable(WebSocket socket) {
                told[0]++;
            }
        });
        server.open("");
        server.link.highWater(1000).window(0);
        sockets[0].send(Server.bytes(2000));
        assertFalse(sockets[0].writable());
        assertTrue(sockets[0].pending() >= 2000);
        server.link.window(Long.MAX_VALUE);
        assertEquals(1, told[0]);
        assertTrue(sockets[0].writable());
    }

    @Test
    void whatMustNotBeSentIsRefused() {
        Server server = Server.opened(LIMITS);
        WebSocket socket = server.echo.socket;
        for (int code : new int[] {0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) {
            assertThrows(IllegalArgumentException.class, () -> socket.close(code, ""));
        }
        assertThrows(IllegalArgumentException.class, () -> socket.close(1000, "x".repeat(124)));
        assertThrows(IllegalArgumentException.class, () -> socket.ping(new byte[126]));
        assertTrue(socket.isOpen());
    }
}
