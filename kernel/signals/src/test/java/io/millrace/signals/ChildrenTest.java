// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.loop.RunEnd;
import io.millrace.loop.RunMode;
import io.millrace.socket.Kernel;
import io.millrace.sys.Errno;
import io.millrace.sys.Spawn;
import io.millrace.sys.SysException;
import io.millrace.transport.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
@ParameterizedClass
@MethodSource("engines")
class ChildrenTest extends OverEveryEngine {
    private final List<ExitStatus> ended = new ArrayList<>();
    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        loop = new EventLoop(Kernel.host(), "test loop", engine);
    }

    @AfterEach
    void close() {
        if (loop != null) {
            loop.close();
        }
    }

    private static Process sh(String script) throws Exception {
        return new ProcessBuilder("sh", "-c", script).start();
    }

    private ExitStatus end(Process process) {
        ended.clear();
        Children.watch(loop, process, (child, status) -> {
            assertEquals(process.pid(), child.pid());
            ended.add(status);
        });
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(1, ended.size());
        return ended.get(0);
    }

    @Test
    void aProcessEndsWithItsExitCode() throws Exception {
        assertEquals(new ExitStatus(ExitStatus.Kind.EXITED, 0), end(sh("exit 0")));
        assertEquals(new ExitStatus(ExitStatus.Kind.EXITED, 7), end(sh("exit 7")));
        assertEquals(128 + 9, end(sh("kill -KILL $$")).code());
    }

    private int spawn(String script) {
        int pid = Spawn.spawn("/bin/sh", List.of("sh", "-c", script), List.of(), new int[0], new int[0]);
        assertTrue(pid > 0, "posix_spawn: " + pid);
        return pid;
    }

    /** By its number a child that nobody else waits for gives its own status, and no zombie is left. */
    @Test
    void aSpawnedChildWatchedByNumberEndsWithItsRealStatus() throws Exception {
        if (numbersAreRefused()) {
            return;
        }
        List<Integer> pids = List.of(spawn("exit 0"), spawn("exit 7"), spawn("kill -KILL $$"));
        Map<Long, ExitStatus> all = new HashMap<>();
        for (int pid : pids) {
            Children.watch(loop, pid, (child, status) -> all.put(child.pid(), status));
        }
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(
                Map.of(
                        (long) pids.get(0), new ExitStatus(ExitStatus.Kind.EXITED, 0),
                        (long) pids.get(1), new ExitStatus(ExitStatus.Kind.EXITED, 7),
                        (long) pids.get(2), new ExitStatus(ExitStatus.Kind.SIGNALLED, 9)),
                all);
        for (int pid : pids) {
            assertEquals(-Errno.ECHILD, Spawn.waitpid(pid, new int[1], Spawn.WNOHANG));
        }
    }

    /** Signals are not sent for the descriptor of a process. */
    private boolean numbersAreRefused() throws Exception {
        if (engine != Engine.SIGIO) {
            return false;
        }
        int pid = spawn("exit 0");
        SysException e =
                assertThrows(SysException.class, () -> Children.watch(loop, pid, (child, status) -> ended.add(status)));
        assertEquals(Errno.EPERM, e.errno());
        assertTrue(e.getMessage().contains("signals are sent for sockets"), e.getMessage());
        assertEquals(pid, Spawn.waitpid(pid, new int[1], 0));
        return true;
    }

    /** The thread of the JDK takes the status of its children sooner or later: the end is noticed all the same. */
    @Test
    void aChildOfTheJdkWatchedByNumberIsNoticed() throws Exception {
        if (numbersAreRefused()) {
            return;
        }
        Process process = sh("read line; exit 3");
        Children.watch(loop, (int) process.pid(), (child, status) -> ended.add(status));
        loop.schedule(Duration.ofMillis(1), () -> closeInput(process));
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(1, ended.size());
        assertTrue(ended.get(0).code() == 3 || ended.get(0).equals(ExitStatus.unknown()), ended.toString());
    }

    private static void closeInput(Process process) {
        try {
            process.getOutputStream().close();
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aClosedWatchTellsNothing() throws Exception {
        Process process = sh("read line");
        ChildWatch watch = Children.watch(loop, process, (child, status) -> ended.add(status));
        watch.close();
        loop.turn(0);
        process.getOutputStream().close();
        assertEquals(1, process.waitFor());
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(List.of(), ended);
    }

    @Test
    void whatIsNoProcessIsRefused() throws Exception {
        Process process = sh("exit 0");
        process.waitFor();
        SysException e = assertThrows(
                SysException.class,
                () -> Children.watch(loop, (int) process.pid(), (child, status) -> ended.add(status)));
        assertEquals(Errno.ESRCH, e.errno());
    }

    @Test
    void theStatusIsThatOfAShell() {
        assertEquals(5, ExitStatus.of(new int[] {1, 5}).code());
        assertEquals(128 + 15, ExitStatus.of(new int[] {2, 15}).code());
        assertEquals(ExitStatus.Kind.SIGNALLED, ExitStatus.of(new int[] {3, 11}).kind());
        assertEquals(-1, ExitStatus.unknown().code());
    }
}
