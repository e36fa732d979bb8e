// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code millrace serve --proxy-protocol} behind HAProxy itself, in all that HAProxy can be told to send. */
@Timeout(180)
final class ServeProxyTest {
    private static final Path HAPROXY = Path.of("/usr/sbin/haproxy");

    @TempDir
    Path folder;

    @BeforeEach
    void needsHaproxy() throws IOException {
        assumeTrue(Files.isExecutable(HAPROXY), "skipped: " + HAPROXY + " is not installed (apt-get install haproxy)");
        Files.writeString(folder.resolve("a.txt"), "some text\n");
        Files.writeString(folder.resolve("ready"), "yes\n");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Process haproxy(int port, URI server, String options) throws IOException {
        Path file = folder.resolve("haproxy.cfg");
        boolean http = options.contains("httpchk");
        Files.write(
                file,
                List.of(
                        "global",
                        "  stats socket " + folder.resolve("stats.sock") + " mode 600 level admin",
                        "defaults",
                        "  mode http",
                        "  timeout connect 5s",
                        "  timeout client 30s",
                        "  timeout server 30s",
                        "frontend web",
                        "  bind 127.0.0.1:" + port,
                        "  default_backend app",
                        "backend app",
                        http ? "  option httpchk GET /ready" : "",
                        "  server one 127.0.0.1:" + server.getPort() + " check inter 100ms "
                                + options.replace("httpchk", "")));
        return new ProcessBuilder(HAPROXY.toString(), "-db", "-f", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("haproxy.log").toFile())
                .start();
    }

    /** Who connects from another address of this machine is seen as that address, and HAProxy as nobody. */
    private static String get(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress("127.0.0.7", 0));
            socket.connect(new InetSocketAddress("127.0.0.1", port));
            socket.getOutputStream()
                    .write("GET /a.txt HTTP/1.0\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static String await(int port) throws Exception {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30); System.nanoTime() < end; ) {
            try {
                String answer = get(port);
                if (answer.contains(" 200 ")) {
                    return answer;
                }
            } catch (IOException e) {
                // HAProxy does not listen yet.
            }
            Thread.sleep(50);
        }
        throw new AssertionError("no answer through HAProxy");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "send-proxy",
                "send-proxy-v2",
                "send-proxy-v2 httpchk",
                "send-proxy-v2 proxy-v2-options unique-id,crc32c",
                "send-proxy-v2-ssl-cn proxy-v2-options crc32c httpchk"
            })
    void theLogNamesTheClient(String options) throws Exception {
        int port = freePort();
        try (Command serve = Command.start(
                "serve", "-p", "0", "--proxy-protocol", "from=127.0.0.1", "--log", "common", folder.toString())) {
            Process haproxy = haproxy(port, serve.url(), options);
            try {
                String answer = await(port);
                assertTrue(answer.endsWith("\r\n\r\nsome text\n"), answer);
                String line = serve.awaitOut("GET /a.txt");
                assertTrue(line.startsWith("127.0.0.7 "), line);
                // Health checks go on meanwhile.
                for (int i = 0; i < 50; i++) {
                    assertTrue(get(port).contains(" 200 "), "request " + i);
                    Thread.sleep(10);
                }
                assertTrue(state().contains(",UP,"), state());
            } finally {
                haproxy.destroy();
                haproxy.waitFor();
            }
            serve.signal("TERM");
            String rest = serve.restOfOut();
            assertEquals(0, serve.exitCode());
            assertFalse(rest.contains(" 400 "), rest);
            assertEquals("", serve.restOfErr());
        }
    }

    private String state() throws IOException {
        try (SocketChannel stats = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("stats.sock")))) {
            stats.write(ByteBuffer.wrap("show stat\n".getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer all = ByteBuffer.allocate(64 * 1024);
            while (stats.read(all) >= 0) {}
            return new String(all.array(), 0, all.position(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> line.startsWith("app,one,"))
                    .findFirst()
                    .orElse("");
        }
    }
}
