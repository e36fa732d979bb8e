// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseMode;
import io.millrace.testkit.Trickle;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bytes that two readers could understand in two ways. Each is followed by a second request, which must never be
 * answered: the one error is the last thing that such a client hears.
 */
class SmugglingTest {
    private static final String NEXT = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

    static List<Arguments> heads() {
        return List.of(
                bad(400, "length and coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                bad(400, "coding and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
                bad(400, "two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"),
                bad(400, "two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n"),
                bad(400, "a list of lengths", "Content-Length: 5, 5\r\n"),
                bad(400, "a plus sign", "Content-Length: +5\r\n"),
                bad(400, "a minus sign", "Content-Length: -5\r\n"),
                bad(400, "an empty length", "Content-Length: \r\n"),
                bad(400, "a hexadecimal length", "Content-Length: 0x5\r\n"),
                bad(400, "a length with a blank", "Content-Length: 1 0\r\n"),
                bad(400, "a fraction", "Content-Length: 5.0\r\n"),
                bad(400, "an overflow to 5", "Content-Length: 18446744073709551621\r\n"),
                bad(400, "an overflow to less than nothing", "Content-Length: 9223372036854775808\r\n"),
                bad(400, "very many zeros", "Content-Length: " + "0".repeat(40) + "5\r\n"),
                bad(400, "letters", "Content-Length: five\r\n"),
                bad(400, "obs-text digits", "Content-Length: \u00b2\r\n"),
                bad(400, "a blank before the colon", "Content-Length : 5\r\n"),
                bad(400, "a tab before the colon", "Transfer-Encoding\t: chunked\r\n"),
                bad(400, "a folded line", "X: a\r\n b\r\n"),
                bad(400, "a line folded by a tab", "X: a\r\n\tTransfer-Encoding: chunked\r\n"),
                bad(400, "a folded coding", "Transfer-Encoding:\r\n chunked\r\n"),
                bad(400, "a first line that begins with a blank", " X: a\r\n"),
                bad(400, "a bare CR in a value", "X: a\rContent-Length: 5\r\n"),
                bad(400, "a bare LF at a line's end", "X: a\nContent-Length: 5\r\n"),
                bad(400, "a bare CR at a line's end", "X: a\rY: b\r\n"),
                bad(400, "CR CR LF", "X: a\r\r\n"),
                bad(400, "LF CR", "X: a\n\r"),
                bad(400, "NUL in a value", "X: a\0b\r\n"),
                bad(400, "NUL in a name", "X\0: a\r\n"),
                bad(400, "DEL in a value", "X: a\u007fb\r\n"),
                bad(400, "a bell in a long value", "X: abcdefghijklmnop\u0007qrstuvwxyz\r\n"),
                bad(400, "a vertical tab before chunked", "Transfer-Encoding: \u000bchunked\r\n"),
                bad(400, "a form feed after chunked", "Transfer-Encoding: chunked\f\r\n"),
                bad(400, "an empty name", ": a\r\n"),
                bad(400, "no colon", "Transfer-Encoding chunked\r\n"),
                bad(400, "an obs-text name", "X\u00e9: a\r\n"),
                bad(400, "a name in parentheses", "(X): a\r\n"),
                bad(400, "a quoted name", "\"X\": a\r\n"),
                bad(400, "chunked twice", "Transfer-Encoding: chunked, chunked\r\n"),
                bad(400, "chunked twice in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                bad(400, "chunked not last", "Transfer-Encoding: chunked, gzip\r\n"),
                bad(400, "chunked not last, in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n"),
                bad(400, "chunked not last, identity", "Transfer-Encoding: chunked, identity\r\n"),
                bad(400, "no chunked at all", "Transfer-Encoding: gzip\r\n"),
                bad(400, "identity", "Transfer-Encoding: identity\r\n"),
                bad(400, "an empty coding", "Transfer-Encoding: \r\n"),
                bad(400, "an empty element", "Transfer-Encoding: , chunked\r\n"),
                bad(400, "an empty last element", "Transfer-Encoding: chunked,\r\n"),
                bad(400, "a parameter", "Transfer-Encoding: chunked;q=1\r\n"),
                bad(400, "a quoted coding", "Transfer-Encoding: \"chunked\"\r\n"),
                bad(400, "two words", "Transfer-Encoding: chunked gzip\r\n"),
                bad(501, "a coding that is known and not spoken", "Transfer-Encoding: gzip, chunked\r\n"),
                bad(501, "an unknown coding", "Transfer-Encoding: xchunked\r\n"),
                bad(501, "an unknown coding before chunked", "Transfer-Encoding: cow, chunked\r\n"),
                bad(501, "chunked with a letter too many", "Transfer-Encoding: chunkedd\r\n"),
                bad(400, "a second Host", "Host: h\r\n"),
                bad(400, "a second, different Host", "Host: other\r\n"),
                bad(417, "an unknown expectation", "Expect: 200-ok\r\n"),
                bad(417, "an unknown expectation beside a known one", "Expect: 100-continue, cow\r\n"));
    }

    private static Arguments bad(int status, String what, String lines) {
        return Arguments.of(status, what, lines);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("heads")
    void aHeadIsRefused(int status, String what, String lines) {
        refused(status, "POST / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n" + "5\r\nhello\r\n0\r\n\r\n");
        refused(status, "POST / HTTP/1.1\r\nX-Before: 1\r\n" + "Host: h\r\nX-After: 2\r\n" + lines + "\r\nhello");
    }

    static List<Arguments> lines() {
        return List.of(
                bad(400, "a bare LF", "GET / HTTP/1.1\nHost: h\r\n\r\n"),
                bad(400, "only bare LFs", "GET / HTTP/1.1\nHost: h\n\n"),
                bad(400, "the last line with a bare LF", "GET / HTTP/1.1\r\nHost: h\r\n\n"),
                bad(400, "a bare CR", "GET / HTTP/1.1\rHost: h\r\n\r\n"),
                bad(400, "a leading blank", " GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a leading LF", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a leading CR", "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "two blanks", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "two blanks before the version", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a tab", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a blank after the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
                bad(400, "no version", "GET /\r\nHost: h\r\n\r\n"),
                bad(400, "a small version", "GET / http/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a version of letters", "GET / HTTP/x.y\r\nHost: h\r\n\r\n"),
                bad(400, "a version of two digits", "GET / HTTP/1.10\r\nHost: h\r\n\r\n"),
                bad(400, "a version with a leading zero", "GET / HTTP/01.1\r\nHost: h\r\n\r\n"),
                bad(400, "another protocol", "GET / RTSP/1.0\r\nHost: h\r\n\r\n"),
                bad(505, "version 2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
                bad(505, "version 3.1", "GET / HTTP/3.1\r\nHost: h\r\n\r\n"),
                bad(505, "version 0.9", "GET / HTTP/0.9\r\nHost: h\r\n\r\n"),
                bad(505, "HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                bad(400, "TLS", "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003"),
                bad(400, "a method that is no token", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(501, "a very long method", "M".repeat(33) + " / HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "NUL in the target", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a relative target", "GET a HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a broken escape", "GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "an escape of letters", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "an escaped NUL", "GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "an asterisk", "GET * HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "another scheme", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a scheme without host", "GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "a user in the target", "GET http://user@h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "an absolute target without Host", "GET http://h/ HTTP/1.1\r\n\r\n"),
                bad(400, "an authority for GET", "GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(501, "CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"),
                bad(400, "CONNECT without a port", "CONNECT h HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad(400, "no Host", "GET / HTTP/1.1\r\nX: a\r\n\r\n"),
                bad(400, "no fields", "GET / HTTP/1.1\r\n\r\n"),
                bad(400, "a coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("lines")
    void aRequestLineIsRefused(int status, String what, String request) {
        refused(status, request);
    }

    static List<String> badHosts() {
        return List.of(
                "",
                "h h",
                "h/",
                "h:",
                "h:80:80",
                "h:8a",
                "h:-1",
                "h:65536",
                "h:99999999999",
                "h,i",
                "user@h",
                "h?q",
                "h#f",
                "[::1",
                "::1",
                "[::1]80",
                "[:::1]",
                "[1:2]",
                "[::1]:x",
                "[g::1]",
                "[::1.2.3]",
                "[1::2::3]",
                "h\\i",
                "<h>",
                "h%",
                "h%4",
                "h%zz",
                "http://h",
                "h\"",
                "\u00e9",
                "[]",
                "[1:2:3:4:5:6:7:8:9]",
                "[12345::]",
                "[:1::2]");
    }

    @ParameterizedTest
    @MethodSource("badHosts")
    void aHostIsRefused(String host) {
        boolean portMayBeEmpty = host.equals("h:");
        if (portMayBeEmpty) {
            accepted("GET / HTTP/1.1\r\nHost: h:\r\n\r\n");
            return;
        }
        refused(400, "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        refused(400, "GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n");
    }

    static List<String> goodHosts() {
        return List.of(
                "h",
                "H.Example",
                "h:80",
                "h:65535",
                "127.0.0.1:8000",
                "[::1]",
                "[::1]:8000",
                "[::]",
                "[2001:db8::1]",
                "[1:2:3:4:5:6:7:8]",
                "[::ffff:1.2.3.4]",
                "[1:2:3:4:5:6:1.2.3.4]",
                "[1::]",
                "a_b.c",
                "a-b",
                "%41.b",
                "x!$&'()*+;=~");
    }

    @ParameterizedTest
    @MethodSource("goodHosts")
    void aHostIsTaken(String host) {
        assertTrue(accepted("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").contains(" of " + host + " "));
    }

    static List<Arguments> chunks() {
        return List.of(
                bad(400, "a sign", "+5\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a minus", "-5\r\nhello\r\n0\r\n\r\n"),
                bad(400, "0x", "0x5\r\nhello\r\n0\r\n\r\n"),
                bad(400, "no size", "\r\nhello\r\n0\r\n\r\n"),
                bad(400, "only an extension", ";a\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a size that is no more than a sign bit", "8000000000000000\r\n\r\n"),
                bad(400, "no size, and an end", "\r\n\r\n"),
                bad(400, "only an extension, and an end", ";a\r\n\r\n"),
                bad(400, "a leading blank", " 5\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank behind", "5 \r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank before the extension", "5 ;a\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a tab behind", "5\t\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an underscore", "0_5\r\nhello\r\n0\r\n\r\n"),
                bad(400, "seventeen digits", "00000000000000005\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an overflow", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a sign bit", "8000000000000005\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a bare LF behind the size", "5\nhello\r\n0\r\n\r\n"),
                bad(400, "a bare CR behind the size", "5\rhello\r\n0\r\n\r\n"),
                bad(400, "a bare LF in an extension", "5;a\nhello\r\n0\r\n\r\n"),
                bad(400, "a bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
                bad(400, "NUL in an extension", "5;a\0\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an extension without a name", "5;\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an extension without a name, and another", "5;;a\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an extension without a name behind another", "5;a;\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an extension that is a value alone", "5;=b\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an extension that is a quoted string", "5;\"a\"\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an extension of the last chunk without a name", "5\r\nhello\r\n0;\r\n\r\n"),
                bad(400, "an empty extension value", "5;a=\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an empty extension value, and another", "5;a=;b\r\nhello\r\n0\r\n\r\n"),
                bad(400, "two extension values", "5;a=b=c\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an unbalanced quote", "5;a=\"b\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a quote that ends with an escape", "5;a=\"b\\\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a quote that an escape keeps open", "5;a=\"b\\\"\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a quote within a token", "5;a=b\"c\"\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a quote within a name", "5;a\"b\r\nhello\r\n0\r\n\r\n"),
                bad(400, "text behind a quoted string", "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a NUL in a quoted string", "5;a=\"b\0\"\r\nhello\r\n0\r\n\r\n"),
                bad(400, "an escaped NUL", "5;a=\"b\\\0\"\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a bare LF in a quoted string", "5;a=\"b\n\"\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank in an extension", "5;a b\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank instead of a value", "5;a= \r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank in a name that a value follows", "5;a b=c\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank in a value", "5;a=b c\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank instead of a name", "5; \r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank instead of a name, and another", "5; ;a\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a tab before the extension", "5\t;a\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank before the extension of the last chunk", "5\r\nhello\r\n0 ;a\r\n\r\n"),
                bad(400, "a blank behind an extension", "5;a \r\nhello\r\n0\r\n\r\n"),
                bad(400, "a blank behind a quoted string", "5;a=\"b\" \r\nhello\r\n0\r\n\r\n"),
                bad(400, "obs-text in an extension name", "5;\u00e9\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a separator in an extension value", "5;a=b,c\r\nhello\r\n0\r\n\r\n"),
                bad(400, "more data than said", "4\r\nhello\r\n0\r\n\r\n"),
                bad(400, "less data than said", "6\r\nhello\r\n0\r\n\r\n"),
                bad(400, "a bare LF behind the data", "5\r\nhello\n0\r\n\r\n"),
                bad(400, "a bare LF behind the last chunk", "5\r\nhello\r\n0\n\r\n"),
                bad(400, "two chunk ends", "5\r\nhello\r\n\r\n0\r\n\r\n"),
                bad(400, "a folded trailer", "0\r\nX: a\r\n b\r\n\r\n"),
                bad(400, "a trailer with a blank before the colon", "0\r\nX : a\r\n\r\n"),
                bad(400, "a length as trailer", "0\r\nContent-Length: 5\r\n\r\n"),
                bad(400, "a coding as trailer", "0\r\nTransfer-Encoding: chunked\r\n\r\n"),
                bad(400, "a Host as trailer", "0\r\nHost: x\r\n\r\n"));
    }

    static List<String> extensions() {
        return List.of(
                ";a",
                ";a;b",
                ";a=b",
                ";a=b;c=d;e",
                ";a=\"\"",
                ";a=\"b c\td\"",
                ";a=\"b\";c",
                ";a=\"\\\"\\\\\"",
                ";a=\";=,\"",
                ";a=\"\u00e9\\\u00e9\"",
                "; a",
                ";\ta ;\t b",
                "; a\t= \t b ; c =\"d\" ;e",
                ";!#$%&'*+-.^_`|~=0");
    }

    @ParameterizedTest
    @MethodSource("extensions")
    void anExtensionIsIgnored(String extension) {
        String body = "5" + extension + "\r\nhello\r\n0" + extension + "\r\n\r\n";
        String request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
        Serving reading = Serving.of(
                (asked, response) -> asked.body().collect(1000, bytes -> response.send(bytes.length + " bytes")));
        for (Serving serving : List.of(reading, Serving.echo())) {
            Trickle.Outcome outcome = Trickle.same(serving, request + NEXT);
            assertEquals(2, Answer.all(outcome.text()).size(), outcome.text());
            assertNull(outcome.closing());
        }
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("chunks")
    void aChunkedBodyIsRefused(int status, String what, String body) {
        Serving reading =
                Serving.of((request, response) -> request.body().collect(1000, bytes -> response.send("whole")));
        String request = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
        Trickle.Outcome outcome = Trickle.same(reading, request + NEXT);
        assertEquals(status, Answer.only(outcome.text()).status());
        assertEquals(CloseMode.LINGERING, outcome.closing());
        notAnsweredTwice(request);
    }

    // A handler that does not look at the body has answered before the trick shows.
    private static void notAnsweredTwice(String request) {
        Trickle.Outcome outcome = Trickle.same(Serving.echo(), request + NEXT);
        assertEquals(200, Answer.only(outcome.text()).status());
        assertEquals(CloseMode.LINGERING, outcome.closing());
    }

    private static void refused(int status, String request) {
        Serving serving = Serving.echo();
        Trickle.Outcome outcome = Trickle.same(serving, request + NEXT);
        Answer answer = Answer.only(outcome.text());
        assertEquals(status, answer.status(), outcome.text());
        assertTrue(answer.closes());
        assertTrue(answer.body().startsWith(status + " "), answer.body());
        assertEquals(CloseMode.LINGERING, outcome.closing());
        assertEquals(0, outcome.unconsumed());
        assertTrue(serving.log.getFirst().contains(" " + status + " "), serving.log.getFirst());
    }

    private static String accepted(String request) {
        Trickle.Outcome outcome = Trickle.same(Serving.echo(), request);
        assertNull(outcome.closing());
        return Answer.only(outcome.text()).body();
    }
}
