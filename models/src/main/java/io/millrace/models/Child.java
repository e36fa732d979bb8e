// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.sys.Spawn;

/** A worker process of ours, from its start to the moment when its end has been taken note of: until then its id is nobody else's. */
final class Child {
    final int pid;
    final int pidfd;
    private boolean reaped;
    private boolean killed;
    private int exitCode;

    Child(int pid) {
        this.pid = pid;
        this.pidfd = Spawn.pidfdOpen(pid);
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
        return true;
    }

    /** Ends it at once. */
    synchronized void kill() {
        if (!reaped) {
            killed = true;
            Spawn.kill(pid, Spawn.SIGKILL);
        }
    }

    /** In words, once it was reaped, if it did not end as it should; else {@code null}. */
    synchronized String complaint() {
        return killed || exitCode == 0 ? null : exitCode > 128
                ? "was ended by signal " + (exitCode - 128)
                : "ended with exit code " + exitCode;
    }
}
