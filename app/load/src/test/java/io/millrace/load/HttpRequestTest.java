// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The request that a plan asks for. */
final class HttpRequestTest {

    private static LoadPlan plan(String url, String method, String body, boolean keepAlive, String... fields) {
        return new LoadPlan(
                LoadTarget.parse(url),
                new LoadPlan.Clients(1, 1, 1, keepAlive, Duration.ZERO),
                new LoadPlan.Pace(0, Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(1)),
                new LoadPlan.Message(method, List.of(fields), body.getBytes(StandardCharsets.US_ASCII)),
                LoadPlan.Beside.NOBODY);
    }

    private static String request(LoadPlan plan) {
        return new String(HttpRequest.of(plan), StandardCharsets.ISO_8859_1);
    }

    @Test
    void aZoneStaysOnThisMachine() {
        assertEquals(
                "GET /x HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
                request(plan("http://[::1%25lo]:8000/x", "GET", "", true)));
    }

    @Test
    void whatIsGivenGoesBeforeWhatIsUsual() {
        assertEquals(
                "GET / HTTP/1.1\r\nhost: other\r\nX: y z\r\n\r\n",
                request(plan("http://h/", "GET", "", true, "host:other", "X: y z ")));
        assertEquals(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
                request(plan("http://h/", "POST", "hello", true)));
        assertEquals(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                request(plan("http://h/", "POST", "0\r\n\r\n", true, "Transfer-Encoding: chunked")));
    }

    @Test
    void whoClosesSaysSoOnce() {
        String close = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        assertEquals(close, request(plan("http://h/", "GET", "", false)));
        assertEquals(close, request(plan("http://h/", "GET", "", true, "Connection: close")));
        assertEquals(close, request(plan("http://h/", "GET", "", false, "Connection: close")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Connection: close", "connection:CLOSE", "Connection: x , Close ,y", "Connection:,close"})
    void aMessageThatClosesHasAConnectionOfItsOwn(String field) {
        assertFalse(plan("http://h/", "GET", "", true, field).clients().keepAlive());
        LoadPlan plan = plan("http://h/", "GET", "", true);
        assertThrows(
                IllegalArgumentException.class,
                () -> new LoadPlan(
                        plan.target(),
                        new LoadPlan.Clients(1, 1, 2, true, Duration.ZERO),
                        plan.pace(),
                        new LoadPlan.Message("GET", List.of(field), new byte[0]),
                        plan.beside()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Connection: keep-alive", "Connection: closed", "X-Connection: close", "Connection: not close"})
    void othersDoNot(String field) {
        assertTrue(plan("http://h/", "GET", "", true, field).clients().keepAlive());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GET /", "G\r\nT", "GET\u00e4"})
    void whatIsNoMethod(String method) {
        assertThrows(IllegalArgumentException.class, () -> plan("http://h/", method, "", true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"X", ": y", "X y: z", "X: a\r\nY: b", "X: \u20ac", "X: a\0"})
    void whatIsNoField(String field) {
        assertThrows(IllegalArgumentException.class, () -> plan("http://h/", "GET", "", true, field));
    }
}
