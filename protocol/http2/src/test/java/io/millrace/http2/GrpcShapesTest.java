// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.millrace.http.Handler;
import io.millrace.http.RequestBody;
import io.millrace.http.ResponseStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The exchanges that gRPC makes of HTTP/2, frame by frame. */
class GrpcShapesTest {
    private static final String[] CALL = {"te: trailers", "content-type: application/grpc"};

    private static Peer call(Handler handler) {
        Peer peer = Peer.of(handler).open();
        peer.post(1, "/pkg.Service/Call", CALL);
        return peer;
    }

    /** A call that fails at once has its status in the head, which is the end as well ("Trailers-Only"). */
    @Test
    void anAnswerMayBeTrailersOnly() {
        Peer peer = call((request, response) -> response.header("Content-Type", "application/grpc")
                .header("Grpc-Status", "12")
                .send());
        List<String> frames = peer.frames();
        assertEquals(1, frames.size(), frames::toString);
        assertEquals(
                "HEADERS 1 END_STREAM :status=200 content-length=0 content-type=application/grpc grpc-status=12",
                frames.getFirst());
        peer.data(1, true, "late");
        assertFalse(peer.isClosing());
        assertEquals(0, peer.factory.openStreams());
    }

    /** Sends each message back, in a call that both sides keep open. */
    private static final class Echo implements RequestBody.Reader {
        private final ResponseStream stream;
        private final List<String> told;

        Echo(ResponseStream stream, List<String> told) {
            this.stream = stream;
            this.told = told;
        }

        @Override
        public void data(byte[] bytes, int offset, int length) {
            try {
                stream.write(bytes, offset, length);
                stream.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void end() {
            try {
                stream.trailer("grpc-status", "0");
                stream.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void failed(IOException why) {
            told.add("failed");
        }
    }

    private static Peer echo(List<String> told) {
        return call((request, response) -> {
            ResponseStream stream = response.header("Content-Type", "application/grpc").stream();
            stream.onAborted(() -> told.add("aborted"));
            stream.flush();
            request.body().read(new Echo(stream, told));
        });
    }

    /** The head leaves before a message has come, each message is answered before the next, and trailers end it. */
    @Test
    void bothDirectionsAreOpenAtOnce() {
        Peer peer = echo(new ArrayList<>());
        assertEquals(List.of("HEADERS 1 :status=200 content-type=application/grpc"), peer.frames());
        for (int i = 0; i < 1000; i++) {
            peer.data(1, false, "message " + i);
            assertEquals("DATA 1 message " + i, peer.frames().getFirst());
        }
        peer.data(1, true, "");
        assertEquals("HEADERS 1 END_STREAM grpc-status=0", peer.frames().getLast());
        assertEquals(0, peer.factory.openStreams());
    }

    @Test
    void aCallMayBeCancelled() {
        List<String> told = new ArrayList<>();
        Peer peer = echo(told);
        peer.data(1, false, "x").frames();
        peer.reset(1, ErrorCode.CANCEL);
        assertEquals(List.of("aborted", "failed"), told.stream().sorted().toList());
        assertEquals(List.of(), peer.frames());
        assertEquals(0, peer.factory.openStreams());
        assertFalse(peer.isClosing());
    }
}
