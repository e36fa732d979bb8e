// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.http.Route;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.Kernel;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.UnixAddress;
import io.millrace.testkit.ExpectedLog;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@ExpectedLog("refused a request for the host")
class HostCheckTest {
    private static final Handler OK = (request, response) -> response.send("secret");

    private static boolean passes(String authority, String... names) {
        return new HostCheck(
                        Route.inline(OK),
                        Arrays.stream(names).map(HostCheck::name).toList())
                .passes(authority);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "LocalHost:8000",
                "localhost.",
                "a.b.localhost:80",
                "127.0.0.1",
                "127.0.0.1:8000",
                "192.168.1.7:8000",
                "127.0.0.1.",
                "127.1",
                "2130706433",
                "0x7f000001",
                "0x7f.1",
                "[::1]",
                "[::1]:8000",
                "[fe80::1]:80"
            })
    void whatNobodyElseCanPointHerePasses(String authority) {
        assertTrue(passes(authority));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8000",
                "x",
                "localhost.evil.example",
                "notlocalhost",
                "127.0.0.1.evil.example",
                "127.0.0.1.nip.io:8000",
                "1.2.3.x",
                "0xyz",
                "1e100.example",
                "%6cocalhost",
                ".",
                "evil.example.",
                ":80"
            })
    void allOtherNamesDoNot(String authority) {
        assertFalse(passes(authority));
        assertFalse(passes(authority, "good.example", "*.good.test"));
        assertTrue(passes(authority, "*"));
    }

    @Test
    void namesAreAllowed() {
        assertTrue(passes("Good.Example:80", "good.example"));
        assertTrue(passes("good.example.", "GOOD.example"));
        assertTrue(passes("good.example", "good.example."));
        assertFalse(passes("a.good.example", "good.example"));
        assertTrue(passes("a.b.good.example:80", "*.good.example"));
        assertFalse(passes("good.example", "*.good.example"));
        assertFalse(passes("evilgood.example", "*.good.example"));
        assertTrue(passes("my_app", "other", "my_app"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "good.example:80",
                "http://good.example",
                "good.example/",
                "a b",
                "*.",
                "**",
                "a.*",
                "ä.example",
                "\u001b"
            })
    void whatIsNoNameIsRefused(String name) {
        String said = assertThrows(
                        IllegalArgumentException.class, () -> WebServer.on(0).hosts(name))
                .getMessage();
        assertFalse(said.contains("\u001b"), said);
    }

    // ---- servers

    private static String ask(Socket socket, String target, String host) throws IOException {
        String field = host == null ? "" : "Host: " + host + "\r\n";
        String request =
                "GET " + target + " HTTP/1." + (host == null ? 0 : 1) + "\r\n" + field + "Connection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    private static String ask(WebServer server, String target, String host) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            return ask(socket, target, host);
        }
    }

    private static int status(WebServer server, String host) throws IOException {
        return Integer.parseInt(ask(server, "/", host).substring(9, 12));
    }

    @Test
    void aServerOnLoopbackAnswersForNoOtherName() throws Exception {
        AtomicInteger filtered = new AtomicInteger();
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .filter((request, response, next) -> {
                    filtered.incrementAndGet();
                    next.handle(request, response);
                })
                .route("*", "/*", Dispatch.VIRTUAL, OK)
                .start()) {
            for (String host :
                    Arrays.asList("localhost", "127.0.0.1:" + server.port(), "[::1]", "app.localhost", null)) {
                assertEquals(200, status(server, host), host);
            }
            assertEquals(5, filtered.get());
            for (String host : List.of("evil.example", "localhost.evil.example:" + server.port())) {
                String answer = ask(server, "/", host);
                assertTrue(answer.startsWith("HTTP/1.1 421 Misdirected Request\r\n"), answer);
                assertTrue(answer.contains("\r\nCache-Control: no-store\r\n"), answer);
                assertFalse(answer.contains("secret"), answer);
                String name = host.replaceAll(":.*", "");
                assertTrue(
                        answer.contains("--allow-host " + name) && answer.contains("WebServer.hosts(\"" + name + "\")"),
                        answer);
            }
            // What an absolute target says goes before Host (RFC 9112 section 3.2.2).
            assertTrue(ask(server, "http://evil.example/", "localhost").startsWith("HTTP/1.1 421 "));
            assertTrue(ask(server, "http://localhost/", "evil.example").startsWith("HTTP/1.1 200 "));
            assertEquals(6, filtered.get());
        }
    }

    @Test
    void namesThatAreSaidAreAnswered() throws Exception {
        try (WebServer server = WebServer.on(0)
                .loops(1)
                .handler(OK)
                .hosts("good.example", "*.good.test")
                .start()) {
            assertEquals(200, status(server, "good.example:80"));
            assertEquals(200, status(server, "a.good.test"));
            assertEquals(200, status(server, "localhost"));
            assertEquals(421, status(server, "evil.example"));
        }
        try (WebServer server = WebServer.on(0).loops(1).handler(OK).hosts("*").start()) {
            assertEquals(200, status(server, "evil.example"));
        }
    }

    /** What is open to the network is for everybody, unless names are said. */
    @Test
    void elsewhereAllNamesAreAnsweredUnlessSomeAreSaid() throws Exception {
        InetSocketAddress all = new InetSocketAddress("0.0.0.0", 0);
        try (WebServer server =
                WebServer.on(0).address(all).loops(1).handler(OK).start()) {
            assertEquals(200, status(server, "evil.example"));
        }
        try (WebServer server = WebServer.on(0)
                .address(all)
                .loops(1)
                .handler(OK)
                .hosts("good.example")
                .start()) {
            assertEquals(200, status(server, "good.example"));
            assertEquals(421, status(server, "evil.example"));
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the loops of this release are for Linux")
    void aUnixSocketIsReachedByNoBrowser(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("s");
        try (WebServer server = WebServer.on(0)
                        .listen(UnixAddress.of(path))
                        .loops(1)
                        .handler(OK)
                        .start();
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            assertEquals(UnixAddress.of(path), server.local());
            client.write(ByteBuffer.wrap("GET / HTTP/1.1\r\nHost: any.example\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(4096);
            while (client.read(answer) >= 0) {}
            assertTrue(new String(answer.array(), StandardCharsets.US_ASCII).startsWith("HTTP/1.1 200 "));
        }
    }

    /** Of a socket that was handed over, its address counts. */
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "0.0.0.0"})
    @EnabledOnOs(value = OS.LINUX, disabledReason = "the loops of this release are for Linux")
    void anInheritedSocketIsJudgedByItsAddress(String address) throws Exception {
        SocketAddress bind = new InetSocketAddress(address, 0);
        int descriptor = Kernel.host().listen(bind, ListenFlags.USUAL, Kernel.Sharing.ALONE);
        try (WebServer server = WebServer.on(0)
                .listen(InheritedSocket.of(descriptor))
                .loops(1)
                .handler(OK)
                .start()) {
            assertEquals(200, status(server, "localhost"));
            assertEquals(address.equals("0.0.0.0") ? 200 : 421, status(server, "evil.example"));
        }
    }

    /** Each name once, and not without end: they are the choice of whoever asks. */
    @Test
    void theFirstNamesAreLogged() throws Exception {
        java.util.logging.Logger logger = java.util.logging.Logger.getLogger("io.millrace.web");
        List<String> lines = new java.util.concurrent.CopyOnWriteArrayList<>();
        java.util.logging.Handler handler = new java.util.logging.Handler() {
            @Override
            public void publish(java.util.logging.LogRecord entry) {
                lines.add(entry.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try (WebServer server = WebServer.on(0).loops(1).handler(OK).start()) {
            for (int i = 0; i < 50; i++) {
                assertEquals(421, status(server, "evil" + i + ".example"));
                assertEquals(421, status(server, "EVIL" + i + ".example:80"));
            }
        } finally {
            logger.removeHandler(handler);
        }
        assertEquals(16, lines.size(), lines.toString());
        assertTrue(
                lines.getFirst().contains("the host evil0.example with 421; millrace serve --allow-host evil0.example"),
                lines.getFirst());
    }
}
