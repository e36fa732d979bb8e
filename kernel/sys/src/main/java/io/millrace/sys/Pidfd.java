// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Processes by descriptor: pidfd_open(2) and waitid(2) with P_PIDFD. The descriptor becomes readable when the process
 * ends, and never stands for another process, as a process id may after that.
 */
public final class Pidfd {
    private Pidfd() {}

    public static final int CLD_EXITED = 1;
    public static final int CLD_KILLED = 2;
    public static final int CLD_DUMPED = 3;

    static final int SYS_PIDFD_OPEN = 434;
    private static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;

    // siginfo_t for SIGCHLD where longs have 64 bits.
    private static final int SI_CODE = 8;
    private static final int SI_PID = 16;
    private static final int SI_STATUS = 24;

    private static final MethodHandle SYSCALL = Native.function("syscall");
    private static final MethodHandle WAITID = Native.function("waitid");

    /**
     * Opens a descriptor for a process, closed on exec. Returns it, -ESRCH if there is no such process, or another
     * -errno.
     */
    public static int open(int pid) {
        return Native.call(SYSCALL, SYS_PIDFD_OPEN, pid, 0, 0, 0);
    }

    /**
     * Takes the status of a child that has ended, without waiting.
     *
     * @param status {@code status[0]} gets CLD_EXITED, CLD_KILLED or CLD_DUMPED, {@code status[1]} the exit code or the
     *     signal
     * @return 1 if it has ended, 0 if not, -ECHILD if it is no child of this process or its status was taken before, or
     *     another -errno
     */
    public static int take(int pidfd, int[] status) {
        MemorySegment info = Scratch.mine().struct;
        info.set(ValueLayout.JAVA_INT, SI_PID, 0);
        int result = Native.call(WAITID, P_PIDFD, pidfd, info.address(), WEXITED | WNOHANG, 0);
        if (result < 0 || info.get(ValueLayout.JAVA_INT, SI_PID) == 0) {
            return result;
        }
        status[0] = info.get(ValueLayout.JAVA_INT, SI_CODE);
        status[1] = info.get(ValueLayout.JAVA_INT, SI_STATUS);
        return 1;
    }
}
