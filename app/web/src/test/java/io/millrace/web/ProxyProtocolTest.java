// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.Buffer;
import io.millrace.link.MalformedProxyHeaderException;
import io.millrace.link.ProxyHeader;
import io.millrace.link.ProxyHeaderParser;
import io.millrace.link.ProxyProtocol;
import io.millrace.models.IoModel;
import io.millrace.testkit.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The PROXY protocol: the bytes that HAProxy sends, and what is no header. */
@Timeout(120)
final class ProxyProtocolTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final String GET = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    /** 192.0.2.1:5000 to 192.0.2.2:80. */
    private static final String ADDRESSES = "c0000201c000020213880050";

    private final List<String> log = new CopyOnWriteArrayList<>();

    private WebServer server(String... ranges) throws IOException {
        return with(WebServer.on(0), ranges);
    }

    private WebServer with(WebServer server, String... ranges) throws IOException {
        return server.proxyProtocol(ranges)
                .get(
                        "/",
                        (request, response) -> response.send(request.peer()
                                + " by "
                                + request.socketPeer().toString().replaceAll(":.*", "")
                                + " to "
                                + request.local()))
                .log((request, status, bytes, nanos) -> log.add(request + " " + status))
                .start();
    }

    private static byte[] bytes(String hex, String text) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(HexFormat.of().parseHex(hex));
        all.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        return all.toByteArray();
    }

    private static String ask(WebServer server, byte[] bytes) throws IOException {
        try (RawClient client = RawClient.connect(server.address())) {
            return client.send(bytes).readText();
        }
    }

    private static void answered(String expected, WebServer server, byte[] bytes) throws IOException {
        String answer = ask(server, bytes);
        assertTrue(answer.startsWith("HTTP/1.1 200 ") && answer.endsWith("\r\n\r\n" + expected), answer);
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void namesTheClientOnEachModel(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        String expected = "/192.0.2.1:5000 by /127.0.0.1 to /192.0.2.2:80";
        try (WebServer server = with(WebServer.on(0).model(model).loops(1), "127.0.0.0/8")) {
            answered(expected, server, bytes("", "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n" + GET));
            answered(expected, server, bytes(SIGNATURE + "2111000c" + ADDRESSES, GET));
            // Byte by byte, and two requests on one connection.
            try (RawClient client = RawClient.connect(server.address())) {
                for (byte one : bytes(SIGNATURE + "2111000c" + ADDRESSES, GET.replace("Connection: close\r\n", ""))) {
                    client.send(new byte[] {one});
                }
                client.readUntil(expected);
                client.send(GET).readUntil(expected);
            }
        }
        try (WebServer server = with(WebServer.on(0).model(model).loops(1), "10.0.0.0/8")) {
            String plain = ask(server, bytes("", GET));
            assertTrue(plain.startsWith("HTTP/1.1 200 ") && plain.contains("/127.0.0.1:"), plain);
            assertTrue(
                    ask(server, bytes(SIGNATURE + "2111000c" + ADDRESSES, GET)).startsWith("HTTP/1.1 400 "));
            assertTrue(ask(server, bytes("", "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n" + GET))
                    .startsWith("HTTP/1.1 400 "));
        }
    }

    @Test
    void healthChecksOfHaproxyAreQuiet() throws Exception {
        try (WebServer server = server("127.0.0.0/8")) {
            for (String local : new String[] {"20000000", "2000000f0300047e0c4b30" + "2000050000000000"}) {
                try (RawClient check = RawClient.connect(server.address())) {
                    check.send(bytes(SIGNATURE + "20000000", ""));
                }
                log.clear();
                String answer = ask(server, bytes(SIGNATURE + fixed(local), "GET /ready HTTP/1.0\r\n\r\n"));
                assertTrue(answer.startsWith("HTTP/1.1 404 "), answer);
                assertEquals(1, log.size(), log::toString);
            }
            log.clear();
            try (RawClient check = RawClient.connect(server.address())) {
                check.send("PROXY TCP4 127.0.0.1 127.0.0.1 36992 19001\r\n");
            }
            RawClient.connect(server.address()).close();
            answered(
                    "/192.0.2.1:5000 by /127.0.0.1 to /192.0.2.2:80",
                    server,
                    bytes(SIGNATURE + "2111000c" + ADDRESSES, GET));
            assertEquals(1, log.size(), log::toString);
            assertEquals(0, server.proxyProtocol().failures());
        }
    }

    /** The checksum of the header with its values is made here, as a proxy makes it. */
    private static String fixed(String header) {
        if (!header.startsWith("2000000f")) {
            return header;
        }
        CRC32C sum = new CRC32C();
        sum.update(HexFormat.of().parseHex(SIGNATURE + "2000000f" + "03000400000000" + "2000050000000000"));
        return "2000000f030004" + HexFormat.of().toHexDigits((int) sum.getValue()) + "2000050000000000";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY TCP4 192.0.2.01 192.0.2.2 5000 80\r\n",
                "PROXY TCP4 192.0.2.1 192.0.2.2 5000 65536\r\n",
                "PROXY TCP4 192.0.2.1 192.0.2.2 5000 080\r\n",
                "PROXY TCP4 192.0.2.1 192.0.2.2  5000 80\r\n",
                "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80 \r\n",
                "PROXY TCP4 ::1 ::1 5000 80\r\n",
                "PROXY TCP6 192.0.2.1 192.0.2.2 5000 80\r\n",
                "PROXY TCP6 localhost ::1 5000 80\r\n",
                "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\n",
                "PROXY \r\n",
                "proxy UNKNOWN\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
            })
    void aNamedProxyThatSaysSomethingElseIsClosedWithoutAnAnswer(String text) throws Exception {
        try (WebServer server = server("127.0.0.0/8")) {
            assertEnds(server, bytes("", text));
            assertEquals(1, server.proxyProtocol().failures());
            assertEquals(List.of(), log);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2111000b" + "c0000201c0000202138800", // too short
                "22110000", // another command
                "31110000", // another version
                "21410000", // another family
                "21130000", // another transport
                "21111001", // 4097 bytes
                "21110010" + ADDRESSES + "01000941", // a value longer than the header
                "2111000e" + ADDRESSES + "0100", // half a value
                "21110013" + ADDRESSES + "03000401020304" // another checksum
            })
    void aHeaderOfVersion2ThatIsWrongEndsTheConnection(String hex) throws Exception {
        try (WebServer server = server("127.0.0.0/8")) {
            assertEnds(server, bytes(SIGNATURE + hex, ""));
            assertEquals(1, server.proxyProtocol().failures());
        }
    }

    /** By the end of the stream or by a reset, since what was sent may not have been read. */
    private static void assertEnds(WebServer server, byte[] bytes) throws IOException {
        try (RawClient client = RawClient.connect(server.address())) {
            assertEquals("", client.send(bytes).readText());
        } catch (SocketException e) {
            assertTrue(e.getMessage().contains("reset") || e.getMessage().contains("Broken pipe"), e.getMessage());
        }
    }

    @Test
    void linesHaveALimit() throws Exception {
        Buffer longest =
                Buffer.of(("PROXY UNKNOWN " + "x".repeat(91) + "\r\nrest").getBytes(StandardCharsets.US_ASCII));
        assertNull(ProxyHeaderParser.parse(longest).source());
        assertEquals("rest", longest.text(StandardCharsets.US_ASCII));
        byte[] longer = ("PROXY UNKNOWN " + "x".repeat(92) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        assertThrows(MalformedProxyHeaderException.class, () -> ProxyHeaderParser.parse(Buffer.of(longer)));
    }

    @Test
    void valuesAreKept() throws Exception {
        String hex = SIGNATURE + "21110fff" + ADDRESSES + "0500026162" + "04"
                + HexFormat.of().toHexDigits((short) 4075);
        byte[] whole = Arrays.copyOf(bytes(hex, ""), 16 + 4095);
        ProxyHeader header = ProxyHeaderParser.parse(Buffer.of(whole));
        assertArrayEquals(new byte[] {'a', 'b'}, header.value(ProxyHeader.UNIQUE_ID));
        assertEquals(4075, header.value(ProxyHeader.NOOP).length);
        assertNull(header.value(ProxyHeader.ALPN));
    }

    @Test
    void whoSaysNothingIsNotWaitedFor() throws Exception {
        ProxyProtocol rule = ProxyProtocol.from(peer -> true).withTime(Duration.ofMillis(50));
        WebServer server = WebServer.on(0).get("/", (request, response) -> response.send("yes"));
        server.life.settings().proxyProtocol = rule;
        try (server) {
            server.start();
            try (RawClient client = RawClient.connect(server.address())) {
                assertEquals("", client.readText());
            }
            assertEquals(1, rule.failures());
        }
    }
}
