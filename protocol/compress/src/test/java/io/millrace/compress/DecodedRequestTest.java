// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.compress.Answers.Answer;
import io.millrace.http.Handler;
import io.millrace.http.RequestBody;
import io.millrace.testkit.MemoryLink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests whose bodies are compressed. */
final class DecodedRequestTest {
    private static final int LIMIT = 100_000;
    private final CompressionFilter filter = CompressionFilter.of(Compression.DEFAULT.withInflate(LIMIT));

    private static final Handler COLLECTING = (request, response) -> {
        String fields = request.header("Content-Encoding") + " " + request.header("Content-Length") + " "
                + request.body().length();
        request.body().collect(1 << 20, bytes -> response.send(fields + " " + new String(bytes)));
    };

    private static String gzip(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private static Answer post(CompressionFilter filter, Handler handler, String coding, String body) {
        return answer(Answers.link(filter, handler), coding, body);
    }

    private static Answer answer(MemoryLink link, String coding, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        link.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: " + coding + "\r\nContent-Length: " + bytes.length
                + "\r\n\r\n");
        link.feed(bytes).run();
        return Answers.answer(link.sent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "deflate", "zstd", "gzip, gzip"})
    void codedRequestsAreRefusedUnlessAskedFor(String coding) {
        Answer answer = post(CompressionFilter.of(Compression.DEFAULT), COLLECTING, coding, "anything");
        assertEquals(415, answer.status());
        assertEquals("identity", answer.field("Accept-Encoding"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "deflate", "zstd", "gzip, gzip", "gzip, br"})
    void otherCodingsAreRefusedAllTheSame(String coding) {
        Answer answer = post(filter, COLLECTING, coding, "anything");
        assertEquals(415, answer.status());
        assertEquals("gzip", answer.field("Accept-Encoding"));
    }

    @Test
    void identityIsNoCoding() {
        assertEquals(
                "identity 2 2 ok", post(filter, COLLECTING, "identity", "ok").text());
    }

    @Test
    void aHandlerThatDecodesSeesTheRequestAsItIs() {
        CompressionFilter open = CompressionFilter.of(Compression.DEFAULT.withCodedRequests());
        assertEquals("br 2 2 ok", post(open, COLLECTING, "br", "ok").text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "GZIP"})
    void theHandlerSeesWhatWasCompressed(String coding) {
        assertEquals(
                "null null -1 hello",
                post(filter, COLLECTING, coding, gzip("hello")).text());
    }

    @Test
    void membersAreJoinedAndEmptyOnesAreNothing() {
        String body = gzip("hel") + gzip("") + gzip("lo");
        assertEquals(
                "null null -1 hello", post(filter, COLLECTING, "gzip", body).text());
    }

    @Test
    void everyByteMayComeByItself() {
        MemoryLink link = Answers.link(filter, COLLECTING);
        String body = gzip("hello hello hello");
        link.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: " + body.length()
                + "\r\n\r\n");
        for (byte b : body.getBytes(StandardCharsets.ISO_8859_1)) {
            link.feed(new byte[] {b}).run();
        }
        assertTrue(link.text().endsWith("null null -1 hello hello hello"), link.text());
    }

    @Test
    void optionalPartsOfTheHeadAreReadOver() {
        String plain = gzip("hello");
        String head = "\u001f\u008b\u0008\u001e\0\0\0\0\0\3" + "\3\0abc" + "name\0" + "comment\0" + "\1\2";
        assertEquals(
                "null null -1 hello",
                post(filter, COLLECTING, "gzip", head + plain.substring(10)).text());
    }

    @Test
    void aBombIsStoppedAtTheLimit() {
        String bomb = gzip("\0".repeat(50_000_000));
        List<Integer> sizes = new ArrayList<>();
        Handler reading = (request, response) -> request.body().read(new RequestBody.Reader() {
            private int sum;

            @Override
            public void data(byte[] bytes, int offset, int length) {
                sum += length;
            }

            @Override
            public void end() {
                response.send();
            }

            @Override
            public void failed(IOException why) {
                sizes.add(sum);
            }
        });
        assertEquals(413, post(filter, reading, "gzip", bomb).status());
        assertEquals(1, sizes.size());
        assertTrue(sizes.getFirst() <= LIMIT, () -> "read " + sizes);
        assertEquals(413, post(filter, COLLECTING, "gzip", bomb).status());
    }

    @Test
    void exactlyTheLimitIsNotTooMuch() {
        String text = "x".repeat(LIMIT);
        assertEquals(
                "null null -1 " + text,
                post(filter, COLLECTING, "gzip", gzip(text)).text());
        assertEquals(413, post(filter, COLLECTING, "gzip", gzip(text + "x")).status());
    }

    @Test
    void whatIsNoGzipIsABadRequest() {
        String good = gzip("hello hello");
        for (String wrong : new String[] {
            "nonsense",
            good.substring(0, good.length() - 1),
            good + "x",
            good.substring(0, good.length() - 8) + "12345678",
            good.substring(0, 12) + "\u00ff\u00ff" + good.substring(14)
        }) {
            assertEquals(400, post(filter, COLLECTING, "gzip", wrong).status(), wrong);
        }
    }

    @Test
    void theDemandOfTheReaderIsKept() {
        List<Integer> calls = new ArrayList<>();
        List<RequestBody> bodies = new ArrayList<>();
        Handler reading = (request, response) -> {
            bodies.add(request.body());
            request.body()
                    .read(
                            new RequestBody.Reader() {
                                @Override
                                public void data(byte[] bytes, int offset, int length) {
                                    calls.add(length);
                                }

                                @Override
                                public void end() {
                                    response.send("end");
                                }

                                @Override
                                public void failed(IOException why) {}
                            },
                            1);
        };
        MemoryLink link = Answers.link(filter, reading);
        byte[] bytes = gzip("y".repeat(50_000)).getBytes(StandardCharsets.ISO_8859_1);
        link.feed(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: " + bytes.length + "\r\n\r\n");
        link.feed(bytes).run();
        assertEquals(1, calls.size());
        bodies.getFirst().request(1);
        link.run();
        assertEquals(2, calls.size());
        bodies.getFirst().pause(true);
        bodies.getFirst().request(Long.MAX_VALUE);
        link.run();
        assertEquals(2, calls.size());
        bodies.getFirst().pause(false);
        link.run();
        assertEquals(50_000, calls.stream().mapToInt(Integer::intValue).sum());
        assertTrue(link.text().endsWith("end"));
    }

    @Test
    void aRequestWithoutABodyIsNotTouched() {
        Answer answer = Answers.get(filter, (request, response) -> response.send("ok"));
        assertEquals(200, answer.status());
        assertNull(answer.field("Content-Encoding"));
    }
}
