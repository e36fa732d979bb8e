// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.millrace.models.WorkerCounters;
import io.millrace.web.StatusSocket;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the parent of worker processes tells of them. */
@Timeout(120)
final class WorkersTest {

    private static Map<String, Object> ask(long pid) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Terminal terminal =
                new Terminal(new PrintStream(out, true, StandardCharsets.UTF_8), System.err, false, Map.of());
        assertEquals(Main.OK, Main.run(terminal, "top", "--once", "--json", String.valueOf(pid)));
        return JSON.std.mapFrom(out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void topIsToldOfThem(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("a.txt"), "a");
        try (Command serve =
                Command.start("serve", "-p", "0", "--model", "process", "--log", "none", folder.toString())) {
            URI url = serve.url();
            Path socket = StatusSocket.folder().resolve(serve.pid() + ".sock");
            for (int i = 0; i < 1000 && !Files.exists(socket); i++) {
                Thread.sleep(20);
            }
            try (var asked = url.resolve("a.txt").toURL().openStream()) {
                assertEquals("a", new String(asked.readAllBytes(), StandardCharsets.UTF_8));
            }
            Map<?, ?> workers = (Map<?, ?>) ask(serve.pid()).get("workers");
            assertEquals(1, workers.get("spawned"));
            assertEquals(0, workers.get("died"));
            serve.signal("TERM");
            assertEquals(Main.OK, serve.exitCode());
        }
    }

    @Test
    void theScreenHasALineForThem() {
        Map<String, Object> told = Map.ofEntries(
                Map.entry("address", "http://127.0.0.1:1/"),
                Map.entry("pid", 1),
                Map.entry("engine", "prefork"),
                Map.entry("nanos", 1_000_000_000L),
                Map.entry("requests", 0),
                Map.entry("bytes", 0),
                Map.entry("connections", 0),
                Map.entry("p50", 0),
                Map.entry("p99", 0),
                Map.entry("max", 0),
                Map.entry("clientErrors", 0),
                Map.entry("serverErrors", 0),
                Map.entry("aborted", 0),
                Map.entry("loops", List.of()),
                Map.entry(
                        "workers",
                        Map.of(
                                "spawned",
                                7,
                                "alive",
                                3,
                                "ended",
                                2,
                                "died",
                                2,
                                "restarted",
                                2,
                                "failed",
                                0,
                                "pauseNanos",
                                200_000_000L)));
        String screen = new TopScreen(told).next(told);
        assertTrue(
                screen.matches(
                        "(?s).*workers +3   of 7 started; 2 ended, 2 died, 2 restarted, the next 200\\S* ms after the last\\n.*"),
                screen);
    }

    @Test
    void theSummaryCountsThem() {
        Duration running = Duration.ofMillis(1500);
        assertEquals(
                "Served by 1 worker process in 1.5 s.", Summary.text(new WorkerCounters(1, 0, 1, 0, 0, 0, 0), running));
        assertEquals(
                "Served by 12 worker processes in 1.5 s; 3 died, 2 restarted; 1 could not be started.",
                Summary.text(new WorkerCounters(12, 4, 5, 3, 2, 1, 0), running));
    }
}
