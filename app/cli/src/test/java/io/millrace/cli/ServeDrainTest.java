// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace serve --drain --admin} as a balancer sees it. */
@Timeout(180)
final class ServeDrainTest {
    @TempDir
    Path folder;

    private SocketAddress admin;

    @BeforeEach
    void needsLinux() throws IOException {
        assumeTrue(System.getProperty("os.name").contains("Linux"), "the loops of this release are for Linux");
        Files.writeString(folder.resolve("a.txt"), "some text\n");
        admin = UnixDomainSocketAddress.of(folder.resolve("admin.sock"));
    }

    private static String get(SocketAddress address, String path, String connection) throws IOException {
        try (SocketChannel client = SocketChannel.open(address)) {
            String head = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: " + connection + "\r\n\r\n";
            client.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(64 * 1024);
            while (client.read(answer) >= 0) {}
            return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
        }
    }

    private Command serve(Map<String, String> environment, String... more) throws IOException {
        String[] all = new String[more.length + 6];
        System.arraycopy(
                new String[] {"serve", "-p", "0", "--admin", "unix:" + folder.resolve("admin.sock"), folder.toString()},
                0,
                all,
                0,
                6);
        System.arraycopy(more, 0, all, 6, more.length);
        return Command.startWith(environment, all);
    }

    private static SocketAddress at(URI url) {
        return new InetSocketAddress(url.getHost(), url.getPort());
    }

    private void awaitDraining() throws Exception {
        while (!get(admin, "/readyz", "close").endsWith("draining\n")) {
            Thread.sleep(10);
        }
    }

    @Test
    void answersWhileItDrainsAndEndsAtOnceAtASecondSignal() throws Exception {
        try (Command serve = serve(Map.of(), "--drain", "600")) {
            SocketAddress at = at(serve.url());
            assertTrue(get(admin, "/readyz", "close").endsWith("ok\n"));
            serve.signal("TERM");
            awaitDraining();
            // Whoever asks to keep the connection is answered, and told that this was the last answer.
            String answer = get(at, "/a.txt", "keep-alive");
            assertTrue(answer.startsWith("HTTP/1.1 200 ") && answer.contains("\r\nConnection: close\r\n"), answer);
            assertTrue(get(admin, "/livez", "close").endsWith("ok\n"));
            String figures = get(admin, "/metrics", "close");
            assertTrue(figures.contains("\nmillrace_ready 0\n"), figures);
            assertTrue(figures.contains("{http_route=\"/*\",status_class=\"2xx\"} 1\n"), figures);
            serve.signal("TERM");
            assertEquals(128 + 15, serve.exitCode());
        }
    }

    @Test
    void endsAfterTheDrain() throws Exception {
        try (Command serve = serve(Map.of(), "--drain", "1")) {
            SocketAddress at = at(serve.url());
            serve.signal("TERM");
            assertEquals(0, serve.exitCode());
            assertThrows(IOException.class, () -> get(at, "/a.txt", "close"));
            assertThrows(IOException.class, () -> get(admin, "/livez", "close"));
        }
    }

    @Test
    void drainsByItselfUnderKubernetes() throws Exception {
        try (Command serve = serve(Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1"))) {
            SocketAddress at = at(serve.url());
            serve.signal("TERM");
            awaitDraining();
            assertTrue(get(at, "/a.txt", "keep-alive").contains("\r\nConnection: close\r\n"));
            assertEquals(0, serve.exitCode());
        }
    }

    @Test
    void saysWhatAnAdminAddressMayBe() throws Exception {
        try (Command serve = Command.start("serve", "--admin", "here", folder.toString())) {
            assertTrue(serve.awaitErr("--admin").contains("HOST:PORT"));
            assertEquals(2, serve.exitCode());
        }
    }
}
