// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.http.Response;
import io.millrace.http.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** Clients that cost more than they bring (RFC 9113 section 10.5), and honest ones that look like them for a while. */
class AbuseTest {
    private static final Duration A_SECOND = Duration.ofSeconds(1);

    /** Repeats an attack until the connection ends, as it must within {@code most}; returns how often it took. */
    private static int calmed(Peer peer, int most, IntConsumer attack) {
        int count = 0;
        while (!peer.isClosing() && count < most) {
            attack.accept(count++);
        }
        List<String> frames = peer.frames();
        assertTrue(peer.isClosing(), "still open after " + count + ": " + frames);
        assertTrue(frames.getLast().endsWith("ENHANCE_YOUR_CALM"), frames.getLast());
        assertEquals(1, peer.stats.calmed());
        return count;
    }

    @Test
    void streamsThatAreResetBeforeTheirAnswer() {
        List<Response> begun = new ArrayList<>();
        Peer peer = Peer.of((request, response) -> begun.add(response.defer())).open();
        int count = calmed(peer, 1000, i -> peer.get(2 * i + 1, "/").reset(2 * i + 1, ErrorCode.CANCEL));
        assertTrue(count > 100 && count <= 201, count + " resets");
        assertEquals(count, begun.size());
    }

    /** Handlers on the loop have answered by then, but nothing has left: that is no work done. */
    @Test
    void streamsThatAreResetInOnePieceWithTheirRequest() {
        Peer peer = Peer.echo().open();
        calmed(peer, 1000, i -> {
            Buffer both = new Buffer();
            byte[] block = peer.block(Peer.request("GET", "/"));
            both.append(Peer.frameBytes(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 2 * i + 1, block));
            both.append(Peer.frameBytes(Frame.RST_STREAM, 0, 2 * i + 1, Peer.number(ErrorCode.CANCEL)));
            peer.feed(both.toBytes());
        });
    }

    @Test
    void streamsThatThisSideIsMadeToReset() {
        for (int kind = 0; kind < 4; kind++) {
            int way = kind;
            Peer peer = Peer.of((request, response) -> response.defer()).open();
            int count = calmed(peer, 1000, i -> {
                int stream = 2 * i + 1;
                switch (way) {
                    case 0 -> peer.get(stream, "/").windowUpdate(stream, 0);
                    case 1 -> peer.get(stream, "/").data(stream, true, "x");
                    case 2 -> peer.post(stream, "/", "content-length: 1").data(stream, true, "xyz");
                    default -> peer.headers(stream, true, ":method: GET");
                }
            });
            assertTrue(count <= 201, way + ": " + count);
        }
    }

    @Test
    void moreStreamsThanAllowed() {
        Peer peer = Peer.of((request, response) -> response.defer()).open();
        for (int i = 0; i < 128; i++) {
            peer.get(2 * i + 1, "/");
        }
        assertEquals(List.of(), peer.frames());
        peer.get(1001, "/");
        assertEquals(List.of("RST_STREAM 1001 REFUSED_STREAM"), peer.frames());
        assertEquals(1, peer.stats.refused());
        calmed(peer, 200, i -> peer.get(1003 + 2 * i, "/"));
    }

    /** Resetting a stream frees no place as long as its handler runs. */
    @Test
    void handlersThatRunOnCountAsStreams() {
        CountDownLatch returns = new CountDownLatch(1);
        Peer peer = Peer.of(
                        Route.virtual((request, response) -> {
                            returns.await();
                            response.send("late");
                        }),
                        Http2Limits.DEFAULT.withStreams(3))
                .open();
        for (int i = 1; i < 7; i += 2) {
            peer.get(i, "/").reset(i, ErrorCode.CANCEL);
        }
        peer.get(7, "/");
        assertEquals(List.of("RST_STREAM 7 REFUSED_STREAM"), peer.frames());
        assertEquals(0, peer.factory.openStreams());
        returns.countDown();
        int[] stream = {9};
        peer.runUntil(() -> {
            peer.get(stream[0], "/");
            boolean refused = peer.frames().contains("RST_STREAM " + stream[0] + " REFUSED_STREAM");
            stream[0] += 2;
            peer.link.advance(A_SECOND);
            return !refused;
        });
    }

    @Test
    void moreStreamsThanTheLoopAllows() {
        Peer peer = Peer.of((request, response) -> response.defer(), Http2Limits.DEFAULT.withStreamsPerLoop(2))
                .open();
        peer.get(1, "/").get(3, "/").get(5, "/");
        assertEquals(List.of("RST_STREAM 5 REFUSED_STREAM"), peer.frames());
        peer.reset(1, ErrorCode.CANCEL).get(7, "/");
        assertEquals(List.of(), peer.frames());
    }

    // ---- header blocks

    @Test
    void blocksInManyPieces() {
        Peer peer = Peer.echo().open();
        peer.frame(Frame.HEADERS, 0, 1, peer.block(Peer.request("GET", "/")));
        assertEquals(17, calmed(peer, 100, i -> peer.frame(Frame.CONTINUATION, 0, 1, peer.block("a: b"))));
    }

    @Test
    void blocksInPiecesWithoutContent() {
        Peer peer = Peer.echo().open();
        peer.frame(Frame.HEADERS, 0, 1, "");
        calmed(peer, 17, i -> peer.frame(Frame.CONTINUATION, 0, 1, ""));
    }

    @Test
    void aBlockThatDoesNotEnd() {
        Peer peer = Peer.echo().open();
        peer.frame(Frame.HEADERS, 0, 1, peer.block(Peer.request("GET", "/")));
        peer.link.advance(Duration.ofSeconds(9));
        assertFalse(peer.isClosing());
        peer.link.advance(Duration.ofSeconds(2));
        assertEquals(List.of("GOAWAY 1 ENHANCE_YOUR_CALM"), peer.frames());
    }

    private static void string(Buffer out, int length) {
        out.append((byte) 127);
        int rest = length - 127;
        while (rest >= 128) {
            out.append((byte) ((rest & 127) | 128));
            rest >>>= 7;
        }
        out.append((byte) rest);
        out.append(Ascii.bytes("x".repeat(length)));
    }

    /** One byte a field, each of which stands for an entry of 3 KiB. */
    @Test
    void aBlockOfReferencesToALargeEntry() {
        Peer peer = Peer.echo().open();
        Buffer block = new Buffer();
        block.append(peer.block(Peer.request("GET", "/")));
        block.append(new byte[] {0x40, 1, 'a'});
        string(block, 3000);
        for (int i = 0; i < 12_000; i++) {
            block.append((byte) (0x80 | 62));
        }
        peer.frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, block.toBytes());
        assertEquals(List.of("GOAWAY 1 ENHANCE_YOUR_CALM"), peer.frames());
    }

    /** A little too large is 431, and the connection with its table goes on. */
    @Test
    void aBlockWithTooManyFields() {
        for (String name : List.of("a", "cookie")) {
            Peer peer = Peer.echo().open();
            String[] lines = new String[110];
            java.util.Arrays.fill(lines, name + ": b");
            peer.get(1, "/", lines);
            assertEquals(
                    List.of(
                            "HEADERS 1 :status=431 content-length=36 content-type=text/plain; charset=utf-8",
                            "DATA 1 END_STREAM 431 Request Header Fields Too Large\n"),
                    peer.frames());
            peer.get(3, "/");
            assertEquals("DATA 3 END_STREAM GET /", peer.frames().getLast());
            String[] many = new String[500];
            java.util.Arrays.fill(many, name + ": b");
            peer.get(5, "/", many);
            assertEquals(List.of("GOAWAY 5 ENHANCE_YOUR_CALM"), peer.frames());
        }
    }

    @Test
    void aStringThatIsFarTooLong() {
        Peer peer = Peer.echo().open();
        Buffer block = new Buffer();
        block.append(new byte[] {0, 1, 'a', 127, (byte) 0xff, (byte) 0xff, 0x07});
        peer.frame(Frame.HEADERS, 0, 1, block.toBytes());
        assertEquals(List.of("GOAWAY 1 ENHANCE_YOUR_CALM"), peer.frames());
    }

    // ---- floods

    @Test
    void pings() {
        Peer peer = Peer.echo().open();
        assertEquals(101, calmed(peer, 200, i -> peer.ping("12345678")));
    }

    @Test
    void settings() {
        Peer peer = Peer.echo().open();
        assertEquals(21, calmed(peer, 100, i -> peer.settings()));
        Peer other = Peer.echo().open();
        assertEquals(1, calmed(other, 1, i -> other.settings(new int[2 * 33])));
    }

    @Test
    void dataWithoutContent() {
        Peer peer = Peer.of((request, response) -> response.defer()).open().post(1, "/");
        int count = calmed(peer, 1000, i -> peer.data(1, false, ""));
        assertTrue(count <= 201, count + "");
        Peer padded = Peer.of((request, response) -> response.defer()).open().post(1, "/");
        calmed(padded, 1000, i -> padded.frame(Frame.DATA, Frame.PADDED, 1, "\3\0\0\0"));
    }

    @Test
    void smallFrames() {
        List<IntConsumer> attacks = new ArrayList<>();
        for (int kind = 0; kind < 6; kind++) {
            int way = kind;
            Peer peer = Peer.of((request, response) -> response.defer()).open().post(1, "/");
            peer.post(3, "/").windowUpdate(3, 0);
            attacks.add(i -> {
                switch (way) {
                    case 0 -> peer.windowUpdate(0, 1);
                    case 1 -> peer.windowUpdate(1, 1);
                    case 2 -> peer.frame(Frame.PRIORITY, 0, 5, new byte[5]);
                    case 3 -> peer.frame(Frame.PRIORITY_UPDATE, 0, 0, "\0\0\0\1u=2");
                    case 4 -> peer.data(3, false, "x");
                    default -> peer.frame(0x42, 0, 0, "");
                }
            });
            int count = calmed(peer, 1100, attacks.get(way));
            assertTrue(count <= 1001, way + ": " + count);
        }
    }

    @Test
    void bytesThatCarryNothing() {
        Peer peer = Peer.of((request, response) -> response.defer(), Http2Limits.DEFAULT.withGlitches(1 << 30, 1))
                .open();
        byte[] nothing = new byte[16_384];
        int count = calmed(peer, 2000, i -> peer.frame(0x42, 0, 0, nothing));
        assertTrue(count > 500 && count < 520, count + "");
    }

    // ---- those who hold things

    @Test
    void aWindowThatStaysShut() {
        Peer peer =
                Peer.of((request, response) -> response.send(new byte[300_000])).open();
        peer.get(1, "/").get(3, "/").windowUpdate(3, 1_000_000);
        peer.frames();
        peer.link.advance(Duration.ofSeconds(29));
        assertEquals(List.of(), peer.frames());
        peer.link.advance(Duration.ofSeconds(2));
        assertEquals(List.of("RST_STREAM 1 CANCEL", "RST_STREAM 3 CANCEL"), peer.frames());
        assertFalse(peer.isClosing());
        assertEquals(0, peer.factory.openStreams());
    }

    @Test
    void aWindowOfAStreamThatStaysShutHoldsNoOther() {
        Peer peer = Peer.echo().open(Frame.INITIAL_WINDOW_SIZE, 0);
        peer.get(1, "/");
        for (int i = 3; i < 63; i += 2) {
            peer.link.advance(A_SECOND);
            peer.get(i, "/").windowUpdate(i, 100);
            if (i < 61) {
                assertEquals("DATA " + i + " END_STREAM GET /", peer.frames().getLast());
            }
        }
        peer.link.advance(A_SECOND);
        assertTrue(peer.frames().contains("RST_STREAM 1 CANCEL"));
    }

    @Test
    void aBodyThatDoesNotCome() {
        Peer peer = Peer.of((request, response) -> request.body().collect(1000, bytes -> response.send("no")))
                .open();
        peer.post(1, "/").data(1, false, "x");
        peer.link.advance(Duration.ofSeconds(11));
        assertEquals(
                List.of(
                        "HEADERS 1 :status=408 content-length=20 content-type=text/plain; charset=utf-8",
                        "DATA 1 END_STREAM 408 Request Timeout\n"),
                peer.frames());
        peer.link.advance(Duration.ofSeconds(3));
        assertEquals(List.of("RST_STREAM 1 NO_ERROR"), peer.frames());
        peer.get(3, "/");
        assertFalse(peer.isClosing());
    }

    @Test
    void aBodyThatIsTooLarge() {
        Peer peer = Peer.of(
                        (request, response) -> request.body().collect(1 << 20, bytes -> response.send("no")),
                        io.millrace.http.Limits.DEFAULT.withBody(10).withUnread(100))
                .open();
        peer.post(1, "/", "content-length: 11");
        assertTrue(peer.frames().getFirst().startsWith("HEADERS 1 :status=413"));
        peer.post(3, "/").data(3, false, "123456").data(3, false, "123456");
        assertTrue(peer.frames().getFirst().startsWith("HEADERS 3 :status=413"));
        peer.data(3, false, "x".repeat(200));
        peer.link.advance(Duration.ofSeconds(3));
        assertEquals(List.of("RST_STREAM 3 NO_ERROR"), peer.frames());
    }

    // ---- honest storms

    @Test
    void aBrowserThatCancelsTwentyTimesASecond() {
        Peer peer = Peer.of((request, response) -> response.defer()).open();
        for (int i = 0; i < 10_000; i++) {
            peer.get(2 * i + 1, "/").reset(2 * i + 1, ErrorCode.CANCEL);
            peer.link.advance(Duration.ofMillis(50));
        }
        assertFalse(peer.isClosing());
        assertEquals(0, peer.factory.openStreams());
    }

    @Test
    void aClientWithSmallWindows() {
        Peer peer =
                Peer.of((request, response) -> response.send(new byte[100_000])).open(Frame.INITIAL_WINDOW_SIZE, 4096);
        for (int i = 1; i < 200; i += 2) {
            peer.get(i, "/");
            for (int sent = 4096; sent < 100_000; sent += 4096) {
                peer.windowUpdate(i, 4096).windowUpdate(0, 4096);
            }
            peer.windowUpdate(0, 4096);
            assertTrue(peer.frames().getLast().startsWith("DATA " + i + " END_STREAM"));
        }
        assertFalse(peer.isClosing());
    }

    @Test
    void aClientThatMeasuresWhileItSends() {
        Peer peer = Peer.of((request, response) -> request.body().collect(1 << 24, bytes -> response.send("ok")))
                .open()
                .post(1, "/");
        for (int i = 0; i < 500; i++) {
            peer.data(1, false, "x".repeat(16_000)).ping("12345678");
        }
        assertFalse(peer.isClosing());
    }

    @Test
    void manyRequestsPayForTheirSmallFrames() {
        Peer peer = Peer.echo().open();
        for (int i = 1; i < 4000; i += 2) {
            peer.frame(Frame.PRIORITY, 0, i, new byte[5]).get(i, "/");
            peer.windowUpdate(0, 6).windowUpdate(i, 6).reset(i, ErrorCode.NO_ERROR);
        }
        assertFalse(peer.isClosing(), peer.frames().getLast());
    }
}
