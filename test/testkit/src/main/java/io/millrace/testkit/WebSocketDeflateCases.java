// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.testkit.WebSocketFrames.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Deflater;

/**
 * What a WebSocket server that echoes has to do where messages are compressed: the sections 12 (five kinds of contents,
 * eighteen sizes) and 13 (seven offers of parameters, the same sizes) of the Autobahn suite. A case offers, compresses
 * as was agreed, and inflates what comes back with exactly the window that was agreed, so that a server that refers to
 * more is seen.
 *
 * <p>A thousand messages each, as the suite has them, would take minutes: there are as many as make about 128 KiB.
 */
public final class WebSocketDeflateCases {
    private static final int RSV1 = 0x40;
    private static final int BYTES = 128 * 1024;
    private static final int MOST_MESSAGES = 20;
    private static final int KINDS = 5;
    private static final int MOST_BITS = 15;
    private static final Pattern SERVER_BITS = Pattern.compile("server_max_window_bits=(\\d+)");

    private static final Pattern ANSWER = Pattern.compile("\r\nSec-WebSocket-Extensions: ([^\r]*)\r\n");

    /** Length of a message, and of each of its frames; 0 for one frame. */
    private static final int[][] SIZES = {
        {16, 0},
        {64, 0},
        {256, 0},
        {1024, 0},
        {4096, 0},
        {8192, 0},
        {16384, 0},
        {32768, 0},
        {65536, 0},
        {131072, 0},
        {8192, 256},
        {16384, 256},
        {32768, 256},
        {65536, 256},
        {131072, 256},
        {131072, 1024},
        {131072, 4096},
        {131072, 32768}
    };

    private static final String[] OFFERS = {
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits; server_max_window_bits=9",
        "permessage-deflate; client_max_window_bits; server_max_window_bits=15",
        "permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9",
        "permessage-deflate; client_max_window_bits; server_no_context_takeover; server_max_window_bits=15",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=9, "
                + "permessage-deflate; server_no_context_takeover, permessage-deflate"
    };

    private WebSocketDeflateCases() {}

    /**
     * One case.
     *
     * @param id its number in the suite
     * @param offer the field Sec-WebSocket-Extensions
     * @param kind which contents, from 0 to 4
     * @param size how long a message is
     * @param fragment how long a frame is before the message is compressed and cut; 0 for one frame
     */
    public record Case(String id, String offer, int kind, int size, int fragment) {

        /**
         * Returns what the client sends, a Close at the end.
         *
         * @param answer the field Sec-WebSocket-Extensions of the answer
         */
        public byte[] input(String answer) {
            if (!answer.startsWith("permessage-deflate")) {
                throw new AssertionError(id + ": no compression was agreed on, but '" + answer + "'");
            }
            WebSocketFrames frames = new WebSocketFrames();
            Deflater deflater = new Deflater(6, true);
            for (byte[] message : messages()) {
                if (answer.contains("client_no_context_takeover")) {
                    deflater.reset();
                }
                append(frames, deflated(deflater, message));
            }
            deflater.end();
            return frames.close().bytes();
        }

        private void append(WebSocketFrames frames, byte[] payload) {
            int step = fragment == 0 ? Math.max(1, payload.length) : fragment;
            for (int from = 0; from == 0 || from < payload.length; from += step) {
                int to = Math.min(payload.length, from + step);
                int first = from == 0 ? opcode() | RSV1 : 0;
                frames.frame(to == payload.length ? first | 0x80 : first, Arrays.copyOfRange(payload, from, to));
            }
        }

        private int opcode() {
            return (isText(kind) ? WebSocketFrames.TEXT : WebSocketFrames.BINARY) & 0x0f;
        }

        /** Returns the messages that the client sends, and that it must get. */
        public List<byte[]> messages() {
            byte[] contents = contents(kind);
            int count = Math.clamp(BYTES / size, 1, MOST_MESSAGES);
            List<byte[]> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int from = (int) ((long) i * size % (contents.length - size + 1));
                all.add(Arrays.copyOfRange(contents, from, from + size));
            }
            return all;
        }

        /**
         * Checks what the server sent: each message, inflated with the window that was agreed on, and a normal Close.
         *
         * @throws AssertionError if that is not what came
         */
        public void check(String answer, byte[] sent) {
            List<Frame> frames = WebSocketFrames.parse(sent);
            List<byte[]> expected = messages();
            if (frames.size() != expected.size() + 1) {
                throw new AssertionError(id + ": " + frames.size() + " frames for " + expected.size() + " messages");
            }
            Matcher bits = SERVER_BITS.matcher(answer);
            int window = 1 << (bits.find() ? Integer.parseInt(bits.group(1)) : MOST_BITS);
            WindowedInflater inflater = new WindowedInflater(window);
            for (int i = 0; i < expected.size(); i++) {
                if (answer.contains("server_no_context_takeover")) {
                    inflater = new WindowedInflater(window);
                }
                Frame frame = frames.get(i);
                boolean small = (frame.first() & RSV1) != 0;
                byte[] message = small ? inflater.inflate(frame.payload()) : frame.payload();
                if ((frame.first() & ~RSV1) != (0x80 | opcode()) || !Arrays.equals(expected.get(i), message)) {
                    throw new AssertionError(id + ": message " + i + " is not what was sent");
                }
            }
            if (!Arrays.equals(frames.getLast().payload(), new byte[] {3, (byte) 0xe8})) {
                throw new AssertionError(id + ": the last frame is " + frames.getLast());
            }
        }

        @Override
        public String toString() {
            return id;
        }
    }

    /** Returns the cases of both sections. */
    public static List<Case> all() {
        List<Case> all = new ArrayList<>();
        for (int kind = 0; kind < KINDS; kind++) {
            add(all, "12." + (kind + 1), OFFERS[0], kind);
        }
        for (int offer = 0; offer < OFFERS.length; offer++) {
            add(all, "13." + (offer + 1), OFFERS[offer], 0);
        }
        return all;
    }

    private static void add(List<Case> all, String section, String offer, int kind) {
        for (int i = 0; i < SIZES.length; i++) {
            all.add(new Case(section + "." + (i + 1), offer, kind, SIZES[i][0], SIZES[i][1]));
        }
    }

    /** Returns every {@code step}th case, for carriers that are slower than arrays: each offer and size is there. */
    public static List<Case> some(int step) {
        List<Case> all = all();
        List<Case> some = new ArrayList<>();
        for (int i = 0; i < all.size(); i += step) {
            some.add(all.get(i));
        }
        return some;
    }

    /** Returns the field Sec-WebSocket-Extensions of the head of an answer over HTTP/1.1. */
    public static String answer(String head) {
        Matcher field = ANSWER.matcher(head);
        return field.find() ? field.group(1) : "";
    }

    private static byte[] deflated(Deflater deflater, byte[] message) {
        byte[] out = new byte[message.length + message.length / 8 + 64];
        deflater.setInput(message);
        int count = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        return Arrays.copyOf(out, count - 4);
    }

    private static boolean isText(int kind) {
        return kind == 0 || kind == 3;
    }

    // JSON, a bitmap, prose, HTML, and what cannot be compressed.
    private static byte[] contents(int kind) {
        Random random = new Random(kind);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; out.size() < 2 * BYTES; i++) {
            out.writeBytes(
                    switch (kind) {
                        case 0 ->
                            ascii("{\"id\": %d, \"name\": \"n%d\", \"tags\": [\"a\", \"b%d\"]},\n"
                                    .formatted(i, random.nextInt(500), i % 7));
                        case 1 -> row(random, i);
                        case 2 -> ascii("wort" + random.nextInt(700) + (i % 11 == 0 ? ".\n" : " "));
                        case 3 -> ascii("<tr><td class=\"c" + i % 9 + "\">" + random.nextInt(1000) + "</td></tr>\n");
                        default -> noise(random);
                    });
        }
        return out.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] row(Random random, int number) {
        byte[] row = new byte[512];
        for (int i = 0; i < row.length; i++) {
            row[i] = (byte) (number + i / 8 + random.nextInt(3));
        }
        return row;
    }

    private static byte[] noise(Random random) {
        byte[] noise = new byte[4096];
        random.nextBytes(noise);
        return noise;
    }
}
