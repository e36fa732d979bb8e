// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.http.HttpContext;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every frame is a line, where that was asked for. */
class FrameTraceTest {
    @Test
    void framesAreSaidAsTheyComeAndGo() {
        FakeClock clock = new FakeClock();
        List<String> lines = new ArrayList<>();
        Http2Factory factory = new Http2Factory(HttpContext.of((request, response) -> response.send("hello"))
                        .withClock(clock))
                .trace(lines::add);
        MemoryLink link = new MemoryLink(factory.create(), clock);
        Peer peer = Peer.echo();
        link.feed(Peer.PREFACE).feed(Peer.frameBytes(Frame.SETTINGS, 0, 0, new byte[0]));
        byte[] block = peer.block(Peer.request("GET", "/"));
        link.feed(Peer.frameBytes(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, block));
        link.feed(Peer.frameBytes(Frame.PING, 0, 0, new byte[8]));
        link.feed(Peer.frameBytes(Frame.DATA, 0, 3, new byte[1]));
        String text = String.join("\n", lines).replace(String.valueOf(link.peer()), "peer");
        assertEquals(
                """
                  http2 send peer SETTINGS (30)
                  http2 send peer WINDOW_UPDATE (4)
                  http2 recv peer SETTINGS (0)
                  http2 send peer SETTINGS (0) ACK
                  http2 recv peer HEADERS stream 1 (LENGTH) END_STREAM END_HEADERS
                  http2 send peer HEADERS stream 1 (N) END_HEADERS
                  http2 send peer DATA stream 1 (5) END_STREAM
                  http2 recv peer PING (8)
                  http2 send peer PING (8) ACK
                  http2 recv peer DATA stream 3 (1)
                  http2 send peer GOAWAY (30)""".replace("LENGTH", "" + block.length),
                text.replaceFirst("(send peer HEADERS stream 1) .\\d+.", "$1 (N)")
                        .replace("\n  ", "\n")
                        .strip());
    }
}
