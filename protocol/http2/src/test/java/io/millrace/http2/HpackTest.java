// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** HPACK by the examples of RFC 7541 appendix C, by what it forbids, and both directions against one another. */
class HpackTest {
    private final List<String> seen = new ArrayList<>();

    private final FieldSink sink = new FieldSink() {
        @Override
        void field(int start, int nameEnd, int end) {
            seen.add(Ascii.string(bytes(), start, nameEnd - start) + ": "
                    + Ascii.string(bytes(), nameEnd, end - nameEnd));
        }
    };

    private HpackDecoder decoder = new HpackDecoder(4096, 16 * 1024);

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private int decode(String hex) {
        byte[] block = bytes(hex);
        decoder.begin();
        int result = decoder.decode(block, 0, block.length, sink);
        return result < 0 ? result : result - block.length;
    }

    private void decodes(String hex, int tableSize, String... fields) {
        seen.clear();
        assertEquals(0, decode(hex), hex);
        assertEquals(List.of(fields), seen);
        assertEquals(tableSize, decoder.table().size());
    }

    // ---- appendix C

    @Test
    void literalsAreDecoded() {
        decodes("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", 55, "custom-key: custom-header");
        decoder = new HpackDecoder(4096, 16 * 1024);
        decodes("040c 2f73 616d 706c 652f 7061 7468", 0, ":path: /sample/path");
        decodes("1008 7061 7373 776f 7264 0673 6563 7265 74", 0, "password: secret");
        decodes("82", 0, ":method: GET");
    }

    @Test
    void requestsShareATable() {
        decodes(
                "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                57,
                ":method: GET",
                ":scheme: http",
                ":path: /",
                ":authority: www.example.com");
        decodes(
                "8286 84be 5808 6e6f 2d63 6163 6865",
                110,
                ":method: GET",
                ":scheme: http",
                ":path: /",
                ":authority: www.example.com",
                "cache-control: no-cache");
        decodes(
                "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
                164,
                ":method: GET",
                ":scheme: https",
                ":path: /index.html",
                ":authority: www.example.com",
                "custom-key: custom-value");
    }

    @Test
    void requestsInHuffmanCodeToo() {
        decodes(
                "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
                57,
                ":method: GET",
                ":scheme: http",
                ":path: /",
                ":authority: www.example.com");
        decodes(
                "8286 84be 5886 a8eb 1064 9cbf",
                110,
                ":method: GET",
                ":scheme: http",
                ":path: /",
                ":authority: www.example.com",
                "cache-control: no-cache");
        decodes(
                "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
                164,
                ":method: GET",
                ":scheme: https",
                ":path: /index.html",
                ":authority: www.example.com",
                "custom-key: custom-value");
    }

    @Test
    void oldEntriesMakeRoom() {
        decoder = new HpackDecoder(256, 16 * 1024);
        decodes(
                "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32"
                        + " 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                222,
                ":status: 302",
                "cache-control: private",
                "date: Mon, 21 Oct 2013 20:13:21 GMT",
                "location: https://www.example.com");
        decodes(
                "4803 3330 37c1 c0bf",
                222,
                ":status: 307",
                "cache-control: private",
                "date: Mon, 21 Oct 2013 20:13:21 GMT",
                "location: https://www.example.com");
        decodes(
                "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970"
                        + " 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d"
                        + " 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31",
                215,
                ":status: 200",
                "cache-control: private",
                "date: Mon, 21 Oct 2013 20:13:22 GMT",
                "location: https://www.example.com",
                "content-encoding: gzip",
                "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1");
    }

    // ---- what may not be

    @Test
    void whatTwoCouldReadInTwoWaysIsAnError() {
        for (String wrong : List.of(
                "80", // index 0
                "be", // beyond the tables
                "7f 80 80 80 80 80 01", // a number that does not end
                "ff ff ff ff ff 7f", // a number that is too large
                "00 81 ff 81 1f", // padding of eight bits
                "00 82 1f ff 00", // a whole byte of padding
                "00 81 1e 00", // padding that is not ones
                "00 84 ff ff ff ff 00", // EOS
                "82 20", // an update behind a field
                "3f e2 1f")) { // an update beyond what was agreed upon
            decoder = new HpackDecoder(4096, 16 * 1024);
            assertEquals(HpackDecoder.BROKEN, decode(wrong), wrong);
        }
        assertEquals(HpackDecoder.TOO_LONG, decode("00 7f 82 7f 61"));
    }

    @Test
    void aBlockThatEndsWithinAFieldIsNotWhole() {
        byte[] block = bytes("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff");
        decoder.begin();
        for (int end = 0; end < block.length; end++) {
            HpackDecoder fresh = new HpackDecoder(4096, 16 * 1024);
            int whole = fresh.decode(block, 0, end, sink);
            assertEquals(Math.min(end, 3), whole);
        }
    }

    @Test
    void updatesOfTheSizeEmptyTheTable() {
        decodes("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", 55, "custom-key: custom-header");
        decodes("20 3f e1 1f 82", 0, ":method: GET");
    }

    @Test
    void anEntryLargerThanTheTableEmptiesIt() {
        decoder = new HpackDecoder(64, 16 * 1024);
        decodes("40 01 61 01 62", 34, "a: b");
        decodes("40 01 61 28" + "78".repeat(40), 0, "a: " + "x".repeat(40));
    }

    // ---- the code

    @Test
    void everyByteHasItsCode() {
        byte[] all = new byte[256];
        for (int i = 0; i < 256; i++) {
            all[i] = (byte) i;
        }
        byte[] coded = new byte[Huffman.encodedLength(all, 0, 256)];
        assertEquals(coded.length, Huffman.encode(all, 0, 256, coded, 0));
        byte[] decoded = new byte[Huffman.mostDecoded(coded.length)];
        assertEquals(256, Huffman.decode(coded, 0, coded.length, decoded, 0));
        assertArrayEquals(all, java.util.Arrays.copyOf(decoded, 256));
    }

    @Test
    void textsSurviveTheCode() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] text = new byte[random.nextInt(40)];
            random.nextBytes(text);
            if (i % 2 == 0) {
                for (int at = 0; at < text.length; at++) {
                    text[at] = (byte) (' ' + (text[at] & 0x7f) % 95);
                }
            }
            byte[] coded = new byte[Huffman.encodedLength(text, 0, text.length)];
            Huffman.encode(text, 0, text.length, coded, 0);
            byte[] decoded = new byte[Huffman.mostDecoded(coded.length)];
            int end = Huffman.decode(coded, 0, coded.length, decoded, 0);
            assertArrayEquals(text, java.util.Arrays.copyOf(decoded, end));
        }
    }

    @Test
    void rubbishIsDecodedOrRefused() {
        Random random = new Random(2);
        for (int i = 0; i < 50_000; i++) {
            byte[] rubbish = new byte[random.nextInt(30)];
            random.nextBytes(rubbish);
            decoder.begin();
            int result = decoder.decode(rubbish, 0, rubbish.length, sink);
            assertTrue(result >= HpackDecoder.TOO_LONG && result <= rubbish.length);
            seen.clear();
        }
    }

    // ---- the encoder

    private static void encode(HpackEncoder encoder, Buffer out, String name, String value) {
        byte[] bytes = Ascii.bytes(name + value);
        encoder.field(out, bytes, 0, name.length(), name.length(), bytes.length);
    }

    @Test
    void whatIsEncodedIsDecoded() {
        Random random = new Random(3);
        HpackEncoder encoder = new HpackEncoder();
        String[] names = {"Content-Type", "Set-Cookie", "ETag", "Vary", "X-A", "access-control-max-age", "server"};
        for (int block = 0; block < 2000; block++) {
            Buffer out = new Buffer();
            List<String> said = new ArrayList<>();
            if (random.nextInt(50) == 0) {
                encoder.resize(random.nextInt(5) * 200);
                if (random.nextBoolean()) {
                    encoder.resize(random.nextInt(8192));
                }
            }
            encoder.begin(out);
            int status = 200 + random.nextInt(300);
            encoder.status(out, status);
            said.add(":status: " + status);
            encoder.decimal(out, StaticTable.CONTENT_LENGTH, block * 1_000_003L);
            said.add("content-length: " + block * 1_000_003L);
            for (int i = random.nextInt(8); i > 0; i--) {
                String name = names[random.nextInt(names.length)];
                String value = "v".repeat(random.nextInt(300)) + random.nextInt(20);
                encode(encoder, out, name, value);
                said.add(name.toLowerCase(java.util.Locale.ROOT) + ": " + value);
            }
            seen.clear();
            decoder.begin();
            assertEquals(out.tail(), decoder.decode(out.array(), out.head(), out.tail(), sink));
            assertEquals(said, seen);
            assertEquals(encoder.table().size(), decoder.table().size());
            assertTrue(encoder.table().size() <= encoder.table().most());
        }
    }

    @Test
    void secretsGoIntoNoTable() {
        for (String name : List.of("Set-Cookie", "Authorization", "Proxy-Authorization", "Cookie")) {
            HpackEncoder encoder = new HpackEncoder();
            Buffer out = new Buffer();
            encode(encoder, out, name, "x");
            assertEquals(0x10, out.peek(0) & 0xf0, name);
            assertEquals(0, encoder.table().count());
        }
    }

    @Test
    void whatRepeatsIsAByte() {
        HpackEncoder encoder = new HpackEncoder();
        Buffer out = new Buffer();
        encode(encoder, out, "Content-Type", "text/html");
        int first = out.readable();
        encode(encoder, out, "Content-Type", "text/html");
        assertEquals(first + 1, out.readable());
    }
}
