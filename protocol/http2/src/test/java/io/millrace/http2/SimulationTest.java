// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.http.Handler;
import io.millrace.http.RequestBody;
import io.millrace.http.ResponseStream;
import io.millrace.http.Router;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Connections of clients that do at random what clients do: many streams at once, bodies both ways, windows that open
 * slowly, resets, settings, time that passes, and a connection that takes little at a time or breaks. What is answered
 * is whole and right, and at the end nothing is left.
 */
@Timeout(300)
class SimulationTest {
    private static final int SEEDS = 1500;

    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('!' + (i * 7 + length) % 90);
        }
        return bytes;
    }

    private static Handler routes() {
        return new Router()
                .get("/bytes/{n}", (request, response) -> response.send(pattern(Integer.parseInt(request.param("n")))))
                .get(
                        "/stream/{n}",
                        (request, response) -> new Producer(
                                        response.defer().stream(), pattern(Integer.parseInt(request.param("n"))))
                                .go())
                .post("/whole", (request, response) -> request.body().collect(1 << 20, response::send))
                .post(
                        "/through",
                        (request, response) -> request.body().read(new Through(request.body(), response.stream())))
                .post("/ignore", (request, response) -> response.send(pattern(10)));
    }

    /** Writes as long as it may, and goes on when it may again. */
    private static final class Producer {
        private final ResponseStream stream;
        private final byte[] bytes;
        private int written;
        private boolean closed;

        Producer(ResponseStream stream, byte[] bytes) {
            this.stream = stream;
            this.bytes = bytes;
        }

        void go() {
            stream.onWritable(this::write);
            write();
        }

        private void write() {
            try {
                while (written < bytes.length && stream.writable()) {
                    int n = Math.min(777, bytes.length - written);
                    stream.write(bytes, written, n);
                    written += n;
                }
                if (written == bytes.length && !closed) {
                    closed = true;
                    stream.close();
                } else if (!closed) {
                    stream.flush();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Sends a body back while it comes in, and holds it back while the answer piles up. */
    private static final class Through implements RequestBody.Reader {
        private final RequestBody body;
        private final ResponseStream stream;

        Through(RequestBody body, ResponseStream stream) {
            this.body = body;
            this.stream = stream;
            stream.onWritable(() -> body.pause(false));
        }

        @Override
        public void data(byte[] bytes, int offset, int length) {
            try {
                stream.write(bytes, offset, length);
                stream.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (!stream.writable()) {
                body.pause(true);
            }
        }

        @Override
        public void end() {
            try {
                stream.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void failed(IOException why) {}
    }

    /** What a client knows of one of its streams. */
    private static final class Asked {
        final byte[] upload;
        final byte[] expected;
        final Buffer got = new Buffer();
        int sent;
        long window = 65_536;
        boolean uploaded;
        boolean ended;
        boolean reset;

        Asked(byte[] upload, byte[] expected) {
            this.upload = upload;
            this.expected = expected;
            this.uploaded = upload == null;
        }
    }

    /** One connection with its client. */
    private static final class Play {
        final Random random;
        final Peer peer;
        final TreeMap<Integer, Asked> streams = new TreeMap<>();
        int next = 1;
        long window = 262_144;
        int initialWindow = 65_535;
        boolean broken;

        Play(long seed) {
            random = new Random(seed);
            peer = Peer.of(routes());
            initialWindow = random.nextInt(3) == 0 ? random.nextInt(3000) : 65_535;
            peer.feed(Peer.PREFACE).settings(Frame.INITIAL_WINDOW_SIZE, initialWindow);
        }

        void run() {
            int steps = 50 + random.nextInt(150);
            for (int i = 0; i < steps && !broken; i++) {
                step();
                look();
            }
            if (!broken) {
                finish();
            }
            assertEquals(0, peer.factory.openStreams(), "streams left open");
            assertEquals(streams.size(), peer.log.size(), () -> streams.keySet() + " " + peer.log);
        }

        private void step() {
            switch (random.nextInt(14)) {
                case 0, 1, 2 -> ask();
                case 3, 4, 5, 6 -> upload();
                case 7 -> peer.windowUpdate(0, 1 + random.nextInt(50_000));
                case 8 -> widen();
                case 9 -> peer.link.window(random.nextInt(20_000));
                case 10 -> peer.link.window(Long.MAX_VALUE);
                case 11 -> cancel();
                case 12 -> peer.link.advance(Duration.ofMillis(random.nextInt(300)));
                default -> rare();
            }
        }

        private void rare() {
            switch (random.nextInt(6)) {
                case 0 -> {
                    int size = random.nextInt(70_000);
                    peer.settings(Frame.INITIAL_WINDOW_SIZE, size);
                    initialWindow = size;
                }
                case 1 -> peer.ping("12345678");
                case 2 -> peer.frame(Frame.PRIORITY_UPDATE, 0, 0, "\0\0\0" + (char) ((next & 0x7f) | 1) + "u=1, i");
                case 3 -> breakOff();
                default -> peer.bytewise(random.nextInt(4) == 0);
            }
        }

        private void breakOff() {
            if (random.nextInt(4) == 0) {
                broken = true;
                if (random.nextBoolean()) {
                    peer.link.reset();
                } else {
                    peer.data(0, true, "nonsense");
                    peer.link.window(Long.MAX_VALUE).advance(Duration.ofSeconds(3));
                }
            }
        }

        private void ask() {
            if (streams.values().stream().filter(s -> !s.ended && !s.reset).count() >= 100) {
                return;
            }
            int stream = next;
            next += 2;
            byte[] body = random.nextInt(3) == 0 ? null : pattern(random.nextInt(30_000));
            int n = random.nextInt(random.nextBoolean() ? 100 : 200_000);
            String priority = "priority: u=" + random.nextInt(8) + (random.nextBoolean() ? ", i" : "");
            if (body == null) {
                streams.put(stream, new Asked(null, pattern(n)));
                peer.get(stream, (random.nextBoolean() ? "/bytes/" : "/stream/") + n, priority);
                return;
            }
            String path = List.of("/whole", "/through", "/ignore").get(random.nextInt(3));
            streams.put(stream, new Asked(body, path.equals("/ignore") ? pattern(10) : body));
            if (random.nextBoolean()) {
                peer.post(stream, path, priority);
            } else {
                peer.post(stream, path, priority, "content-length: " + body.length);
            }
        }

        private void upload() {
            for (int stream : List.copyOf(streams.keySet())) {
                Asked asked = streams.get(stream);
                if (!asked.uploaded && !asked.reset && random.nextBoolean()) {
                    piece(stream, asked, 1 + random.nextInt(16_384));
                }
            }
        }

        private void piece(int stream, Asked asked, int most) {
            int count =
                    (int) Math.min(Math.min(asked.window, window), Math.min(most, asked.upload.length - asked.sent));
            boolean last = asked.sent + count == asked.upload.length;
            if (count == 0 && !last) {
                return;
            }
            asked.window -= count;
            window -= count;
            peer.data(stream, last, Ascii.string(asked.upload, asked.sent, count));
            asked.sent += count;
            asked.uploaded = last;
        }

        private void widen() {
            for (int stream : streams.keySet()) {
                if (random.nextBoolean()) {
                    peer.windowUpdate(stream, 1 + random.nextInt(20_000));
                }
            }
        }

        private void cancel() {
            for (int stream : streams.keySet()) {
                Asked asked = streams.get(stream);
                if (!asked.ended && !asked.reset && random.nextInt(20) == 0) {
                    asked.reset = true;
                    peer.reset(stream, ErrorCode.CANCEL);
                }
            }
        }

        // What the server said since the last look.
        private void look() {
            for (String frame : peer.frames()) {
                String[] words = frame.split(" ", 3);
                switch (words[0]) {
                    case "DATA" -> data(frame, streams.get(Integer.parseInt(words[1])));
                    case "WINDOW_UPDATE" -> {
                        int more = Integer.parseInt(words[2]);
                        if (words[1].equals("0")) {
                            window += more;
                        } else {
                            streams.get(Integer.parseInt(words[1])).window += more;
                        }
                    }
                    case "RST_STREAM" -> reset(frame, streams.get(Integer.parseInt(words[1])));
                    case "GOAWAY" -> assertTrue(broken, frame);
                    case "PING" -> {
                        if (words[1].equals("windows!")) {
                            peer.frame(Frame.PING, Frame.ACK, 0, "windows!");
                        }
                    }
                    case "HEADERS" -> {
                        assertTrue(frame.contains(":status=200"), frame);
                        streams.get(Integer.parseInt(words[1])).ended |= words[2].startsWith("END_STREAM");
                    }
                    default -> {}
                }
            }
        }

        private void data(String frame, Asked asked) {
            int header = frame.indexOf(' ', 5) + 1;
            boolean last = frame.startsWith("END_STREAM ", header);
            asked.got.appendLatin1(frame.substring(header + (last ? 11 : 0)));
            asked.ended |= last;
            if (last) {
                assertEquals(Ascii.string(asked.expected, 0, asked.expected.length), whole(asked));
            }
        }

        private static String whole(Asked asked) {
            return Ascii.string(asked.got.array(), asked.got.head(), asked.got.readable());
        }

        // The rest of a body that is not wanted; or the window was shut for so long, as clients may let it.
        private void reset(String frame, Asked asked) {
            assertTrue((asked.ended && frame.endsWith("NO_ERROR")) || frame.endsWith("CANCEL"), frame);
            asked.reset = true;
        }

        private void finish() {
            peer.link.window(Long.MAX_VALUE);
            peer.settings(Frame.INITIAL_WINDOW_SIZE, 1 << 20).windowUpdate(0, 1 << 28);
            for (int round = 0; round < 200 && isBusy(); round++) {
                look();
                for (int stream : List.copyOf(streams.keySet())) {
                    Asked asked = streams.get(stream);
                    while (!asked.uploaded && !asked.reset && asked.window > 0 && window > 0) {
                        piece(stream, asked, 16_384);
                        look();
                    }
                }
            }
            look();
            List<String> open = new ArrayList<>();
            streams.forEach((stream, asked) -> {
                if (!asked.ended && !asked.reset) {
                    open.add(stream + ": " + asked.got.readable() + " of " + asked.expected.length + " bytes, sent "
                            + asked.sent + ", windows " + asked.window + " and " + window);
                }
            });
            assertEquals(List.of(), open, "streams without an answer");
        }

        private boolean isBusy() {
            return streams.values().stream().anyMatch(asked -> !asked.reset && (!asked.ended || !asked.uploaded));
        }
    }

    @Test
    void connectionsAtRandom() {
        for (long seed = Long.getLong("seed", 0); seed < SEEDS; seed++) {
            try {
                new Play(seed).run();
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }
}
