// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a server and the processes that it started use, read from /proc (proc_pid_stat(5), proc_pid_status(5),
 * proc_pid_smaps(5)). Time of children that have ended and were waited for counts as their parent's, so a process for
 * each connection is not overlooked.
 */
final class ProcessTree {
    private static final long TICKS_A_SECOND = 100;

    // Of proc_pid_stat(5), counted from the state behind the name in parentheses.
    private static final int UTIME = 11;
    private static final int STIME = 12;
    private static final int CUTIME = 13;
    private static final int CSTIME = 14;

    /**
     * What has been used up to a moment.
     *
     * @param userNanos processor time outside the kernel
     * @param systemNanos processor time in the kernel
     * @param sleeps how often a thread went to sleep of its own will
     * @param preemptions how often the processor was taken from one
     */
    record Used(long userNanos, long systemNanos, long sleeps, long preemptions) {
        Used minus(Used before) {
            return new Used(
                    userNanos - before.userNanos,
                    systemNanos - before.systemNanos,
                    sleeps - before.sleeps,
                    preemptions - before.preemptions);
        }

        Used plus(Used other) {
            return new Used(
                    userNanos + other.userNanos,
                    systemNanos + other.systemNanos,
                    sleeps + other.sleeps,
                    preemptions + other.preemptions);
        }

        long cpuNanos() {
            return userNanos + systemNanos;
        }
    }

    private final ProcessHandle root;

    ProcessTree(ProcessHandle root) {
        this.root = root;
    }

    private List<Long> pids() {
        List<Long> all = new ArrayList<>();
        all.add(root.pid());
        root.descendants().forEach(child -> all.add(child.pid()));
        return all;
    }

    /** What all of them have used so far. Those that have just ended are left out. */
    Used used() {
        Used sum = new Used(0, 0, 0, 0);
        for (long pid : pids()) {
            sum = sum.plus(times(pid)).plus(switches(pid));
        }
        return sum;
    }

    private static Used times(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long user = Long.parseLong(fields[UTIME]) + Long.parseLong(fields[CUTIME]);
            long system = Long.parseLong(fields[STIME]) + Long.parseLong(fields[CSTIME]);
            return new Used(user * 1_000_000_000L / TICKS_A_SECOND, system * 1_000_000_000L / TICKS_A_SECOND, 0, 0);
        } catch (IOException gone) {
            return new Used(0, 0, 0, 0);
        }
    }

    private static Used switches(long pid) {
        long sleeps = 0;
        long preemptions = 0;
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path task : tasks.toList()) {
                for (String line : lines(task.resolve("status"))) {
                    sleeps += number(line, "voluntary_ctxt_switches:");
                    preemptions += number(line, "nonvoluntary_ctxt_switches:");
                }
            }
        } catch (IOException gone) {
            // As if it had not been there.
        }
        return new Used(0, 0, sleeps, preemptions);
    }

    /** Resident memory, with shared pages shared out among those that use them; in bytes. */
    long memory() {
        long sum = 0;
        for (long pid : pids()) {
            for (String line : lines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
                sum += number(line, "Pss:") * 1024;
            }
        }
        return sum;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException gone) {
            return List.of();
        }
    }

    private static long number(String line, String name) {
        if (!line.startsWith(name)) {
            return 0;
        }
        return Long.parseLong(line.substring(name.length()).replace("kB", "").strip());
    }
}
