// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(60)
@EnabledOnOs(value = OS.LINUX, disabledReason = "system calls of Linux")
class SpawnTest {
    private static final int EXEC_FAILED = 127;

    @Test
    void aChildHasTheDescriptorsItWasGivenAndNoOther() {
        int[] pipe = pipe();
        // Not marked to be closed on exec: what a library in the same JVM may have open.
        int leaky = Descriptors.dup(pipe[0]);
        String script = "ls /proc/self/fd | tr '\\n' ' ' >&3; echo $GREETING >&3";
        int pid = shell(script, List.of("GREETING=hello"), new int[] {pipe[1]}, new int[] {3});
        Descriptors.close(pipe[1]);
        String said = readAll(pipe[0]);
        // 4 is what ls opens to read the folder, being the lowest that is free.
        assertEquals("0 1 2 3 4 hello\n", said);
        assertEquals(0, exitCode(pid));
        Descriptors.close(leaky);
        Descriptors.close(pipe[0]);
    }

    @Test
    void theConnectionBecomesDescriptorZeroAsWithInetd() {
        int[] pair = new int[2];
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0, pair));
        int pid = shell("read line; echo \"got $line\" >&0", List.of(), new int[] {pair[1]}, new int[] {0});
        Descriptors.close(pair[1]);
        byte[] hello = "hello\n".getBytes(StandardCharsets.US_ASCII);
        assertEquals(hello.length, Descriptors.write(pair[0], hello, hello.length));
        assertEquals("got hello\n", readAll(pair[0]));
        assertEquals(0, exitCode(pid));
        Descriptors.close(pair[0]);
    }

    @Test
    void anEndIsSeenOnThePidfdAndToldByCodeOrSignal() {
        int three = shell("exit 3", List.of(), new int[0], new int[0]);
        int pidfd = Pidfd.open(three);
        assertTrue(pidfd >= 0, Errno.describe(pidfd));
        assertEquals(Poll.POLLIN, Poll.await(pidfd, Poll.POLLIN, -1, 20_000));
        assertEquals(3, exitCode(three));
        Descriptors.close(pidfd);
        int[] status = new int[1];
        assertEquals(-10, Spawn.waitpid(three, status, 0), "waited for already: ECHILD");

        int sleeper = shell("exec sleep 60", List.of(), new int[0], new int[0]);
        assertEquals(0, Spawn.waitpid(sleeper, status, Spawn.WNOHANG));
        assertEquals(0, Spawn.kill(sleeper, Spawn.SIGKILL));
        assertEquals(128 + Spawn.SIGKILL, exitCode(sleeper));
    }

    @Test
    void whatCannotBeStartedIsAnErrorNumber() {
        int result = Spawn.spawn("/nowhere/at/all", List.of("x"), List.of(), new int[0], new int[0]);
        assertTrue(result == -Errno.ENOENT || (result > 0 && exitCode(result) == EXEC_FAILED), "result " + result);
    }

    @Test
    void aWaitSeesTheDescriptorAndTheBellApart() {
        int[] pipe = pipe();
        int bell = Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC | Descriptors.EFD_NONBLOCK);
        assertEquals(0, Poll.await(pipe[0], Poll.POLLIN, bell, 0));
        Descriptors.signal(bell);
        assertEquals(Poll.POLLIN << 16, Poll.await(pipe[0], Poll.POLLIN, bell, 20_000));
        assertEquals(Long.BYTES, Descriptors.clear(bell));
        assertEquals(-Errno.EAGAIN, Descriptors.clear(bell));
        Descriptors.write(pipe[1], new byte[1], 1);
        assertEquals(Poll.POLLIN, Poll.await(pipe[0], Poll.POLLIN, bell, 20_000));
        Descriptors.close(pipe[1]);
        assertEquals(1, Descriptors.read(pipe[0], new byte[8], 8));
        assertEquals(Poll.POLLHUP, Poll.await(pipe[0], 0, bell, 20_000), "a hang-up cannot be masked");
        Descriptors.close(pipe[0]);
        assertEquals(Poll.POLLNVAL, Poll.await(pipe[0], Poll.POLLIN, bell, 0));
        Descriptors.close(bell);
    }

    private static int[] pipe() {
        int[] pipe = new int[2];
        assertEquals(0, Pipes.pipe2(pipe, Descriptors.O_CLOEXEC));
        return pipe;
    }

    private static int shell(String script, List<String> more, int[] descriptors, int[] places) {
        List<String> environment = new ArrayList<>(List.of("PATH=/usr/bin:/bin"));
        environment.addAll(more);
        int pid = Spawn.spawn("/bin/sh", List.of("sh", "-c", script), environment, descriptors, places);
        assertTrue(pid > 0, Errno.describe(pid));
        return pid;
    }

    private static int exitCode(int pid) {
        int[] status = new int[1];
        assertEquals(pid, Spawn.waitpid(pid, status, 0));
        return Spawn.exitCode(status[0]);
    }

    private static String readAll(int fd) {
        StringBuilder text = new StringBuilder();
        byte[] some = new byte[256];
        for (int n = Descriptors.read(fd, some, some.length); n > 0; n = Descriptors.read(fd, some, some.length)) {
            text.append(new String(some, 0, n, StandardCharsets.UTF_8));
        }
        return text.toString();
    }
}
