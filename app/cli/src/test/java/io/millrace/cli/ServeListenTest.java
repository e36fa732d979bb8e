// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace serve --listen}: without a port. */
@Timeout(120)
final class ServeListenTest {
    @TempDir
    Path folder;

    @BeforeEach
    void needsLinux() throws IOException {
        assumeTrue(System.getProperty("os.name").contains("Linux"), "the loops of this release are for Linux");
        Files.writeString(folder.resolve("a.txt"), "some text\n");
    }

    private static String get(Path socket, String path) throws IOException {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            String head = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            client.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(64 * 1024);
            while (client.read(answer) >= 0) {}
            return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void servesOnAUnixSocketAndRemovesIt() throws Exception {
        Path socket = folder.resolve("site.sock");
        try (Command serve =
                Command.start("serve", "--listen", "unix:" + socket, "--socket-mode", "660", "-d", folder.toString())) {
            String where = serve.awaitOut("  at ");
            assertTrue(where.contains("unix:" + socket), where);
            assertEquals("rw-rw----", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
            String answer = get(socket, "/a.txt");
            assertTrue(answer.startsWith("HTTP/1.1 200 ") && answer.endsWith("some text\n"), answer);
            assertTrue(serve.awaitOut("GET /a.txt").contains("200 10"));
            try (Command second = Command.start("serve", "--listen", "unix:" + socket)) {
                String why = second.awaitErr("cannot listen");
                assertTrue(why.contains(socket.toString()) && why.contains("another process listens"), why);
                assertEquals(1, second.exitCode());
            }
            serve.signal("TERM");
            assertEquals(0, serve.exitCode());
            assertFalse(Files.exists(socket));
        }
    }

    /** A server that was killed leaves its file behind; the next one takes its place. */
    @Test
    void takesThePlaceOfOneThatWasKilled() throws Exception {
        Path socket = folder.resolve("site.sock");
        try (Command killed = Command.start("serve", "--listen", "unix:" + socket, "-d", folder.toString())) {
            killed.awaitOut("  at ");
            killed.signal("KILL");
            killed.exitCode();
        }
        assertTrue(Files.exists(socket));
        try (Command next = Command.start("serve", "--listen", "unix:" + socket, "-d", folder.toString())) {
            next.awaitOut("  at ");
            assertTrue(get(socket, "/a.txt").endsWith("some text\n"));
        }
    }

    private static void refused(String word, String... arguments) throws Exception {
        try (Command serve = Command.start(arguments)) {
            serve.awaitErr(word);
            assertEquals(2, serve.exitCode());
        }
    }

    @Test
    void whatCannotBeMeantIsSaid() throws Exception {
        refused("unix:PATH", "serve", "--listen", "/run/site.sock");
        refused("no socket named 'web'", "serve", "--listen", "fd:web");
        refused("in place of --port", "serve", "--listen", "unix:@a", "--port", "80");
        refused("107", "serve", "--listen", "unix:/" + "x".repeat(120));
        refused("660", "serve", "--listen", "unix:@a", "--socket-mode", "rw");
        refused("TCP", "serve", "--listen", "unix:@a", "--spread", "reuse-port");
    }
}
