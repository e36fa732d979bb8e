// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A running server, looked at from outside. */
@Timeout(120)
final class TopCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int millrace(String... arguments) {
        Terminal terminal = new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                Map.of());
        return Main.run(terminal, arguments);
    }

    @Test
    void aServerTellsItsOwnerHowItIs(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("a.txt"), "a");
        try (Command serve = Command.start("serve", "-p", "0", "--log", "none", folder.toString())) {
            URI url = serve.url();
            try (var asked = url.resolve("a.txt").toURL().openStream()) {
                assertEquals("a", new String(asked.readAllBytes(), StandardCharsets.UTF_8));
            }
            Path socket = serve.awaitStatusSocket();
            assertEquals("rwx------", rights(socket.getParent()));
            assertEquals("rw-------", rights(socket));

            assertEquals(ExitCode.OK, millrace("top", "--once", String.valueOf(serve.pid())), err::toString);
            String screen = out.toString(StandardCharsets.UTF_8);
            assertTrue(screen.startsWith("millrace serve " + url), screen);
            assertTrue(screen.matches("(?s).*requests +1 .*"), screen);
            assertTrue(screen.contains("turns/s"), screen);
        }
    }

    private static String rights(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void theSocketGoesWithTheServer(@TempDir Path folder) throws Exception {
        Path socket;
        try (Command serve = Command.start("serve", "-p", "0", folder.toString())) {
            serve.url();
            socket = serve.awaitStatusSocket();
            serve.signal("TERM");
            assertEquals(ExitCode.OK, serve.exitCode());
        }
        assertFalse(Files.exists(socket));
    }

    @Test
    void whereNobodyAnswersIsSaid() {
        assertEquals(ExitCode.FAILED, millrace("top", "/nowhere/1.sock"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("nobody answers at /nowhere/1.sock"), err::toString);
    }
}
