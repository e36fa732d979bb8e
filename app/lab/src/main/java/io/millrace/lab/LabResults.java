// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Everything that a run has measured, in the order in which it was. */
final class LabResults {

    /** One scenario: by point of its sweep, by contender. */
    static final class Part {
        final Scenario scenario;
        final Map<Integer, Map<String, Samples>> points = new LinkedHashMap<>();

        /** The command line of the load at the first point, to repeat it by hand. */
        String command = "";

        /** How each server was started, by contender. */
        final Map<String, String> servers = new LinkedHashMap<>();

        /** What those are that are compared here and nowhere else: the ways of an experiment. */
        final Map<String, String> stories = new LinkedHashMap<>();

        Part(Scenario scenario) {
            this.scenario = scenario;
        }

        /** Where a contender's figures go. */
        Samples at(int value, String contender) {
            return points.computeIfAbsent(value, none -> new LinkedHashMap<>())
                    .computeIfAbsent(contender, none -> new Samples());
        }

        /** What there is, to be looked at; empty samples where there is nothing. */
        Samples get(int value, String contender) {
            Samples samples = points.getOrDefault(value, Map.of()).get(contender);
            return samples == null ? new Samples() : samples;
        }

        Set<String> contenders() {
            Set<String> all = new LinkedHashSet<>();
            points.values().forEach(point -> all.addAll(point.keySet()));
            return all;
        }

        /** The contenders of a point that have this figure. */
        Map<String, Samples> with(int value, Metric metric) {
            Map<String, Samples> all = new LinkedHashMap<>();
            points.getOrDefault(value, Map.of()).forEach((name, samples) -> {
                if (samples.has(metric)) {
                    all.put(name, samples);
                }
            });
            return all;
        }

        int firstPoint() {
            return points.keySet().iterator().next();
        }

        int lastPoint() {
            return new ArrayList<>(points.keySet()).getLast();
        }
    }

    /** Machine, versions, commands: name and value. */
    final Map<String, String> header = new LinkedHashMap<>();

    /** What each contender is, by name. */
    final Map<String, String> contenders = new LinkedHashMap<>();

    final List<Part> parts = new ArrayList<>();

    /** Whether the run was ended before its end. */
    boolean interrupted;
}
