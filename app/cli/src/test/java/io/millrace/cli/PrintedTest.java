// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.socket.UnixAddress;
import io.millrace.web.WebServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What others choose and this command prints: nothing of it commands the terminal or turns the line around. */
final class PrintedTest {
    /** A control sequence in C0 and in C1, DEL, a change of direction, a mark, the separator of lines, half a pair. */
    private static final String EVIL = "\u001b[2J\u009b31m\u007f\u202etxt.exe\u200e\u061c\u2028\ud800";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private String printed() {
        String text = bytes.toString(StandardCharsets.UTF_8);
        for (char c : EVIL.toCharArray()) {
            boolean harmless = c >= ' ' && c < 0x7f;
            assertTrue(harmless || text.indexOf(c) < 0, "U+" + Integer.toHexString(c) + " in " + text);
        }
        return text;
    }

    @Test
    void aLineThatSaysWhatIsInTheWay() {
        new Terminal(out, out, false, Map.of()).fail("no such folder: " + EVIL + "\nsecond line");
        assertEquals(1, printed().lines().count());
        assertTrue(
                printed().contains("\\x1b[2J\\x9b31m\\x7f\\u202etxt.exe\\u200e\\u061c\\u2028\\ud800\\x0asecond"),
                printed());
    }

    @Test
    void aCommandLineThatCannotBeUnderstood() {
        assertEquals(ExitCode.USAGE, Main.run(new Terminal(out, out, false, Map.of()), "serve", "--" + EVIL));
        assertTrue(printed().contains("\\x1b[2J"), printed());
    }

    @Test
    void theBanner() {
        new Banner(false)
                .print(out, Path.of("/tmp/a\u009bb\u202e"), UnixAddress.of("/run/\u001b[2J"), "epoll", List.of(), null);
        assertTrue(printed().contains("Serving /tmp/a\\x9bb\\u202e"), printed());
        assertTrue(printed().contains("unix:/run/\\x1b[2J"), printed());
    }

    @Test
    void headersOfARequest() throws Exception {
        HeaderLog log = new HeaderLog(out);
        try (WebServer server =
                WebServer.on(0).log(log).loops(1).get("/*", (request, response) -> response.send("x"))) {
            server.start();
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                String request =
                        "GET /\u009b2J HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: \u009b31m\tred\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                socket.getInputStream().readAllBytes();
            }
        }
        assertTrue(printed().contains("GET /\\x9b2J -> 200"), printed());
        assertTrue(printed().contains("    X-A: \\x9b31m\\x09red\n"), printed());
    }

    @Test
    void whatAServerTellsOfItself() {
        Map<String, Object> line = new HashMap<>(Map.of("address", "unix:" + EVIL, "engine", EVIL, "pid", 1));
        for (String count : List.of(
                "nanos",
                "requests",
                "bytes",
                "connections",
                "p50",
                "p99",
                "max",
                "clientErrors",
                "serverErrors",
                "aborted")) {
            line.put(count, 1);
        }
        line.put("loops", List.of());
        out.print(TopCommand.shown(line, new TopScreen(line)));
        assertTrue(printed().contains("unix:\\x1b[2J"), printed());
        assertFalse(printed().isEmpty());
    }
}
