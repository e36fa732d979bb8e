// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What changed between two runs, and whether it is more than noise. A change counts only if the rounds of the two runs
 * have nothing in common and the medians are further apart than either run's own rounds are from each other; two
 * figures from a shared machine that merely differ say nothing.
 */
final class Comparison {

    /** What became of one figure. */
    enum Verdict {
        BETTER("better"),
        WORSE("worse"),
        NOISE("within the noise"),
        TOO_FEW("too few rounds to tell");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /**
     * One figure in both runs.
     *
     * @param where scenario and point
     * @param contender whose
     * @param metric which
     * @param before median of the first run
     * @param after median of the second run
     * @param verdict what became of it
     */
    record Change(String where, String contender, Metric metric, double before, double after, Verdict verdict) {
        /** The second as a multiple of the first. */
        double ratio() {
            return after / before;
        }
    }

    private Comparison() {}

    /** Every figure that a scenario is about and both runs have. */
    static List<Change> of(LabResults before, LabResults after) {
        List<Change> all = new ArrayList<>();
        for (LabResults.Part old : before.parts) {
            for (LabResults.Part now : after.parts) {
                if (old.scenario.name().equals(now.scenario.name())) {
                    compare(old, now, all);
                }
            }
        }
        return all;
    }

    private static void compare(LabResults.Part old, LabResults.Part now, List<Change> all) {
        Metric metric = now.scenario.measured();
        for (Map.Entry<Integer, Map<String, Samples>> point : old.points.entrySet()) {
            String where = old.scenario.name()
                    + (old.scenario.sweep().isNone()
                            ? ""
                            : " " + old.scenario.sweep().field().key() + "=" + point.getKey());
            Map<String, Samples> others = now.with(point.getKey(), metric);
            old.with(point.getKey(), metric).forEach((contender, samples) -> {
                if (others.containsKey(contender)) {
                    all.add(change(where, contender, metric, samples, others.get(contender)));
                }
            });
        }
    }

    private static Change change(String where, String contender, Metric metric, Samples old, Samples now) {
        double a = old.median(metric);
        double b = now.median(metric);
        return new Change(where, contender, metric, a, b, verdict(metric, old, now));
    }

    static Verdict verdict(Metric metric, Samples old, Samples now) {
        if (old.values(metric).size() < 3 || now.values(metric).size() < 3) {
            return Verdict.TOO_FEW;
        }
        double a = old.median(metric);
        double b = now.median(metric);
        double noise = Math.max(old.most(metric) - old.least(metric), now.most(metric) - now.least(metric)) / 2;
        if (Findings.overlap(old, now, metric) || Math.abs(a - b) <= noise) {
            return Verdict.NOISE;
        }
        return b < a == metric.lessIsBetter() ? Verdict.BETTER : Verdict.WORSE;
    }

    /** For a terminal: changes first, then how many were within the noise. */
    static String text(List<Change> changes) {
        if (changes.isEmpty()) {
            return "The two runs have no figure in common.\n";
        }
        StringBuilder text = new StringBuilder();
        int noise = 0;
        int few = 0;
        for (Change change : changes) {
            noise += change.verdict() == Verdict.NOISE ? 1 : 0;
            few += change.verdict() == Verdict.TOO_FEW ? 1 : 0;
            if (change.verdict() == Verdict.BETTER || change.verdict() == Verdict.WORSE) {
                text.append(line(change));
            }
        }
        if (text.isEmpty()) {
            text.append("Nothing has changed by more than the noise.\n");
        }
        text.append(String.format(Locale.ROOT, "%d figures compared, %d within the noise", changes.size(), noise));
        return text.append(few > 0 ? ", " + few + " with fewer than three rounds in one of the runs" : "")
                .append(".\n")
                .toString();
    }

    private static String line(Change change) {
        return String.format(
                Locale.ROOT,
                "%-7s %-28s %-16s %s -> %s (%.2f times) %s%n",
                change.verdict().words(),
                change.where(),
                change.contender(),
                change.metric().format(change.before()),
                change.metric().format(change.after()),
                change.ratio(),
                change.metric().title());
    }
}
