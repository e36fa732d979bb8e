// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.WebSocketFrames;
import io.millrace.testkit.WebSocketFrames.Frame;
import io.millrace.testkit.WindowedInflater;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Compression of messages: every window, with and without takeover, right and wrong data, bombs. */
final class DeflateTest {
    private static final String OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    private static final WebSocketCompression ALWAYS = WebSocketCompression.DEFAULT.withThreshold(1);

    private static byte[] text(int size, long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        while (text.length() < size) {
            text.append("word").append(random.nextInt(300)).append(' ');
        }
        return text.substring(0, size).getBytes(StandardCharsets.US_ASCII);
    }

    /** Compresses as a client with zlib's usual settings does. */
    static byte[] deflated(byte[] bytes) {
        Deflater deflater = new Deflater(6, true);
        byte[] out = new byte[bytes.length + 1000];
        deflater.setInput(bytes);
        int count = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        deflater.end();
        return Arrays.copyOf(out, count - 4);
    }

    private static WebSocketOptions options(WebSocketCompression compression) {
        return WebSocketOptions.DEFAULT.withCompression(compression);
    }

    private static Server server(WebSocketCompression compression, String parameters) {
        Server server = new Server(options(compression));
        String head = server.open(OFFER + parameters + "\r\n");
        assertTrue(head.contains("Sec-WebSocket-Extensions: permessage-deflate"), head);
        return server;
    }

    /** All windows, with and without takeover, for payloads of many sizes: the client sees what was sent. */
    @TestFactory
    Stream<DynamicTest> everyWindow() {
        return IntStream.rangeClosed(8, 15)
                .boxed()
                .flatMap(bits -> Stream.of(true, false)
                        .map(takeover ->
                                DynamicTest.dynamicTest(bits + (takeover ? " with takeover" : " without"), () -> {
                                    window(bits, takeover);
                                })));
    }

    private static void window(int bits, boolean takeover) {
        Server server = server(ALWAYS.withTakeover(takeover, takeover), "; server_max_window_bits=" + bits);
        WindowedInflater client = new WindowedInflater(1 << bits);
        int[] sizes = {1, 100, 255, 256, 257, 1000, 5000, 70_000, 300, 200_000};
        for (int i = 0; i < sizes.length; i++) {
            byte[] message = text(sizes[i], i % 3);
            server.feed(new WebSocketFrames().frame(0x82, message));
            Frame frame = server.frames().getFirst();
            if (!takeover) {
                client = new WindowedInflater(1 << bits);
            }
            byte[] seen = frame.first() == 0xc2 ? client.inflate(frame.payload()) : frame.payload();
            assertArrayEquals(message, seen, "message " + i);
            assertTrue(takeover || frame.payload().length <= message.length, "larger than before");
        }
    }

    @Test
    void smallMessagesAreNotCompressed() {
        Server server = server(WebSocketCompression.DEFAULT, "");
        server.feed(new WebSocketFrames().frame(0x81, text(127, 1)).frame(0x81, text(128, 1)));
        List<Frame> frames = server.frames();
        assertEquals(0x81, frames.get(0).first());
        assertEquals(0xc1, frames.get(1).first());
    }

    @Test
    void whatDoesNotBecomeSmallerIsSentAsItIs() {
        byte[] noise = new byte[1000];
        new Random(1).nextBytes(noise);
        Server server = server(ALWAYS, "");
        server.feed(new WebSocketFrames().frame(0x82, noise));
        assertEquals(0x82, server.frames().getFirst().first());
    }

    @Test
    void aClientsMessagesAreInflatedHoweverTheyAreFramed() {
        byte[] message = text(50_000, 7);
        byte[] small = deflated(message);
        for (int piece : new int[] {1, 7, 1000, small.length}) {
            WebSocketFrames frames = new WebSocketFrames();
            for (int from = 0; from < small.length; from += piece) {
                int to = Math.min(small.length, from + piece);
                int first = (from == 0 ? 0x42 : 0) | (to == small.length ? 0x80 : 0);
                frames.frame(first, Arrays.copyOfRange(small, from, to));
            }
            Server server = Server.opened(
                    options(ALWAYS).withLimits(WebSocketLimits.DEFAULT.withCounts(100_000, 100)), OFFER + "\r\n");
            server.feed(frames);
            Frame frame = server.frames().getFirst();
            assertArrayEquals(message, new WindowedInflater(1 << 15).inflate(frame.payload()));
        }
    }

    /** The examples of RFC 7692 section 7.2.3. */
    @Test
    void theExamplesOfTheStandard() {
        String[] forms = {
            "f248cdc9c90700", // one block
            "f24805000000ffffcac9c90700", // two blocks
            "000500faff48656c6c6f00", // a block without compression
            "f348cdc9c9070000" // a block that calls itself the last
        };
        for (String form : forms) {
            Server server = server(WebSocketCompression.DEFAULT, "");
            server.feed(new WebSocketFrames().frame(0xc1, HexFormat.of().parseHex(form)));
            byte[] payload = server.frames().getFirst().payload();
            assertEquals("Hello", new String(payload, StandardCharsets.US_ASCII), form);
        }
    }

    @Test
    void aTakenOverContextRefersToEarlierMessages() {
        Server server = server(ALWAYS.withTakeover(true, true), "");
        server.feed(new WebSocketFrames()
                .frame(0xc1, HexFormat.of().parseHex("f248cdc9c90700"))
                .frame(0xc1, HexFormat.of().parseHex("f200110000")));
        List<Frame> frames = server.frames();
        WindowedInflater client = new WindowedInflater(1 << 15);
        assertEquals("Hello", new String(client.inflate(frames.get(0).payload()), StandardCharsets.US_ASCII));
        assertEquals("Hello", new String(client.inflate(frames.get(1).payload()), StandardCharsets.US_ASCII));
        assertTrue(frames.get(1).payload().length < frames.get(0).payload().length);
    }

    @Test
    void emptyMessagesAreAByteOfZero() {
        Server server = server(WebSocketCompression.DEFAULT, "");
        server.feed(new WebSocketFrames().frame(0xc1, new byte[] {0}).frame(0xc1, new byte[] {2, 0}));
        List<Frame> frames = server.frames();
        assertEquals(2, frames.size());
        assertEquals(0, frames.get(0).payload().length);
        assertEquals(0, frames.get(1).payload().length);
    }

    @Test
    void whatIsNoCompressedDataIs1007() {
        for (String wrong : new String[] {"ffffffff", "f248cdc9c9070001", "07"}) {
            Server server = server(WebSocketCompression.DEFAULT, "");
            server.feed(new WebSocketFrames().frame(0xc2, HexFormat.of().parseHex(wrong)));
            assertEquals("[close 1007]", server.taken(), wrong);
        }
    }

    @Test
    void aCompressedTextMustBeUtf8() {
        Server server = server(WebSocketCompression.DEFAULT, "");
        server.feed(new WebSocketFrames().frame(0xc1, deflated(new byte[] {'a', (byte) 0xc3})));
        assertEquals("[close 1007]", server.taken());
        server = server(WebSocketCompression.DEFAULT, "");
        server.feed(new WebSocketFrames().frame(0xc2, deflated(new byte[] {'a', (byte) 0xc3})));
        assertEquals(2, server.frames().getFirst().payload().length);
    }

    @Test
    void rsv1StandsOnTheFirstFrameAlone() {
        Server server = server(WebSocketCompression.DEFAULT, "");
        server.feed(new WebSocketFrames().frame(0x41, new byte[] {0}).frame(0xc0, new byte[] {0}));
        assertEquals("[close 1002]", server.taken());
        server = server(WebSocketCompression.DEFAULT, "");
        server.feed(new WebSocketFrames().frame(0xc9, new byte[] {0}));
        assertEquals("[close 1002]", server.taken());
        server = Server.opened(options(null), OFFER + "\r\n");
        server.feed(new WebSocketFrames().frame(0xc1, new byte[] {0}));
        assertEquals("[close 1002]", server.taken());
    }

    @Test
    void aBombEndsAtTheLimit() {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(9, true);
        byte[] zeros = new byte[1 << 20];
        byte[] out = new byte[1 << 16];
        for (int i = 0; i < 256; i++) {
            deflater.setInput(zeros);
            for (int count; (count = deflater.deflate(out, 0, out.length, Deflater.NO_FLUSH)) > 0; ) {
                bomb.write(out, 0, count);
            }
        }
        deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        deflater.end();
        MessageInflater inflater = new MessageInflater();
        byte[] bytes = bomb.toByteArray();
        assertEquals(CloseCode.TOO_BIG, inflater.inflate(bytes, 0, bytes.length, 100_000, false));
        assertTrue(
                inflater.out().capacity() <= 200_002,
                () -> "holds " + inflater.out().capacity());
        inflater.end();
        Server server = server(WebSocketCompression.DEFAULT, "");
        server.feed(new WebSocketFrames().frame(0xc2, bytes));
        assertEquals("[close 1009]", server.taken());
    }

    @Test
    void exactlyTheLimitIsLetPass() {
        MessageInflater inflater = new MessageInflater();
        byte[] small = deflated(new byte[100_000]);
        assertEquals(MessageInflater.DONE, inflater.inflate(small, 0, small.length, 100_000, false));
        assertEquals(100_000, inflater.out().readable());
        assertEquals(CloseCode.TOO_BIG, inflater.inflate(small, 0, small.length, 99_999, false));
        inflater.end();
    }

    @Test
    void blocksThatCallThemselvesTheLastAreNotHadWithoutEnd() {
        byte[] many = new byte[2 * 100_000];
        for (int i = 0; i < many.length; i += 2) {
            many[i] = 3;
        }
        MessageInflater inflater = new MessageInflater();
        assertEquals(CloseCode.POLICY_VIOLATION, inflater.inflate(many, 0, many.length, 1 << 20, false));
        inflater.end();
    }

    @Test
    void contextsAreLentForOneMessageAndNoLonger() {
        DeflatePool pool = new DeflatePool(4);
        DeflateSession session =
                new DeflateSession(true, DeflateParameters.negotiate("permessage-deflate", ALWAYS), ALWAYS, pool);
        boolean[] lent = new boolean[1];
        WebSocketListener listener = new WebSocketListener() {
            @Override
            public void text(WebSocket socket, String text) {
                lent[0] = pool.lent() == 1;
                socket.send(text);
            }
        };
        MemoryLink link = new MemoryLink(new WebSocketProtocol(listener, WebSocketLimits.DEFAULT, "", session, null));
        byte[] small = deflated(text(1000, 1));
        link.feed(new WebSocketFrames().frame(0x41, small, small.length).bytes());
        assertEquals(0, pool.lent(), "the message is not whole");
        link.feed(new WebSocketFrames().frame(0x80, "").bytes());
        assertTrue(lent[0]);
        assertEquals(0, pool.lent());
        link.feed(new WebSocketFrames().frame(0xc1, "no such data").bytes());
        assertEquals(0, pool.lent());
    }

    @Test
    void aCompressorOfASmallWindowIsBounded() {
        MessageDeflater deflater = new MessageDeflater(6);
        byte[] message = text(64 * 1024, 3);
        int last = Integer.MAX_VALUE;
        for (int bits = 8; bits <= 15; bits++) {
            Buffer out = deflater.deflate(message, 0, message.length, bits, false);
            assertArrayEquals(message, new WindowedInflater(1 << bits).inflate(out.toBytes()));
            assertTrue(out.readable() <= last, "a larger window does not compress worse");
            last = out.readable();
        }
        deflater.end();
    }
}
