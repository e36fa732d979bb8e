// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.models.IoModel;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests the server with a heap of 64 MB against hundreds of clients that pipeline requests and read no answers: clients
 * that do read are answered throughout, and the server ends when it is told to. A model with worker processes passes
 * the heap's limit on to each of them.
 */
@Timeout(240)
class SilentClientsTest {
    private static final int SILENT = 600;
    private static final int REQUESTS = 250;
    private static final int ANSWERS = 30;

    /** As many answers are enough of a model that starts a JVM for each: no heap is shared that they could fill. */
    private static final int PROCESSES = 6;

    private static final int PLACES = 4;
    private static final long PATIENCE_NANOS = 30_000_000_000L;
    private static final String HEAP = "-Xmx64m";
    private static final byte[] ASKED =
            "GET /file.txt HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(REQUESTS).getBytes(StandardCharsets.US_ASCII);
    private static final String SMALL = "GET /small.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    @TempDir
    private Path folder;

    private final List<SocketChannel> silent = new ArrayList<>();
    private InetSocketAddress address;

    @BeforeEach
    void makeFiles() throws IOException {
        Files.write(folder.resolve("file.txt"), new byte[16 * 1024]);
        Files.writeString(folder.resolve("small.txt"), "small");
    }

    @AfterEach
    void closeSilent() throws IOException {
        for (SocketChannel client : silent) {
            client.close();
        }
    }

    /** The models that serve many clients side by side in one heap. */
    static Stream<IoModel> models() {
        return Stream.of(IoModel.values()).filter(one -> one != IoModel.PROCESS && one.clientsAtOnce() > 1);
    }

    @ParameterizedTest
    @MethodSource("models")
    void aClientThatReadsIsServedBesideThem(IoModel model) throws Exception {
        // One worker of prefork: the whole attack meets one heap.
        List<String> options = model == IoModel.PREFORK ? List.of("--loops", "1") : List.of();
        try (Command server = start(model, options)) {
            assertAnswered(200);
            connectSilent(SILENT);
            for (int i = 0; i < ANSWERS; i++) {
                assertAnswered(200);
                readALittle();
            }
            assertEnds(server);
        }
    }

    /**
     * A server that serves one client at a time holds one client's answers only: the other clients wait in the kernel's
     * queue, at no cost in heap, and each of them has its turn.
     */
    @Test
    void iterativeServesThemInTurn() throws Exception {
        try (Command server = start(IoModel.ITERATIVE, List.of())) {
            assertAnswered(200);
            connectSilent(SILENT);
            try (RawClient client = RawClient.connect(address)) {
                client.send(SMALL);
                for (int i = 0; i < ANSWERS; i++) {
                    readALittle();
                }
                assertTrue(server.isAlive());
                closeSilent();
                assertAnswer(200, client.readText());
            }
            assertEnds(server);
        }
    }

    /** A client that takes nothing of its answers has its turn for {@code --write-time} only. */
    @Test
    void iterativeEndsTheTurnOfAClientThatTakesNothing() throws Exception {
        try (Command server = start(IoModel.ITERATIVE, List.of("--write-time", "1"))) {
            assertAnswered(200);
            connectSilent(PLACES);
            assertAnswered(200);
            assertEnds(server);
        }
    }

    /**
     * The heap of a worker that serves one client holds that client's answers only. What all clients together can reach
     * is the heap of the parent, which answers those for whom there is no place.
     */
    @Test
    void processGivesEachAHeapOfItsOwn() throws Exception {
        List<String> options = List.of("--max-connections", String.valueOf(PLACES), "--overload", "refuse");
        try (Command server = start(IoModel.PROCESS, options)) {
            connectSilent(PLACES - 1);
            for (int i = 0; i < PROCESSES; i++) {
                askMore();
                awaitPlace(server);
                readALittle();
            }
            connectSilent(SILENT);
            for (int i = 0; i < PLACES; i++) {
                assertAnswered(503);
                readALittle();
            }
            closeSilent();
            awaitPlace(server);
            assertEnds(server);
        }
    }

    private Command start(IoModel model, List<String> options) throws Exception {
        assumeTrue(model.isAvailable(), () -> model + ": " + model.whyNot());
        List<String> line = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                HEAP,
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Command.classPath(),
                Main.class.getName(),
                "serve",
                "--log",
                "none",
                "--no-status",
                "--grace",
                "1",
                "-p",
                "0",
                "--model",
                model.id()));
        line.addAll(options);
        line.add(folder.toString());
        Command server = Command.start(new ProcessBuilder(line));
        address = new InetSocketAddress("127.0.0.1", server.url().getPort());
        return server;
    }

    /** Ends the server by a signal. Neither it nor a worker may have run out of memory. */
    private static void assertEnds(Command server) throws Exception {
        assertTrue(server.isAlive());
        for (ProcessHandle worker : workers(server)) {
            String command = Files.readString(Path.of("/proc/" + worker.pid() + "/cmdline"));
            assertTrue(command.contains("\0" + HEAP + "\0"), command);
        }
        server.signal("TERM");
        String err = server.restOfErr();
        assertFalse(err.contains("OutOfMemoryError"), err);
        assertFalse(err.contains("worker"), err);
        // Who is still there after the grace is cut off, which is exit code 1.
        assertTrue(
                server.exitCode() == ExitCode.OK || server.exitCode() == ExitCode.FAILED,
                "exit code " + server.exitCode());
    }

    private static List<ProcessHandle> workers(Command server) {
        return ProcessHandle.of(server.pid()).orElseThrow().children().toList();
    }

    private void connectSilent(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            SocketChannel client = SocketChannel.open();
            silent.add(client);
            client.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
            client.connect(address);
            client.configureBlocking(false);
            ask(client);
        }
    }

    /** Has all silent clients send requests until their sockets take no more. */
    private void askMore() {
        for (SocketChannel client : silent) {
            while (ask(client)) {
                // It takes more.
            }
        }
    }

    private static boolean ask(SocketChannel client) {
        try {
            return client.write(ByteBuffer.wrap(ASKED)) == ASKED.length;
        } catch (IOException e) {
            // It has been broken off already: that is an answer, too.
            return false;
        }
    }

    /** So that they never count as stalled. */
    private void readALittle() {
        for (SocketChannel client : silent) {
            try {
                client.read(ByteBuffer.allocate(16));
            } catch (IOException e) {
                // Broken off.
            }
        }
    }

    /** Asks until it is answered by a worker: a client's place is free again when its process has ended. */
    private void awaitPlace(Command server) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        String answer = ask();
        while (statusOf(answer) == 503) {
            assertTrue(server.isAlive() && System.nanoTime() - deadline < 0, answer);
            Thread.sleep(20);
            answer = ask();
        }
        assertAnswer(200, answer);
    }

    /** Has its answer within the patience of a {@link RawClient}. */
    private void assertAnswered(int status) throws IOException {
        assertAnswer(status, ask());
    }

    private static void assertAnswer(int status, String answer) {
        assertEquals(status, statusOf(answer), answer);
        assertTrue(status != 200 || answer.endsWith("\r\n\r\nsmall"), answer);
    }

    private static int statusOf(String answer) {
        return Integer.parseInt(answer.split(" ", 3)[1]);
    }

    private String ask() throws IOException {
        try (RawClient client = RawClient.connect(address)) {
            return client.send(SMALL).readText();
        }
    }
}
