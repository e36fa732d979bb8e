// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.OverloadPolicy;
import io.millrace.workers.WorkerCounters;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A process for each client, with real ones. */
@Timeout(240)
@EnabledOnOs(value = OS.LINUX, disabledReason = "system calls of Linux")
final class ProcessModelTest {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);

    private static Server open(int most) throws IOException {
        return IoModel.PROCESS.open(
                ModelOptions.DEFAULT.withMost(most).withWorkerCommand(EchoProgram.command(IoModel.PROCESS)));
    }

    private static Set<Long> children() {
        return ProcessHandle.current().children().map(ProcessHandle::pid).collect(Collectors.toSet());
    }

    @Test
    void eachClientHasAProcessThatEndsWithHim() throws Exception {
        Set<Long> before = children();
        byte[] sent = new byte[2 << 20];
        new Random(9).nextBytes(sent);
        try (Server server = open(4)) {
            Listener listening = server.listen(ListenOptions.on(LOOPBACK), () -> Echo.FACTORY);
            Set<Long> first;
            try (RawClient one = RawClient.connect(listening.address())) {
                one.send("a").read(1);
                first = fresh(before);
                assertEquals(1, first.size());
                try (RawClient two = RawClient.connect(listening.address())) {
                    two.send("b").read(1);
                    assertEquals(2, fresh(before).size());
                    assertEquals(2, listening.connections());
                    CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                        try {
                            two.send(sent).finish();
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    });
                    assertArrayEquals(sent, two.readAll());
                    sending.join();
                }
                awaitConnections(listening, 1);
                assertEquals(
                        first,
                        fresh(before),
                        "the other client's process is still there, and reaped is the one that ended");
                for (long pid : first) {
                    assertOnlyItsOwnDescriptors(pid);
                }
            }
            awaitConnections(listening, 0);
            assertEquals(before, children());
            assertEquals(
                    new WorkerCounters(2, 0, 2, 0, 0, 0, 0), server.workers().orElseThrow());
            assertTrue(server.stop(Duration.ofSeconds(5)));
        }
    }

    @ExpectedLog("was ended by signal 9")
    @Test
    void aWorkerThatDiesTakesItsClientAlongAndIsCounted() throws Exception {
        Set<Long> before = children();
        try (Server server = open(4)) {
            Listener listening = server.listen(ListenOptions.on(LOOPBACK), () -> Echo.FACTORY);
            try (RawClient client = RawClient.connect(listening.address())) {
                client.send("a").read(1);
                assertEquals(
                        new WorkerCounters(1, 1, 0, 0, 0, 0, 0),
                        server.workers().orElseThrow());
                new ProcessBuilder(
                                "kill",
                                "-KILL",
                                Long.toString(fresh(before).iterator().next()))
                        .start()
                        .waitFor();
                awaitConnections(listening, 0);
                assertEquals(
                        new WorkerCounters(1, 0, 0, 1, 0, 0, 0),
                        server.workers().orElseThrow());
            }
        }
    }

    @ExpectedLog("ended with exit code 1")
    @Test
    void aWorkerThatCannotGoOnSaysSoByItsExitCode() throws Exception {
        List<String> command = new ArrayList<>(EchoProgram.command(IoModel.PROCESS));
        command.add(EchoProgram.FAILING);
        try (Server server = IoModel.PROCESS.open(ModelOptions.DEFAULT.withWorkerCommand(command))) {
            Listener listening = server.listen(ListenOptions.on(LOOPBACK), () -> Echo.FACTORY);
            try (RawClient client = RawClient.connect(listening.address())) {
                client.send("a");
                assertThrows(IOException.class, () -> client.read(2));
            }
            awaitConnections(listening, 0);
            assertEquals(
                    new WorkerCounters(1, 0, 0, 1, 0, 0, 0), server.workers().orElseThrow());
        }
    }

    /** Neither the listening socket, nor a sibling's connection, nor what the JDK has open without marking it. */
    private static void assertOnlyItsOwnDescriptors(long pid) throws IOException {
        Set<String> shared = sockets(Long.toString(pid));
        assertFalse(shared.isEmpty(), "it has the connection");
        shared.retainAll(sockets("self"));
        assertEquals(Set.of(), shared, "sockets that the parent and worker " + pid + " share");
    }

    private static Set<String> sockets(String pid) throws IOException {
        Set<String> sockets = new HashSet<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                String target = target(descriptor);
                if (target.startsWith("socket:")) {
                    sockets.add(target);
                }
            }
        }
        return sockets;
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            return "closed meanwhile";
        }
    }

    @Test
    void beyondTheLimitClientsWaitOrAreRefused() throws Exception {
        try (Server server = open(1)) {
            Listener waiting = server.listen(ListenOptions.on(LOOPBACK), () -> Echo.FACTORY);
            try (RawClient first = RawClient.connect(waiting.address());
                    RawClient second = RawClient.connect(waiting.address())) {
                first.send("a").read(1);
                second.send("b");
                assertEquals(1, waiting.connections());
                first.finish();
                assertArrayEquals(new byte[] {'b'}, second.read(1));
            }
        }
        try (Server server = open(1)) {
            Listener refusing = server.listen(
                    ListenOptions.on(LOOPBACK).withMaxConnections(9, OverloadPolicy.REFUSE), () -> Echo.FACTORY);
            try (RawClient first = RawClient.connect(refusing.address())) {
                first.send("a").read(1);
                try (RawClient second = RawClient.connect(refusing.address())) {
                    assertEquals(Echo.REFUSAL, second.readText());
                }
            }
            assertTrue(server.stop(Duration.ofSeconds(20)));
        }
    }

    @Test
    void aStopIsHeardByTheWorkersAndEndsTheDeaf() throws Exception {
        Set<Long> before = children();
        Server server = open(4);
        Listener listening = server.listen(ListenOptions.on(LOOPBACK), () -> Echo.FACTORY);
        try (RawClient client = RawClient.connect(listening.address())) {
            client.send("a").read(1);
            // Echo's answer to a stop is to close: the client sees the end, and nobody had to be killed.
            assertTrue(server.stop(Duration.ofSeconds(60)));
            assertEquals("", client.readText());
        }
        server = open(4);
        listening = server.listen(ListenOptions.on(LOOPBACK), () -> Echo.FACTORY);
        try (RawClient client = RawClient.connect(listening.address())) {
            client.send("a").read(1);
            long pid = fresh(before).iterator().next();
            new ProcessBuilder("kill", "-STOP", Long.toString(pid)).start().waitFor();
            assertFalse(server.stop(Duration.ofMillis(200)), "a stopped process hears nothing");
        }
        assertEquals(before, children());
    }

    /** The whole of it, as a user has it: the program starts itself again, by its own command line. */
    @Test
    void aProgramStartsItselfAgainAndItsWorkersGoWithIt() throws Exception {
        Process program = new ProcessBuilder(EchoProgram.command(IoModel.PROCESS))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))) {
            int port = Integer.parseInt(out.readLine());
            try (RawClient client = RawClient.connect(port)) {
                client.send("hello").read(5);
                ProcessHandle worker = program.children().findAny().orElseThrow();
                assertNotEquals(worker.pid(), program.pid());
                program.destroyForcibly();
                // Its parent died without a word: the tie has told it, and Echo closes.
                assertEquals("", client.readText());
                worker.onExit().get(60, TimeUnit.SECONDS);
            }
        } finally {
            program.destroyForcibly();
        }
    }

    private static Set<Long> fresh(Set<Long> before) {
        Set<Long> now = children();
        now.removeAll(before);
        return now;
    }

    private static void awaitConnections(Listener listening, int count) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (listening.connections() != count) {
            assertTrue(System.nanoTime() < end, listening.connections() + " connections are left");
            Thread.sleep(1);
        }
    }
}
