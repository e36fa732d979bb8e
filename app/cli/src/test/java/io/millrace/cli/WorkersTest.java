// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.millrace.testkit.RawClient;
import io.millrace.workers.WorkerCounters;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the parent of worker processes tells of them. */
@Timeout(120)
final class WorkersTest {

    private static Map<String, Object> ask(long pid) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Terminal terminal =
                new Terminal(new PrintStream(out, true, StandardCharsets.UTF_8), System.err, false, Map.of());
        assertEquals(ExitCode.OK, Main.run(terminal, "top", "--once", "--json", String.valueOf(pid)));
        return JSON.std.mapFrom(out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void topIsToldOfThem(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("a.txt"), "a");
        try (Command serve =
                Command.start("serve", "-p", "0", "--model", "process", "--log", "none", folder.toString())) {
            URI url = serve.url();
            serve.awaitStatusSocket();
            try (var asked = url.resolve("a.txt").toURL().openStream()) {
                assertEquals("a", new String(asked.readAllBytes(), StandardCharsets.UTF_8));
            }
            Map<?, ?> workers = (Map<?, ?>) ask(serve.pid()).get("workers");
            assertEquals(1, workers.get("spawned"));
            assertEquals(0, workers.get("died"));
            serve.signal("TERM");
            assertEquals(ExitCode.OK, serve.exitCode());
        }
    }

    private static int status(URI url) throws Exception {
        HttpURLConnection asked = (HttpURLConnection) url.toURL().openConnection();
        asked.setReadTimeout(30_000);
        try {
            return asked.getResponseCode();
        } finally {
            asked.disconnect();
        }
    }

    /** One for each client with {@code process}; with {@code prefork} the one that follows one that died. */
    @ParameterizedTest
    @ValueSource(strings = {"process", "prefork"})
    void theyStartWhileTheFolderIsAway(String model, @TempDir Path place) throws Exception {
        Path folder = Files.createDirectory(place.resolve("dist"));
        Files.writeString(folder.resolve("a.txt"), "one");
        try (Command serve = Command.start(
                "serve", "-p", "0", "--loops", "1", "--model", model, "--log", "none", folder.toString())) {
            URI url = serve.url().resolve("a.txt");
            assertEquals(200, status(url));
            Files.move(folder, place.resolve("dist.old"));
            await(url, 404);
            ProcessHandle.of(serve.pid()).orElseThrow().children().forEach(WorkersTest::kill);
            assertEquals(404, status(url));
            Files.move(place.resolve("dist.old"), folder);
            await(url, 200);
            serve.signal("TERM");
            assertEquals(ExitCode.OK, serve.exitCode());
        }
    }

    /** A worker of before a reload sends a large file to a client that reads none of it. */
    @Test
    void oneThatWasReplacedIsEndedAfterItsGrace(@TempDir Path folder) throws Exception {
        try (RandomAccessFile large =
                new RandomAccessFile(folder.resolve("large").toFile(), "rw")) {
            large.setLength(1L << 30);
        }
        Files.writeString(folder.resolve("a.txt"), "a");
        try (Command serve = Command.start(
                "serve",
                "-p",
                "0",
                "--loops",
                "1",
                "--model",
                "prefork",
                "--reload-grace",
                "1",
                "--write-time",
                "3600",
                "--log",
                "none",
                folder.toString())) {
            URI url = serve.url();
            try (RawClient held = RawClient.connect(url.getPort())) {
                held.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").readUntil("\r\n\r\n");
                Set<Long> old = workers(serve);
                assertEquals(1, old.size());
                serve.signal("HUP");
                long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                while (workers(serve).stream().anyMatch(old::contains)) {
                    assertTrue(System.nanoTime() - deadline < 0, "the old worker is still there");
                    Thread.sleep(20);
                }
                assertEquals(200, status(url.resolve("a.txt")));
            }
            serve.signal("TERM");
            assertEquals(ExitCode.OK, serve.exitCode());
        }
    }

    private static Set<Long> workers(Command serve) {
        return ProcessHandle.of(serve.pid())
                .orElseThrow()
                .children()
                .filter(ProcessHandle::isAlive)
                .map(ProcessHandle::pid)
                .collect(Collectors.toSet());
    }

    private static void kill(ProcessHandle worker) {
        worker.destroyForcibly();
        worker.onExit().join();
    }

    private static void await(URI url, int status) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (status(url) != status) {
            assertTrue(System.nanoTime() - deadline < 0, "still not " + status);
            Thread.sleep(20);
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
