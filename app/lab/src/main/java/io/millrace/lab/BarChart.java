// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One bar for each contender, best first, with a mark for each round: plain HTML, so that it fits a phone as well as
 * paper.
 */
final class BarChart {
    /** From here a bar that is longer than all others is cut off: drawn to scale it would make them dots. */
    private static final double FAR = 20;

    private final Metric metric;
    private final List<Map.Entry<String, Samples>> ranking;
    private final double largest;

    BarChart(Metric metric, List<Map.Entry<String, Samples>> ranking) {
        this.metric = metric;
        this.ranking = ranking;
        this.largest = largest();
    }

    private double largest() {
        double[] ends = ranking.stream()
                .mapToDouble(entry -> entry.getValue().most(metric))
                .sorted()
                .toArray();
        int last = ends.length - 1;
        while (metric.lessIsBetter() && last > 0 && ends[last] > FAR * ends[last - 1]) {
            last--;
        }
        return last < 0 ? 1 : ends[last];
    }

    private boolean isCut(Samples samples) {
        return samples.median(metric) > largest;
    }

    void to(Html html) {
        html.raw("<figure><figcaption>")
                .text(metric.title() + (metric.lessIsBetter() ? ", less is better" : ", more is better")
                        + "; bar: median, marks: rounds");
        html.text(
                ranking.stream().anyMatch(entry -> isCut(entry.getValue()))
                        ? "; a bar that fades goes on far beyond"
                        : "");
        html.raw("</figcaption><div class=\"bars\" role=\"list\">");
        for (Map.Entry<String, Samples> entry : ranking) {
            row(html, entry.getKey(), entry.getValue());
        }
        html.raw("</div></figure>\n");
    }

    private void row(Html html, String name, Samples samples) {
        double median = samples.median(metric);
        String tip = name + ": " + metric.format(median) + " " + metric.title() + ", rounds from "
                + metric.format(samples.least(metric)) + " to " + metric.format(samples.most(metric));
        html.raw("<div class=\"row\" role=\"listitem\" tabindex=\"0\" data-tip=\"" + Html.escape(tip) + "\">");
        html.element("span", "class=\"name\"", name);
        html.raw("<span class=\"track\"><span class=\"bar" + (isCut(samples) ? " cut" : "") + "\" style=\"width:"
                + percent(median) + "\"></span>");
        for (double value : isCut(samples) ? List.<Double>of() : samples.values(metric)) {
            html.raw("<i style=\"left:" + percent(value) + "\"></i>");
        }
        html.raw("</span>");
        html.element("span", "class=\"value\"", metric.format(median)).raw("</div>");
    }

    private String percent(double value) {
        return String.format(Locale.ROOT, "%.2f%%", largest <= 0 ? 0 : 100 * Math.min(1, Math.max(0, value) / largest));
    }
}
