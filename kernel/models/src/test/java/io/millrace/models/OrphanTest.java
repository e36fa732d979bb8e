// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Pipes;
import io.millrace.sys.Poll;
import io.millrace.sys.Spawn;
import io.millrace.testkit.RawClient;
import io.millrace.workers.ChildProcess;
import io.millrace.workers.WorkerCommand;
import io.millrace.workers.WorkerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a worker whose parent has gone before it could begin, and of what has the variable only. */
@Timeout(240)
@EnabledOnOs(value = OS.LINUX, disabledReason = "system calls of Linux")
final class OrphanTest {
    private static final int LIMIT_MILLIS = 60_000;

    /** Started with the tie that the variable names, but by another process than it names. */
    @ParameterizedTest
    @EnumSource(
            value = IoModel.class,
            names = {"PROCESS", "PREFORK"})
    void anOrphanEndsAndServesNobody(IoModel model, @TempDir Path folder) throws Exception {
        Path output = folder.resolve("output");
        int[] pipe = new int[2];
        assertEquals(0, Pipes.pipe2(pipe, Descriptors.O_CLOEXEC));
        try {
            List<String> command =
                    new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$@\" >'" + output + "' 2>&1", "sh"));
            command.addAll(EchoProgram.command(model));
            WorkerProcess.Kind kind = WorkerProcess.Kind.valueOf(model.name());
            // Nobody who starts processes has this id.
            List<String> environment = WorkerCommand.environment(kind, 0, pipe[0]).stream()
                    .map(entry -> entry.replace(":" + ProcessHandle.current().pid() + ":", ":2:"))
                    .toList();
            int pid = Spawn.spawn(
                    command.getFirst(), command, environment, new int[] {pipe[0]}, new int[] {WorkerProcess.TIE});
            assertTrue(pid > 0, "posix_spawn: " + pid);
            assertEquals(WorkerProcess.ORPHANED, exitCode(new ChildProcess(pid, null)), () -> read(output));
            assertTrue(read(output).contains("process 2, which started this worker, has gone"), read(output));
        } finally {
            Descriptors.close(pipe[0]);
            Descriptors.close(pipe[1]);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Its exit code, or -1 if it had to be ended. */
    private static int exitCode(ChildProcess child) {
        try {
            Poll.await(child.pidfd(), Poll.POLLIN, -1, LIMIT_MILLIS);
            int[] status = new int[1];
            if (Spawn.waitpid(child.pid(), status, Spawn.WNOHANG) == child.pid()) {
                return Spawn.exitCode(status[0]);
            }
            child.kill();
            Spawn.waitpid(child.pid(), status, 0);
            return -1;
        } finally {
            Descriptors.close(child.pidfd());
        }
    }

    /**
     * A program that a worker starts inherits the variable, and not the descriptor: the JDK closes all but the first
     * three.
     */
    @Test
    void whatAWorkerStartsIsAProgramLikeAnyOther() throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(EchoProgram.command(IoModel.PREFORK)).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put(WorkerProcess.VARIABLE, "prefork:2:0:socket:[1]");
        Process program = builder.start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))) {
            try (RawClient client = RawClient.connect(Integer.parseInt(out.readLine()))) {
                assertEquals("x", client.send("x").finish().readText());
            }
        } finally {
            program.destroyForcibly().waitFor();
        }
    }

    /** The parent is killed as soon as it has started somebody, who is then still a JVM that comes up. */
    @Test
    void workersThatAreStartingGoWithTheirParent() throws Exception {
        Process program = new ProcessBuilder(EchoProgram.command(IoModel.PREFORK))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<ProcessHandle> workers = List.of();
        try {
            while (workers.isEmpty()) {
                assertTrue(program.isAlive(), "the program has ended");
                workers = program.children().toList();
                Thread.onSpinWait();
            }
            program.destroyForcibly().waitFor();
            for (ProcessHandle worker : workers) {
                worker.onExit().get(LIMIT_MILLIS, TimeUnit.MILLISECONDS);
            }
        } finally {
            program.destroyForcibly();
            workers.forEach(ProcessHandle::destroyForcibly);
        }
    }
}
