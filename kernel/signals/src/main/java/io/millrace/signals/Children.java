// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import io.millrace.loop.EventLoop;
import io.millrace.sys.SysException;

/**
 * Ends of child processes as events of a loop.
 *
 * <p>Who takes a child's status may be one only. For what {@link ProcessBuilder} has started that is a thread of the
 * JDK, so such a child is watched by its {@link Process}; by its number its end would be noticed, and its status be
 * {@link ExitStatus.Kind#UNKNOWN} as often as not. A child that was spawned in another way (posix_spawn(3)) is watched
 * by its number.
 */
public final class Children {
    private Children() {}

    /**
     * Watches for the end of a child that was not started by {@link ProcessBuilder}, and takes its status. On the loop,
     * or before it runs.
     *
     * @throws SysException if there is no such process, or the kernel has no pidfd_open(2) (Linux 5.3)
     */
    public static ChildWatch watch(EventLoop loop, int pid, ChildWatch.Callback callback) throws SysException {
        return ChildWatch.of(loop, pid, callback);
    }

    /** Watches for the end of a process that {@link ProcessBuilder} has started. On the loop, or before it runs. */
    public static ChildWatch watch(EventLoop loop, Process process, ChildWatch.Callback callback) {
        return ChildWatch.of(loop, process, callback);
    }
}
