// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.core.Ascii;
import io.millrace.http.FieldBlock;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RequestParserTest {
    private static final String HEAD = "POST /a/b?c HTTP/1.1\r\nHost:h\r\nEmpty:\r\nBlank: \t \r\nX-Long: "
            + "a b\tc\u00ff".repeat(9) + " \t\r\n!#$%&'*+-.^_`|~9: ::\r\n\r\n";

    private final FieldBlock fields = new FieldBlock();
    private final RequestParser parser = new RequestParser(8192, 32768, 100);

    @Test
    void findsTheParts() {
        assertEquals(HEAD.length(), parse(HEAD + "rest"));
        check(HEAD);
    }

    @Test
    void countsFromTheHeadWhereverItLies() {
        byte[] bytes = Ascii.bytes("????" + HEAD + "GET");
        parser.begin(fields);
        assertEquals(HEAD.length(), parser.parse(bytes, 4, bytes.length));
        fields.view(bytes, 4);
        check(HEAD);
    }

    @Test
    void goesOnWhereItStoppedThoughTheBytesMove() {
        byte[] bytes = Ascii.bytes(HEAD);
        Random random = new Random(8);
        for (int round = 0; round < 200; round++) {
            fields.clear();
            parser.begin(fields);
            int result = RequestParser.NEED_MORE;
            byte[] moved = {};
            int from = 0;
            for (int have = 0; result == RequestParser.NEED_MORE; ) {
                have = Math.min(bytes.length, have + 1 + random.nextInt(20));
                from = random.nextInt(30);
                moved = new byte[from + have];
                System.arraycopy(bytes, 0, moved, from, have);
                result = parser.parse(moved, from, moved.length);
            }
            assertEquals(bytes.length, result);
            fields.view(moved, from);
            check(HEAD);
        }
    }

    /** What was looked at once is not looked at again: rubbish put in its place goes unnoticed. */
    @Test
    void neverLooksBack() {
        byte[] bytes = Ascii.bytes(HEAD);
        parser.begin(fields);
        byte[] seen = new byte[bytes.length];
        for (int have = 1; have < bytes.length; have++) {
            Arrays.fill(seen, 0, have - 1, (byte) 0);
            seen[have - 1] = bytes[have - 1];
            // The version is compared as a whole at its end.
            int version = HEAD.indexOf("HTTP/1.1");
            if (have > version) {
                System.arraycopy(bytes, version, seen, version, Math.min(have, version + 8) - version);
            }
            assertEquals(RequestParser.NEED_MORE, parser.parse(seen, 0, have), "at " + have);
        }
        seen[bytes.length - 1] = '\n';
        assertEquals(bytes.length, parser.parse(seen, 0, bytes.length));
    }

    @Test
    void everyCutOffHeadNeedsMore() {
        for (int length = 0; length < HEAD.length(); length++) {
            fields.clear();
            assertEquals(RequestParser.NEED_MORE, parse(HEAD.substring(0, length)));
        }
    }

    /** Eight bytes at a time and one at a time must agree about every byte in every place. */
    @Test
    void everyByteInEveryPlaceOfAValue() {
        for (int c = 0; c < 256; c++) {
            for (int place = 0; place < 20; place++) {
                char[] value = "abcdefghijklmnopqrst".toCharArray();
                value[place] = (char) c;
                fields.clear();
                String head = "GET / HTTP/1.1\r\nX: " + new String(value) + "\r\n\r\n";
                boolean valid = c == '\t' || (c >= ' ' && c != 0x7f);
                assertEquals(valid ? head.length() : -400, parse(head), c + " at " + place);
            }
        }
    }

    @Test
    void versions() {
        for (List<?> row : List.<List<?>>of(
                List.of("HTTP/1.1", 11), List.of("HTTP/1.0", 10), List.of("HTTP/1.2", 11), List.of("HTTP/1.9", 11))) {
            String head = "GET / " + row.getFirst() + "\r\n\r\n";
            assertEquals(head.length(), parse(head));
            assertEquals(row.getLast(), parser.version());
        }
        assertEquals(-505, parse("GET / HTTP/2.0\r\n"));
    }

    private int parse(String text) {
        byte[] bytes = Ascii.bytes(text);
        parser.begin(fields);
        fields.view(bytes, 0);
        return parser.parse(bytes, 0, bytes.length);
    }

    private void check(String head) {
        assertEquals("POST", head.substring(0, parser.methodEnd()));
        assertEquals("/a/b?c", head.substring(parser.targetStart(), parser.targetEnd()));
        assertEquals(11, parser.version());
        assertEquals(5, fields.size());
        assertEquals("h", fields.first("host"));
        assertEquals("", fields.first("Empty"));
        assertEquals("", fields.first("Blank"));
        assertEquals("a b\tc\u00ff".repeat(9), fields.first("x-long"));
        assertEquals("::", fields.first("!#$%&'*+-.^_`|~9"));
    }
}
