// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.time.Duration;
import java.util.List;

/**
 * How a run is made.
 *
 * @param rounds how often each contender is asked at each point
 * @param measure how long a round lasts, where the scenario does not say
 * @param warmCpu processor time that a server gets to warm up: a JVM compiles while it serves
 * @param systemCalls whether to count system calls, in a round of its own under strace(1)
 * @param serverProcessor where servers run, -1 for anywhere
 * @param loadProcessor where the load comes from, -1 for anywhere
 * @param loadAgent the command line of a load agent that says its port on its first line
 */
public record Settings(
        int rounds,
        Duration measure,
        Duration warmCpu,
        boolean systemCalls,
        int serverProcessor,
        int loadProcessor,
        List<String> loadAgent) {

    /** The same, pinned as this machine allows: server and load on a processor each, where there are two. */
    public Settings pinned() {
        boolean can = Runtime.getRuntime().availableProcessors() >= 2 && Machine.has("taskset");
        return new Settings(rounds, measure, warmCpu, systemCalls, can ? 0 : -1, can ? 1 : -1, loadAgent);
    }

    boolean isPinned() {
        return serverProcessor >= 0;
    }

    /** How it was made, in words. */
    String describe() {
        String where = isPinned()
                ? "server on processor " + serverProcessor + ", load on processor " + loadProcessor
                : "not pinned: server and load share the processors";
        return rounds + " rounds of " + measure.toMillis() / 1000.0 + " s, interleaved; each server in a process of its own, warmed up with "
                + warmCpu.toMillis() / 1000.0 + " s of processor time; " + where;
    }
}
