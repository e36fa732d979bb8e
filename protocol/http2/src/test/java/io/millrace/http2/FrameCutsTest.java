// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Connections that are cut at every byte, with frames of every type, right ones and wrong ones: what is answered and
 * how the connection ends does not depend on where the network cuts.
 */
class FrameCutsTest {
    /** Frames after the preface, and what they must lead to. */
    private record Script(String name, String leadsTo, byte[]... frames) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static byte[] frame(int type, int flags, int stream, String payload) {
        return Peer.frameBytes(type, flags, stream, Ascii.bytes(payload));
    }

    private static byte[] request(int flags, int stream, String method, String before, String after) {
        byte[] block = Peer.echo().block(Peer.request(method, "/some/path", "x-a: b"));
        return frame(
                Frame.HEADERS,
                Frame.END_HEADERS | flags,
                stream,
                before + Ascii.string(block, 0, block.length) + after);
    }

    private static byte[] post() {
        return request(0, 1, "POST", "", "");
    }

    private static byte[] part(int from, int to, int type, int flags) {
        byte[] block = Peer.echo().block(Peer.request("GET", "/some/path", "x-a: b"));
        return Peer.frameBytes(type, flags, 1, Arrays.copyOfRange(block, from, to < 0 ? block.length : to));
    }

    static List<Script> scripts() {
        byte[] get = request(Frame.END_STREAM, 1, "GET", "", "");
        return List.of(
                new Script("GET", "DATA 1 END_STREAM GET 0", get),
                new Script(
                        "padded, with a priority",
                        "DATA 1 END_STREAM GET 0",
                        request(
                                Frame.END_STREAM | Frame.PADDED | Frame.WITH_PRIORITY,
                                1,
                                "GET",
                                "\3\0\0\0\0\7",
                                "\0\0\0")),
                new Script(
                        "CONTINUATION",
                        "DATA 1 END_STREAM GET 0",
                        part(0, 7, Frame.HEADERS, Frame.END_STREAM),
                        part(7, 30, Frame.CONTINUATION, 0),
                        part(30, -1, Frame.CONTINUATION, Frame.END_HEADERS)),
                new Script(
                        "a body, padded, and trailers",
                        "DATA 1 END_STREAM POST 8",
                        post(),
                        frame(Frame.DATA, 0, 1, "abc"),
                        frame(Frame.DATA, Frame.PADDED, 1, "\4defgh\0\0\0\0"),
                        frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, "\0\1t\1v")),
                new Script(
                        "everything else",
                        "DATA 1 END_STREAM POST 1",
                        frame(Frame.PRIORITY, 0, 3, "\0\0\0\0\7"),
                        frame(Frame.PRIORITY_UPDATE, 0, 0, "\0\0\0\1u=1, i"),
                        frame(Frame.PING, 0, 0, "12345678"),
                        frame(0x77, 0x55, 9, "what nobody knows"),
                        post(),
                        frame(Frame.SETTINGS, 0, 0, "\0\4\0\1\0\0\0\1\0\0\0\0"),
                        frame(Frame.WINDOW_UPDATE, 0, 0, "\0\0\1\0"),
                        frame(Frame.WINDOW_UPDATE, 0, 1, "\0\0\1\0"),
                        frame(Frame.GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0bye"),
                        frame(Frame.DATA, Frame.END_STREAM, 1, "x")),
                new Script(
                        "a reset",
                        "PING ACK 12345678",
                        post(),
                        frame(Frame.RST_STREAM, 0, 1, "\0\0\0\10"),
                        frame(Frame.PING, 0, 0, "12345678")),
                wrong("padding too long", "PROTOCOL_ERROR", post(), frame(Frame.DATA, Frame.PADDED, 1, "\11abc")),
                wrong("DATA on an idle stream", "PROTOCOL_ERROR", frame(Frame.DATA, 0, 5, "abcdef")),
                wrong("PING of a wrong size", "FRAME_SIZE_ERROR", frame(Frame.PING, 0, 0, "123456789")),
                wrong("SETTINGS of a wrong size", "FRAME_SIZE_ERROR", frame(Frame.SETTINGS, 0, 0, "12345")),
                wrong("a block that is none", "COMPRESSION_ERROR", frame(Frame.HEADERS, 5, 1, "\0\3a")),
                wrong(
                        "within a block",
                        "PROTOCOL_ERROR",
                        part(0, 7, Frame.HEADERS, 0),
                        frame(Frame.PING, 0, 0, "12345678")),
                wrong("a window of 0", "PROTOCOL_ERROR", frame(Frame.WINDOW_UPDATE, 0, 0, "\0\0\0\0")),
                wrong("PUSH_PROMISE", "PROTOCOL_ERROR", frame(Frame.PUSH_PROMISE, 4, 1, "\0\0\0\2")),
                new Script(
                        "a request that is none",
                        "RST_STREAM 1 PROTOCOL_ERROR",
                        frame(Frame.HEADERS, 5, 1, "\0\7:method\3G T"),
                        frame(Frame.PING, 0, 0, "12345678")));
    }

    private static Script wrong(String name, String code, byte[]... frames) {
        return new Script(name, code, frames);
    }

    private record Outcome(List<String> frames, List<String> log, boolean closing, int open) {}

    private static Outcome feed(byte[]... pieces) {
        Peer peer = Peer.of((request, response) ->
                request.body().collect(100, bytes -> response.send(request.method() + " " + bytes.length)));
        for (byte[] piece : pieces) {
            peer.feed(piece);
        }
        return new Outcome(peer.frames(), peer.log, peer.isClosing(), peer.factory.openStreams());
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void everyFrameIsCutAtEveryByte(Script script) {
        Buffer all = new Buffer();
        all.append(Peer.PREFACE);
        all.append(frame(Frame.SETTINGS, 0, 0, "\0\3\0\0\0\144"));
        for (byte[] frame : script.frames()) {
            all.append(frame);
        }
        byte[] bytes = all.toBytes();
        Outcome whole = feed(bytes);
        assertTrue(whole.frames().toString().contains(script.leadsTo()), whole::toString);
        for (int at = 1; at < bytes.length; at++) {
            Outcome cut = feed(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at, bytes.length));
            assertEquals(whole, cut, "cut before byte " + at);
        }
        byte[][] single = new byte[bytes.length][];
        for (int at = 0; at < bytes.length; at++) {
            single[at] = new byte[] {bytes[at]};
        }
        assertEquals(whole, feed(single), "byte by byte");
    }
}
