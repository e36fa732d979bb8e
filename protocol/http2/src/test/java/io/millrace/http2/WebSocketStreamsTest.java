// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Limits;
import io.millrace.testkit.WebSocketCases;
import io.millrace.testkit.WebSocketCases.Case;
import io.millrace.testkit.WebSocketDeflateCases;
import io.millrace.testkit.WebSocketFrames;
import io.millrace.testkit.WebSocketScript;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketLimits;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketOptions;
import io.millrace.websocket.WebSocketUpgrade;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** WebSocket on a stream of HTTP/2 (RFC 8441): the cases of the Autobahn suite, and what is the stream's own. */
final class WebSocketStreamsTest {
    private static final int MOST = 16 << 20;
    private static final int FRAME = 16 * 1024;
    private static final int INITIAL_WINDOW = 4;
    private static final WebSocketOptions OPTIONS = WebSocketOptions.DEFAULT.withLimits(
            WebSocketLimits.DEFAULT.withSizes(MOST, MOST).withCounts(WebSocketCases.MOST_FRAGMENTS, 1000));

    private static final Pattern ANSWER = Pattern.compile("sec-websocket-extensions=(permessage-deflate[^,\\]]*)");

    private final List<String> told = new ArrayList<>();
    private final List<WebSocket> sockets = new ArrayList<>();

    private final class Echo implements WebSocketListener {
        @Override
        public void opened(WebSocket socket) {
            sockets.add(socket);
        }

        @Override
        public void text(WebSocket socket, byte[] utf8, int offset, int length) {
            socket.sendText(utf8, offset, length);
        }

        @Override
        public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
            socket.sendBinary(bytes, offset, length);
        }

        @Override
        public void closed(WebSocket socket, int code, String reason) {
            told.add("closed " + code);
        }
    }

    private Peer server() {
        Peer peer = new Peer(
                WebSocketUpgrade.of(OPTIONS).handler(request -> new Echo()), Limits.DEFAULT, Http2Limits.DEFAULT);
        peer.open(INITIAL_WINDOW, Integer.MAX_VALUE).windowUpdate(0, Integer.MAX_VALUE - 65535);
        return peer;
    }

    private static void connect(Peer peer, int stream, String... more) {
        List<String> lines = new ArrayList<>(List.of(
                ":method: CONNECT",
                ":protocol: websocket",
                ":scheme: http",
                ":path: /echo",
                ":authority: h:1",
                "sec-websocket-version: 13"));
        lines.addAll(List.of(more));
        peer.headers(stream, false, lines.toArray(String[]::new));
    }

    private static void open(Peer peer, int stream) {
        connect(peer, stream);
        List<String> frames = peer.frames();
        assertTrue(
                frames.stream().anyMatch(frame -> frame.startsWith("HEADERS " + stream + " :status=200")),
                frames.toString());
    }

    @TestFactory
    Stream<DynamicTest> cases() {
        return Stream.concat(
                        WebSocketCases.all().stream(),
                        WebSocketCases.large().stream()
                                .filter(test -> test.script().input().length < 1 << 21))
                .map(test -> DynamicTest.dynamicTest(test.id(), () -> run(test)));
    }

    /** Compressed messages, some of each offer, size and kind of contents. */
    @TestFactory
    Stream<DynamicTest> compressed() {
        return WebSocketDeflateCases.some(5).stream()
                .map(test -> DynamicTest.dynamicTest(test.id(), () -> compressed(test)));
    }

    private void compressed(WebSocketDeflateCases.Case test) {
        Peer peer = server();
        connect(peer, 1, "sec-websocket-extensions: " + test.offer());
        Matcher answer = ANSWER.matcher(peer.frames().toString());
        assertTrue(answer.find(), test.id());
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        byte[] input = test.input(answer.group(1));
        for (int from = 0; from < input.length; from += FRAME) {
            peer.frame(Frame.DATA, 0, 1, Arrays.copyOfRange(input, from, Math.min(input.length, from + FRAME)));
            take(peer, sent);
        }
        take(peer, sent);
        test.check(answer.group(1), sent.toByteArray());
    }

    private void run(Case test) {
        WebSocketScript script = test.script();
        Peer peer = server();
        open(peer, 1);
        byte[] input = script.input();
        int chop = test.chop() == 0 ? FRAME : test.chop();
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        boolean ended = false;
        for (int from = 0; from < input.length && !ended; from += chop) {
            byte[] piece = Arrays.copyOfRange(input, from, Math.min(input.length, from + chop));
            peer.frame(Frame.DATA, 0, 1, piece);
            ended = take(peer, sent);
        }
        assertTrue(ended || take(peer, sent), "the server ends the stream");
        assertEquals(
                script.expected().toString(),
                WebSocketFrames.parse(sent.toByteArray()).toString());
        assertFalse(peer.isClosing(), "the connection stays");
    }

    /** Takes what was sent on stream 1; whether that was its end. */
    private static boolean take(Peer peer, ByteArrayOutputStream sent) {
        boolean ended = false;
        peer.link.run();
        for (String frame : peer.frames()) {
            boolean last = frame.startsWith("DATA 1 END_STREAM ");
            if (last || frame.startsWith("DATA 1 ")) {
                String data = frame.substring((last ? "DATA 1 END_STREAM " : "DATA 1 ").length());
                sent.writeBytes(data.getBytes(StandardCharsets.ISO_8859_1));
            }
            ended |= last || frame.startsWith("RST_STREAM 1 ");
        }
        return ended;
    }

    @Test
    void manySocketsShareAConnection() {
        Peer peer = server();
        for (int stream = 1; stream < 100; stream += 2) {
            open(peer, stream);
        }
        assertEquals(50, sockets.size());
        for (int stream = 1; stream < 100; stream += 2) {
            peer.frame(
                    Frame.DATA,
                    0,
                    stream,
                    new WebSocketFrames()
                            .frame(0x80 | WebSocketFrames.TEXT, "m" + stream)
                            .bytes());
            assertTrue(peer.frames().toString().contains("m" + stream));
        }
    }

    @Test
    void theEndOfAStreamIsTheEndOfItsSocketAlone() {
        Peer peer = server();
        open(peer, 1);
        open(peer, 3);
        peer.reset(1, 8);
        peer.link.run();
        assertEquals(List.of("closed 1006"), told);
        peer.frame(
                Frame.DATA,
                0,
                3,
                new WebSocketFrames()
                        .frame(0x80 | WebSocketFrames.TEXT, "still")
                        .bytes());
        assertTrue(peer.frames().toString().contains("still"));
        assertTrue(sockets.get(1).isOpen());
    }

    @Test
    void aServerThatStopsSaysSoToEverySocket() {
        Peer peer = server();
        open(peer, 1);
        open(peer, 3);
        peer.link.stop();
        peer.link.run();
        String goingAway = "\u0088\u0002\u0003\u00e9";
        String frames = peer.frames().toString();
        assertTrue(frames.contains("DATA 1 " + goingAway), frames);
        assertTrue(frames.contains("DATA 3 " + goingAway), frames);
    }

    @Test
    void aPageOfAnotherSiteIsRefused() {
        Peer peer = server();
        connect(peer, 1, "origin: https://evil.example");
        assertTrue(peer.frames().toString().contains(":status=403"));
    }

    @Test
    void compressionIsAgreedOn() {
        Peer peer = server();
        connect(peer, 1, "sec-websocket-extensions: permessage-deflate; client_max_window_bits");
        String frames = peer.frames().toString();
        assertTrue(frames.contains("sec-websocket-extensions=permessage-deflate"), frames);
        assertFalse(frames.contains("sec-websocket-accept"), frames);
    }
}
