// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How a figure changes along a sweep: a line for each contender, named at its end. SVG that takes its colors from the
 * page.
 */
final class LineChart {
    private static final double WIDTH = 560;
    private static final double HEIGHT = 340;
    private static final double LEFT = 58;
    private static final double LETTER = 6.8;
    private static final double TOP = 14;
    private static final double BOTTOM = 40;
    private static final double LINE = 13;
    private static final int COLORS = 8;

    /** Beyond this ratio an axis is logarithmic. */
    private static final double WIDE = 20;

    /** Where a logarithmic axis has its marks, in each power of ten. */
    private static final double[] PARTS = {1, 2, 5};

    private static final double[] WHOLE = {1};

    private final LabResults.Part part;
    private final Metric metric;
    private final List<Integer> values;
    private final double right;

    /** Values far apart stand at equal distances: to scale the smaller ones would be one. */
    private final boolean steps;

    private final Map<String, List<double[]>> lines = new LinkedHashMap<>();
    private final Axis x;
    private final Axis y;

    /** From values to places. */
    private record Axis(double from, double to, boolean logarithmic, double start, double end) {
        double place(double value) {
            double part = logarithmic
                    ? Math.log(Math.max(value, from) / from) / Math.log(to / from)
                    : (value - from) / (to - from);
            return start + part * (end - start);
        }

        List<Double> ticks() {
            List<Double> all = new ArrayList<>();
            if (logarithmic) {
                for (double ten = Math.pow(10, Math.floor(Math.log10(from))); ten <= to; ten *= 10) {
                    for (double part : to / from < 1000 ? PARTS : WHOLE) {
                        if (ten * part >= from && ten * part <= to) {
                            all.add(ten * part);
                        }
                    }
                }
                return all;
            }
            double step = step(to - from);
            for (double tick = Math.ceil(from / step) * step; tick <= to * 1.0001; tick += step) {
                all.add(tick);
            }
            return all;
        }

        /** Four to eight steps of 1, 2 or 5 times a power of ten. */
        private static double step(double range) {
            double rough = Math.pow(10, Math.floor(Math.log10(range / 4)));
            return range / rough >= 25 ? rough * 5 : range / rough >= 10 ? rough * 2 : rough;
        }
    }

    LineChart(LabResults.Part part) {
        this.part = part;
        this.metric = part.scenario.measured();
        this.values = new ArrayList<>(part.points.keySet());
        for (String contender : part.contenders()) {
            List<double[]> line = new ArrayList<>();
            for (int value : values) {
                double median = part.get(value, contender).median(metric);
                if (!Double.isNaN(median)) {
                    line.add(new double[] {value, median});
                }
            }
            if (!line.isEmpty()) {
                lines.put(contender, line);
            }
        }
        int longest = lines.keySet().stream().mapToInt(String::length).max().orElse(0);
        this.right = WIDTH - 20 - LETTER * Math.max(8, Math.min(24, longest));
        int least = values.stream().filter(value -> value > 0).findFirst().orElse(1);
        this.steps = values.getLast() > WIDE * least;
        this.x = steps
                ? new Axis(0, values.size() - 1, false, LEFT, right)
                : axis(values.getFirst(), values.getLast(), LEFT, right);
        double low = lines.values().stream()
                .flatMap(List::stream)
                .mapToDouble(point -> point[1])
                .min()
                .orElse(0);
        double most = lines.values().stream()
                .flatMap(List::stream)
                .mapToDouble(point -> point[1])
                .max()
                .orElse(1);
        this.y = axis(low, most, HEIGHT - BOTTOM, TOP);
    }

    private static Axis axis(double least, double most, double start, double end) {
        if (least > 0 && most / least > WIDE) {
            return new Axis(least * 0.9, most * 1.1, true, start, end);
        }
        return new Axis(0, most <= 0 ? 1 : most * 1.05, false, start, end);
    }

    void to(Html html) {
        html.raw("<figure><figcaption>")
                .text(metric.title() + (metric.lessIsBetter() ? ", less is better" : ", more is better"));
        html.text(y.logarithmic() ? "; logarithmic" : "").raw("</figcaption>");
        html.raw(String.format(
                Locale.ROOT,
                "<svg class=\"lines\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
                WIDTH,
                HEIGHT));
        html.text(metric.title() + " by " + part.scenario.sweep().field().title())
                .raw("\">");
        axes(html);
        int color = 0;
        Map<String, Double> places = labels();
        for (Map.Entry<String, List<double[]>> line : lines.entrySet()) {
            line(html, line.getKey(), line.getValue(), color++, places.get(line.getKey()));
        }
        html.raw("</svg></figure>\n");
    }

    private double across(double value) {
        return x.place(steps ? values.indexOf((int) value) : value);
    }

    private void axes(Html html) {
        for (double tick : y.ticks()) {
            double at = y.place(tick);
            html.raw(String.format(Locale.ROOT, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", LEFT, at, right));
            label(html, LEFT - 6, at + 4, "end", metric.tick(tick));
        }
        for (int value : values) {
            label(html, across(value), HEIGHT - BOTTOM + 16, "middle", compact(value));
        }
        label(
                html,
                (LEFT + right) / 2,
                HEIGHT - 6,
                "middle",
                part.scenario.sweep().field().title() + (steps ? " (not to scale)" : ""));
    }

    private static String compact(int value) {
        return value >= 10_000 && value % 1000 == 0 ? value / 1000 + "k" : String.format(Locale.ROOT, "%,d", value);
    }

    private static void label(Html html, double x, double y, String anchor, String text) {
        html.raw(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor))
                .text(text)
                .raw("</text>");
    }

    /** Names at the ends of the lines, moved apart so that each can be read. */
    private Map<String, Double> labels() {
        List<Map.Entry<String, List<double[]>>> byHeight = new ArrayList<>(lines.entrySet());
        byHeight.sort(Comparator.comparingDouble(line -> y.place(line.getValue().getLast()[1])));
        Map<String, Double> places = new LinkedHashMap<>();
        double room = HEIGHT - BOTTOM;
        double last = -LINE;
        int left = byHeight.size();
        for (Map.Entry<String, List<double[]>> line : byHeight) {
            double wish = y.place(line.getValue().getLast()[1]);
            double latest = room - (left - 1) * LINE;
            last = Math.max(last + LINE, Math.min(wish, latest));
            places.put(line.getKey(), last);
            left--;
        }
        return places;
    }

    private void line(Html html, String name, List<double[]> line, int index, double labelAt) {
        String style = "c" + index % COLORS + (index >= COLORS ? " dashed" : "");
        StringBuilder path = new StringBuilder();
        for (double[] point : line) {
            path.append(path.isEmpty() ? 'M' : 'L')
                    .append(String.format(Locale.ROOT, "%.1f %.1f", across(point[0]), y.place(point[1])));
        }
        double[] end = line.getLast();
        html.raw("<g class=\"" + style + "\"><path class=\"line\" d=\"" + path + "\"/>");
        html.raw(String.format(
                Locale.ROOT,
                "<path class=\"leader\" d=\"M%.1f %.1fL%.1f %.1f\"/>",
                across(end[0]),
                y.place(end[1]),
                right + 10,
                labelAt));
        for (double[] point : line) {
            String tip = name + " at " + String.format(Locale.ROOT, "%,d: ", (int) point[0]) + metric.format(point[1]);
            html.raw(String.format(
                    Locale.ROOT,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" tabindex=\"0\" data-tip=\"%s\"/>",
                    across(point[0]),
                    y.place(point[1]),
                    Html.escape(tip)));
        }
        label(html, right + 13, labelAt + 4, "start", name);
        html.raw("</g>");
    }
}
