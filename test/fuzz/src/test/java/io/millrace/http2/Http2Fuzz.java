// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Ascii;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.Trickle;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Frames to a server that speaks HTTP/2: it fails at nothing, requests reach the handler in the same order however the
 * bytes are cut, and every stream has come to its end when the connection has.
 */
public final class Http2Fuzz {
    private static final byte[] BEGINNING = Ascii.bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0");

    private Http2Fuzz() {}

    /** Reads one input. */
    public static void fuzzerTestOneInput(byte[] input) {
        List<String> whole = new Server().read(List.of(input));
        List<String> cut = new Server().read(Trickle.cut(input, new Random(input.length)));
        // A frame that comes late for a stream may end the connection, and how late it is depends on the cuts.
        int common = Math.min(whole.size(), cut.size());
        if (!whole.subList(0, common).equals(cut.subList(0, common))) {
            throw new AssertionError("whole: " + whole + ", cut: " + cut);
        }
    }

    private static final class Server {
        private final List<String> seen = new ArrayList<>();
        private final Http2Factory factory;
        private final MemoryLink link;

        Server() {
            FakeClock clock = new FakeClock();
            Handler handler = (request, response) -> {
                String head = request.method()
                        + ' '
                        + request.target()
                        + ' '
                        + request.headers().size();
                request.body().collect(1 << 16, bytes -> {
                    seen.add(head + ' ' + bytes.length);
                    response.send(bytes);
                });
            };
            factory = new Http2Factory(HttpContext.of(handler).withClock(clock));
            link = new MemoryLink(factory.create(), clock);
        }

        List<String> read(List<byte[]> pieces) {
            link.feed(BEGINNING);
            for (byte[] piece : pieces) {
                link.feed(piece);
                link.run();
            }
            link.end();
            link.run();
            if (factory.openStreams() != 0) {
                throw new AssertionError("streams left open: " + factory.openStreams());
            }
            return seen;
        }
    }
}
