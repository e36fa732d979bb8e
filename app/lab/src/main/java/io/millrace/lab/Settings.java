// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How a run is made.
 *
 * @param rounds how often each contender is asked at each point
 * @param measure how long a round lasts, where the scenario does not say
 * @param warmCpu processor time that a server gets at least to warm up: a JVM compiles while it serves
 * @param systemCalls whether to count system calls, in a round of its own under strace(1)
 * @param serverProcessor where servers run, -1 for anywhere
 * @param loadProcessor where the load comes from, -1 for anywhere
 * @param folder where servers may leave what they have to say
 * @param loadAgent the command line of a load agent that says its port on its first line
 */
public record Settings(
        int rounds,
        Duration measure,
        Duration warmCpu,
        boolean systemCalls,
        int serverProcessor,
        int loadProcessor,
        Path folder,
        List<String> loadAgent) {

    /** The same, pinned as this machine allows: server and load on a processor each, where there are two. */
    public Settings pinned() {
        List<Integer> processors = Machine.processors();
        boolean can = processors.size() >= 2 && Machine.has("taskset");
        return new Settings(
                rounds,
                measure,
                warmCpu,
                systemCalls,
                can ? processors.get(0) : -1,
                can ? processors.get(1) : -1,
                folder,
                loadAgent);
    }

    /**
     * The beginning of a command line that keeps a process on a processor, unless that is -1, and ends it when this
     * process is killed (PR_SET_PDEATHSIG of prctl(2)), where there are the tools for it.
     */
    List<String> placed(int processor) {
        List<String> command = new ArrayList<>();
        if (Machine.has("setpriv")) {
            command.addAll(List.of("setpriv", "--pdeathsig", "TERM"));
        }
        if (processor >= 0) {
            command.addAll(List.of("taskset", "-c", String.valueOf(processor)));
        }
        return command;
    }

    boolean isPinned() {
        return serverProcessor >= 0;
    }

    /** How it was made, in words. */
    String describe() {
        String where = isPinned()
                ? "server on processor " + serverProcessor + ", load on processor " + loadProcessor
                : "not pinned" + (Machine.processors().size() < 2 ? " on one processor" : ", for want of taskset")
                        + ": server and load take from one another, and times on the clock say little";
        return rounds + " rounds of " + measure.toMillis() / 1000.0
                + " s, interleaved; each server in a process of its own, warmed up for at least "
                + warmCpu.toMillis() / 1000.0 + " s of processor time and until a request got no cheaper; " + where;
    }
}
