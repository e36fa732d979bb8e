// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What RFC 9113 says must happen when a client does something wrong, clause by clause, and what must not when it does
 * something odd. Each case runs twice: its bytes in one piece, and one by one.
 */
class ClausesTest {
    private static final String CONNECTION = "GOAWAY";

    private final List<DynamicTest> cases = new ArrayList<>();

    private void ends(String name, String expected, Consumer<Peer> client) {
        for (boolean bytewise : new boolean[] {false, true}) {
            cases.add(DynamicTest.dynamicTest(name + (bytewise ? ", byte by byte" : ""), () -> {
                Peer peer = server();
                if (bytewise) {
                    peer.bytewise();
                }
                peer.open();
                client.accept(peer);
                List<String> frames = peer.frames();
                assertTrue(
                        frames.stream().anyMatch(frame -> matches(frame, expected)), expected + " expected: " + frames);
                assertEquals(expected.startsWith(CONNECTION), peer.isClosing(), frames.toString());
                if (!peer.isClosing()) {
                    peer.settings(Frame.INITIAL_WINDOW_SIZE, 65_535).get(101, "/after");
                    assertTrue(peer.frames().getLast().startsWith("DATA 101 END_STREAM"));
                }
            }));
        }
    }

    private static boolean matches(String frame, String expected) {
        String[] parts = expected.split(" ");
        return frame.startsWith(parts[0])
                && frame.endsWith(" " + parts[parts.length - 1])
                && (parts.length < 3 || frame.startsWith(parts[0] + " " + parts[1] + " "));
    }

    // A handler that leaves bodies to the end, so that streams stay open.
    private static Peer server() {
        return Peer.of((request, response) -> {
            if (request.body().isEmpty()) {
                response.send(request.path());
            } else {
                request.body().collect(100_000, bytes -> response.send("" + bytes.length));
            }
        });
    }

    private void goesOn(String name, Consumer<Peer> client) {
        ends(name, "PING ACK 12345678", peer -> {
            client.accept(peer);
            peer.ping("12345678");
        });
    }

    @TestFactory
    List<DynamicTest> frames() {
        // 4.1
        goesOn("a frame of an unknown type is ignored", peer -> peer.frame(0x16, 0xff, 0, "anything"));
        goesOn("an unknown flag is ignored", peer -> peer.frame(Frame.PING, 0x16, 0, "aaaaaaaa"));
        goesOn("the reserved bit is ignored", peer -> peer.frame(Frame.PING, 0, 0x8000_0000, "aaaaaaaa"));
        // 4.2
        ends(
                "DATA of 2^14 bytes is taken",
                "DATA 1 16384",
                peer -> peer.post(1, "/").frame(Frame.DATA, Frame.END_STREAM, 1, new byte[16_384]));
        ends(
                "DATA that is larger",
                "GOAWAY FRAME_SIZE_ERROR",
                peer -> peer.post(1, "/").frame(Frame.DATA, Frame.END_STREAM, 1, new byte[16_385]));
        ends(
                "HEADERS that are larger",
                "GOAWAY FRAME_SIZE_ERROR",
                peer -> peer.frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, new byte[16_385]));
        // 4.3
        ends(
                "a block that cannot be decoded",
                "GOAWAY COMPRESSION_ERROR",
                peer -> peer.frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, new byte[] {0x40}));
        ends(
                "a block whose index is none",
                "GOAWAY COMPRESSION_ERROR",
                peer -> peer.frame(
                        Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, new byte[] {(byte) 0xff, 0x40}));
        ends(
                "PRIORITY within a block",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(Frame.HEADERS, Frame.END_STREAM, 1, peer.block(Peer.request("GET", "/")))
                        .frame(Frame.PRIORITY, 0, 1, new byte[5]));
        ends(
                "HEADERS of another stream within a block",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(Frame.HEADERS, Frame.END_STREAM, 1, peer.block(Peer.request("GET", "/")))
                        .get(3, "/"));
        ends(
                "an unknown frame within a block",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(Frame.HEADERS, Frame.END_STREAM, 1, peer.block(Peer.request("GET", "/")))
                        .frame(0x16, 0, 1, "x"));
        return cases;
    }

    @TestFactory
    List<DynamicTest> states() {
        // 5.1: idle
        ends("DATA on an idle stream", "GOAWAY PROTOCOL_ERROR", peer -> peer.data(1, true, "x"));
        ends("RST_STREAM on an idle stream", "GOAWAY PROTOCOL_ERROR", peer -> peer.reset(1, ErrorCode.CANCEL));
        ends("WINDOW_UPDATE on an idle stream", "GOAWAY PROTOCOL_ERROR", peer -> peer.windowUpdate(1, 100));
        ends(
                "CONTINUATION on an idle stream",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(Frame.CONTINUATION, Frame.END_HEADERS, 1, peer.block(Peer.request("GET", "/"))));
        goesOn("PRIORITY on an idle stream", peer -> peer.frame(Frame.PRIORITY, 0, 7, new byte[5]));
        // half-closed (remote): the answer waits for a window
        ends(
                "DATA after END_STREAM",
                "RST_STREAM 1 STREAM_CLOSED",
                peer -> held(peer).data(1, true, "x"));
        ends(
                "HEADERS after END_STREAM",
                "RST_STREAM 1 STREAM_CLOSED",
                peer -> held(peer).get(1, "/"));
        ends(
                "CONTINUATION after END_STREAM",
                "GOAWAY PROTOCOL_ERROR",
                peer -> held(peer).frame(Frame.CONTINUATION, Frame.END_HEADERS, 1, peer.block("a: b")));
        goesOn("WINDOW_UPDATE after END_STREAM", peer -> held(peer).windowUpdate(1, 5));
        // closed
        ends(
                "DATA after RST_STREAM",
                "RST_STREAM 1 STREAM_CLOSED",
                peer -> peer.post(1, "/").reset(1, ErrorCode.CANCEL).data(1, true, "x"));
        ends(
                "HEADERS after RST_STREAM",
                "RST_STREAM 1 STREAM_CLOSED",
                peer -> peer.post(1, "/").reset(1, ErrorCode.CANCEL).get(1, "/"));
        ends(
                "CONTINUATION after RST_STREAM",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.post(1, "/")
                        .reset(1, ErrorCode.CANCEL)
                        .frame(Frame.CONTINUATION, Frame.END_HEADERS, 1, peer.block("a: b")));
        ends(
                "DATA on a closed stream",
                "GOAWAY STREAM_CLOSED",
                peer -> peer.get(1, "/").data(1, true, "x"));
        ends(
                "HEADERS on a closed stream",
                "GOAWAY STREAM_CLOSED",
                peer -> peer.get(1, "/").get(1, "/"));
        ends(
                "CONTINUATION on a closed stream",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.get(1, "/").frame(Frame.CONTINUATION, Frame.END_HEADERS, 1, peer.block("a: b")));
        goesOn("WINDOW_UPDATE on a closed stream", peer -> peer.get(1, "/").windowUpdate(1, 5));
        goesOn("RST_STREAM on a closed stream", peer -> peer.get(1, "/").reset(1, ErrorCode.CANCEL));
        goesOn("PRIORITY on a closed stream", peer -> peer.get(1, "/").frame(Frame.PRIORITY, 0, 1, new byte[5]));
        goesOn(
                "what was on its way to a stream that this side has reset",
                peer -> peer.headers(1, false, Peer.request("POST", "/", "A: upper case"))
                        .data(1, false, "x")
                        .headers(1, true, "trailer: x"));
        // 5.1.1
        ends("an even number", "GOAWAY PROTOCOL_ERROR", peer -> peer.get(2, "/"));
        ends(
                "a number that was passed over",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.get(5, "/").get(3, "/"));
        ends(
                "DATA on a number that was passed over",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.get(5, "/").data(3, true, "x"));
        // 5.3.1 of RFC 7540
        ends("HEADERS that depend on themselves", "RST_STREAM 1 PROTOCOL_ERROR", peer -> {
            byte[] block = peer.block(Peer.request("GET", "/"));
            byte[] payload = new byte[5 + block.length];
            payload[3] = 1;
            System.arraycopy(block, 0, payload, 5, block.length);
            peer.frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM | Frame.WITH_PRIORITY, 1, payload);
        });
        ends(
                "PRIORITY that depends on itself",
                "RST_STREAM 1 PROTOCOL_ERROR",
                peer -> held(peer).frame(Frame.PRIORITY, 0, 1, new byte[] {0, 0, 0, 1, 9}));
        return cases;
    }

    // A stream whose request is complete and whose answer cannot leave.
    private static Peer held(Peer peer) {
        return peer.settings(Frame.INITIAL_WINDOW_SIZE, 0).get(1, "/x");
    }

    @TestFactory
    List<DynamicTest> everyType() {
        // 6.1 DATA
        ends("DATA on stream 0", "GOAWAY PROTOCOL_ERROR", peer -> peer.data(0, true, "x"));
        ends(
                "DATA with more padding than payload",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.post(1, "/")
                        .frame(Frame.DATA, Frame.PADDED | Frame.END_STREAM, 1, new byte[] {6, 1, 2, 3, 4, 5}));
        ends(
                "padded DATA without payload",
                "GOAWAY FRAME_SIZE_ERROR",
                peer -> peer.post(1, "/").frame(Frame.DATA, Frame.PADDED | Frame.END_STREAM, 1, ""));
        ends(
                "DATA that is all padding",
                "DATA 1 0",
                peer -> peer.post(1, "/")
                        .frame(Frame.DATA, Frame.PADDED | Frame.END_STREAM, 1, new byte[] {5, 1, 2, 3, 4, 5}));
        // 6.2 HEADERS
        ends("HEADERS on stream 0", "GOAWAY PROTOCOL_ERROR", peer -> peer.get(0, "/"));
        ends(
                "HEADERS with more padding than payload",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(
                        Frame.HEADERS, Frame.PADDED | Frame.END_HEADERS | Frame.END_STREAM, 1, new byte[] {9, 1, 2, 3
                        }));
        ends(
                "padded HEADERS without payload",
                "GOAWAY FRAME_SIZE_ERROR",
                peer -> peer.frame(Frame.HEADERS, Frame.PADDED | Frame.END_HEADERS | Frame.END_STREAM, 1, ""));
        ends(
                "HEADERS too small for their priority",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(
                        Frame.HEADERS, Frame.WITH_PRIORITY | Frame.END_HEADERS | Frame.END_STREAM, 1, "abc"));
        // 6.3 PRIORITY
        ends("PRIORITY on stream 0", "GOAWAY PROTOCOL_ERROR", peer -> peer.frame(Frame.PRIORITY, 0, 0, new byte[5]));
        ends(
                "PRIORITY of a wrong size",
                "RST_STREAM 1 FRAME_SIZE_ERROR",
                peer -> held(peer).frame(Frame.PRIORITY, 0, 1, new byte[4]));
        // 6.4 RST_STREAM
        ends("RST_STREAM on stream 0", "GOAWAY PROTOCOL_ERROR", peer -> peer.reset(0, ErrorCode.CANCEL));
        ends(
                "RST_STREAM of a wrong size",
                "GOAWAY FRAME_SIZE_ERROR",
                peer -> held(peer).frame(Frame.RST_STREAM, 0, 1, new byte[3]));
        // 6.5 SETTINGS
        ends(
                "an ACK of SETTINGS with a payload",
                "GOAWAY FRAME_SIZE_ERROR",
                peer -> peer.frame(Frame.SETTINGS, Frame.ACK, 0, new byte[6]));
        ends("SETTINGS on a stream", "GOAWAY PROTOCOL_ERROR", peer -> peer.frame(Frame.SETTINGS, 0, 1, new byte[6]));
        ends(
                "SETTINGS of a wrong size",
                "GOAWAY FRAME_SIZE_ERROR",
                peer -> peer.frame(Frame.SETTINGS, 0, 0, new byte[3]));
        ends("ENABLE_PUSH of 2", "GOAWAY PROTOCOL_ERROR", peer -> peer.settings(Frame.ENABLE_PUSH, 2));
        ends(
                "a window of 2^31",
                "GOAWAY FLOW_CONTROL_ERROR",
                peer -> peer.settings(Frame.INITIAL_WINDOW_SIZE, Integer.MIN_VALUE));
        ends("a frame size of 2^14 - 1", "GOAWAY PROTOCOL_ERROR", peer -> peer.settings(Frame.MAX_FRAME_SIZE, 16_383));
        ends("a frame size of 2^24", "GOAWAY PROTOCOL_ERROR", peer -> peer.settings(Frame.MAX_FRAME_SIZE, 1 << 24));
        goesOn("an unknown setting", peer -> peer.settings(0xff, 1));
        // 6.6 PUSH_PROMISE
        ends(
                "PUSH_PROMISE",
                "GOAWAY PROTOCOL_ERROR",
                peer -> held(peer).frame(Frame.PUSH_PROMISE, Frame.END_HEADERS, 1, new byte[] {0, 0, 0, 2}));
        // 6.7 PING
        goesOn("PING", peer -> {});
        goesOn("an ACK of no PING", peer -> peer.frame(Frame.PING, Frame.ACK, 0, "abcdefgh"));
        ends("PING on a stream", "GOAWAY PROTOCOL_ERROR", peer -> peer.frame(Frame.PING, 0, 1, "abcdefgh"));
        ends("PING of a wrong size", "GOAWAY FRAME_SIZE_ERROR", peer -> peer.frame(Frame.PING, 0, 0, "abcdef"));
        // 6.8 GOAWAY
        ends("GOAWAY on a stream", "GOAWAY PROTOCOL_ERROR", peer -> peer.frame(Frame.GOAWAY, 0, 1, new byte[8]));
        ends("GOAWAY of a wrong size", "GOAWAY FRAME_SIZE_ERROR", peer -> peer.frame(Frame.GOAWAY, 0, 0, new byte[7]));
        // 6.9 WINDOW_UPDATE
        ends("a WINDOW_UPDATE of 0", "GOAWAY PROTOCOL_ERROR", peer -> peer.windowUpdate(0, 0));
        ends(
                "a WINDOW_UPDATE of 0 on a stream",
                "RST_STREAM 1 PROTOCOL_ERROR",
                peer -> held(peer).windowUpdate(1, 0));
        ends(
                "WINDOW_UPDATE of a wrong size",
                "GOAWAY FRAME_SIZE_ERROR",
                peer -> peer.frame(Frame.WINDOW_UPDATE, 0, 0, new byte[3]));
        ends(
                "a window of the connection above 2^31 - 1",
                "GOAWAY FLOW_CONTROL_ERROR",
                peer -> peer.windowUpdate(0, Integer.MAX_VALUE).windowUpdate(0, Integer.MAX_VALUE));
        ends(
                "a window of a stream above 2^31 - 1",
                "RST_STREAM 1 FLOW_CONTROL_ERROR",
                peer -> peer.post(1, "/").windowUpdate(1, Integer.MAX_VALUE));
        ends(
                "SETTINGS that make a window too large",
                "GOAWAY FLOW_CONTROL_ERROR",
                peer -> peer.post(1, "/")
                        .windowUpdate(1, Integer.MAX_VALUE - 65_535)
                        .settings(Frame.INITIAL_WINDOW_SIZE, 65_536));
        // 6.10 CONTINUATION
        ends(
                "CONTINUATION on stream 0",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(Frame.HEADERS, Frame.END_STREAM, 1, peer.block(Peer.request("GET", "/")))
                        .frame(Frame.CONTINUATION, Frame.END_HEADERS, 0, peer.block("a: b")));
        ends(
                "CONTINUATION after END_HEADERS",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.get(1, "/").frame(Frame.CONTINUATION, Frame.END_HEADERS, 1, peer.block("a: b")));
        ends(
                "CONTINUATION after END_HEADERS of another",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(Frame.HEADERS, Frame.END_STREAM, 1, peer.block(Peer.request("GET", "/")))
                        .frame(Frame.CONTINUATION, Frame.END_HEADERS, 1, peer.block("a: b"))
                        .frame(Frame.CONTINUATION, Frame.END_HEADERS, 1, peer.block("a: b")));
        ends(
                "CONTINUATION after DATA",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.post(1, "/")
                        .data(1, true, "x")
                        .frame(Frame.CONTINUATION, Frame.END_HEADERS, 1, peer.block("a: b")));
        // 7
        goesOn("RST_STREAM with an unknown code", peer -> held(peer).reset(1, 0xff));
        // RFC 9218 section 7.1
        ends(
                "PRIORITY_UPDATE on a stream",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(Frame.PRIORITY_UPDATE, 0, 1, "\0\0\0\1u=1"));
        ends(
                "PRIORITY_UPDATE of a wrong size",
                "GOAWAY FRAME_SIZE_ERROR",
                peer -> peer.frame(Frame.PRIORITY_UPDATE, 0, 0, "\0\0\0"));
        ends(
                "PRIORITY_UPDATE for stream 0",
                "GOAWAY PROTOCOL_ERROR",
                peer -> peer.frame(Frame.PRIORITY_UPDATE, 0, 0, "\0\0\0\0u=1"));
        goesOn("PRIORITY_UPDATE for an idle stream", peer -> peer.frame(Frame.PRIORITY_UPDATE, 0, 0, "\0\0\0\5u=1"));
        return cases;
    }

    private void malformed(String name, String... lines) {
        ends(name, "RST_STREAM 1 PROTOCOL_ERROR", peer -> peer.headers(1, true, lines));
    }

    @TestFactory
    List<DynamicTest> malformedRequests() {
        String[] usual = Peer.request("GET", "/");
        // 8.2
        malformed("a name in upper case", Peer.request("GET", "/", "X-A: b"));
        malformed("a name with a blank", Peer.request("GET", "/", "a b: c"));
        malformed("a name with a colon", Peer.request("GET", "/", "a:b: c"));
        malformed("a name beyond ASCII", Peer.request("GET", "/", "\u00e4: c"));
        malformed("a value with LF", Peer.request("GET", "/", "a: b\nc"));
        malformed("a value with CR", Peer.request("GET", "/", "a: b\rc"));
        malformed("a value with NUL", Peer.request("GET", "/", "a: b\0c"));
        malformed("a value that begins with a blank", Peer.request("GET", "/", "a:  b"));
        malformed("a value that ends with a tab", Peer.request("GET", "/", "a: b\t"));
        // 8.2.2
        malformed("Connection", Peer.request("GET", "/", "connection: keep-alive"));
        malformed("Keep-Alive", Peer.request("GET", "/", "keep-alive: timeout=5"));
        malformed("Proxy-Connection", Peer.request("GET", "/", "proxy-connection: close"));
        malformed("Transfer-Encoding", Peer.request("GET", "/", "transfer-encoding: chunked"));
        malformed("Upgrade", Peer.request("GET", "/", "upgrade: h2c"));
        malformed("TE that is more than trailers", Peer.request("GET", "/", "te: trailers, deflate"));
        ends("TE that is trailers", "DATA 1 /", peer -> peer.get(1, "/", "te: trailers"));
        // 8.3
        malformed("a pseudo field that is none", Peer.request("GET", "/", ":test: x"));
        malformed("a pseudo field of answers", Peer.request("GET", "/", ":status: 200"));
        malformed("a pseudo field after a regular one", ":method: GET", ":scheme: http", "a: b", ":path: /");
        malformed("no method", ":scheme: http", ":path: /", ":authority: h");
        malformed("no scheme", ":method: GET", ":path: /", ":authority: h");
        malformed("no path", ":method: GET", ":scheme: http", ":authority: h");
        malformed("an empty path", Peer.request("GET", ""));
        malformed("a path that is not absolute", Peer.request("GET", "a"));
        malformed("an asterisk for GET", Peer.request("GET", "*"));
        malformed("a path with a fragment", Peer.request("GET", "/a#b"));
        malformed("a path with a blank", Peer.request("GET", "/a b"));
        malformed("a method that is no token", Peer.request("G T", "/"));
        for (String field : usual) {
            malformed(field + " twice", Peer.request("GET", "/", field));
        }
        malformed("a Host that differs", Peer.request("GET", "/", "host: other"));
        malformed("Host twice", Peer.request("GET", "/", "host: h:1", "host: h:1"));
        ends("a Host that does not differ", "DATA 1 /", peer -> peer.get(1, "/", "host: H:1"));
        ends(
                "a Host in place of the authority",
                "DATA 1 /",
                peer -> peer.headers(1, true, ":method: GET", ":scheme: http", ":path: /", "host: h"));
        malformed(":protocol without CONNECT", Peer.request("GET", "/", ":protocol: websocket"));
        // 8.5
        malformed("CONNECT with a path", Peer.request("CONNECT", "/"));
        malformed("CONNECT without a port", ":method: CONNECT", ":authority: h");
        // 8.1.1
        malformed("content-length without content", Peer.request("GET", "/", "content-length: 1"));
        malformed("content-length that is no number", Peer.request("GET", "/", "content-length: x"));
        malformed("content-length twice", Peer.request("GET", "/", "content-length: 0", "content-length: 0"));
        ends("content-length of 0", "DATA 1 /", peer -> peer.get(1, "/", "content-length: 0"));
        ends(
                "more content than content-length",
                "RST_STREAM 1 PROTOCOL_ERROR",
                peer -> peer.post(1, "/", "content-length: 1").data(1, true, "test"));
        ends(
                "less content than content-length",
                "RST_STREAM 1 PROTOCOL_ERROR",
                peer -> peer.post(1, "/", "content-length: 9")
                        .data(1, false, "test")
                        .data(1, true, "test"));
        ends(
                "less content than content-length, then trailers",
                "RST_STREAM 1 PROTOCOL_ERROR",
                peer -> peer.post(1, "/", "content-length: 9")
                        .data(1, false, "test")
                        .headers(1, true, "a: b"));
        // 8.1
        ends(
                "trailers without END_STREAM",
                "RST_STREAM 1 PROTOCOL_ERROR",
                peer -> peer.post(1, "/").headers(1, false, "a: b"));
        ends(
                "a pseudo field in trailers",
                "RST_STREAM 1 PROTOCOL_ERROR",
                peer -> peer.post(1, "/").headers(1, true, ":method: GET"));
        ends(
                "content-length in trailers",
                "RST_STREAM 1 PROTOCOL_ERROR",
                peer -> peer.post(1, "/").headers(1, true, "content-length: 0"));
        return cases;
    }

    @TestFactory
    List<DynamicTest> requestsThatAreAnsweredWithAnError() {
        for (Object[] one : new Object[][] {
            {"no authority", 400, new String[] {":method: GET", ":scheme: http", ":path: /"}},
            {
                "an authority that is none",
                400,
                new String[] {":method: GET", ":scheme: http", ":path: /", ":authority: a@b"}
            },
            {"an unknown scheme", 400, new String[] {":method: GET", ":scheme: ftp", ":path: /", ":authority: h"}},
            {"an escape that is none", 400, Peer.request("GET", "/%zz")},
            {"CONNECT to elsewhere", 501, new String[] {":method: CONNECT", ":authority: h:1"}},
            {"a method that is too long", 501, Peer.request("X".repeat(33), "/")},
            {"a target that is too long", 414, Peer.request("GET", "/" + "x".repeat(8192))},
            {"an expectation that is none", 417, Peer.request("GET", "/", "expect: miracles")}
        }) {
            String[] lines = (String[]) one[2];
            cases.add(DynamicTest.dynamicTest((String) one[0], () -> {
                Peer peer = server().open().headers(1, true, lines);
                String head = peer.frames().getFirst();
                assertTrue(head.startsWith("HEADERS 1 :status=" + one[1]), head);
                assertFalse(peer.isClosing());
            }));
        }
        return cases;
    }

    @TestFactory
    List<DynamicTest> beginnings() {
        for (String wrong : List.of("GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")) {
            cases.add(DynamicTest.dynamicTest("no preface: " + wrong.strip(), () -> {
                Peer peer = server();
                peer.link.feed(wrong);
                assertTrue(peer.frames().contains("GOAWAY 0 PROTOCOL_ERROR"));
                assertTrue(peer.isClosing());
            }));
        }
        cases.add(DynamicTest.dynamicTest("the first frame is not SETTINGS", () -> {
            Peer peer = server().feed(Peer.PREFACE).ping("12345678");
            assertTrue(peer.frames().contains("GOAWAY 0 PROTOCOL_ERROR"));
        }));
        cases.add(DynamicTest.dynamicTest("the first frame is an ACK", () -> {
            Peer peer = server().feed(Peer.PREFACE).frame(Frame.SETTINGS, Frame.ACK, 0, "");
            assertTrue(peer.frames().contains("GOAWAY 0 PROTOCOL_ERROR"));
        }));
        return cases;
    }
}
