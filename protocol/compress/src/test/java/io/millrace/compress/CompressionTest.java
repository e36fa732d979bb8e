// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.compress.Answers.Answer;
import io.millrace.core.Buffer;
import io.millrace.http.BodyMapper;
import io.millrace.http.Dispatcher;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which answers are compressed, by what, and what their fields say. */
final class CompressionTest {
    private static final String PAGE = "All work and no play makes Jack a dull boy.\n".repeat(50);
    private static final Handler HANDLER =
            (request, response) -> response.header("ETag", "\"v1\"").send(PAGE);

    private final CompressionFilter gzip = CompressionFilter.of(Compression.DEFAULT);

    /** A coding that takes contents as they are, to see what is chosen. */
    private record Named(String token) implements ContentCoding {
        @Override
        public String suffix() {
            return "-" + token;
        }

        @Override
        public ContentEncoder open() {
            return new ContentEncoder() {
                @Override
                public void encode(byte[] bytes, int offset, int length, Buffer out) {
                    out.append(bytes, offset, length);
                }

                @Override
                public void flush(Buffer out) {}

                @Override
                public void finish(Buffer out) {}

                @Override
                public byte[] filler() {
                    return new byte[0];
                }

                @Override
                public void close() {}
            };
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "gzip | gzip",
                "GZip | gzip",
                "x-gzip | gzip",
                "zstd | zstd",
                "br | plain",
                "gzip, deflate, br, zstd | zstd",
                "zstd, gzip | zstd",
                "gzip, zstd;q=0.9 | gzip",
                "gzip;q=0.9, zstd;q=0.900 | zstd",
                "gzip;q=0.001, zstd;q=0 | gzip",
                "gzip;q=0 | plain",
                "gzip;q=0.0 | plain",
                "gzip;q=0, zstd;q=0.000 | plain",
                "identity | plain",
                "identity, gzip | gzip",
                "identity, gzip;q=0.5 | plain",
                "identity;q=0.5, gzip;q=0.8 | gzip",
                "* | gzip",
                "*;q=0.5 | gzip",
                "gzip;q=0, * | plain",
                "identity;q=0, gzip | gzip",
                "*;q=0, gzip | gzip",
                "*;q=0 | refused",
                "identity;q=0 | refused",
                "identity;q=0, br | refused",
                "*;q=0, identity | plain",
                "gzip;q=nonsense | gzip",
                " gzip ; q=0.7 , zstd ; q=0.2 | gzip",
                ",,gzip,, | gzip",
                "`` | plain"
            })
    void theWeightsOfTheClientDecide(String accept, String expected) {
        CompressionFilter filter =
                CompressionFilter.of(Compression.DEFAULT.withCodings(new Named("zstd"), new Named("gzip")));
        Answer answer = Answers.get(filter, HANDLER, "Accept-Encoding: " + accept);
        String found = answer.status() == 406 ? "refused" : answer.field("Content-Encoding");
        assertEquals(expected, found == null ? "plain" : found);
        assertEquals("Accept-Encoding", answer.field("Vary"));
    }

    @Test
    void theContentIsTheSameAndShorter() {
        Answer answer = Answers.get(gzip, HANDLER, "Accept-Encoding: gzip");
        assertEquals("gzip", answer.field("Content-Encoding"));
        assertEquals("\"v1-gz\"", answer.field("ETag"));
        assertEquals(PAGE, answer.text());
        assertTrue(answer.body().length < PAGE.length() / 5);
        assertEquals(String.valueOf(answer.body().length), answer.field("Content-Length"));
        assertEquals(0, gzip.openEncoders());
    }

    @Test
    void withoutTheFieldTheContentIsPlainAndVaries() {
        Answer answer = Answers.get(gzip, HANDLER);
        assertNull(answer.field("Content-Encoding"));
        assertEquals("Accept-Encoding", answer.field("Vary"));
        assertEquals("\"v1\"", answer.field("ETag"));
    }

    @Test
    void varyIsSaidOnce() {
        Handler handler = (request, response) -> response.header("Vary", "Origin")
                .header("Vary", "accept-encoding")
                .send(PAGE);
        assertEquals(
                "Origin|accept-encoding",
                Answers.get(gzip, handler, "Accept-Encoding: gzip").field("Vary"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: image/png",
                "Content-Type: application/zip",
                "Content-Type: text/event-stream",
                "Content-Encoding: br",
                "Cache-Control: public, no-transform",
                "Content-Digest: sha-256=:AAAA:"
            })
    void whatMustNotBeCompressedIsNot(String field) {
        int colon = field.indexOf(':');
        Handler handler = (request, response) -> response.type("text/html")
                .setHeader(field.substring(0, colon), field.substring(colon + 2))
                .send(PAGE.getBytes());
        Answer answer = Answers.get(gzip, handler, "Accept-Encoding: gzip");
        assertTrue(!"gzip".equals(answer.field("Content-Encoding")), answer.head());
        assertEquals(PAGE, new String(answer.body()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html; charset=utf-8",
                "TEXT/PLAIN",
                "application/json",
                "application/ld+json",
                "image/svg+xml",
                "application/wasm"
            })
    void whatGetsSmallerIsCompressed(String type) {
        Handler handler = (request, response) -> response.type(type).send(PAGE.getBytes());
        assertEquals("gzip", Answers.get(gzip, handler, "Accept-Encoding: gzip").field("Content-Encoding"));
    }

    @Test
    void shortContentsAndThoseOfAHandlerThatSaysSoStayAsTheyAre() {
        Handler brief = (request, response) -> response.send("x".repeat(859));
        assertNull(Answers.get(gzip, brief, "Accept-Encoding: gzip").field("Content-Encoding"));
        Handler enough = (request, response) -> response.send("x".repeat(860));
        assertEquals("gzip", Answers.get(gzip, enough, "Accept-Encoding: gzip").field("Content-Encoding"));
        Handler secret = (request, response) -> {
            Compression.leavePlain(request);
            response.send(PAGE);
        };
        assertNull(Answers.get(gzip, secret, "Accept-Encoding: gzip").field("Content-Encoding"));
    }

    @Test
    void aClientThatRefusesPlainContentsGetsEvenShortOnesCoded() {
        Handler brief = (request, response) -> response.send("short");
        Answer answer = Answers.get(gzip, brief, "Accept-Encoding: gzip, identity;q=0");
        assertEquals("gzip", answer.field("Content-Encoding"));
        assertEquals("short", answer.text());
    }

    @Test
    void theHandlerDoesNotSeeThatPlainContentsAreRefused() {
        Handler handler = (request, response) -> response.send(String.valueOf(request.header("Accept-Encoding")));
        Answer answer = Answers.get(gzip, handler, "Accept-Encoding: br;q=0.1, identity;q=0, gzip, *;q=0");
        assertEquals("br;q=0.1, gzip", answer.text());
    }

    @ParameterizedTest
    @CsvSource({"204", "205", "304"})
    void answersWithoutContentHaveNoCoding(int status) {
        Handler handler =
                (request, response) -> response.type("text/html").status(status).send();
        Answer answer = Answers.get(gzip, handler, "Accept-Encoding: gzip");
        assertEquals(status, answer.status());
        assertNull(answer.field("Content-Encoding"));
    }

    @Test
    void partsOfAContentHaveNoCoding() {
        Handler handler = (request, response) -> response.status(206)
                .type("text/plain")
                .header("Content-Range", "bytes 0-999/5000")
                .header("ETag", "\"v1\"")
                .send(new byte[1000]);
        Answer answer = Answers.get(gzip, handler, "Accept-Encoding: gzip", "Range: bytes=0-999");
        assertNull(answer.field("Content-Encoding"));
        assertEquals("\"v1\"", answer.field("ETag"));
        assertEquals(1000, answer.body().length);
    }

    /** A part has the Vary that the whole would have (RFC 9110 section 15.3.7). */
    @ParameterizedTest
    @CsvSource({"text/plain, Accept-Encoding", "multipart/byteranges; boundary=x, Accept-Encoding", "image/png,"})
    void partsOfAContentVaryAsTheWhole(String type, String expected) {
        Handler handler = (request, response) -> response.status(206).type(type).send(new byte[1000]);
        assertEquals(expected, Answers.get(gzip, handler, "Range: bytes=0-999").field("Vary"));
    }

    @Test
    void aCodedContentOffersNoRanges() {
        Handler handler =
                (request, response) -> response.header("Accept-Ranges", "bytes").send(PAGE);
        assertEquals("none", Answers.get(gzip, handler, "Accept-Encoding: gzip").field("Accept-Ranges"));
        assertEquals("bytes", Answers.get(gzip, handler).field("Accept-Ranges"));
    }

    @ParameterizedTest
    @CsvSource({
        "gzip, v1-gz, v1-gz",
        "gzip, v1, v1",
        "identity, v1-gz, changed",
        "gzip, v2-gz, changed",
        "identity, v1, v1"
    })
    void tagsGoTheWayBack(String accept, String tag, String expected) {
        Handler handler = (request, response) -> {
            response.header("ETag", "\"v1\"");
            if ("\"v1\"".equals(request.header("If-None-Match"))) {
                response.status(304).send();
            } else {
                response.send(PAGE);
            }
        };
        Answer answer = Answers.get(gzip, handler, "Accept-Encoding: " + accept, "If-None-Match: \"" + tag + "\"");
        if (expected.equals("changed")) {
            assertEquals(200, answer.status());
        } else {
            assertEquals(304, answer.status());
            assertEquals("\"" + expected + "\"", answer.field("ETag"));
            assertEquals("Accept-Encoding", answer.field("Vary"));
        }
    }

    @Test
    void weakTagsGetTheSuffixToo() {
        Handler handler =
                (request, response) -> response.header("ETag", "W/\"v1\"").send(PAGE);
        assertEquals(
                "W/\"v1-gz\"",
                Answers.get(gzip, handler, "Accept-Encoding: gzip").field("ETag"));
    }

    @Test
    void theHeadOfAContentSaysTheSame() {
        Answer head = Answers.ask(gzip, HANDLER, "HEAD", "", "Accept-Encoding: gzip");
        assertEquals("gzip", head.field("Content-Encoding"));
        assertEquals("\"v1-gz\"", head.field("ETag"));
        assertEquals("Accept-Encoding", head.field("Vary"));
        assertEquals(0, head.body().length);
        assertEquals(0, gzip.openEncoders());
    }

    @Test
    @ExpectedLog("expected by this test")
    void anErrorIsAnsweredAsItIs() {
        Handler handler = (request, response) -> {
            throw new IllegalStateException("expected by this test");
        };
        Answer answer = Answers.get(gzip, handler, "Accept-Encoding: gzip");
        assertEquals(500, answer.status());
        assertNull(answer.field("Content-Encoding"));
    }

    @Test
    void tooManyEncodersLeaveContentsPlain() {
        CompressionFilter none = CompressionFilter.of(Compression.DEFAULT.withMostEncoders(0));
        Answer answer = Answers.get(none, HANDLER, "Accept-Encoding: gzip");
        assertNull(answer.field("Content-Encoding"));
        assertEquals("Accept-Encoding", answer.field("Vary"));
        assertEquals(PAGE, answer.text());
    }

    @Test
    void anArrayThatIsSentAgainIsCompressedOnce() {
        byte[] page = PAGE.getBytes();
        Handler handler = (request, response) ->
                response.type("text/html").header("ETag", "\"v1\"").send(page);
        byte[] first = Answers.get(gzip, handler, "Accept-Encoding: gzip").body();
        long kept = gzip.keptBytes();
        assertTrue(kept > first.length);
        assertArrayEquals(
                first, Answers.get(gzip, handler, "Accept-Encoding: gzip").body());
        assertEquals(kept, gzip.keptBytes());
    }

    @Test
    void whatIsKeptIsBounded() {
        EncodedContents contents = new EncodedContents(80_000);
        ContentCoding coding = new GzipCoding(1);
        EncodedContents.Key first = null;
        EncodedContents.Key last = null;
        for (int i = 0; i < 100; i++) {
            last = EncodedContents.key(new byte[10], 0, 10, "\"" + i + "\"", coding);
            first = first == null ? last : first;
            contents.put(last, new byte[5_000]);
            assertTrue(contents.held() <= 80_000, () -> "held " + contents.held());
        }
        assertNull(contents.get(first));
        assertNotNull(contents.get(last));
        EncodedContents.Key large = EncodedContents.key(new byte[10], 0, 10, "\"large\"", coding);
        contents.put(large, new byte[10_001]);
        assertNull(contents.get(large));
        assertNull(EncodedContents.key(new byte[10], 0, 10, "W/\"weak\"", coding));
    }

    @Test
    void objectsAreCompressedToo() {
        BodyMapper mapper = new BodyMapper() {
            @Override
            public byte[] write(Object value) {
                return String.valueOf(value).getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public <T> T read(byte[] bytes, Class<T> type) {
                return type.cast(new String(bytes, StandardCharsets.UTF_8));
            }
        };
        Handler handler = Dispatcher.of(gzip.before((request, response) -> response.json(PAGE)));
        FakeClock clock = new FakeClock();
        HttpContext context = HttpContext.of(handler).withClock(clock).withBodyMapper(mapper);
        MemoryLink link = new MemoryLink(new Http1Factory(context).create(), clock);
        link.feed("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n").run();
        Answer answer = Answers.answer(link.sent());
        assertEquals("gzip", answer.field("Content-Encoding"));
        assertEquals(PAGE, answer.text());
    }

    @Test
    void aHandlerSeesItsOwnRequestOtherwise() {
        Handler handler = (request, response) -> response.send(String.join(
                " ",
                List.of(
                        request.method(),
                        request.path(),
                        request.header("Host"),
                        request.header("If-None-Match"),
                        String.valueOf(request.query("a")))));
        MemoryLink link = Answers.link(gzip, handler)
                .feed("GET /x?a=1 HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nIf-None-Match: \"t-gz\"\r\n\r\n")
                .run();
        assertTrue(link.take().endsWith("GET /x h \"t\" 1"));
    }
}
