// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.workers.WorkerCounters;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Workers that share a socket, with real processes. */
@Timeout(240)
@EnabledOnOs(value = OS.LINUX, disabledReason = "system calls of Linux")
final class PreforkModelTest {
    private static final Duration GRACE = Duration.ofSeconds(60);

    private final Set<Long> before = children();

    private record Running(Server server, Listener listening) implements AutoCloseable {
        static Running start(int workers) throws IOException {
            Server server = IoModel.PREFORK.open(
                    ModelOptions.DEFAULT.withCarriers(workers).withWorkerCommand(EchoProgram.command(IoModel.PREFORK)));
            ListenOptions options = ListenOptions.on(new InetSocketAddress("127.0.0.1", 0));
            return new Running(server, server.listen(options, () -> Echo.FACTORY));
        }

        void echo(String text) throws IOException {
            try (RawClient client = RawClient.connect(listening.address())) {
                assertEquals(text, client.send(text).finish().readText());
            }
        }

        @Override
        public void close() {
            server.close();
            try {
                server.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Set<Long> children() {
        return ProcessHandle.current().children().map(ProcessHandle::pid).collect(Collectors.toSet());
    }

    private Set<Long> workers() {
        Set<Long> now = children();
        now.removeAll(before);
        return now;
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + GRACE.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, what);
            Thread.sleep(5);
        }
    }

    @Test
    void workersServeAndAStopIsOrderly() throws Exception {
        try (Running running = Running.start(2)) {
            running.echo("first");
            await("two workers", () -> workers().size() == 2);
            try (RawClient client = RawClient.connect(running.listening.address())) {
                client.send("a").read(1);
                assertEquals(1, running.listening.connections());
                assertTrue(running.server.stop(GRACE), "Echo closes when it is told to stop");
                assertEquals("", client.readText());
            }
            assertEquals(Set.of(), workers());
        }
    }

    @ExpectedLog("was ended by signal 9")
    @Test
    void aWorkerThatDiesIsReplacedAndNobodyIsRefused() throws Exception {
        long born = System.nanoTime();
        try (Running running = Running.start(1)) {
            running.echo("first");
            long victim = workers().iterator().next();
            new ProcessBuilder("kill", "-KILL", Long.toString(victim)).start().waitFor();
            // The socket is the parent's as well: who comes while there is no worker waits.
            running.echo("second");
            assertFalse(workers().contains(victim));
            assertEquals(1, workers().size());
            // It was young: the next one would have to wait.
            WorkerCounters counters = running.server.workers().orElseThrow();
            assertEquals(new WorkerCounters(2, 1, 0, 1, 1, 0, counters.pauseNanos()), counters);
            assertTrue(counters.pauseNanos() > 0 || System.nanoTime() - born > 5_000_000_000L, counters.toString());
            assertTrue(running.server.stop(GRACE));
            counters = running.server.workers().orElseThrow();
            assertEquals(new WorkerCounters(2, 0, 1, 1, 1, 0, counters.pauseNanos()), counters);
        }
    }

    /** A stopped worker (SIGSTOP) answers no question: the supervisor goes on, and the server ends when told. */
    @Test
    void aStoppedWorkerHoldsUpNobody() throws Exception {
        try (Running running = Running.start(2)) {
            running.echo("first");
            await("two workers", () -> workers().size() == 2);
            long stopped = workers().iterator().next();
            new ProcessBuilder("kill", "-STOP", Long.toString(stopped)).start().waitFor();
            // More questions than the socket between the two holds, if each were sent.
            List<Thread> asking = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                asking.add(Thread.ofVirtual().start(running.listening::connections));
            }
            for (Thread thread : asking) {
                assertTrue(thread.join(GRACE), "the supervisor hangs");
            }
            assertFalse(running.server.stop(Duration.ofSeconds(1)), "one does not end by itself");
            assertEquals(Set.of(), workers());
        }
    }

    @Test
    void aReloadReplacesAllAndRefusesNobody() throws Exception {
        try (Running running = Running.start(2)) {
            running.echo("first");
            await("two workers", () -> workers().size() == 2);
            Set<Long> old = workers();
            AtomicReference<Throwable> trouble = new AtomicReference<>();
            try (RawClient standing = RawClient.connect(running.listening.address())) {
                standing.send("a").read(1);
                Thread load = Thread.ofPlatform().start(() -> {
                    try {
                        while (!Thread.currentThread().isInterrupted()) {
                            running.echo("under load");
                        }
                    } catch (IOException | AssertionError e) {
                        trouble.set(e);
                    }
                });
                running.server.reload();
                await(
                        "the old ones leave",
                        () -> workers().stream().noneMatch(old::contains)
                                && workers().size() == 2);
                load.interrupt();
                load.join();
                assertEquals(null, trouble.get());
            }
            running.echo("after");
        }
    }

    /**
     * A program that starts itself again; its parent's death ends the workers, who would else keep the port for ever.
     */
    @Test
    void workersDoNotOutliveTheirParent() throws Exception {
        List<String> command = EchoProgram.command(IoModel.PREFORK);
        Process program = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))) {
            int port = Integer.parseInt(out.readLine());
            try (RawClient client = RawClient.connect(port)) {
                assertEquals("x", client.send("x").finish().readText());
            }
            List<ProcessHandle> workers = program.children().toList();
            assertFalse(workers.isEmpty());
            program.destroyForcibly();
            for (ProcessHandle worker : workers) {
                worker.onExit().get(60, TimeUnit.SECONDS);
            }
        } finally {
            program.destroyForcibly();
        }
    }
}
