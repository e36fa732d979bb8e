// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.FileInfo;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import io.millrace.http.Route;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bodies in both directions, windows, priorities, tunnels, and the end of a connection. */
@Timeout(60)
class StreamsTest {

    // ---- requests

    @Test
    void cookiesAreJoinedAndAuthorityIsKnown() {
        Peer peer = Peer.of((request, response) -> response.send(request.authority() + " " + request.header("cookie")
                        + " " + request.version() + " " + request.scheme() + " " + request.query("q")))
                .open();
        peer.get(1, "/?q=1", "cookie: a=b", "x: y", "cookie: c=d", "cookie: e");
        assertEquals(
                "DATA 1 END_STREAM h:1 a=b; c=d; e 20 http 1", peer.frames().getLast());
    }

    @Test
    void aRequestOutlivesItsBytesWhenItsAnswerIsDeferred() {
        List<Response> later = new ArrayList<>();
        List<String> paths = new ArrayList<>();
        Peer peer = Peer.of((request, response) -> {
                    later.add(response.defer());
                    response.onComplete(() -> paths.add(request.path()));
                })
                .open()
                .get(1, "/first");
        Peer other = peer.get(3, "/second-that-is-longer");
        later.get(1).send("two");
        later.get(0).send("one");
        peer.link.run();
        assertEquals(
                List.of("DATA 3 END_STREAM two", "DATA 1 END_STREAM one"),
                other.frames().stream().filter(f -> f.startsWith("DATA")).toList());
        assertEquals(List.of("/second-that-is-longer", "/first"), paths);
        assertEquals("GET /first 200 3", peer.log.get(1));
    }

    @Test
    void trailersComeAfterTheBody() {
        Peer peer = Peer.of((request, response) -> request.body()
                        .collect(
                                100,
                                bytes -> response.send(
                                        new String(bytes) + request.trailers().first("t"))))
                .open();
        peer.post(1, "/").data(1, false, "body ").headers(1, true, "t: trailer");
        assertEquals("DATA 1 END_STREAM body trailer", peer.frames().getLast());
    }

    @Test
    void whoeverExpects100GetsItWhenTheBodyIsWanted() {
        AtomicReference<Runnable> read = new AtomicReference<>();
        Peer peer = Peer.of((request, response) -> {
                    response.defer();
                    read.set(() -> request.body().collect(100, bytes -> response.send(new String(bytes))));
                })
                .open();
        peer.post(1, "/", "expect: 100-continue");
        assertEquals(List.of(), peer.frames());
        peer.link.execute(read.get());
        peer.link.run();
        assertEquals(List.of("HEADERS 1 :status=100"), peer.frames());
        peer.data(1, true, "x");
        assertEquals("DATA 1 END_STREAM x", peer.frames().getLast());
    }

    @Test
    void interimAnswersComeFirst() {
        Peer peer = Peer.of((request, response) -> response.header("Link", "</a>; rel=preload")
                        .interim(103)
                        .send("ok"))
                .open()
                .get(1, "/");
        assertEquals(
                "HEADERS 1 :status=103 link=</a>; rel=preload", peer.frames().getFirst());
    }

    @Test
    void aBodyWaitsForItsReaderAndHoldsItsWindow() {
        AtomicReference<RequestBody> body = new AtomicReference<>();
        StringBuilder got = new StringBuilder();
        Peer peer = Peer.of((request, response) -> {
                    response.defer();
                    body.set(request.body());
                })
                .open();
        peer.post(1, "/");
        for (int i = 0; i < 4; i++) {
            peer.data(1, false, "x".repeat(16_384));
        }
        assertEquals(List.of(), peer.frames());
        peer.get(3, "/other").data(1, false, "y");
        assertEquals(List.of("RST_STREAM 1 FLOW_CONTROL_ERROR"), peer.frames());
        peer.post(5, "/").data(5, false, "abc");
        peer.link.execute(() -> body.get().read(new RequestBody.Reader() {
            @Override
            public void data(byte[] bytes, int offset, int length) {
                got.append(Ascii.string(bytes, offset, length));
            }

            @Override
            public void end() {
                got.append("|");
            }

            @Override
            public void failed(IOException why) {}
        }));
        peer.link.run();
        assertEquals("abc", got.toString());
        peer.data(5, true, "def");
        assertEquals("abcdef|", got.toString());
    }

    @Test
    void whatIsTakenMayBeSentAgain() {
        Peer peer = Peer.of((request, response) -> request.body().collect(1 << 20, bytes -> response.send("ok")))
                .open();
        peer.post(1, "/");
        int windows = 0;
        for (int i = 0; i < 20; i++) {
            peer.data(1, false, "x".repeat(16_384));
            windows += peer.frames().stream().anyMatch(f -> f.startsWith("WINDOW_UPDATE 1 ")) ? 1 : 0;
        }
        assertTrue(windows >= 5, windows + "");
        assertFalse(peer.isClosing());
    }

    /** Its object serves a stream of another connection by then: those of a loop lend each other's. */
    @Test
    void theRestOfAFrameGoesToNoOtherStream() {
        Peer peer = Peer.of((request, response) -> {
                    if (request.path().equals("/early")) {
                        response.send("early");
                    } else {
                        request.body().collect(2000, response::send);
                    }
                })
                .open();
        peer.post(1, "/early");
        byte[] frame = Peer.frameBytes(Frame.DATA, 0, 1, new byte[1000]);
        peer.feed(Arrays.copyOf(frame, 100));
        peer.link.advance(Duration.ofSeconds(30));
        assertEquals(0, peer.factory.openStreams());
        Peer other = peer.another().open();
        other.post(1, "/").data(1, false, "not ");
        peer.feed(Arrays.copyOfRange(frame, 100, frame.length));
        assertFalse(peer.isClosing());
        other.data(1, true, "mixed");
        assertEquals("DATA 1 END_STREAM not mixed", other.frames().getLast());
    }

    /** In whatever way a stream ends, nothing of it counts any more. */
    @Test
    void whatNobodyHasTakenIsHeld() {
        AtomicReference<RequestBody> body = new AtomicReference<>();
        Peer peer = Peer.of((request, response) -> {
                    response.defer();
                    body.set(request.body());
                })
                .open();
        Protocol protocol = peer.link.protocol();
        peer.post(1, "/").data(1, false, "x".repeat(10_000));
        assertEquals(10_000, protocol.heldBytes());
        peer.post(3, "/").data(3, false, "x".repeat(5_000));
        assertEquals(15_000, protocol.heldBytes());
        peer.reset(1, ErrorCode.CANCEL);
        assertEquals(5_000, protocol.heldBytes());
        body.get().collect(20_000, bytes -> {});
        peer.link.run();
        assertEquals(0, protocol.heldBytes());
        peer.data(3, false, "x".repeat(5_000)).reset(3, ErrorCode.CANCEL);
        peer.data(3, false, "late");
        assertEquals(0, protocol.heldBytes());
    }

    /** The connection's window comes back though nobody reads: else other streams would starve for ever. */
    @Test
    void whatIsDroppedGivesTheConnectionItsWindowBack() {
        Peer peer = Peer.of((request, response) -> response.defer()).open();
        for (int i = 1; i < 400; i += 2) {
            peer.post(i, "/").data(i, false, "x".repeat(10_000)).reset(i, ErrorCode.CANCEL);
            peer.link.advance(Duration.ofMillis(100));
        }
        assertFalse(peer.isClosing(), () -> peer.frames().toString());
        Peer late = Peer.of((request, response) -> response.send("no")).open();
        late.headers(1, false, Peer.request("POST", "/", "X: malformed"));
        for (int i = 0; i < 100; i++) {
            late.data(1, false, "x".repeat(10_000));
        }
        assertFalse(late.isClosing(), () -> late.frames().toString());
    }

    @Test
    void windowsGrowWithARoundTripThatMovesMuch() {
        Peer peer = Peer.of((request, response) -> request.body().collect(1 << 24, bytes -> response.send("ok")))
                .open()
                .post(1, "/");
        long granted = 65_536;
        long sent = 0;
        boolean grown = false;
        for (int i = 0; i < 300 && !grown; i++) {
            int pings = 0;
            while (granted - sent >= 16_384) {
                peer.data(1, false, "x".repeat(16_384));
                sent += 16_384;
                for (String frame : peer.frames()) {
                    if (frame.startsWith("WINDOW_UPDATE 1 ")) {
                        int more = Integer.parseInt(frame.substring(16));
                        granted += more;
                        grown |= more > 65_536;
                    }
                    pings += frame.startsWith("PING") ? 1 : 0;
                }
                if (sent % (1 << 19) == 0) {
                    break;
                }
            }
            peer.link.advance(Duration.ofMillis(110));
            peer.frame(Frame.PING, Frame.ACK, 0, "windows!");
            assertTrue(pings <= 1);
        }
        assertTrue(grown);
    }

    // ---- answers

    @Test
    void anAnswerKeepsToTheWindows() {
        Peer peer = Peer.of((request, response) -> response.send(Ascii.bytes("0123456789")))
                .open(Frame.INITIAL_WINDOW_SIZE, 1);
        peer.get(1, "/");
        assertEquals("DATA 1 0", peer.frames().getLast());
        peer.windowUpdate(1, 3);
        assertEquals(List.of("DATA 1 123"), peer.frames());
        peer.settings(Frame.INITIAL_WINDOW_SIZE, 0).windowUpdate(1, 2);
        assertEquals(List.of("DATA 1 4"), peer.frames());
        peer.settings(Frame.INITIAL_WINDOW_SIZE, 100);
        assertEquals(List.of("DATA 1 END_STREAM 56789"), peer.frames());
    }

    @Test
    void oneStreamWithoutAWindowHoldsNoOther() {
        Peer peer = Peer.echo().open(Frame.INITIAL_WINDOW_SIZE, 0);
        peer.get(1, "/a").get(3, "/b").windowUpdate(3, 100);
        assertEquals("DATA 3 END_STREAM GET /b", peer.frames().getLast());
    }

    @Test
    void aStreamIsWrittenPieceByPieceWithTrailers() {
        Peer peer = Peer.of((request, response) -> {
                    ResponseStream stream = response.defer().stream();
                    stream.write("one");
                    stream.flush();
                    stream.write("two");
                    stream.trailer("T", "t");
                    stream.close();
                })
                .open()
                .get(1, "/");
        assertEquals(List.of("HEADERS 1 :status=200", "DATA 1 onetwo", "HEADERS 1 END_STREAM t=t"), peer.frames());
    }

    @Test
    void anEmptyStreamWithTrailersHasThem() {
        Peer peer = Peer.of((request, response) -> {
                    ResponseStream stream = response.header("grpc-status", "5").stream(0);
                    stream.trailer("T", "t");
                    stream.close();
                })
                .open()
                .get(1, "/");
        assertEquals(
                List.of("HEADERS 1 :status=200 content-length=0 grpc-status=5", "HEADERS 1 END_STREAM t=t"),
                peer.frames());
    }

    @Test
    void aLargeHeadGoesOnInContinuation() {
        Peer peer = Peer.of((request, response) -> {
                    for (int i = 0; i < 30; i++) {
                        response.header("x-" + i, "v".repeat(1000));
                    }
                    response.send(new byte[0]);
                })
                .open()
                .get(1, "/");
        String head = peer.frames().getFirst();
        assertTrue(head.length() > 30_000, head.length() + "");
        peer.get(3, "/");
        assertTrue(peer.frames().size() == 2);
    }

    @Test
    void aWriterElsewhereWaitsForTheWindow() {
        Peer peer = Peer.of(Route.virtual((request, response) -> {
                    try (ResponseStream stream = response.stream()) {
                        for (int i = 0; i < 100; i++) {
                            stream.write(new byte[10_000]);
                        }
                    }
                }))
                .open(Frame.INITIAL_WINDOW_SIZE, 1 << 20)
                .windowUpdate(0, 1 << 20);
        peer.get(1, "/");
        List<String> frames = peer.until("DATA 1 END_STREAM");
        assertEquals(
                1_000_000,
                frames.stream()
                        .filter(f -> f.startsWith("DATA"))
                        .mapToInt(f -> f.length() - (f.contains("END_STREAM") ? 18 : 7))
                        .sum());
        assertEquals(List.of("GET / 200 1000000"), peer.log);
    }

    @Test
    void aHandlerHearsThatItsStreamWasReset() {
        List<String> told = new ArrayList<>();
        Peer peer = Peer.of((request, response) -> {
                    response.defer().onAborted(() -> told.add("aborted"));
                    response.onComplete(() -> told.add("complete"));
                })
                .open()
                .get(1, "/")
                .reset(1, ErrorCode.CANCEL);
        assertEquals(List.of("aborted", "complete"), told);
        assertEquals(List.of("GET / 0 0"), peer.log);
        peer.get(3, "/").link.reset();
        assertEquals(4, told.size());
        assertEquals(0, peer.factory.openStreams());
    }

    @Test
    void aHandlerThatFailsInTheMiddleResetsItsStreamAlone() {
        Peer peer = Peer.of((request, response) -> {
                    ResponseStream stream = response.defer().stream();
                    stream.write("half");
                    stream.flush();
                    if (request.path().equals("/bad")) {
                        response.abort();
                    } else {
                        stream.close();
                    }
                })
                .open()
                .get(1, "/bad")
                .get(3, "/good");
        List<String> frames = peer.frames();
        assertTrue(frames.contains("RST_STREAM 1 INTERNAL_ERROR"), frames.toString());
        assertEquals("DATA 3 END_STREAM half", frames.getLast());
    }

    /** Bytes as a file. */
    private static final class BytesFile extends OpenFile {
        private final byte[] bytes;
        boolean closed;

        BytesFile(byte[] bytes) {
            super(FileInfo.ofSize("f", bytes.length));
            this.bytes = bytes;
        }

        @Override
        public int read(long position, byte[] into, int offset, int length) {
            int count = (int) Math.min(length, bytes.length - position);
            System.arraycopy(bytes, (int) position, into, offset, count);
            return count;
        }

        @Override
        protected void release() {
            closed = true;
        }
    }

    @Test
    void filesGoOutAsDataAndAreClosed() {
        byte[] bytes = new byte[300_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ('a' + i % 23);
        }
        BytesFile file = new BytesFile(bytes);
        Peer peer = Peer.of((request, response) -> response.send(file.hold(), 10, 299_990))
                .open(Frame.INITIAL_WINDOW_SIZE, 1 << 20)
                .windowUpdate(0, 1 << 20);
        peer.get(1, "/");
        StringBuilder got = new StringBuilder();
        for (String frame : peer.frames()) {
            if (frame.startsWith("DATA")) {
                got.append(frame.substring(frame.contains("END_STREAM") ? 18 : 7));
            }
        }
        assertEquals(Ascii.string(bytes, 10, 299_990), got.toString());
        peer.settings(Frame.INITIAL_WINDOW_SIZE, 10).get(3, "/").reset(3, ErrorCode.CANCEL);
        file.close();
        assertTrue(file.closed);
    }

    // ---- priorities

    private static List<Integer> order(Peer peer) {
        List<Integer> order = new ArrayList<>();
        for (String frame : peer.frames()) {
            if (frame.startsWith("DATA")) {
                order.add(Integer.parseInt(frame.split(" ")[1]));
            }
        }
        return order;
    }

    @Test
    void prioritiesDecideWhatLeavesNext() {
        Peer peer =
                Peer.of((request, response) -> response.send(new byte[40_000])).open(Frame.INITIAL_WINDOW_SIZE, 0);
        peer.windowUpdate(0, 1 << 20);
        peer.get(1, "/", "priority: u=5")
                .get(3, "/")
                .get(5, "/", "priority: u=0")
                .get(7, "/", "priority: i")
                .get(9, "/", "priority: i");
        peer.frame(Frame.PRIORITY_UPDATE, 0, 0, "\0\0\0\13u=1");
        peer.get(11, "/");
        peer.frames();
        peer.settings(Frame.INITIAL_WINDOW_SIZE, 1 << 20);
        assertEquals(
                List.of(5, 5, 5, 11, 11, 11, 3, 7, 3, 9, 3, 7, 9, 7, 9, 1, 1, 1),
                order(peer).stream().toList());
    }

    @Test
    void whatIsUrgentOvertakesWhatIsUnderWay() {
        Peer peer = Peer.of((request, response) -> response.send(new byte[1_000_000]))
                .open(Frame.INITIAL_WINDOW_SIZE, 1 << 30);
        peer.windowUpdate(0, 1 << 30);
        peer.link.window(50_000);
        peer.get(1, "/", "priority: u=7").get(3, "/", "priority: u=0");
        peer.link.window(Long.MAX_VALUE);
        List<Integer> order = order(peer);
        int first = order.indexOf(3);
        assertTrue(first <= 128 * 1024 / 16_384 + 4, "urgent after " + first + " frames");
        assertEquals(first + 62, order.lastIndexOf(3) + 1, order.toString());
    }

    // ---- tunnels

    /** Says back what it hears, in capitals of a kind. */
    private static final class Loud implements Protocol {
        final List<String> told = new ArrayList<>();
        Link link;

        @Override
        public void opened(Link carrier) {
            link = carrier;
            told.add("opened");
        }

        @Override
        public void receive(Buffer in, Link carrier) {
            carrier.out().appendLatin1("<" + Ascii.string(in.array(), in.head(), in.readable()) + ">");
            in.clear();
            carrier.flush();
        }

        @Override
        public void inputClosed(Link carrier) {
            told.add("input closed");
            carrier.close(CloseMode.FLUSHED);
        }

        @Override
        public void closed(CloseCause why) {
            told.add("closed " + why);
        }
    }

    private static String[] connect() {
        return new String[] {
            ":method: CONNECT", ":protocol: websocket", ":scheme: http", ":path: /chat", ":authority: h"
        };
    }

    @Test
    void anExtendedConnectIsATunnel() {
        Loud loud = new Loud();
        Peer peer = Peer.of((request, response) -> response.header("a", "b").upgrade("websocket", () -> loud))
                .open()
                .headers(1, false, connect());
        assertEquals(List.of("HEADERS 1 :status=200 a=b"), peer.frames());
        peer.data(1, false, "hi").data(1, false, "there");
        assertEquals(List.of("DATA 1 <hi>", "DATA 1 <there>"), peer.frames());
        peer.data(1, true, "bye");
        assertEquals("DATA 1 END_STREAM <bye>", peer.frames().getLast());
        assertEquals(List.of("opened", "input closed", "closed LOCAL"), loud.told);
        assertEquals(0, peer.factory.openStreams());
    }

    @Test
    void aTunnelThatIsResetIsClosed() {
        Loud loud = new Loud();
        Peer peer = Peer.of((request, response) -> response.upgrade("websocket", () -> loud))
                .open()
                .headers(1, false, connect())
                .reset(1, ErrorCode.CANCEL);
        assertEquals(List.of("opened", "closed RESET"), loud.told);
        Loud other = new Loud();
        Peer ended = Peer.of((request, response) -> response.upgrade("websocket", () -> other))
                .open()
                .headers(1, false, connect());
        ended.frames();
        other.link.close(CloseMode.NOW);
        ended.link.run();
        assertEquals(List.of("RST_STREAM 1 CANCEL"), ended.frames());
        assertEquals(List.of("opened", "closed LOCAL"), other.told);
        assertFalse(peer.isClosing());
    }

    @Test
    void aTunnelHoldsItsPeerBack() {
        Loud loud = new Loud();
        Peer peer = Peer.of((request, response) -> response.upgrade("websocket", () -> loud))
                .open()
                .headers(1, false, connect());
        loud.link.pause(true);
        for (int i = 0; i < 4; i++) {
            peer.data(1, false, "x".repeat(16_384));
        }
        assertEquals(List.of("HEADERS 1 :status=200"), peer.frames());
        loud.link.pause(false);
        peer.link.run();
        assertTrue(peer.frames().stream().anyMatch(f -> f.startsWith("WINDOW_UPDATE 1 65536")));
    }

    @Test
    void aTunnelNobodyAskedForIsRefused() {
        Peer peer = Peer.of((request, response) -> {
                    try {
                        response.upgrade("websocket", Loud::new);
                    } catch (IllegalStateException e) {
                        response.send("no");
                    }
                })
                .open()
                .get(1, "/");
        assertEquals("DATA 1 END_STREAM no", peer.frames().getLast());
    }

    // ---- the end

    @Test
    void aServerThatStopsSaysSoTwice() {
        List<Response> later = new ArrayList<>();
        Peer peer = Peer.of((request, response) -> later.add(response.defer())).open();
        peer.get(1, "/");
        peer.link.stop();
        assertEquals(List.of("GOAWAY 2147483647 NO_ERROR", "PING millrace"), peer.frames());
        peer.get(3, "/");
        peer.frame(Frame.PING, Frame.ACK, 0, "millrace");
        assertEquals(List.of("GOAWAY 3 NO_ERROR"), peer.frames());
        peer.get(5, "/");
        assertEquals(2, later.size());
        assertNull(peer.link.closing());
        later.get(0).send("one");
        later.get(1).send("two");
        peer.link.run();
        assertEquals("DATA 3 END_STREAM two", peer.frames().getLast());
        assertEquals(CloseMode.FLUSHED, peer.link.closing());
    }

    @Test
    void aClientThatDoesNotAnswerIsNotWaitedFor() {
        Peer peer = Peer.echo().open();
        peer.link.stop();
        peer.link.advance(Duration.ofSeconds(2));
        assertEquals(List.of("GOAWAY 2147483647 NO_ERROR", "PING millrace", "GOAWAY 0 NO_ERROR"), peer.frames());
        assertEquals(CloseMode.FLUSHED, peer.link.closing());
    }

    @Test
    void aClientThatLeavesGetsWhatItAskedFor() {
        List<Response> later = new ArrayList<>();
        Peer peer = Peer.of((request, response) -> later.add(response.defer())).open();
        peer.get(1, "/").frame(Frame.GOAWAY, 0, 0, new byte[8]);
        peer.link.end();
        assertNull(peer.link.closing());
        later.get(0).send("ok");
        peer.link.run();
        assertEquals("DATA 1 END_STREAM ok", peer.frames().getLast());
        assertEquals(CloseMode.FLUSHED, peer.link.closing());
    }

    @Test
    void aConnectionHasAsManyRequestsAsTheLimitSays() {
        Peer peer = Peer.of((request, response) -> response.send("x"), io.millrace.http.Limits.DEFAULT.withRequests(2))
                .open()
                .get(1, "/")
                .get(3, "/");
        assertTrue(peer.frames().contains("GOAWAY 3 NO_ERROR"));
        assertEquals(CloseMode.FLUSHED, peer.link.closing());
    }
}
