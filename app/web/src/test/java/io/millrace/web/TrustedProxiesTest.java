// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.FieldBlock;
import io.millrace.http.Handler;
import io.millrace.testkit.RawClient;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class TrustedProxiesTest {
    private static final SocketAddress PROXY = new InetSocketAddress("10.0.0.1", 9);

    private static String client(TrustedProxies rule, String field, String value) {
        FieldBlock fields = new FieldBlock();
        fields.append("Host", "h");
        if (value != null) {
            fields.append(field, value);
        }
        InetSocketAddress found = (InetSocketAddress) rule.apply(PROXY, fields);
        return found.getAddress().getHostAddress() + " " + found.getPort();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "203.0.113.7                              | 203.0.113.7 0",
                "203.0.113.7:80                           | 203.0.113.7 80",
                "1.1.1.1, 203.0.113.7                     | 203.0.113.7 0",
                "1.1.1.1, 203.0.113.7, 10.0.0.2           | 203.0.113.7 0",
                "10.0.0.3 ,10.0.0.2                       | 10.0.0.3 0",
                "2001:db8::7                              | 2001:db8:0:0:0:0:0:7 0",
                "[2001:db8::7]:443, fd00::1               | 2001:db8:0:0:0:0:0:7 443",
                "::ffff:203.0.113.7                       | 203.0.113.7 0",
                "unknown                                  | 10.0.0.1 9",
                "203.0.113.7, unknown, 10.0.0.2           | 10.0.0.2 0",
                "203.0.113.7, ,10.0.0.2                   | 10.0.0.2 0",
                "localhost                                | 10.0.0.1 9",
                "127.1                                    | 10.0.0.1 9",
                "fe80::1%lo                               | 10.0.0.1 9",
                "[203.0.113.7]                            | 10.0.0.1 9",
                "[2001:db8::7]x                           | 10.0.0.1 9",
                "203.0.113.7:99999                        | 203.0.113.7 0",
            })
    void theLastThatIsNoProxyIsTheClient(String value, String expected) {
        TrustedProxies rule = TrustedProxies.byXForwardedFor("10.0.0.0/8", "fd00::/8");
        assertEquals(expected, client(rule, "X-Forwarded-For", value));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "for=203.0.113.7                                          | 203.0.113.7 0",
                "proto=https;FOR=203.0.113.7;by=10.0.0.1                  | 203.0.113.7 0",
                "for=1.1.1.1, for=\"[2001:db8::7]:4711\", for=10.0.0.2    | 2001:db8:0:0:0:0:0:7 4711",
                "for=\"203.0.113.7:_hidden\"                              | 203.0.113.7 0",
                "for=1.1.1.1, for=unknown                                 | 10.0.0.1 9",
                "for=1.1.1.1, for=_name, for=10.0.0.2                     | 10.0.0.2 0",
                "for=1.1.1.1, proto=http                                  | 10.0.0.1 9",
                "for=203.0.113.7;by=\"a,b;for=1.1.1.1\"                   | 203.0.113.7 0",
                "for=\"203.0.113.7                                        | 10.0.0.1 9",
            })
    void theStandardFieldSaysTheSame(String value, String expected) {
        TrustedProxies rule = TrustedProxies.byForwarded("10.0.0.0/8");
        assertEquals(expected, client(rule, "Forwarded", value));
    }

    @Test
    void onlyTheFieldThatTheProxiesWriteIsLookedAt() {
        assertEquals("10.0.0.1 9", client(TrustedProxies.byForwarded("10.0.0.0/8"), "X-Forwarded-For", "203.0.113.7"));
        assertEquals(
                "10.0.0.1 9", client(TrustedProxies.byXForwardedFor("10.0.0.0/8"), "Forwarded", "for=203.0.113.7"));
        assertEquals("10.0.0.1 9", client(TrustedProxies.byForwarded("10.0.0.0/8"), "Forwarded", null));
        assertEquals(
                "10.0.0.1 9", client(TrustedProxies.byXForwardedFor("10.0.0.2"), "X-Forwarded-For", "203.0.113.7"));
    }

    @Test
    void aChainWithoutEndEnds() {
        TrustedProxies rule = TrustedProxies.byXForwardedFor("10.0.0.0/8");
        assertEquals("10.9.9.9 0", client(rule, "X-Forwarded-For", "1.1.1.1" + ",10.9.9.9".repeat(2000)));
    }

    @Test
    void aUnixSocketIsTrustedByItsWord() {
        SocketAddress unix = new SocketAddress() {};
        FieldBlock fields = new FieldBlock();
        fields.append("X-Forwarded-For", "203.0.113.7");
        assertSame(unix, TrustedProxies.byXForwardedFor("0.0.0.0/0", "::/0").apply(unix, fields));
        assertEquals(
                new InetSocketAddress("203.0.113.7", 0),
                TrustedProxies.byXForwardedFor(TrustedProxies.UNIX).apply(unix, fields));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "::/129", "example.org"})
    void whatIsNoRangeIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> TrustedProxies.byXForwardedFor(text));
    }

    @Test
    void rangesEndWithinABytesBits() {
        AddressRange range = AddressRange.parse("192.0.2.64/27");
        assertTrue(range.contains(AddressRange.literal("192.0.2.95")));
        assertTrue(!range.contains(AddressRange.literal("192.0.2.96")));
        assertTrue(!range.contains(AddressRange.literal("::1")));
        assertTrue(!range.contains(null));
        assertTrue(AddressRange.parse("0.0.0.0/0").contains(AddressRange.literal("203.0.113.7")));
    }

    @Test
    void handlersAndTheLogNameTheClient() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CountDownLatch over = new CountDownLatch(3);
        Handler handler = (request, response) -> response.send(((InetSocketAddress) request.peer()).getHostString()
                + " through " + ((InetSocketAddress) request.socketPeer()).getHostString());
        try (AccessLog log = AccessLog.to(out, LogFormat.COMMON);
                WebServer server = WebServer.on(0)
                        .get("/inline", handler)
                        .get("/virtual", Dispatch.VIRTUAL, handler)
                        .get("/deferred", (request, response) -> {
                            response.defer();
                            Thread.ofVirtual().start(() -> {
                                try {
                                    handler.handle(request, response);
                                } catch (Exception e) {
                                    response.abort();
                                }
                            });
                        })
                        .trustedProxies(TrustedProxies.byXForwardedFor("127.0.0.1"))
                        .log(ExchangeLogs.all(log, (request, status, bytes, nanos) -> over.countDown()))
                        .start();
                RawClient client = RawClient.connect(server.address())) {
            String from = "203.0.113.";
            int last = 1;
            for (String target : new String[] {"/inline", "/virtual", "/deferred"}) {
                client.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: " + from + last
                        + "\r\n\r\n");
                client.readUntil("\r\n\r\n");
                String body = from + last++ + " through 127.0.0.1";
                assertEquals(body, new String(client.read(body.length()), StandardCharsets.US_ASCII));
            }
            assertTrue(over.await(30, TimeUnit.SECONDS));
        }
        String lines = out.toString(StandardCharsets.US_ASCII);
        for (int i = 1; i <= 3; i++) {
            assertTrue(lines.contains("203.0.113." + i + " - - ["), lines);
        }
    }
}
