// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the rounds of one contender at one point gave, or why there is nothing. */
final class Samples {
    private final Map<Metric, List<Double>> rounds = new EnumMap<>(Metric.class);
    private String note = "";

    void add(Metric metric, double value) {
        rounds.computeIfAbsent(metric, none -> new ArrayList<>()).add(value);
    }

    /** Why there is nothing, or what has to be known to read it; empty for nothing. */
    String note() {
        return note;
    }

    void note(String text) {
        note = text;
    }

    boolean has(Metric metric) {
        return rounds.containsKey(metric);
    }

    boolean isEmpty() {
        return rounds.isEmpty();
    }

    Set<Metric> metrics() {
        return rounds.keySet();
    }

    List<Double> values(Metric metric) {
        return Collections.unmodifiableList(rounds.getOrDefault(metric, List.of()));
    }

    /** The middle of the rounds; NaN without any. */
    double median(Metric metric) {
        List<Double> sorted = sorted(metric);
        int n = sorted.size();
        if (n == 0) {
            return Double.NaN;
        }
        return n % 2 == 1 ? sorted.get(n / 2) : (sorted.get(n / 2 - 1) + sorted.get(n / 2)) / 2;
    }

    double least(Metric metric) {
        return rounds.containsKey(metric) ? Collections.min(values(metric)) : Double.NaN;
    }

    double most(Metric metric) {
        return rounds.containsKey(metric) ? Collections.max(values(metric)) : Double.NaN;
    }

    /** Range of the rounds over their median: 0.1 for a tenth. */
    double spread(Metric metric) {
        double median = median(metric);
        return median == 0 ? 0 : (most(metric) - least(metric)) / Math.abs(median);
    }

    private List<Double> sorted(Metric metric) {
        List<Double> sorted = new ArrayList<>(values(metric));
        Collections.sort(sorted);
        return sorted;
    }
}
