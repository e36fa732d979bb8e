// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a trace says of one exchange: in what each model waits, for how long, and what came of it. */
@Timeout(240)
@EnabledOnOs(value = OS.LINUX, disabledReason = "system calls of Linux")
final class ModelTraceTest {
    /** Of an exchange, whatever carries it: the receives that find bytes and the end, and the answer. */
    private static final List<String> EXCHANGE =
            List.of("recv \\d+ \\(\\d+\\) = 5", "send \\d+ \\(5\\) = 5", "recv \\d+ \\(\\d+\\) = 0", "close \\d+ = 0");

    private static final List<String> ACCEPTED =
            List.of("listen \\S+ = \\d+", "accept \\d+ = \\d+", "accept \\d+ = EAGAIN");

    /** The thread at the gate, and the one that serves, sleep in poll(2). */
    private static final String AT_THE_GATE =
            "millrace-accept-\\S+ +poll \\d+ READ or wakeup \\d+, no limit, waited [0-9.]+ ms = READ";

    private static final Map<IoModel, List<String>> WAITS = Map.of(
            IoModel.ITERATIVE,
                    List.of(
                            AT_THE_GATE,
                            "millrace-accept-\\S+ +poll \\d+ READ or wakeup \\d+, no limit, waited [0-9.]+ ms = READ(?s:.*?)recv \\d+ \\(\\d+\\) = 5"),
            IoModel.THREAD,
                    List.of(
                            AT_THE_GATE,
                            "millrace-client-\\d+ +poll \\d+ READ or wakeup \\d+, no limit, waited [0-9.]+ ms = READ"),
            IoModel.VIRTUAL,
                    List.of(
                            AT_THE_GATE,
                            "millrace-client-\\d+ +epoll add \\d+ READ\\|ONE_SHOT = 0",
                            "millrace-client-\\d+ +epoll modify \\d+ READ\\|ONE_SHOT = 0",
                            "millrace-client-\\d+ +park for \\d+ READ, no limit, waited [0-9.]+ ms = READ",
                            "millrace-virtual-poller turn \\d+: epoll, no limit, waited [0-9.]+ ms = 1",
                            "reported: \\d+ READ"),
            IoModel.NONBLOCKING,
                    List.of(
                            "recv \\d+ \\(\\d+\\) = EAGAIN",
                            "millrace-nonblocking +pause after an empty round, limit [0-9.]+ ms, waited [0-9.]+ ms = asking again"),
            IoModel.EPOLL_ONE_SHOT,
                    List.of(
                            AT_THE_GATE,
                            "millrace-oneshot-\\d turn \\d+: epoll, no limit, waited [0-9.]+ ms = 1",
                            "reported: \\d+ READ",
                            "millrace-oneshot-\\d +epoll add \\d+ READ\\|ONE_SHOT = 0",
                            "millrace-oneshot-\\d +epoll modify \\d+ READ\\|ONE_SHOT = 0"));

    @ParameterizedTest
    @EnumSource(
            value = IoModel.class,
            names = {"ITERATIVE", "THREAD", "VIRTUAL", "NONBLOCKING", "EPOLL_ONE_SHOT"})
    void tellsInWhatTheModelWaits(IoModel model) throws Exception {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(2).withTrace(out));
        Listener listening = server.listen(ListenOptions.on(new InetSocketAddress("127.0.0.1", 0)), () -> Echo.FACTORY);
        try (RawClient client = RawClient.connect(listening.address())) {
            for (String word : List.of("hello", "again")) {
                assertEquals(word, new String(client.send(word).read(5), StandardCharsets.US_ASCII));
                awaitWaiting(model, text);
            }
            assertEquals("", client.finish().readText());
        } finally {
            assertTrue(server.stop(Duration.ofSeconds(60)));
        }
        String trace = text.toString(StandardCharsets.UTF_8);
        assertSays(trace, ACCEPTED);
        assertSays(trace, EXCHANGE);
        assertSays(trace, WAITS.get(model));
    }

    /**
     * A model that only asks has asked a silent client at least once, and rested; the others need nobody's patience.
     */
    private static void awaitWaiting(IoModel model, ByteArrayOutputStream text) throws InterruptedException {
        Pattern asked = Pattern.compile("recv \\d+ \\(\\d+\\) = EAGAIN(?s:.*)pause after");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (model == IoModel.NONBLOCKING
                && !asked.matcher(text.toString(StandardCharsets.UTF_8)).find()) {
            assertTrue(System.nanoTime() < end, "nobody is asked in vain");
            Thread.sleep(1);
        }
    }

    private static void assertSays(String trace, List<String> lines) {
        for (String line : lines) {
            assertTrue(Pattern.compile(line).matcher(trace).find(), line + " is not in\n" + trace);
        }
    }

    /** The parent's lines, and those of a worker with its process id before them. */
    @Test
    void processTellsOfItsWorkers(@TempDir Path folder) throws Exception {
        String trace = traceOf(IoModel.PROCESS, folder);
        assertSays(trace, ACCEPTED);
        assertSays(
                trace,
                List.of(
                        AT_THE_GATE,
                        "millrace-accept-\\S+ +posix_spawn /\\S+, \\d+ as 0, \\d+ as 3 = \\d+",
                        "millrace-reaper turn \\d+: epoll, no limit, waited [0-9.]+ ms = 1",
                        "waitpid \\d+ = exit code 0",
                        "\\[\\d+\\] millrace-client +select 0 READ, no limit, waited [0-9.]+ ms = READ",
                        "\\[\\d+\\] millrace-client +recv 0 \\(\\d+\\) = 5",
                        "\\[\\d+\\] millrace-client +send 0 \\(5\\) = 5",
                        "\\[\\d+\\] millrace-client +recv 0 \\(\\d+\\) = 0",
                        "\\[\\d+\\] millrace-client +close 0 = 0"));
    }

    @Test
    void preforkTellsOfItsWorkersAndTheirLoops(@TempDir Path folder) throws Exception {
        String trace = traceOf(IoModel.PREFORK, folder);
        assertSays(trace, EXCHANGE);
        assertSays(
                trace,
                List.of(
                        "millrace-supervisor +posix_spawn /\\S+, \\d+ as 0, \\d+ as 3 = \\d+",
                        "millrace-supervisor turn \\d+: epoll, ",
                        "\\[\\d+\\] millrace-0 +turn \\d+: epoll, no limit, waited [0-9.]+ ms = 1",
                        "\\[\\d+\\] millrace-0 +epoll add 0 READ\\S*EXCLUSIVE",
                        "\\[\\d+\\] millrace-0 +accept 0 = \\d+"));
    }

    /** What a program and its workers print while one client is served. */
    private static String traceOf(IoModel model, Path folder) throws Exception {
        Path errors = folder.resolve("trace");
        List<String> command = new ArrayList<>(EchoProgram.command(model));
        command.add("trace");
        Process program =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        List<ProcessHandle> workers = List.of();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))) {
            try (RawClient client = RawClient.connect(Integer.parseInt(out.readLine()))) {
                assertEquals("hello", new String(client.send("hello").read(5), StandardCharsets.US_ASCII));
                workers = program.children().toList();
                assertEquals("", client.finish().readText());
            }
            if (model == IoModel.PROCESS) {
                await(errors, "waitpid");
            } else {
                await(errors, "close \\d+ = 0");
            }
        } finally {
            program.destroyForcibly().waitFor();
            for (ProcessHandle worker : workers) {
                worker.onExit().get(60, TimeUnit.SECONDS);
            }
        }
        return Files.readString(errors);
    }

    private static void await(Path file, String pattern) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Pattern.compile(pattern).matcher(Files.readString(file)).find()) {
            assertTrue(System.nanoTime() < end, () -> pattern + " does not come");
            Thread.sleep(5);
        }
    }
}
