// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.models.IoModel;
import io.millrace.testkit.RawClient;
import java.io.File;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server that cannot go on ends its process with exit code 1 and a line that says why, so that a supervisor starts it
 * anew: on every model, whatever else fails meanwhile.
 */
@Timeout(120)
final class ServerFailureTest {
    private static final String WHY =
            "millrace: the server cannot go on, and ends: java.lang.OutOfMemoryError: on purpose, for a test";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void serveEndsWithExitCode1(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model + ": " + model.whyNot());
        try (Command server = start(false, "serve", "--log", "none", "--model", model.id(), folder.toString())) {
            assertEndsWithExitCode1(server, server.url().getPort());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"epoll-et", "thread"})
    void echoEndsWithExitCode1(String model) throws Exception {
        try (Command server = start(false, "echo", "--model", model)) {
            String banner = server.awaitOut("Echoing on ");
            assertEndsWithExitCode1(server, Integer.parseInt(banner.replaceFirst(".*127\\.0\\.0\\.1:(\\d+).*", "$1")));
        }
    }

    /** The file of a Unix socket is removed as the server ends, which fails, too. */
    @SuppressWarnings("try") // it is there, and nothing else
    @ParameterizedTest
    @ValueSource(strings = {"epoll-et", "thread", "iterative", "prefork"})
    void theFileOfAUnixSocketDoesNotKeepItAlive(String model) throws Exception {
        Path socket = folder.resolve("s");
        String where = "unix:" + socket;
        try (Command server = start(false, "serve", "--log", "none", "--model", model, "--listen", where, ".")) {
            server.awaitOut(where);
            Files.createFile(trap());
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                assertExitCode1(server);
            }
        }
    }

    /** The supervisor says what became of its worker, and starts another. */
    @SuppressWarnings("try") // it is there, and nothing else
    @Test
    void aWorkerOfPreforkIsReplaced() throws Exception {
        try (Command server =
                start(true, "serve", "--log", "none", "--model", "prefork", "--loops", "1", folder.toString())) {
            int port = server.url().getPort();
            assertEquals(404, status(port));
            Files.createFile(trap());
            // Wakes a worker that sleeps. Nobody may ever answer: it comes back into the backlog of all.
            try (RawClient client = RawClient.connect(port)) {
                server.awaitErr(WHY);
            }
            Files.delete(trap());
            server.awaitErr("ended with exit code 1");
            assertEquals(404, status(port));
            server.signal("TERM");
            assertEquals(ExitCode.OK, server.exitCode());
        }
    }

    @SuppressWarnings("try") // it is there, and nothing else
    private void assertEndsWithExitCode1(Command server, int port) throws Exception {
        Files.createFile(trap());
        // Threads that sleep in a call fail when they return from it.
        try (RawClient client = RawClient.connect(port)) {
            assertExitCode1(server);
        } catch (SocketException ended) {
            assertExitCode1(server);
        }
    }

    private static void assertExitCode1(Command server) throws Exception {
        server.awaitErr(WHY);
        assertEquals(ExitCode.FAILED, server.exitCode());
    }

    private static int status(int port) throws IOException {
        try (RawClient client = RawClient.connect(port)) {
            String answer = client.send("GET /none HTTP/1.0\r\n\r\n").readUntil("\r\n");
            return Integer.parseInt(answer.split(" ", 3)[1]);
        }
    }

    private Path trap() {
        return folder.resolve("trap");
    }

    /**
     * Starts the command with a trace that fails as soon as there is a {@link #trap}, in workers or in their parent.
     */
    private Command start(boolean inWorkers, String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-D" + FailingProgram.TRAP + "=" + trap(),
                "-D" + FailingProgram.IN_WORKERS + "=" + inWorkers,
                "-cp",
                Command.classPath() + File.pathSeparator + Command.place(FailingProgram.class),
                FailingProgram.class.getName()));
        line.addAll(List.of(arguments));
        line.add("--trace");
        if (!line.contains("--listen")) {
            line.addAll(List.of("-p", "0"));
        }
        return Command.start(new ProcessBuilder(line));
    }
}
