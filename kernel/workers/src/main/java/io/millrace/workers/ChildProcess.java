// SPDX-License-Identifier: Apache-2.0
package io.millrace.workers;

import io.millrace.socket.Trace;
import io.millrace.sys.Pidfd;
import io.millrace.sys.Spawn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process that this one has started, up to the moment when its end has been taken note of: until then the kernel
 * gives its id to no other. Any thread may call.
 */
public final class ChildProcess {
    private final int pid;
    private final int pidfd;
    private final @Nullable Trace trace;
    private boolean reaped;
    private boolean killed;
    private int exitCode;

    /**
     * A process that was started.
     *
     * @param pid its id
     * @param trace where its end is written down, or {@code null}
     */
    public ChildProcess(int pid, @Nullable Trace trace) {
        this.pid = pid;
        this.pidfd = Pidfd.open(pid);
        this.trace = trace;
    }

    /**
     * Starts a process.
     *
     * @param first what becomes its descriptor 0
     * @param tie what becomes its tie, descriptor {@value WorkerProcess#TIE}
     * @param trace where the call is written down, or {@code null}
     * @return its id, or -errno
     */
    public static int spawn(List<String> command, List<String> environment, int first, int tie, @Nullable Trace trace) {
        int result = Spawn.spawn(
                command.getFirst(), command, environment, new int[] {first, tie}, new int[] {0, WorkerProcess.TIE});
        if (trace != null) {
            trace.called(
                    "posix_spawn " + command.getFirst() + ", " + first + " as 0, " + tie + " as " + WorkerProcess.TIE,
                    result);
        }
        return result;
    }

    /** Returns its id. */
    public int pid() {
        return pid;
    }

    /** Returns the descriptor that becomes readable when it ends (pidfd_open(2)), or -errno. The caller closes it. */
    public int pidfd() {
        return pidfd;
    }

    /** Takes note of the end, if it has come. Returns whether it has. */
    public synchronized boolean reap() {
        int[] status = new int[1];
        int result = reaped ? 0 : Spawn.waitpid(pid, status, Spawn.WNOHANG);
        if (result == 0) {
            return reaped;
        }
        reaped = true;
        exitCode = result < 0 ? 0 : Spawn.exitCode(status[0]);
        if (trace != null) {
            trace.line("  waitpid " + pid + " = "
                    + (exitCode > 128 ? "signal " + (exitCode - 128) : "exit code " + exitCode));
        }
        return true;
    }

    /** Ends it at once. */
    public synchronized void kill() {
        if (!reaped) {
            killed = true;
            int result = Spawn.kill(pid, Spawn.SIGKILL);
            if (trace != null) {
                trace.called("kill " + pid + " SIGKILL", result);
            }
        }
    }

    /**
     * Returns in words how it ended, if it did not end as it should or was told to; else {@code null}. After
     * {@link #reap} has returned true.
     */
    public synchronized @Nullable String complaint() {
        return killed || exitCode == 0
                ? null
                : exitCode > 128 ? "was ended by signal " + (exitCode - 128) : "ended with exit code " + exitCode;
    }
}
