// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.HttpException;
import io.millrace.http.Limits;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.WebSocketFrames;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The opening handshake, right and wrong. */
final class OpeningTest {
    private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    private static final WebSocketOptions OPTIONS = WebSocketOptions.DEFAULT
            .withSubprotocols("chat", "superchat")
            .withOrigins(OriginPolicy.of("https://friend.example", "http://localhost:3000"));

    private static String answer(WebSocketOptions options, String request) {
        Server server = new Server(options);
        server.link.feed(request + "\r\n");
        return server.link.take();
    }

    private static DynamicTest test(String name, String request, int status) {
        return DynamicTest.dynamicTest(name, () -> {
            String answer = answer(OPTIONS, request);
            assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), name + ": " + answer);
            assertEquals(status == 101, answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), answer);
            if (status == 426) {
                assertTrue(answer.contains("Connection: Upgrade\r\n"), answer);
                assertTrue(answer.contains("Upgrade: websocket\r\n"), answer);
            }
        });
    }

    private static String with(String old, String replaced) {
        assertTrue(Server.OPENING.contains(old));
        return Server.OPENING.replace(old, replaced);
    }

    @TestFactory
    Stream<DynamicTest> openings() {
        String upgrade = "Upgrade: websocket\r\n";
        String connection = "Connection: Upgrade\r\n";
        String version = "Sec-WebSocket-Version: 13\r\n";
        return Stream.of(
                test("as it should be", Server.OPENING, 101),
                test("names in other case", Server.OPENING.replace("Sec-WebSocket", "sec-websocket"), 101),
                test("Upgrade in other case", with("websocket\r\nConn", "WebSocket\r\nConn"), 101),
                test("Connection in other case", with(connection, "Connection: upgrade\r\n"), 101),
                test("Connection in a list", with(connection, "Connection: keep-alive, Upgrade\r\n"), 101),
                test("Connection in two lines", with(connection, "Connection: keep-alive\r\n" + connection), 101),
                test("Upgrade in a list", with(upgrade, "Upgrade: h2c, websocket\r\n"), 101),
                test("blanks around the version", with(version, "Sec-WebSocket-Version:  13 \r\n"), 101),
                test("no Upgrade", with(upgrade, ""), 426),
                test("another Upgrade", with(upgrade, "Upgrade: h2c\r\n"), 426),
                test("an Upgrade that only begins so", with(upgrade, "Upgrade: websocket2\r\n"), 426),
                test("no Connection", with(connection, ""), 400),
                test("another Connection", with(connection, "Connection: keep-alive\r\n"), 400),
                test("no version", with(version, ""), 400),
                test("version 8", with(version, "Sec-WebSocket-Version: 8\r\n"), 426),
                test("version 14", with(version, "Sec-WebSocket-Version: 14\r\n"), 426),
                test("version 013", with(version, "Sec-WebSocket-Version: 013\r\n"), 426),
                test("two versions", with(version, version + version), 426),
                test("versions in a list", with(version, "Sec-WebSocket-Version: 13, 8\r\n"), 426),
                test("no key", with(KEY, ""), 400),
                test("two keys", with(KEY, KEY + KEY), 400),
                test("an empty key", with(KEY, "Sec-WebSocket-Key:\r\n"), 400),
                test("a key of 15 bytes", with(KEY, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\r\n"), 400),
                test("a key of 17 bytes", with(KEY, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=\r\n"), 400),
                test("a key that is no base64", with(KEY, "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n"), 400),
                test("POST", with("GET", "POST"), 405),
                test("HEAD", with("GET", "HEAD"), 405),
                test("HTTP/1.0", with("HTTP/1.1", "HTTP/1.0"), 400),
                test("a body", Server.OPENING + "Content-Length: 3\r\n", 400),
                test("a chunked body", Server.OPENING + "Transfer-Encoding: chunked\r\n", 400),
                test("an empty body", Server.OPENING + "Content-Length: 0\r\n", 101),
                test("a subprotocol", Server.OPENING + "Sec-WebSocket-Protocol: chat\r\n", 101),
                test("unknown subprotocols", Server.OPENING + "Sec-WebSocket-Protocol: a, b\r\n", 101),
                test("a subprotocol twice", Server.OPENING + "Sec-WebSocket-Protocol: chat, chat\r\n", 400),
                test("an empty subprotocol", Server.OPENING + "Sec-WebSocket-Protocol: chat,,x\r\n", 400),
                test("a subprotocol that is no token", Server.OPENING + "Sec-WebSocket-Protocol: a b\r\n", 400),
                test("an unknown extension", Server.OPENING + "Sec-WebSocket-Extensions: x-foo; a=b\r\n", 101),
                test("the own origin", Server.OPENING + "Origin: http://example.org\r\n", 101),
                test("the own origin over TLS", Server.OPENING + "Origin: https://example.org\r\n", 101),
                test("the own origin with its port", Server.OPENING + "Origin: http://example.org:80\r\n", 101),
                test("another port", Server.OPENING + "Origin: http://example.org:81\r\n", 403),
                test("another origin", Server.OPENING + "Origin: http://evil.example\r\n", 403),
                test("an origin below", Server.OPENING + "Origin: http://a.example.org\r\n", 403),
                test("an origin that begins so", Server.OPENING + "Origin: http://example.org.evil\r\n", 403),
                test("the origin null", Server.OPENING + "Origin: null\r\n", 403),
                test("an empty origin", Server.OPENING + "Origin:\r\n", 403),
                test("a listed origin", Server.OPENING + "Origin: https://Friend.example\r\n", 101),
                test("a listed origin by http", Server.OPENING + "Origin: http://friend.example\r\n", 403),
                test("a listed origin with a port", Server.OPENING + "Origin: http://localhost:3000\r\n", 101),
                test(
                        "two origins",
                        Server.OPENING + "Origin: http://example.org\r\nOrigin: http://example.org\r\n",
                        403));
    }

    @Test
    void theServerChoosesTheSubprotocolThatItLikesBest() {
        String answer = answer(OPTIONS, Server.OPENING + "Sec-WebSocket-Protocol: x, superchat, chat\r\n");
        assertTrue(answer.contains("\r\nSec-WebSocket-Protocol: chat\r\n"), answer);
        answer = answer(OPTIONS, Server.OPENING + "Sec-WebSocket-Protocol: x\r\n");
        assertFalse(answer.contains("Sec-WebSocket-Protocol"), answer);
    }

    @Test
    void anyOriginIsLetPassWhereThatIsSaid() {
        WebSocketOptions any = WebSocketOptions.DEFAULT.withOrigins(OriginPolicy.ANY);
        assertTrue(
                answer(any, Server.OPENING + "Origin: http://evil.example\r\n").startsWith("HTTP/1.1 101 "));
        assertThrows(IllegalArgumentException.class, () -> OriginPolicy.of("example.org"));
        assertThrows(IllegalArgumentException.class, () -> OriginPolicy.of("http://example.org/"));
        assertThrows(IllegalArgumentException.class, () -> WebSocketOptions.DEFAULT.withSubprotocols("a b"));
    }

    @Test
    void aFactoryRefusesAsAHandlerDoes() {
        Handler handler = WebSocketUpgrade.of(WebSocketOptions.DEFAULT).handler(request -> {
            throw new HttpException(401);
        });
        MemoryLink link = new MemoryLink(
                new Http1Factory(handler, Limits.DEFAULT, ExchangeLog.NONE, new FakeClock(), "test").create());
        link.feed(Server.OPENING + "\r\n");
        assertTrue(link.take().startsWith("HTTP/1.1 401 "));
    }

    @Test
    void whatComesBehindTheRequestIsTheFirstFrame() {
        Server server = new Server(WebSocketOptions.DEFAULT);
        String frame = new String(new WebSocketFrames().frame(0x81, "early").bytes(), StandardCharsets.ISO_8859_1);
        server.link.feed(Server.OPENING + "\r\n" + frame);
        String sent = server.link.take();
        assertTrue(sent.endsWith("\r\n\r\n\u0081\u0005early"), sent);
    }
}
