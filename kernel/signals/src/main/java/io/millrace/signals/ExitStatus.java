// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import io.millrace.sys.Pidfd;

/**
 * How a process has ended.
 *
 * @param kind by itself, by a signal, or unknown
 * @param value the exit code or the signal, -1 if unknown
 */
public record ExitStatus(Kind kind, int value) {

    /** Ways to end. */
    public enum Kind {
        /** By exit(3): the value is its exit code. */
        EXITED,

        /** By a signal: the value is its number. */
        SIGNALLED,

        /** The process was no child of ours, or its status has been taken elsewhere. */
        UNKNOWN
    }

    private static final int SIGNALLED_BASE = 128;

    /** As a shell has it: the exit code, 128 and the signal's number, or -1. */
    public int code() {
        return kind == Kind.SIGNALLED ? SIGNALLED_BASE + value : value;
    }

    static ExitStatus of(int[] status) {
        return new ExitStatus(status[0] == Pidfd.CLD_EXITED ? Kind.EXITED : Kind.SIGNALLED, status[1]);
    }

    /** The JDK gives 128 and the signal for those that a signal has ended; an exit code may be that, too. */
    static ExitStatus of(Process process) {
        return new ExitStatus(Kind.EXITED, process.exitValue());
    }

    static ExitStatus unknown() {
        return new ExitStatus(Kind.UNKNOWN, -1);
    }
}
