// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseMode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and their answers, as a client that does everything right sees them. */
class RequestTest {

    @Test
    void theServerBeginsWithItsSettings() {
        Peer peer = Peer.echo();
        assertEquals(List.of("SETTINGS 5", "WINDOW_UPDATE 0 196609"), peer.frames());
        peer.feed(Peer.PREFACE).settings();
        assertEquals("\0\0\0\4\1\0\0\0\0", peer.link.take());
    }

    @Test
    void aRequestIsAnswered() {
        Peer peer = Peer.echo().open();
        peer.get(1, "/a?b");
        assertEquals(
                List.of(
                        "HEADERS 1 :status=200 content-length=8 content-type=text/plain; charset=utf-8",
                        "DATA 1 END_STREAM GET /a?b"),
                peer.frames());
        peer.get(3, "/c");
        assertEquals("DATA 3 END_STREAM GET /c", peer.frames().get(1));
        assertEquals(List.of("GET /a?b 200 8", "GET /c 200 6"), peer.log);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void howTheBytesAreCutDoesNotMatter(boolean bytewise) {
        Peer peer = Peer.of((request, response) ->
                request.body().collect(1000, bytes -> response.send(request.header("a") + " " + new String(bytes))));
        if (bytewise) {
            peer.bytewise();
        }
        peer.open();
        peer.frame(Frame.HEADERS, Frame.PADDED | Frame.WITH_PRIORITY, 1, new byte[] {2, 0, 0, 0, 0, 9, 0, 0});
        byte[] block = peer.block(Peer.request("POST", "/x", "a: " + "y".repeat(300)));
        for (int i = 0; i < block.length; i += 60) {
            int end = Math.min(block.length, i + 60);
            peer.frame(
                    Frame.CONTINUATION,
                    end == block.length ? Frame.END_HEADERS : 0,
                    1,
                    java.util.Arrays.copyOfRange(block, i, end));
        }
        peer.frame(Frame.DATA, Frame.PADDED, 1, "\3one\0\0\0");
        peer.frame(0x77, 0, 0, "unknown");
        peer.frame(Frame.DATA, Frame.END_STREAM, 1, "two");
        assertEquals(
                "DATA 1 END_STREAM " + "y".repeat(300) + " onetwo",
                peer.frames().getLast());
        assertNull(peer.link.closing());
    }

    @Test
    void headAndStatusesWithoutContentEndWithTheirHead() {
        Peer peer = Peer.of((request, response) -> response.status(
                                request.path().equals("/")
                                        ? 200
                                        : Integer.parseInt(request.path().substring(1)))
                        .send(new byte[request.path().length() == 1 ? 5 : 0]))
                .open();
        peer.headers(1, true, Peer.request("HEAD", "/"))
                .get(3, "/204")
                .get(5, "/304")
                .get(7, "/205");
        peer.get(9, "/200");
        assertEquals(
                List.of(
                        "HEADERS 1 END_STREAM :status=200 content-length=5",
                        "HEADERS 3 END_STREAM :status=204",
                        "HEADERS 5 END_STREAM :status=304",
                        "HEADERS 7 END_STREAM :status=205 content-length=0",
                        "HEADERS 9 END_STREAM :status=200 content-length=0"),
                peer.frames());
    }

    @Test
    void manyRequestsAtOnceAreAnsweredEach() {
        Peer peer = Peer.echo().open();
        for (int i = 1; i < 2000; i += 2) {
            peer.get(i, "/" + i);
            assertEquals("DATA " + i + " END_STREAM GET /" + i, peer.frames().getLast());
        }
        assertEquals(1000, peer.log.size());
        assertFalse(peer.isClosing());
    }

    @Test
    void anIdleConnectionIsLetGo() {
        Peer peer = Peer.echo().open();
        peer.get(1, "/");
        peer.frames();
        peer.link.advance(Duration.ofSeconds(74));
        assertFalse(peer.isClosing());
        peer.ping("12345678");
        peer.link.advance(Duration.ofSeconds(2));
        assertEquals(List.of("PING ACK 12345678", "GOAWAY 1 NO_ERROR"), peer.frames());
        assertEquals(CloseMode.FLUSHED, peer.link.closing());
    }

    @Test
    void whoSaysNothingIsNotWaitedFor() {
        Peer peer = Peer.echo();
        peer.link.advance(Duration.ofSeconds(11));
        assertTrue(peer.isClosing());
    }
}
