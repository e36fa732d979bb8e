// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Where a contender was strong in a run, and where not, over all scenarios: computed, as {@link Findings} are. */
final class Strengths {
    private final LabResults results;

    Strengths(LabResults results) {
        this.results = results;
    }

    /** One or two sentences. */
    String of(String contender) {
        List<String> level = new ArrayList<>();
        String worst = "";
        double most = Findings.FLAT;
        int measured = 0;
        for (LabResults.Part part : results.parts) {
            Map<String, Samples> all =
                    part.points.isEmpty() ? Map.of() : part.with(part.lastPoint(), part.scenario.measured());
            if (all.size() < 2 || !all.containsKey(contender)) {
                continue;
            }
            measured++;
            Findings findings = new Findings(part);
            Samples best = findings.ranking(part.lastPoint()).getFirst().getValue();
            double behind = findings.ratio(best, all.get(contender));
            if (Findings.overlap(best, all.get(contender), part.scenario.measured())) {
                level.add(part.scenario.title());
            } else if (behind > most) {
                most = behind;
                worst = "Furthest behind in: " + part.scenario.title() + ", " + Metric.figures(behind) + " times.";
            }
        }
        if (measured == 0) {
            return "Not measured beside others; the notes of the scenarios say why.";
        }
        return level.isEmpty() && worst.isEmpty()
                ? "Never first, and never behind the first by more than a quarter."
                : (first(level, measured) + worst).strip();
    }

    private static String first(List<String> level, int measured) {
        if (level.isEmpty()) {
            return "";
        }
        return level.size() == measured
                ? "First or level with the first in all that it took part in (" + measured + "). "
                : "First or level with the first in: " + Findings.join(level) + ". ";
    }
}
