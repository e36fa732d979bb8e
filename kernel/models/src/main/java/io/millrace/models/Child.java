// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.socket.Trace;
import io.millrace.sys.Pidfd;
import io.millrace.sys.Spawn;
import java.util.List;

/**
 * A worker process of ours, from its start to the moment when its end has been taken note of: until then its id is
 * nobody else's.
 */
final class Child {
    final int pid;
    final int pidfd;
    private final Trace trace;
    private boolean reaped;
    private boolean killed;
    private int exitCode;

    /** One that was started, and where its end is written down, if anywhere. */
    Child(int pid, Trace trace) {
        this.pid = pid;
        this.pidfd = Pidfd.open(pid);
        this.trace = trace;
    }

    /** Starts a process whose descriptor 0 is {@code first} and whose tie is {@code tie}: its id or -errno. */
    static int spawn(List<String> command, List<String> environment, int first, int tie, Trace trace) {
        int result = Spawn.spawn(
                command.getFirst(), command, environment, new int[] {first, tie}, new int[] {0, WorkerProcess.TIE});
        if (trace != null) {
            trace.called(
                    "posix_spawn " + command.getFirst() + ", " + first + " as 0, " + tie + " as " + WorkerProcess.TIE,
                    result);
        }
        return result;
    }

    /** Takes note of the end, if it has come. */
    synchronized boolean reap() {
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
    synchronized void kill() {
        if (!reaped) {
            killed = true;
            int result = Spawn.kill(pid, Spawn.SIGKILL);
            if (trace != null) {
                trace.called("kill " + pid + " SIGKILL", result);
            }
        }
    }

    /** In words, once it was reaped, if it did not end as it should; else {@code null}. */
    synchronized String complaint() {
        return killed || exitCode == 0
                ? null
                : exitCode > 128 ? "was ended by signal " + (exitCode - 128) : "ended with exit code " + exitCode;
    }
}
