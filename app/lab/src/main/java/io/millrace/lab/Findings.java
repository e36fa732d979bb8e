// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run shows, in sentences. Every one is computed from the figures of the run: who came first and by how much,
 * what that cost, what changed along a sweep, what failed. Two contenders whose rounds overlap are called level.
 */
final class Findings {
    /** A change along a sweep that is less than this is called none. */
    static final double FLAT = 1.25;

    /** Less than this for a request is not worth a word: wake-ups, system calls, microseconds. */
    private static final double TRIFLE = 0.05;

    private static final int MOST_NAMES = 6;

    private final LabResults.Part part;
    private final Metric metric;

    Findings(LabResults.Part part) {
        this.part = part;
        this.metric = part.scenario.measured();
    }

    List<String> sentences() {
        List<String> all = new ArrayList<>();
        if (part.points.isEmpty()) {
            return all;
        }
        int point = part.lastPoint();
        List<Map.Entry<String, Samples>> ranking = ranking(point);
        if (ranking.size() > 1) {
            all.add(first(point, ranking));
            all.add(cost(ranking.getFirst(), ranking.getLast()));
            all.add(part.scenario.service() == Scenario.Service.HERD ? "" : tail(ranking));
        }
        if (part.points.size() > 1) {
            all.add(growth());
        }
        if (part.scenario.service() == Scenario.Service.HERD) {
            all.addAll(herd(point));
        }
        all.add(memory(point));
        all.add(failures());
        all.removeIf(String::isEmpty);
        return all;
    }

    /** The contenders of a point, best first. */
    List<Map.Entry<String, Samples>> ranking(int point) {
        List<Map.Entry<String, Samples>> all =
                new ArrayList<>(part.with(point, metric).entrySet());
        Comparator<Map.Entry<String, Samples>> byMedian =
                Comparator.comparingDouble(e -> e.getValue().median(metric));
        all.sort(metric.lessIsBetter() ? byMedian : byMedian.reversed());
        return all;
    }

    private String first(int point, List<Map.Entry<String, Samples>> ranking) {
        Map.Entry<String, Samples> best = ranking.getFirst();
        Map.Entry<String, Samples> worst = ranking.getLast();
        List<String> level = new ArrayList<>();
        for (Map.Entry<String, Samples> other : ranking.subList(1, ranking.size())) {
            if (overlap(best.getValue(), other.getValue(), metric)) {
                level.add(other.getKey());
            }
        }
        String where = part.scenario.sweep().isNone()
                ? ""
                : "With " + String.format(Locale.ROOT, "%,d ", point)
                        + part.scenario.sweep().field().title() + ", ";
        StringBuilder text = new StringBuilder(where);
        text.append(best.getKey())
                .append(" came first: ")
                .append(value(best))
                .append(' ')
                .append(metric.title());
        text.append(level.isEmpty() ? "" : "; level with it, within the spread of the rounds: " + names(level))
                .append(". ");
        text.append(worst.getKey()).append(" came last with ").append(value(worst));
        double ratio = ratio(best.getValue(), worst.getValue());
        if (Double.isFinite(ratio)) {
            text.append(metric.lessIsBetter() ? ", " : ": " + best.getKey() + " gave ");
            text.append(Metric.figures(ratio)).append(metric.lessIsBetter() ? " times as much" : " times as many");
        }
        return text.append('.').toString();
    }

    private String value(Map.Entry<String, Samples> entry) {
        return metric.format(entry.getValue().median(metric));
    }

    /** How many times worse the second is, by medians. */
    double ratio(Samples better, Samples worse) {
        double a = better.median(metric);
        double b = worse.median(metric);
        return metric.lessIsBetter() ? b / a : a / b;
    }

    /** Whether the ranges of the rounds have something in common: then the order of the two is noise. */
    static boolean overlap(Samples one, Samples other, Metric metric) {
        return one.least(metric) <= other.most(metric) && other.least(metric) <= one.most(metric);
    }

    private String cost(Map.Entry<String, Samples> best, Map.Entry<String, Samples> worst) {
        List<String> all = new ArrayList<>();
        for (Metric each : List.of(Metric.USER_MICROS, Metric.SYSTEM_MICROS, Metric.SYSTEM_CALLS, Metric.WAKEUPS)) {
            double a = best.getValue().median(each);
            double b = worst.getValue().median(each);
            if (Math.max(a, b) >= TRIFLE && (b > a * FLAT || a > b * FLAT)) {
                all.add(each.title() + ": " + each.format(b) + " against " + each.format(a));
            }
        }
        if (all.isEmpty()) {
            return "";
        }
        return "Where " + worst.getKey() + " and " + best.getKey() + " differ by more than a quarter: "
                + String.join("; ", all) + ".";
    }

    private String tail(List<Map.Entry<String, Samples>> ranking) {
        String best = null;
        String worst = null;
        double least = Double.MAX_VALUE;
        double most = 0;
        for (Map.Entry<String, Samples> entry : ranking) {
            double p99 = entry.getValue().median(Metric.P99);
            if (p99 < least) {
                least = p99;
                best = entry.getKey();
            }
            if (p99 > most) {
                most = p99;
                worst = entry.getKey();
            }
        }
        if (best == null || most < least * 2) {
            return "";
        }
        return "One answer in a hundred took longer than " + Metric.P99.format(most) + " from " + worst
                + " and longer than " + Metric.P99.format(least) + " from " + best + ".";
    }

    private String growth() {
        int from = part.firstPoint();
        int to = part.lastPoint();
        List<String> flat = new ArrayList<>();
        List<String> worse = new ArrayList<>();
        List<String> better = new ArrayList<>();
        for (String contender : part.contenders()) {
            double a = part.get(from, contender).median(metric);
            double b = part.get(to, contender).median(metric);
            if (Double.isNaN(a) || Double.isNaN(b) || a == 0) {
                continue;
            }
            double factor = metric.lessIsBetter() ? b / a : a / b;
            if (factor >= FLAT) {
                worse.add(contender + " " + Metric.figures(factor));
            } else if (factor <= 1 / FLAT) {
                better.add(contender + " " + Metric.figures(1 / factor));
            } else {
                flat.add(contender);
            }
        }
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "From %,d to %,d %s",
                from,
                to,
                part.scenario.sweep().field().title()));
        List<String> clauses = new ArrayList<>();
        if (!flat.isEmpty()) {
            clauses.add(names(flat) + " stayed within a quarter");
        }
        if (!worse.isEmpty()) {
            clauses.add("it became worse by these factors: " + join(worse));
        }
        if (!better.isEmpty()) {
            clauses.add("it became better by these factors: " + join(better));
        }
        return clauses.isEmpty()
                ? ""
                : text.append(": ")
                        .append(String.join("; ", clauses))
                        .append('.')
                        .toString();
    }

    private List<String> herd(int point) {
        return List.of(
                ends(
                        point,
                        Metric.USELESS,
                        "A connection woke workers for nothing %s times with %s and %s times with %s."),
                ends(
                        point,
                        Metric.BUSIEST,
                        "The busiest worker got %s times its fair share with %s and %s times with %s."),
                ends(
                        point,
                        Metric.P99_ONE_SLOW,
                        "With one slow worker among them one client in a hundred waited longer than %s with %s and"
                                + " longer than %s with %s."));
    }

    /** The most and the least of a figure, if they are far apart. */
    private String ends(int point, Metric figure, String sentence) {
        String least = null;
        String most = null;
        Map<String, Samples> all = part.with(point, figure);
        for (String name : all.keySet()) {
            double value = all.get(name).median(figure);
            least = least == null || value < all.get(least).median(figure) ? name : least;
            most = most == null || value > all.get(most).median(figure) ? name : most;
        }
        if (least == null || all.get(most).median(figure) <= all.get(least).median(figure) * FLAT) {
            return "";
        }
        return sentence.formatted(
                figure.format(all.get(most).median(figure)),
                most,
                figure.format(all.get(least).median(figure)),
                least);
    }

    private String memory(int point) {
        Map<String, Samples> weighed = part.with(point, Metric.MEMORY);
        if (metric == Metric.MEMORY || weighed.size() < 2) {
            return "";
        }
        String least = null;
        String most = null;
        for (Map.Entry<String, Samples> entry : weighed.entrySet()) {
            double value = entry.getValue().median(Metric.MEMORY);
            least = least == null || value < weighed.get(least).median(Metric.MEMORY) ? entry.getKey() : least;
            most = most == null || value > weighed.get(most).median(Metric.MEMORY) ? entry.getKey() : most;
        }
        return "A connection cost the server's processes between " + memoryOf(weighed, least) + " and "
                + memoryOf(weighed, most) + " of memory.";
    }

    private static String memoryOf(Map<String, Samples> weighed, String name) {
        double bytes = weighed.get(name).median(Metric.MEMORY);
        return (bytes < 1 ? "less than can be told" : Metric.MEMORY.format(bytes)) + " (" + name + ")";
    }

    private String failures() {
        List<String> all = new ArrayList<>();
        part.points.forEach((point, contenders) -> contenders.forEach((name, samples) -> {
            double most = samples.most(Metric.FAILURES);
            if (most > 0) {
                all.add(name + (part.points.size() > 1 ? String.format(Locale.ROOT, " at %,d", point) : "") + " up to "
                        + Metric.FAILURES.format(most));
            }
        }));
        return all.isEmpty() ? "" : "Requests without an answer in a round: " + join(all) + ".";
    }

    private static String names(List<String> names) {
        return names.size() > MOST_NAMES
                ? String.join(", ", names.subList(0, MOST_NAMES)) + " and " + (names.size() - MOST_NAMES) + " more"
                : join(names);
    }

    /** {@code "a, b and c"}. */
    static String join(List<String> all) {
        return all.size() < 2
                ? String.join("", all)
                : String.join(", ", all.subList(0, all.size() - 1)) + " and " + all.getLast();
    }
}
