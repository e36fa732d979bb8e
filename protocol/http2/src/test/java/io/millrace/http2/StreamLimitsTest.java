// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What counts as an open stream, of a connection and of a loop, and who goes where there are too many. */
class StreamLimitsTest {
    /** What was opened and reset within one read leaves room for what comes after it. */
    @Test
    void streamsThatWereResetDoNotCount() {
        List<String> told = new ArrayList<>();
        Peer peer = Peer.of(
                        (request, response) -> {
                            if (request.path().equals("/last")) {
                                response.send("served");
                            } else {
                                response.defer().stream().onAborted(() -> told.add(request.path()));
                            }
                        },
                        Http2Limits.DEFAULT.withStreams(4).withGlitches(10_000, 100))
                .open();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int stream = 1; stream < 100; stream += 2) {
            byte[] block = peer.block(Peer.request("GET", "/" + stream));
            all.writeBytes(Peer.frameBytes(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, stream, block));
            all.writeBytes(Peer.frameBytes(Frame.RST_STREAM, 0, stream, Peer.number(ErrorCode.CANCEL)));
        }
        byte[] last = peer.block(Peer.request("GET", "/last"));
        all.writeBytes(Peer.frameBytes(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 101, last));
        peer.feed(all.toByteArray());
        List<String> frames = peer.frames();
        assertTrue(frames.stream().noneMatch(frame -> frame.startsWith("RST_STREAM")), frames.toString());
        assertEquals("DATA 101 END_STREAM served", frames.getLast());
        assertEquals(50, told.size());
        assertEquals(0, peer.stats.refused());
    }

    private static Peer held(Http2Limits limits) {
        Peer peer = Peer.of(
                (request, response) -> {
                    if (request.path().equals("/later")) {
                        response.defer();
                    } else if (request.body().isEmpty()) {
                        response.send("served");
                    } else {
                        request.body().collect(100, body -> response.send());
                    }
                },
                limits);
        return peer.open(Frame.INITIAL_WINDOW_SIZE, 0);
    }

    /** Where a loop has no room for streams the connection goes whose client has let them stand still longest. */
    @Test
    void whoStandsStillGoesWhereOthersWait() {
        Peer late = held(Http2Limits.DEFAULT.withStreamsPerLoop(4));
        Peer first = late.another().open(Frame.INITIAL_WINDOW_SIZE, 0);
        Peer honest = late.another().open();
        first.get(1, "/").post(3, "/").frames();
        late.link.advance(Duration.ofMillis(500));
        late.get(1, "/").get(3, "/").frames();
        assertEquals(List.of("RST_STREAM 1 REFUSED_STREAM"), honest.get(1, "/").frames());
        assertFalse(first.isClosing());
        late.link.advance(Duration.ofMillis(700));
        assertEquals(List.of("RST_STREAM 3 REFUSED_STREAM"), honest.get(3, "/").frames());
        first.link.run();
        assertEquals(List.of("GOAWAY 3 ENHANCE_YOUR_CALM"), first.frames());
        assertFalse(late.isClosing());
        assertEquals("DATA 5 END_STREAM served", honest.get(5, "/").frames().getLast());
    }

    /** Streams that wait for the application, as those of events do, are no reason. */
    @Test
    void whoWaitsForTheServerStays() {
        Peer peer = held(Http2Limits.DEFAULT.withStreamsPerLoop(2));
        Peer honest = peer.another().open();
        peer.get(1, "/later").get(3, "/later").frames();
        peer.link.advance(Duration.ofSeconds(5));
        assertEquals(List.of("RST_STREAM 1 REFUSED_STREAM"), honest.get(1, "/").frames());
        peer.link.run();
        assertFalse(peer.isClosing());
    }
}
