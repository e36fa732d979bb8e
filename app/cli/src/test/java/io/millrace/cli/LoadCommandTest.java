// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
final class LoadCommandTest {
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";

    @TempDir
    private Path folder;

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    private static void assertFails(String message, String... arguments) throws Exception {
        try (Command load = Command.start(arguments)) {
            assertEquals(1, load.exitCode());
            String said = load.restOfErr();
            assertTrue(said.startsWith("millrace: ") && said.contains(message), said);
            assertTrue(said.lines().count() == 1, said);
        }
    }

    @Test
    void whatCannotBeIsSaidInALine() throws Exception {
        String shortToken = file("short", "fifteen letters\n");
        assertFails("needs a token of at least 16 characters", "load", "--agent", "0.0.0.0:0");
        assertFails("at least 16 characters", "load", "--agent", "0.0.0.0:0", "--token-file", shortToken);
        assertFails("no token in", "load", "--agent", "0", "--token-file", file("empty", " \n"));
        assertFails("fewer connections", "load", "--coordinate", "127.0.0.1:1,127.0.0.1:2", "-c", "1", "127.0.0.1:1");
    }

    @Test
    void anAgentObeysWhoKnowsItsToken() throws Exception {
        String token = file("token", TOKEN + "\n");
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Command agent = Command.start("load", "--agent", "0", "--token-file", token)) {
            Thread.startVirtualThread(() -> answer(server));
            String banner = agent.awaitOut("Waiting for a coordinator on ");
            String address = banner.substring(banner.lastIndexOf(' ') + 1);
            String url = "http://127.0.0.1:" + server.getLocalPort() + "/";
            assertFails(
                    "wrong token",
                    "load",
                    "--coordinate",
                    address,
                    "--token-file",
                    file("other", TOKEN + "0"),
                    "-c",
                    "1",
                    url);
            try (Command load = Command.start(
                    "load",
                    "--coordinate",
                    address,
                    "--token-file",
                    token,
                    "-c",
                    "2",
                    "-d",
                    "0.5",
                    "--json",
                    "-",
                    url)) {
                assertEquals(0, load.exitCode());
            }
            agent.signal("TERM");
            assertEquals(0, agent.exitCode());
        }
    }

    private static void answer(ServerSocket server) {
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.startVirtualThread(() -> answer(socket));
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private static void answer(Socket socket) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.isEmpty()) {
                    socket.getOutputStream()
                            .write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                }
            }
        } catch (IOException e) {
            // The generator has gone.
        }
    }
}
