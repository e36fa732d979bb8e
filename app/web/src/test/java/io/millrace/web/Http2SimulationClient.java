// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.testkit.SimExchangeClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A client of HTTP/2 with several streams at once: bodies both ways, windows that it opens late, resets, PING,
 * priorities. Checks every byte of each answer and each window, and that each request is answered. Header blocks are
 * written without compression, and of those that come in the status alone is read.
 */
final class Http2SimulationClient extends SimExchangeClient {
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int CONTINUATION = 9;
    private static final int PRIORITY_UPDATE = 16;
    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int STATUS_200 = 0x88;
    private static final int USUAL_WINDOW = 65_535;
    private static final int MOST_AT_ONCE = 20;

    /** More than any answer has. */
    private static final int WIDE = 1 << 20;

    /** A request and what has come of it. */
    private static final class Asked {
        final byte[] upload;
        final byte[] expected;
        final Buffer got = new Buffer();
        long window;
        int sent;
        int owed;
        boolean ended;
        boolean reset;

        Asked(byte[] upload, byte[] expected, long window) {
            this.upload = upload;
            this.expected = expected;
            this.window = window;
        }

        boolean isUploaded() {
            return upload == null || sent == upload.length || reset;
        }

        boolean isOver() {
            return reset || (ended && isUploaded());
        }
    }

    private final Map<Integer, Asked> streams = new TreeMap<>();
    private final Buffer frames = new Buffer();
    private final int requests;
    private final int ownWindow;
    private int next = 1;
    private long window = USUAL_WINDOW;
    private long theirInitialWindow = USUAL_WINDOW;
    private int owed;
    private boolean fellSilent;
    private boolean goneAway;

    Http2SimulationClient(Random random, boolean lenient) {
        super(random, lenient, HttpSimulationTest.PORT);
        requests = 1 + random.nextInt(12);
        ownWindow = random.nextBoolean() ? USUAL_WINDOW : random.nextInt(5000);
        toSend.appendLatin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        header(6, SETTINGS, 0, 0);
        toSend.append(new byte[] {0, 4});
        toSend.appendInt(ownWindow);
    }

    // ---- what it says

    private void header(int length, int type, int flags, int stream) {
        toSend.appendInt(length << 8 | type);
        toSend.append((byte) flags);
        toSend.appendInt(stream);
    }

    private void field(String name, String value) {
        toSend.append((byte) 0);
        toSend.append((byte) name.length());
        toSend.appendLatin1(name);
        toSend.append((byte) value.length());
        toSend.appendLatin1(value);
    }

    @Override
    protected boolean sayMore() {
        int first = random.nextInt(6);
        // Twice: what is put off by lot must not wait for ever when nothing else happens.
        for (int i = 0; i < 12 && toSend.isEmpty(); i++) {
            boolean now = i >= 6;
            switch ((first + i) % 6) {
                case 0 -> ask();
                case 1 -> upload(now);
                case 2 -> open(now);
                case 3 -> credit(now);
                case 4 -> cancel();
                default -> small();
            }
        }
        if (toSend.isEmpty() && manner == Manner.SILENT && hasSaidAll() && !fellSilent) {
            fellSilent = true;
            header(100, HEADERS, END_STREAM, next); // half of a block, or of a frame
            toSend.appendLatin1("\0\1x".repeat(random.nextBoolean() ? 1 : 0));
        }
        return !toSend.isEmpty();
    }

    private void ask() {
        long open = streams.values().stream().filter(s -> !s.isOver()).count();
        if (next / 2 >= requests || open >= MOST_AT_ONCE || goneAway) {
            return;
        }
        int n = random.nextInt(8) == 0 ? random.nextInt(100_000) : random.nextInt(300);
        switch (random.nextInt(5)) {
            case 0, 1 -> request("/bytes/" + n, null, HttpSimulationTest.pattern(n));
            case 2 -> request("/chunks/" + n, null, HttpSimulationTest.pattern(n));
            case 3 -> {
                byte[] body = noise(n);
                request(random.nextBoolean() ? "/whole" : "/through", body, body);
            }
            default -> request("/ignore", noise(Math.min(n, 20_000)), HttpSimulationTest.pattern(10));
        }
    }

    private byte[] noise(int n) {
        byte[] bytes = new byte[Math.max(1, n)];
        random.nextBytes(bytes);
        return bytes;
    }

    private void request(String path, byte[] upload, byte[] expected) {
        List<String[]> fields = new ArrayList<>(List.of(
                new String[] {":method", upload == null ? "GET" : "POST"},
                new String[] {":scheme", "http"},
                new String[] {":path", path},
                new String[] {":authority", "h"},
                new String[] {"priority", "u=" + random.nextInt(8) + (random.nextBoolean() ? ", i" : "")}));
        if (upload != null && random.nextBoolean()) {
            fields.add(new String[] {"content-length", "" + upload.length});
        }
        int length = fields.stream()
                .mapToInt(field -> 3 + field[0].length() + field[1].length())
                .sum();
        boolean split = random.nextInt(4) == 0;
        int whole = split ? length - 3 - fields.getLast()[0].length() - fields.getLast()[1].length() : length;
        header(whole, HEADERS, (upload == null ? END_STREAM : 0) | (split ? 0 : END_HEADERS), next);
        for (String[] field : fields) {
            if (split && field == fields.getLast()) {
                header(length - whole, CONTINUATION, END_HEADERS, next);
            }
            field(field[0], field[1]);
        }
        streams.put(next, new Asked(upload, expected, theirInitialWindow));
        next += 2;
    }

    private void upload(boolean now) {
        for (Map.Entry<Integer, Asked> entry : streams.entrySet()) {
            Asked asked = entry.getValue();
            if (!asked.isUploaded() && (now || random.nextBoolean())) {
                piece(entry.getKey(), asked, 1 + random.nextInt(random.nextBoolean() ? 16_384 : 100));
            }
        }
    }

    private void piece(int stream, Asked asked, int most) {
        int count = (int) Math.min(Math.min(asked.window, window), Math.min(most, asked.upload.length - asked.sent));
        if (count <= 0) {
            return;
        }
        boolean last = asked.sent + count == asked.upload.length;
        header(count, DATA, last ? END_STREAM : 0, stream);
        toSend.append(asked.upload, asked.sent, count);
        asked.sent += count;
        asked.window -= count;
        window -= count;
    }

    // Opens the windows of streams late, and then for all that can still come.
    private void open(boolean now) {
        streams.forEach((stream, asked) -> {
            boolean shut = asked.owed >= ownWindow;
            if (!asked.ended && !asked.reset && ((shut && now) || (asked.owed > 0 && random.nextInt(4) == 0))) {
                windowUpdate(stream, WIDE);
                asked.owed = -WIDE;
            }
        });
    }

    private void credit(boolean now) {
        if (owed > 0 && (now || random.nextInt(4) == 0)) {
            windowUpdate(0, owed);
            owed = 0;
        }
    }

    private void windowUpdate(int stream, int more) {
        header(4, WINDOW_UPDATE, 0, stream);
        toSend.appendInt(more);
    }

    private void cancel() {
        streams.forEach((stream, asked) -> {
            if (!asked.ended && !asked.reset && random.nextInt(60) == 0) {
                asked.reset = true;
                header(4, RST_STREAM, 0, stream);
                toSend.appendInt(8);
            }
        });
    }

    private void small() {
        if (hasSaidAll() || random.nextInt(10) != 0) {
            return;
        }
        if (random.nextBoolean()) {
            header(8, PING, 0, 0);
            toSend.appendLatin1("12345678");
        } else {
            header(7, PRIORITY_UPDATE, 0, 0);
            toSend.appendInt(1 + 2 * random.nextInt(requests));
            toSend.appendLatin1("u=" + random.nextInt(8));
        }
    }

    @Override
    protected boolean hasSaidAll() {
        return next / 2 >= requests && streams.values().stream().allMatch(Asked::isOver);
    }

    @Override
    protected boolean hasAllAnswers() {
        return hasSaidAll();
    }

    // ---- what it hears

    @Override
    protected void received(byte[] bytes, int count) {
        frames.append(bytes, 0, count);
        while (frames.readable() >= 9) {
            int length = number(0) >>> 8;
            if (frames.readable() < 9 + length) {
                return;
            }
            frame(number(0) & 0xff, frames.peek(4) & 0xff, number(5), length);
            frames.consume(9 + length);
        }
    }

    private int number(int at) {
        return (frames.peek(at) & 0xff) << 24
                | (frames.peek(at + 1) & 0xff) << 16
                | (frames.peek(at + 2) & 0xff) << 8
                | (frames.peek(at + 3) & 0xff);
    }

    private void frame(int type, int flags, int stream, int length) {
        switch (type) {
            case DATA -> data(streams.get(stream), length, (flags & END_STREAM) != 0);
            case HEADERS -> {
                assertTrue(lenient || (frames.peek(9) & 0xff) == STATUS_200, "an answer that is not 200 on " + stream);
                streams.get(stream).ended |= (flags & END_STREAM) != 0;
            }
            case RST_STREAM -> reset(stream, number(9));
            case SETTINGS -> settings(flags, length);
            case PING -> pong(flags);
            case GOAWAY -> {
                assertTrue(lenient || manner != Manner.KIND || number(13) == 0, "GOAWAY with " + number(13));
                goneAway = true;
            }
            case WINDOW_UPDATE -> widen(stream, number(9));
            default -> assertEquals(CONTINUATION, type);
        }
    }

    private void data(Asked asked, int length, boolean last) {
        owed += length;
        asked.owed += length;
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = frames.peek(9 + i);
        }
        asked.got.append(bytes);
        asked.ended |= last;
        if (last && !lenient) {
            assertArrayEquals(asked.expected, asked.got.toBytes());
        }
    }

    // What is left of a body that nobody wants; or time has jumped.
    private void reset(int stream, int code) {
        Asked asked = streams.get(stream);
        assertTrue(lenient || (asked.ended && code == 0), "RST_STREAM " + stream + " with " + code);
        asked.reset = true;
    }

    private void settings(int flags, int length) {
        if ((flags & ACK) != 0) {
            return;
        }
        for (int at = 9; at < 9 + length; at += 6) {
            if (number(at) >>> 16 == 4) {
                long more = number(at + 2) - theirInitialWindow;
                theirInitialWindow += more;
                streams.values().forEach(asked -> asked.window += more);
            }
        }
        header(0, SETTINGS, ACK, 0);
    }

    private void pong(int flags) {
        if ((flags & ACK) == 0) {
            header(8, PING, ACK, 0);
            toSend.appendInt(number(9));
            toSend.appendInt(number(13));
        }
    }

    private void widen(int stream, int more) {
        if (stream == 0) {
            window += more;
        } else {
            streams.get(stream).window += more;
        }
    }

    @Override
    protected void ended(int how) {
        assertTrue(
                lenient || manner == Manner.RUDE || hasSaidAll(),
                () -> "ended (" + how + ") with " + streams.size() + " of " + requests + " requests, open: "
                        + streams.entrySet().stream()
                                .filter(e -> !e.getValue().isOver())
                                .map(e -> e.getKey() + " " + e.getValue().got.readable() + " of "
                                        + e.getValue().expected.length)
                                .toList());
    }
}
