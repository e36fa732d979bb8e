// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.load.LoadResult;

/** From what was counted in a round to its figures. */
final class Figures {
    private Figures() {}

    /** Adds what one round has given, the load's side and the server's. */
    static void add(Samples samples, LoadResult result, ProcessTree.Used used) {
        if (result.requests() > 0) {
            perRequest(samples, result, used);
            latencies(samples, result);
        }
        // An answer that says no is an answer to the load generator, and none to the question.
        samples.add(Metric.FAILURES, result.failed() + result.unsent() + result.statuses(4) + result.statuses(5));
        if (result.plan().beside().idle() > 0) {
            samples.add(Metric.HELD, result.besideHeld());
        }
    }

    private static void perRequest(Samples samples, LoadResult result, ProcessTree.Used used) {
        double requests = result.requests();
        samples.add(Metric.PER_SECOND, result.throughput());
        samples.add(Metric.WAKEUPS, used.sleeps() / requests);
        samples.add(Metric.PREEMPTIONS, used.preemptions() / requests);
        if (used.cpuNanos() > 0) {
            samples.add(Metric.PER_CPU_SECOND, requests * 1e9 / used.cpuNanos());
            samples.add(Metric.CPU_MICROS, used.cpuNanos() / 1e3 / requests);
            samples.add(Metric.USER_MICROS, used.userNanos() / 1e3 / requests);
            samples.add(Metric.SYSTEM_MICROS, used.systemNanos() / 1e3 / requests);
        }
        if (!result.plan().clients().keepAlive() && used.cpuNanos() > 0) {
            samples.add(Metric.CONNECTS_PER_CPU_SECOND, result.connects() * 1e9 / used.cpuNanos());
        }
    }

    private static void latencies(Samples samples, LoadResult result) {
        samples.add(Metric.P50, result.latency().getValueAtPercentile(50) / 1e3);
        samples.add(Metric.P90, result.latency().getValueAtPercentile(90) / 1e3);
        samples.add(Metric.P99, result.latency().getValueAtPercentile(99) / 1e3);
        samples.add(Metric.P999, result.latency().getValueAtPercentile(99.9) / 1e3);
        samples.add(Metric.MAX, result.latency().getMaxValue() / 1e3);
    }
}
