// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.MemoryLink;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The client: against a server, byte by byte, and against answers that are wrong. */
final class WebSocketClientTest {
    private static final URI CHAT = URI.create("ws://example.org/chat?a=b");
    private static final String UPGRADE =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";

    private final List<String> told = new ArrayList<>();
    private WebSocket socket;

    private final class Listener implements WebSocketListener {
        @Override
        public void opened(WebSocket opened) {
            socket = opened;
            told.add("opened " + opened.subprotocol());
        }

        @Override
        public void failed(String why) {
            told.add("failed " + why);
        }

        @Override
        public void text(WebSocket from, String text) {
            told.add(text);
        }

        @Override
        public void closed(WebSocket from, int code, String reason) {
            told.add("closed " + code);
        }
    }

    private MemoryLink open(WebSocketOptions options) {
        return new MemoryLink(WebSocketClient.of(CHAT, options).protocol(new Listener()));
    }

    // Carries what either says to the other until both are silent.
    private static void carry(MemoryLink client, MemoryLink server, boolean bytewise) {
        for (boolean more = true; more; ) {
            String up = client.run().take();
            String down = server.run().take();
            more = !up.isEmpty() || !down.isEmpty();
            feed(server, up, bytewise);
            feed(client, down, bytewise);
        }
    }

    private static void feed(MemoryLink link, String text, boolean bytewise) {
        int piece = bytewise ? 1 : Math.max(1, text.length());
        for (int from = 0; from < text.length(); from += piece) {
            link.feed(text.substring(from, Math.min(text.length(), from + piece)));
        }
    }

    @Test
    void clientAndServerUnderstandEachOther() {
        for (boolean takeover : new boolean[] {true, false}) {
            for (int bits = 8; bits <= 15; bits++) {
                WebSocketCompression compression = WebSocketCompression.DEFAULT
                        .withTakeover(takeover, takeover)
                        .withWindows(bits, bits)
                        .withThreshold(1);
                WebSocketOptions options =
                        WebSocketOptions.DEFAULT.withCompression(compression).withSubprotocols("chat");
                Server server = new Server(options);
                told.clear();
                MemoryLink client = open(options);
                carry(client, server.link, bits == 9);
                assertEquals(List.of("opened chat"), told);
                assertTrue(socket.isCompressed());
                String text = "word ".repeat(2000);
                socket.send(text);
                socket.send(WebSocketMessage.text(text));
                carry(client, server.link, bits == 9);
                assertEquals(List.of("opened chat", text, text), told);
                socket.close(3000, "bye");
                carry(client, server.link, false);
                assertEquals("closed 3000", told.getLast());
                assertEquals(3000, server.echo.closedCode);
            }
        }
    }

    @Test
    void everyFrameIsMaskedWithAKeyOfItsOwn() {
        Server server = new Server(WebSocketOptions.DEFAULT);
        MemoryLink client = open(WebSocketOptions.DEFAULT);
        carry(client, server.link, false);
        socket.send("same");
        String first = client.run().take();
        socket.send("same");
        String second = client.run().take();
        assertEquals(10, first.length());
        assertEquals(0x80 | 4, first.charAt(1));
        assertNotEquals(first, second);
    }

    @Test
    void theRequestIsAsItShouldBe() {
        MemoryLink link = open(WebSocketOptions.DEFAULT.withSubprotocols("a", "b"));
        String request = link.take();
        assertTrue(
                request.startsWith("GET /chat?a=b HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\n"), request);
        assertTrue(request.contains("\r\nSec-WebSocket-Protocol: a, b\r\n"), request);
        assertTrue(request.endsWith("client_max_window_bits\r\n\r\n"), request);
        WebSocketClient other = WebSocketClient.of(URI.create("wss://[::1]:8443"), WebSocketOptions.DEFAULT)
                .withField("Origin", "https://example.org");
        String text = other.request("key");
        assertTrue(text.startsWith("GET / HTTP/1.1\r\nHost: [::1]:8443\r\n"), text);
        assertTrue(text.endsWith("\r\nOrigin: https://example.org\r\n\r\n"), text);
        assertEquals("::1", other.host());
        assertEquals(8443, other.port());
        assertTrue(other.isSecure());
        assertEquals(80, WebSocketClient.of(CHAT, WebSocketOptions.DEFAULT).port());
        assertThrows(IllegalArgumentException.class, () -> other.withField("Host", "a"));
        assertThrows(IllegalArgumentException.class, () -> other.withField("A", "b\r\nC: d"));
        assertThrows(
                IllegalArgumentException.class,
                () -> WebSocketClient.of(URI.create("http://example.org"), WebSocketOptions.DEFAULT));
    }

    private String answered(String answer) {
        MemoryLink link = open(WebSocketOptions.DEFAULT.withSubprotocols("chat"));
        String request = link.take();
        int at = request.indexOf("Sec-WebSocket-Key: ") + 19;
        String key = request.substring(at, request.indexOf('\r', at));
        told.clear();
        link.feed(answer.replace("ACCEPT", "Sec-WebSocket-Accept: " + OpeningFields.accept(key)));
        assertEquals(1, told.size(), told.toString());
        assertTrue(told.getFirst().startsWith("opened") || link.isClosed());
        return told.getFirst();
    }

    @Test
    void anAnswerThatIsWrongInOnePointIsNone() {
        assertEquals("opened ", answered(UPGRADE + "ACCEPT\r\n\r\n"));
        assertEquals("opened chat", answered(UPGRADE + "ACCEPT\r\nSec-WebSocket-Protocol: chat\r\n\r\n"));
        for (String wrong : new String[] {
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            UPGRADE + "\r\n",
            UPGRADE + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            UPGRADE.replace("Upgrade: websocket\r\n", "") + "ACCEPT\r\n\r\n",
            UPGRADE.replace("Connection: Upgrade\r\n", "") + "ACCEPT\r\n\r\n",
            UPGRADE + "ACCEPT\r\nSec-WebSocket-Protocol: other\r\n\r\n",
            UPGRADE + "ACCEPT\r\nSec-WebSocket-Extensions: x-other\r\n\r\n",
            UPGRADE + "ACCEPT\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
            "HTTP/1.1 101 x\r\n" + "A: b\r\n".repeat(4000)
        }) {
            assertTrue(answered(wrong).startsWith("failed "), wrong);
        }
    }

    @Test
    void aServerThatDoesNotAnswerIsLeft() {
        MemoryLink link = open(WebSocketOptions.DEFAULT);
        link.advance(Duration.ofSeconds(10));
        assertEquals(List.of("failed the server did not answer in time"), told);
        assertTrue(link.isClosed());
        told.clear();
        open(WebSocketOptions.DEFAULT).end();
        assertEquals(1, told.size());
        told.clear();
        open(WebSocketOptions.DEFAULT).reset();
        assertEquals(1, told.size());
    }

    @Test
    void aServerMustNotMask() {
        Server server = new Server(WebSocketOptions.DEFAULT);
        MemoryLink client = open(WebSocketOptions.DEFAULT);
        carry(client, server.link, false);
        client.feed(new String(new byte[] {(byte) 0x81, (byte) 0x81, 0, 0, 0, 0, 'a'}, StandardCharsets.ISO_8859_1));
        assertEquals("closed 1002", told.getLast());
        assertFalse(client.run().take().isEmpty());
    }
}
