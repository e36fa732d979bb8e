// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.core.Ascii;
import io.millrace.http1.ResponseParser.Framing;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client reads, on byte arrays: whole, cut anywhere, moved, and a byte at a time. */
class ResponseParserTest {
    private static final String PLAIN = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 5\r\n\r\nhello";
    private static final String CHUNKED = "HTTP/1.1 404 Not Found\r\ntransfer-encoding: Chunked\r\n\r\n"
            + "5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: yes\r\nSum: 6\r\n\r\n";
    private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
    private static final String HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";

    private final ResponseParser parser = new ResponseParser(4096, 100);

    // ---- the reader of these tests: events as text, the pieces of a body put together

    private String read(String method, String text, int[] cuts) {
        parser.begin(method);
        Reader reader = new Reader();
        byte[] bytes = Ascii.bytes(text);
        for (int cut : cuts) {
            if (!reader.more(bytes, cut)) {
                return reader.said.toString();
            }
        }
        int end = parser.end();
        reader.said.append(end == ResponseParser.END ? " end" : end == ResponseParser.NEED_MORE ? "" : " cut");
        return reader.said.toString().strip();
    }

    /** Gives the parser one more part each time, at another place of another array. */
    private final class Reader {
        final StringBuilder said = new StringBuilder();
        final StringBuilder consumed = new StringBuilder();
        private int at;
        private boolean inData;

        /** Whether the response goes on. */
        boolean more(byte[] bytes, int until) {
            int from = until % 7;
            byte[] moved = new byte[from + until - at + 3];
            Arrays.fill(moved, (byte) '?');
            System.arraycopy(bytes, at, moved, from, until - at);
            int to = from + until - at;
            while (true) {
                int event = parser.step(moved, from, to);
                tell(event, moved);
                consumed.append(Ascii.string(moved, from, parser.consumed()));
                at += parser.consumed();
                from += parser.consumed();
                if (event < 0 || event == ResponseParser.END) {
                    return event == ResponseParser.NEED_MORE;
                }
            }
        }

        private void tell(int event, byte[] bytes) {
            switch (event) {
                case ResponseParser.INTERIM -> said.append(parser.status()).append(' ');
                case ResponseParser.HEAD -> {
                    said.append(parser.status()).append(' ').append(parser.framing());
                }
                case ResponseParser.DATA -> {
                    said.append(inData ? "" : " ").append(Ascii.string(bytes, parser.dataStart(), parser.dataLength()));
                }
                case ResponseParser.END ->
                    said.append(" end").append(parser.trailers().size() == 0 ? "" : " trailers");
                case ResponseParser.NEED_MORE -> {}
                default -> said.append(" error ").append(event);
            }
            inData = event == ResponseParser.DATA || (inData && event == ResponseParser.NEED_MORE);
        }
    }

    private static int[] whole(String text) {
        return new int[] {text.length()};
    }

    private static int[] bytewise(String text) {
        int[] cuts = new int[text.length()];
        Arrays.setAll(cuts, i -> i + 1);
        return cuts;
    }

    private static int[] anyhow(String text, Random random) {
        int[] cuts =
                random.ints(random.nextInt(1, 9), 0, text.length() + 1).sorted().toArray();
        cuts = Arrays.copyOf(cuts, cuts.length + 1);
        cuts[cuts.length - 1] = text.length();
        return cuts;
    }

    /** The same for every way of cutting. */
    private String read(String method, String text) {
        String said = read(method, text, whole(text));
        assertEquals(said, read(method, text, bytewise(text)), "a byte at a time: " + text);
        Random random = new Random(text.hashCode());
        for (int round = 0; round < 50; round++) {
            int[] cuts = anyhow(text, random);
            assertEquals(said, read(method, text, cuts), Arrays.toString(cuts) + " of " + text);
        }
        return said;
    }

    private String read(String text) {
        return read("GET", text);
    }

    private static String response(String fields) {
        return "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
    }

    // ---- the parts

    @Test
    void theEventsOfOneResponse() {
        assertEquals("200 LENGTH hello end", read(PLAIN));
        assertEquals("404 CHUNKED hello! end trailers", read(CHUNKED));
        assertEquals("100 103 103 200 LENGTH hello end", read(CONTINUE + HINTS + HINTS + PLAIN));
        assertEquals("200 UNTIL_CLOSE hello end", read(response("") + "hello"));
        assertEquals("200 UNTIL_CLOSE end", read(response("")));
        assertEquals("200 NONE end", read(response("Content-Length: 0\r\n")));
    }

    @Test
    void responsesFollowOneAnother() {
        byte[] bytes = Ascii.bytes(PLAIN + CHUNKED + PLAIN);
        int at = 0;
        for (int status : new int[] {200, 404, 200}) {
            parser.begin("GET");
            for (int event = 0; event != ResponseParser.END; at += parser.consumed()) {
                event = parser.step(bytes, at, bytes.length);
                assertTrue(event > 0);
            }
            assertEquals(status, parser.status());
        }
        assertEquals(bytes.length, at);
    }

    @Test
    void theHeadByItsOffsets() {
        byte[] bytes = Ascii.bytes("????" + response("Content-Length:\t5 \r\nX-Empty:\r\nServer : a b\tc\u00ff \r\n"));
        parser.begin("GET");
        assertEquals(ResponseParser.HEAD, parser.step(bytes, 4, bytes.length));
        assertEquals(bytes.length - 4, parser.consumed());
        assertEquals("OK", Ascii.string(bytes, parser.reasonStart(), parser.reasonEnd() - parser.reasonStart()));
        assertEquals(11, parser.version());
        assertEquals(3, parser.fields().size());
        assertEquals("5", parser.fields().first("content-length"));
        assertEquals("", parser.fields().first("X-Empty"));
        assertEquals("a b\tc\u00ff", parser.fields().first("server"));
        assertEquals(5, parser.contentLength());
    }

    @Test
    void theFieldsOfAnInterimResponseAreItsOwn() {
        byte[] bytes = Ascii.bytes(HINTS + PLAIN);
        parser.begin("GET");
        assertEquals(ResponseParser.INTERIM, parser.step(bytes, 0, bytes.length));
        assertEquals("</a>", parser.fields().first("Link"));
        int at = parser.consumed();
        assertEquals(ResponseParser.HEAD, parser.step(bytes, at, bytes.length));
        assertFalse(parser.fields().has("Link"));
        assertEquals("5", parser.fields().first("Content-Length"));
    }

    @Test
    void trailersAreAViewOfWhatTheLastStepConsumed() {
        byte[] bytes = Ascii.bytes(CHUNKED);
        parser.begin("GET");
        int event = 0;
        for (int at = 0; event != ResponseParser.END; at += parser.consumed()) {
            event = parser.step(bytes, at, bytes.length);
        }
        assertEquals("yes", parser.trailers().first("trailer"));
        assertEquals("6", parser.trailers().first("Sum"));
        parser.begin("GET");
        assertEquals(0, parser.trailers().size());
    }

    /** A proxy passes on what was consumed; only the ends of folded lines are other bytes then, as RFC 9112 wants. */
    @Test
    void whatIsConsumedIsTheMessage() {
        for (String text :
                new String[] {PLAIN, CHUNKED, CONTINUE + PLAIN, response("X: a\r\n b\nY: c\n\td\r\n") + "x"}) {
            parser.begin("GET");
            Reader reader = new Reader();
            for (int cut : bytewise(text)) {
                reader.more(Ascii.bytes(text), cut);
            }
            assertEquals(text.replace("a\r\n b\n", "a   b\n").replace("c\n\td", "c \td"), reader.consumed.toString());
        }
    }

    // ---- where bodies end (RFC 9112 section 6.3)

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    HEAD    | 200 | Content-Length: 5          | NONE        | 5
                    HEAD    | 200 | Transfer-Encoding: chunked | NONE        | -1
                    HEAD    | 200 | X: y                       | NONE        | -1
                    HEAD    | 200 | Content-Length: five       | NONE        | -1
                    head    | 200 | Content-Length: 5          | LENGTH      | 5
                    GET     | 204 | Content-Length: 5          | NONE        | 5
                    GET     | 204 | Transfer-Encoding: chunked | NONE        | -1
                    GET     | 205 | X: y                       | UNTIL_CLOSE | -1
                    GET     | 304 | Content-Length: 5          | NONE        | 5
                    GET     | 304 | Content-Length: 5,6        | NONE        | -1
                    GET     | 101 | Content-Length: 5          | TUNNEL      | 5
                    CONNECT | 200 | Content-Length: five       | TUNNEL      | -1
                    CONNECT | 299 | Transfer-Encoding: chunked | TUNNEL      | -1
                    CONNECT | 407 | Content-Length: 5          | LENGTH      | 5
                    CONNECT | 300 | X: y                       | UNTIL_CLOSE | -1
                    GET     | 200 | Content-Length: 5, 5       | LENGTH      | 5
                    GET     | 200 | Content-Length: 005        | LENGTH      | 5
                    GET     | 200 | Transfer-Encoding: gzip    | UNTIL_CLOSE | -1
                    GET     | 200 | Transfer-Encoding: gzip, chunked | CHUNKED | -1
                    GET     | 200 | Transfer-Encoding: chunked, gzip | UNTIL_CLOSE | -1
                    """)
    void whereABodyEnds(String method, int status, String field, Framing framing, long length) {
        byte[] bytes = Ascii.bytes("HTTP/1.1 " + status + " Some\r\n" + field + "\r\n\r\n");
        parser.begin(method);
        assertEquals(ResponseParser.HEAD, parser.step(bytes, 0, bytes.length));
        assertEquals(framing, parser.framing());
        assertEquals(length, parser.contentLength());
        assertEquals(field.contains("gzip"), parser.coded());
    }

    @Test
    void aHeadWithoutABodyEndsWithoutMoreBytes() {
        byte[] bytes = Ascii.bytes(response("Content-Length: 5\r\n"));
        parser.begin("HEAD");
        assertEquals(ResponseParser.HEAD, parser.step(bytes, 0, bytes.length));
        assertEquals(ResponseParser.END, parser.step(bytes, bytes.length, bytes.length));
        assertThrows(IllegalStateException.class, () -> parser.step(bytes, 0, bytes.length));
    }

    @Test
    void whatFollowsATunnelIsLeftAlone() {
        byte[] bytes = Ascii.bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nnot HTTP");
        parser.begin("GET");
        assertEquals(ResponseParser.HEAD, parser.step(bytes, 0, bytes.length));
        int at = parser.consumed();
        assertEquals(ResponseParser.END, parser.step(bytes, at, bytes.length));
        assertEquals(0, parser.consumed());
        assertEquals("not HTTP", Ascii.string(bytes, at, bytes.length - at));
    }

    @Test
    void theLargestLengths() {
        String most = "9".repeat(18);
        assertEquals("200 LENGTH a cut", read(response("Content-Length: " + most + "\r\n") + "a"));
        assertEquals(999_999_999_999_999_999L, parser.contentLength());
        assertEquals(
                "error -5", read(response("Content-Length: 1" + most + "\r\n")).strip());
    }

    // ---- whether the connection lasts (RFC 9112 section 9.3)

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    HTTP/1.1 | X: y                                                | true
                    HTTP/1.1 | Connection: close                                   | false
                    HTTP/1.1 | Connection: Keep-Alive, , x-y ,CLOSE                | false
                    HTTP/1.1 | Connection: closed, close-not                       | true
                    HTTP/1.1 | Connection: keep-alive~Connection: close            | false
                    HTTP/1.1 | Connection: "close"                                 | true
                    HTTP/1.0 | X: y                                                | false
                    HTTP/1.0 | Connection: keep-alive                              | true
                    HTTP/1.0 | Connection: x,Keep-Alive                            | true
                    HTTP/1.0 | Connection: keep-alive, close                       | false
                    HTTP/1.9 | X: y                                                | true
                    """)
    void whetherTheConnectionLasts(String version, String fields, boolean lasts) {
        String text = version + " 200 OK\r\n" + fields.replace("~", "\r\n") + "\r\nContent-Length: 0\r\n\r\n";
        read(text);
        assertEquals(lasts, parser.lasts());
    }

    @Test
    void whatEndsWithTheConnectionDoesNotLast() {
        read(response(""));
        assertFalse(parser.lasts());
        read("HTTP/1.1 101 X\r\n\r\n");
        assertFalse(parser.lasts());
        read("CONNECT", response(""));
        assertFalse(parser.lasts());
    }

    /** RFC 9112 section 6.3: the coding decides, and it may have been an attempt to split the response. */
    @Test
    void twoLengthsInOneMessageEndTheConnection() {
        for (String other : new String[] {"Content-Length: 3\r\n", "Content-Length: x\r\n"}) {
            String both = response(other + "Transfer-Encoding: chunked\r\n") + "1\r\na\r\n0\r\n\r\n";
            assertEquals("200 CHUNKED a end", read(both));
            assertEquals(-1, parser.contentLength());
            assertFalse(parser.lasts());
        }
    }

    // ---- what is accepted beyond the grammar

    @Test
    void aBareLineFeedEndsALine() {
        assertEquals("200 LENGTH hello end", read("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"));
        assertEquals("200 LENGTH hello end", read("HTTP/1.1 200\nX:\nContent-Length: 5\r\n\nhello"));
        assertEquals("200 NONE end", read("HTTP/1.0 200 OK\r\nContent-Length:0\n\r\n"));
        assertEquals("100 204 NONE end", read("HTTP/1.1 100 \n\nHTTP/1.1 204 \n\n"));
    }

    @Test
    void aReasonPhraseMayBeMissingOrOdd() {
        for (String reason : new String[] {"", " ", " OK", "  two  blanks ", " \u00e9t\u00e9\t!"}) {
            String text = "HTTP/1.1 204" + reason + "\r\n\r\n";
            assertEquals("204 NONE end", read(text));
            byte[] bytes = Ascii.bytes(text);
            parser.begin("GET");
            parser.step(bytes, 0, bytes.length);
            String found = Ascii.string(bytes, parser.reasonStart(), parser.reasonEnd() - parser.reasonStart());
            assertEquals(reason.isEmpty() ? "" : reason.substring(1), found);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X: a\r\n b\r\n",
                "X: a \r\n\t  b\r\n",
                "X: a\n b\n",
                "X:\r\n a b\r\n",
                "X: \r\n \r\n a b\r\n \r\n",
                "X: a\r\n \r\n b \r\n\t\r\n"
            })
    void aFoldedValueIsOne(String line) {
        String text = response("Before: 1\r\n" + line + "Content-Length: 0\r\n");
        for (int[] cuts : new int[][] {whole(text), bytewise(text)}) {
            byte[] bytes = Ascii.bytes(text);
            parser.begin("GET");
            int event = ResponseParser.NEED_MORE;
            for (int i = 0; event == ResponseParser.NEED_MORE; i++) {
                event = parser.step(bytes, 0, cuts[i]);
            }
            assertEquals(ResponseParser.HEAD, event);
            assertEquals(3, parser.fields().size());
            assertEquals("a b", parser.fields().first("X").replaceAll("[ \t]+", " "));
            assertEquals("1", parser.fields().first("Before"));
            assertEquals(Framing.NONE, parser.framing());
        }
    }

    @Test
    void aFoldedLengthIsALength() {
        assertEquals("200 LENGTH hello end", read(response("Content-Length:\r\n 5\r\n") + "hello"));
        assertEquals("200 LENGTH hello end", read(response("Content-Length: 5,\r\n 5\r\n") + "hello"));
        assertEquals("error -5", read(response("Content-Length: 5\r\n 5\r\n")).strip());
    }

    @ParameterizedTest
    @CsvSource({"000,5", "099,5", "200,2", "304,3", "599,5", "600,5", "999,5"})
    void aStatusThatDoesNotExistIsAServersError(String status, int statusClass) {
        assertEquals(Integer.parseInt(status) + " NONE end", read("HEAD", "HTTP/1.1 " + status + " Odd\r\n\r\n"));
        assertEquals(statusClass, parser.statusClass());
    }

    // ---- what is refused

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.2\r\n",
                "ICY 200 OK\r\n\r\n",
                "http/1.1 200 OK\r\n\r\n",
                "\r\nHTTP/1.1 200 OK\r\n\r\n",
                " HTTP/1.1 200 OK\r\n\r\n",
                "HTTP/1.1  200 OK\r\n\r\n",
                "HTTP/1.1\t200 OK\r\n\r\n",
                "HTTP/1.12 200 OK\r\n\r\n",
                "HTTP/1 200 OK\r\n\r\n",
                "HTTP/1.1 2x0 OK\r\n\r\n",
                "HTTP/1.1 20 OK\r\n\r\n",
                "HTTP/1.1 2000 OK\r\n\r\n",
                "HTTP/1.1 200\tOK\r\n\r\n",
                "HTTP/1.1 200 O\rK\r\n\r\n",
                "HTTP/1.1 200 O\0K\r\n\r\n",
                "HTTP/1.1 200 OK\r\r\n\r\n",
                "HTTP/1.1 200 OK\r\n folded: 1\r\n\r\n",
                "HTTP/1.1 200 OK\r\n: 1\r\n\r\n",
                "HTTP/1.1 200 OK\r\n \r\n\r\n",
                "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                "HTTP/1.1 200 OK\r\nnocolon\r\n\r\n",
                "HTTP/1.1 200 OK\r\nbad[name]: 1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: a\u007fb\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: a\r\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: a\r\n\rContent-Length: 0\r\n\r\n",
                "HTTP/1.1 100 Go\r\n\r\nhello"
            })
    void whatIsNoResponse(String text) {
        assertTrue(read(text).endsWith("error -2"), read(text) + " for " + text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "xyz\r\n",
                "\r\n",
                "5 \r\nhello\r\n0\r\n\r\n",
                " 5\r\nhello\r\n0\r\n\r\n",
                "-1\r\n",
                "0x5\r\n",
                "5\nhello\r\n0\r\n\r\n",
                "5\r\nhello\n0\r\n\r\n",
                "5\r\nhelloX\r\n",
                "5\r\nhello\rX",
                "10000000000000000\r\n",
                "ffffffffffffffff\r\n",
                "0\r\nContent-Length: 5\r\n\r\n",
                "0\r\n bad: 1\r\n\r\n",
                "0\r\n\n"
            })
    void whatIsNoChunkedBody(String body) {
        String text = response("Transfer-Encoding: chunked\r\n") + body;
        assertTrue(read(text).endsWith("error -2"), read(text) + " for " + body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: five",
                "Content-Length:",
                "Content-Length: ,",
                "Content-Length: 5,",
                "Content-Length: +5",
                "Content-Length: -5",
                "Content-Length: 0x5",
                "Content-Length: 5 5",
                "Content-Length: 5, 6",
                "Content-Length: 5\r\nContent-Length: 6",
                "Content-Length: 5\r\nContent-Length: five",
                "Content-Length: 5;a",
                "Transfer-Encoding:",
                "Transfer-Encoding: ,chunked",
                "Transfer-Encoding: chunked,",
                "Transfer-Encoding: chunked;a=b",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked, gzip, chunked",
                "Transfer-Encoding: chun ked",
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding: \u000bchunked"
            })
    void whatCouldEndInTwoPlaces(String field) {
        int error = field.contains("\u000b") ? ResponseParser.MALFORMED : ResponseParser.AMBIGUOUS;
        assertEquals("error " + error, read(response(field + "\r\n") + "hello").strip());
    }

    @Test
    void noTransferCodingBeforeHttp11() {
        String text = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n";
        assertEquals("error -5", read(text).strip());
        assertEquals("200 NONE end", read("HEAD", text));
    }

    @Test
    void onlyHttp1IsUnderstood() {
        for (String version : new String[] {"HTTP/2.0", "HTTP/0.9", "HTTP/3.1"}) {
            assertEquals("error -4", read(version + " 200 OK\r\n\r\n").strip());
        }
    }

    /** The parser has told that the bytes make no sense, and goes on telling so. */
    @Test
    void anErrorStays() {
        byte[] bad = Ascii.bytes("rubbish");
        byte[] good = Ascii.bytes(PLAIN);
        parser.begin("GET");
        assertEquals(ResponseParser.MALFORMED, parser.step(bad, 0, bad.length));
        assertEquals(ResponseParser.MALFORMED, parser.step(good, 0, good.length));
        parser.begin("GET");
        assertEquals(ResponseParser.HEAD, parser.step(good, 0, good.length));
    }

    @Test
    void everyErrorHasWords() {
        Map.of(
                        ResponseParser.MALFORMED, "HTTP/1 response",
                        ResponseParser.TOO_LARGE, "too large",
                        ResponseParser.UNKNOWN_VERSION, "version",
                        ResponseParser.AMBIGUOUS, "where it ends",
                        ResponseParser.CUT_SHORT, "connection ended")
                .forEach((error, words) ->
                        assertTrue(ResponseParser.describe(error).contains(words)));
        assertThrows(IllegalArgumentException.class, () -> ResponseParser.describe(ResponseParser.END));
    }

    // ---- limits

    @Test
    void theLimitsOfAHead() {
        String head = response("X: " + "y".repeat(100) + "\r\nContent-Length: 0\r\n");
        for (int room = 0; room < 3; room++) {
            ResponseParser small = new ResponseParser(head.length() - 1 + room, 2);
            byte[] bytes = Ascii.bytes(head + "more");
            small.begin("GET");
            int whole = small.step(bytes, 0, bytes.length);
            assertEquals(room > 0 ? ResponseParser.HEAD : ResponseParser.TOO_LARGE, whole);
        }
        ResponseParser one = new ResponseParser(4096, 1);
        one.begin("GET");
        assertEquals(ResponseParser.TOO_LARGE, one.step(Ascii.bytes(head), 0, head.length()));
        String bare = "HTTP/1.1 200 OK\nX: y\n z\n\n";
        one.begin("GET");
        assertEquals(ResponseParser.HEAD, one.step(Ascii.bytes(bare), 0, bare.length()));
        assertThrows(IllegalArgumentException.class, () -> new ResponseParser(15, 1));
        assertThrows(IllegalArgumentException.class, () -> new ResponseParser(16, 0));
    }

    @Test
    void whatDoesNotEndIsRefusedAtTheLimit() {
        for (String endless : new String[] {
            "HTTP/1.1 200 " + "x".repeat(5000), response("X: 1\r\n".repeat(90)).replace(": 1", ": " + "1".repeat(60))
        }) {
            assertEquals("error -3", read(endless).strip());
        }
        String chunked = response("Transfer-Encoding: chunked\r\n");
        assertEquals("200 CHUNKED error -3", read(chunked + "5;" + "x".repeat(5000)));
        assertEquals("200 CHUNKED error -3", read(chunked + "0\r\nX: " + "x".repeat(5000)));
    }

    // ---- the end of the connection

    @Test
    void theEndOfTheConnection() {
        parser.begin("GET");
        assertFalse(parser.begun());
        assertEquals(ResponseParser.NEED_MORE, parser.end());
        for (String text : new String[] {PLAIN, CHUNKED, CONTINUE + PLAIN}) {
            for (int length = 1; length < text.length(); length++) {
                assertTrue(read("GET", text.substring(0, length), new int[] {length})
                        .endsWith("cut"));
                assertTrue(parser.begun());
            }
        }
        read(PLAIN);
        assertFalse(parser.begun());
    }

    @Test
    void theEndAfterTheLastByteIsToldByTheEndToo() {
        byte[] bytes = Ascii.bytes(PLAIN);
        parser.begin("GET");
        parser.step(bytes, 0, bytes.length);
        parser.step(bytes, parser.consumed(), bytes.length);
        assertEquals(ResponseParser.END, parser.end());
    }

    // ---- how it is read

    /** What was looked at once is not looked at again: rubbish put in its place goes unnoticed. */
    @Test
    void neverLooksBack() {
        String head = response("Date: x\r\nServer : y\r\nContent-Length: 5\r\n");
        byte[] bytes = Ascii.bytes(head);
        parser.begin("HEAD");
        // The status code is taken when it is there as a whole.
        assertEquals(ResponseParser.NEED_MORE, parser.step(bytes, 0, 13));
        for (int have = 14; have < bytes.length; have++) {
            assertEquals(ResponseParser.NEED_MORE, parser.step(onlyTheLast(bytes, have), 0, have), "at " + have);
        }
        assertEquals(ResponseParser.HEAD, parser.step(onlyTheLast(bytes, bytes.length), 0, bytes.length));
        assertEquals(200, parser.status());
        assertEquals(3, parser.fields().size());
    }

    private static byte[] onlyTheLast(byte[] bytes, int length) {
        byte[] seen = new byte[length];
        seen[length - 1] = bytes[length - 1];
        return seen;
    }

    /** Eight bytes at a time and one at a time must agree about every byte in every place. */
    @Test
    void everyByteInEveryPlaceOfAValue() {
        for (int c = 0; c < 256; c++) {
            for (int place = 0; place < 20; place++) {
                char[] value = "abcdefghijklmnopqrst".toCharArray();
                value[place] = (char) c;
                byte[] bytes = Ascii.bytes(response("X: " + new String(value) + "Y:\r\n"));
                parser.begin("GET");
                boolean valid = c == '\t' || (c >= ' ' && c != 0x7f) || c == '\n';
                int event = parser.step(bytes, 0, bytes.length);
                // After a bare LF the rest of the value is the name of another field.
                assertEquals(valid ? ResponseParser.HEAD : ResponseParser.MALFORMED, event, c + " at " + place);
            }
        }
    }

    @Test
    void randomBytesNeverThrow() {
        String alphabet = "HTTP/1.1 200 OK\r\n\r\nContent-Length: 5Transfer-Encoding: chunked,;\t0aF\0\u00ff";
        for (long seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder(random.nextBoolean() ? response("") : PLAIN);
            for (int i = random.nextInt(30); i >= 0; i--) {
                text.setCharAt(random.nextInt(text.length()), alphabet.charAt(random.nextInt(alphabet.length())));
            }
            String whole = read("GET", text.toString(), whole(text.toString()));
            String cut = read("GET", text.toString(), bytewise(text.toString()));
            assertEquals(whole, cut, "seed " + seed);
        }
    }

    @Test
    void aResponseAllocatesNothing() {
        byte[] bytes = Ascii.bytes(CONTINUE + CHUNKED + PLAIN);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int rounds = 10_000;
        long least = Long.MAX_VALUE;
        // Warm-up is when the compiler says so: the best of several measurements is what the code itself allocates.
        for (int attempt = 0; attempt < 20 && least >= rounds; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < rounds; i++) {
                assertTrue(readAll(bytes) == bytes.length);
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least < rounds, least + " bytes for " + rounds + " responses");
    }

    private int readAll(byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            parser.begin("GET");
            for (int event = 0; event != ResponseParser.END; at += parser.consumed()) {
                event = parser.step(bytes, at, bytes.length);
            }
        }
        return at;
    }

    @Test
    void nothingIsReadBeforeItBegins() {
        assertThrows(IllegalStateException.class, () -> parser.step(new byte[1], 0, 1));
    }
}
