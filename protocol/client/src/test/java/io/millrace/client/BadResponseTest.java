// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Answers whose end two readers could find in different places, and those that are none: refused, whole or in bytes.
 */
final class BadResponseTest {
    private static final String LONG = "A: " + "x".repeat(40_000) + "\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 1 1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: x,,chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\na",
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naa\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n T: 1\r\n\r\n",
                "HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\na",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\r\n\r\na",
                "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 1\r\n\r\na",
                "HTTP/1.1 200 OK\r\n A: b\r\nContent-Length: 1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nA: \u0001\r\nContent-Length: 1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nA: \u0000\r\nContent-Length: 1\r\n\r\na",
                "HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 1\r\n\r\na",
                "HTTP/1.1 200 OK\r\nno field\r\nContent-Length: 1\r\n\r\na",
                "\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
                "HTTP/2.0 200 OK\r\nContent-Length: 1\r\n\r\na",
                "HTTP/1.1 20 OK\r\nContent-Length: 1\r\n\r\na",
                "HTTP/1.1 2000 OK\r\nContent-Length: 1\r\n\r\na",
                "HTTP/1.1  200 OK\r\nContent-Length: 1\r\n\r\na",
                "ICY 200 OK\r\n\r\na",
                "hello\r\n",
                "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
                "HTTP/1.1 103 Hints\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            })
    void isRefused(String answer) {
        refused(answer, answer.length());
        refused(answer, 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4096, 100_000})
    void aHeadBeyondTheLimitsIsRefused(int piece) {
        refused("HTTP/1.1 200 OK\r\n" + LONG + "\r\n", piece);
        refused("HTTP/1.1 200 OK\r\n" + "A: b\r\n".repeat(201) + "\r\n", piece);
        refused("HTTP/1.1 200 " + "x".repeat(40_000), piece);
        refused("HTTP/1.1 103 Hints\r\n" + LONG + "\r\n", piece);
        refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + LONG, piece);
        refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + "x".repeat(40_000), piece);
    }

    private static void refused(String answer, int piece) {
        FakeLoop loop = new FakeLoop();
        HttpClient client = new HttpClient(List.of(loop), ClientOptions.DEFAULT);
        Recorder recorder = new Recorder();
        client.get("http://h/").send(recorder);
        loop.run();
        for (int from = 0; from < answer.length(); from += piece) {
            loop.link().feed(answer.substring(from, Math.min(answer.length(), from + piece)));
        }
        loop.run();
        HttpFailure.BadResponse failure = assertInstanceOf(HttpFailure.BadResponse.class, recorder.failure, answer);
        assertTrue(failure.sent());
        assertTrue(loop.link().isClosed());
        assertEquals(0, client.counts(0)[0]);
    }
}
