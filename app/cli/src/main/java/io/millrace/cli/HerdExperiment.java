// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.lab.Experiment;
import io.millrace.lab.Herd;
import io.millrace.lab.HerdWay;
import io.millrace.lab.Metric;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What {@code millrace herd} measures, as rounds of the lab. */
final class HerdExperiment implements Experiment {
    private static final Duration SLOW = Duration.ofMillis(5);

    /** With a slow worker a run takes long: fewer connections show as much. */
    private static final int PART = 4;

    private final Set<HerdWay> warm = EnumSet.noneOf(HerdWay.class);

    @Override
    public Map<String, String> ways() {
        Map<String, String> all = new LinkedHashMap<>();
        for (HerdWay way : HerdWay.values()) {
            all.put(Choice.label(way), way.text());
        }
        return all;
    }

    @Override
    public Map<Metric, Double> round(String name, int workers, int connections)
            throws IOException, InterruptedException {
        HerdWay way = HerdWay.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
        try {
            if (warm.add(way)) {
                // What is compiled during the first run should not count against the first way.
                Herd.run(way, workers, connections, Duration.ZERO);
            }
            return figures(
                    Herd.run(way, workers, connections, Duration.ZERO),
                    Herd.run(way, workers, Math.max(1, connections / PART), SLOW));
        } catch (UnsupportedOperationException e) {
            throw new IOException(StartFailure.message(e), e);
        }
    }

    private static Map<Metric, Double> figures(Herd.Result even, Herd.Result oneSlow) {
        Map<Metric, Double> figures = new EnumMap<>(Metric.class);
        double served = even.accepted();
        figures.put(Metric.WOKEN, even.wakeups() / served);
        figures.put(Metric.USELESS, even.useless() / served);
        figures.put(
                Metric.BUSIEST, Collections.max(even.spread()) * even.spread().size() / served);
        figures.put(Metric.P50, even.medianNanos() / 1e3);
        figures.put(Metric.P99, even.p99Nanos() / 1e3);
        figures.put(Metric.P99_ONE_SLOW, oneSlow.p99Nanos() / 1e3);
        return figures;
    }

    @Override
    public String command(int workers, int connections) {
        return "millrace herd --as threads --workers " + workers + " --connections " + connections;
    }
}
