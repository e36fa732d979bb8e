// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.client.HttpClient;
import io.millrace.core.RateLimit;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import io.millrace.web.HttpClients;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs each example and talks to it. */
@Timeout(60)
class ExamplesTest {
    private static final InetSocketAddress ANY = new InetSocketAddress("127.0.0.1", 0);

    private LoopGroup loops;

    @BeforeEach
    void open() throws IOException {
        loops = LoopGroup.open(1);
    }

    @AfterEach
    void close() throws InterruptedException {
        loops.stop(Duration.ZERO);
    }

    private static RawClient to(Listener listening) throws IOException {
        return RawClient.connect(listening.address());
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void echo() throws Exception {
        try (RawClient client = to(Echo.start(loops, ANY))) {
            byte[] bytes = noise(3_000_000);
            Thread sender = Thread.startVirtualThread(() -> send(client, bytes));
            assertArrayEquals(bytes, client.readAll());
            sender.join();
        }
    }

    private static void send(RawClient client, byte[] bytes) {
        try {
            client.send(bytes).finish();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void udpEcho() throws Exception {
        InetSocketAddress address = UdpEcho.start(loops.loop(0), ANY).local();
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(20_000);
            for (int size : new int[] {1, 1000, 0}) {
                byte[] sent = noise(size);
                socket.send(new DatagramPacket(sent, size, address));
                DatagramPacket back = new DatagramPacket(new byte[2000], 2000);
                socket.receive(back);
                assertArrayEquals(sent, Arrays.copyOf(back.getData(), back.getLength()));
            }
        }
    }

    @Test
    void chargen() throws Exception {
        try (RawClient client = to(Chargen.start(loops, ANY))) {
            String text = new String(client.send("discarded").read(74 * 20_000), StandardCharsets.ISO_8859_1);
            assertTrue(text.startsWith("!\"#$%"), text.substring(0, 10));
            assertEquals("\"#$%&", text.substring(74, 79));
            assertEquals("\r\n", text.substring(72, 74));
            assertEquals(text.substring(0, 74), text.substring(74 * 95, 74 * 96), "after 95 lines it begins again");
        }
    }

    @Test
    void chat() throws Exception {
        Listener chat = Chat.start(loops, ANY);
        try (RawClient ann = to(chat);
                RawClient bob = to(chat)) {
            ann.readUntil("your name?\r\n");
            bob.readUntil("your name?\r\n");
            ann.send("Ann\r\n");
            assertEquals("* Ann has come, that makes 1\r\n", ann.readUntil("\r\n"));
            bob.send("Bob\n");
            assertEquals("* Bob has come, that makes 2\r\n", ann.readUntil("\r\n"));
            bob.readUntil("makes 2\r\n");
            ann.send("hello\r\n");
            assertEquals("Ann: hello\r\n", ann.readUntil("\r\n"));
            assertEquals("Ann: hello\r\n", bob.readUntil("\r\n"));
            bob.reset();
            assertEquals("* Bob has gone\r\n", ann.readUntil("\r\n"));
        }
    }

    @Test
    void relayPassesEverythingOnWithHalfClose() throws Exception {
        Listener echo = Echo.start(loops, ANY);
        Listener relay = TcpRelay.start(loops, ANY, echo.address(), RateLimit.NONE);
        try (RawClient client = to(relay)) {
            byte[] bytes = noise(20_000_000);
            Thread sender = Thread.startVirtualThread(() -> send(client, bytes));
            assertArrayEquals(bytes, client.readAll());
            sender.join();
        }
    }

    @Test
    void relayKeepsToItsRate() throws Exception {
        Listener echo = Echo.start(loops, ANY);
        Listener relay =
                TcpRelay.start(loops, ANY, echo.address(), RateLimit.of(400_000).withBursts(10_000, 10_000));
        try (RawClient client = to(relay)) {
            long from = System.nanoTime();
            client.send(new byte[100_000]).read(100_000);
            long millis = (System.nanoTime() - from) / 1_000_000;
            assertTrue(millis >= (100_000 - 10_000) / 400 - 5, "too fast: " + millis + " ms");
        }
    }

    @Test
    void relayResetsWhereNobodyListens() throws Exception {
        Listener closed = Echo.start(loops, ANY);
        InetSocketAddress nobody = closed.address();
        closed.close();
        Listener relay = TcpRelay.start(loops, ANY, nobody, RateLimit.NONE);
        // The reset may come while the client still connects.
        assertThrows(SocketException.class, () -> {
            try (RawClient client = to(relay)) {
                client.readAll();
            }
        });
    }

    @Test
    void ticker() throws Exception {
        try (RawClient client = to(Ticker.start(loops, ANY, Duration.ofMillis(5)))) {
            assertEquals("0\n1\n2\n3\n", client.readUntil("3\n"));
        }
    }

    @Test
    void keyValue() throws Exception {
        try (RawClient client = to(KeyValue.start(loops, ANY))) {
            client.send("GET a\r\nSET a 1 and 2\nGET a\r\nDEL a\r\nDEL a\r\nget a\r\nQUIT\r\nGET a\r\n");
            assertEquals("NONE\r\nOK\r\nVALUE 1 and 2\r\nOK\r\nNONE\r\nERROR unknown request\r\n", client.readText());
        }
    }

    @Test
    void sendFile(@TempDir Path dir) throws Exception {
        byte[] content = noise(2_000_000);
        Files.write(dir.resolve("file"), content);
        try (RawClient client = to(SendFile.start(loops, ANY, dir))) {
            client.send("file\nnothing\n../etc/passwd\n").finish();
            assertEquals("2000000 bytes\r\n", client.readUntil("\r\n"));
            assertArrayEquals(content, client.read(content.length));
            assertEquals("no such file\r\nno such file\r\n", client.readText());
        }
    }

    @Test
    void helloHttp() throws Exception {
        try (WebServer server = HelloHttp.start(ANY);
                RawClient client = RawClient.connect(server.address())) {
            client.send("GET /hello/you HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertTrue(client.readText().endsWith("\r\n\r\nHello, you\n"));
        }
    }

    @Test
    void fetch() throws Exception {
        try (WebServer server = HelloHttp.start(ANY);
                HttpClient client = HttpClients.open()) {
            String url = "http://127.0.0.1:" + server.port();
            assertEquals(
                    List.of("200, 11 bytes", "TlsFailed, the server has not seen it"),
                    Fetch.fetch(client, List.of(url + "/hello/you", url.replace("http:", "https:"))));
        }
    }
}
