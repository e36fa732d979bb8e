// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A run as one HTML page that needs nothing but itself: charts, sentences, tables, the machine, and the data. */
final class Report {
    private static final List<Metric> COLUMNS = List.of(
            Metric.PER_CPU_SECOND,
            Metric.PER_SECOND,
            Metric.USER_MICROS,
            Metric.SYSTEM_MICROS,
            Metric.P50,
            Metric.P99,
            Metric.MAX,
            Metric.SYSTEM_CALLS,
            Metric.WAKEUPS,
            Metric.WOKEN,
            Metric.USELESS,
            Metric.BUSIEST,
            Metric.P99_ONE_SLOW,
            Metric.PREEMPTIONS,
            Metric.MEMORY,
            Metric.HELD,
            Metric.FAILURES);

    private final LabResults results;
    private final Html html = new Html();

    private Report(LabResults results) {
        this.results = results;
    }

    static String of(LabResults results) throws IOException {
        return new Report(results).page();
    }

    private String page() throws IOException {
        html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        html.raw("<meta name=\"color-scheme\" content=\"light dark\">");
        html.element("title", "What waiting costs: I/O models side by side");
        html.raw("<style>").raw(resource("report.css")).raw("</style></head><body><main>\n");
        top();
        overview();
        results.parts.forEach(this::scenario);
        machine();
        data();
        html.raw("</main><div id=\"tip\" role=\"status\"></div><script>")
                .raw(resource("report.js"))
                .raw("</script></body></html>\n");
        return html.toString();
    }

    private void top() {
        html.raw("<header>").element("h1", "What waiting costs");
        html.element(
                "p",
                "class=\"lead\"",
                "A server can wait for its clients in many ways. This page shows what each of them costs, measured on one machine in "
                        + "one run: the same protocols, the same clients, another way to wait.");
        html.element("p", "class=\"meta\"", meta());
        if (results.interrupted) {
            html.element("p", "class=\"warning\"", "The run was broken off: later scenarios and rounds are missing.");
        }
        html.raw("</header>\n");
    }

    private String meta() {
        return results.header.getOrDefault("when", "") + " · " + results.header.getOrDefault("processor", "") + " · "
                + results.header.getOrDefault("kernel", "") + " · " + results.header.getOrDefault("Java", "");
    }

    // ---- all at once

    /** The scenarios that compare the contenders; an experiment compares something else. */
    private List<LabResults.Part> compared() {
        return results.parts.stream().filter(part -> part.stories.isEmpty()).toList();
    }

    private void overview() {
        if (compared().isEmpty()) {
            return;
        }
        html.raw("<section>").element("h2", "At a glance");
        html.element(
                "p",
                "The figure of each scenario (of a sweep its last point); the longer the tint behind it, the nearer to the best of "
                        + "its column. k: thousand. A dash: the notes of the scenario say why.");
        html.raw("<div class=\"scroll wide\"><table class=\"overview\"><thead><tr><th></th>");
        for (LabResults.Part part : compared()) {
            html.raw("<th><a href=\"#" + Html.escape(part.scenario.name()) + "\">")
                    .text(part.scenario.title())
                    .raw("</a><small>");
            html.text(part.scenario.measured().title()).raw("</small></th>");
        }
        html.raw("</tr></thead><tbody>");
        results.contenders.keySet().forEach(this::overviewRow);
        html.raw("</tbody></table></div></section>\n<section>").element("h2", "Who took part");
        html.raw("<dl class=\"models\">");
        Strengths strengths = new Strengths(results);
        results.contenders.forEach((name, story) -> html.element("dt", name)
                .element("dd", "class=\"story\"", story + ".")
                .element("dd", strengths.of(name)));
        html.raw("</dl></section>\n");
    }

    private void overviewRow(String contender) {
        html.raw("<tr>").element("th", contender);
        compared().forEach(part -> overviewCell(part, contender));
        html.raw("</tr>");
    }

    private void overviewCell(LabResults.Part part, String contender) {
        Metric metric = part.scenario.measured();
        Samples samples = part.points.isEmpty() ? new Samples() : part.get(part.lastPoint(), contender);
        if (!samples.has(metric)) {
            html.element("td", "title=\"" + Html.escape(samples.note()) + "\"", "–");
            return;
        }
        double best = new Findings(part)
                .ranking(part.lastPoint())
                .getFirst()
                .getValue()
                .median(metric);
        double mine = samples.median(metric);
        double share = metric.lessIsBetter() ? best / mine : mine / best;
        String style = String.format(Locale.ROOT, "style=\"--share:%.0f%%\"", 100 * Math.max(0, Math.min(1, share)));
        html.element("td", style, metric.brief(mine));
    }

    // ---- one scenario

    private void scenario(LabResults.Part part) {
        html.raw("<section id=\"" + Html.escape(part.scenario.name()) + "\">").element("h2", part.scenario.title());
        html.element("p", "class=\"question\"", part.scenario.question());
        if (part.points.isEmpty()) {
            html.element("p", "Not reached.").raw("</section>\n");
            return;
        }
        chart(part);
        List<String> sentences = new Findings(part).sentences();
        html.raw("<p>").text(String.join(" ", sentences)).raw("</p>\n");
        notes(part);
        part.points.forEach((value, contenders) -> table(part, value, contenders));
        commands(part);
        html.raw("</section>\n");
    }

    private void chart(LabResults.Part part) {
        if (part.points.size() > 1) {
            new LineChart(part).to(html);
        } else {
            new BarChart(part.scenario.measured(), new Findings(part).ranking(part.firstPoint())).to(html);
        }
    }

    private void notes(LabResults.Part part) {
        List<String> all = new ArrayList<>();
        part.stories.forEach((name, story) -> all.add(name + ": " + story));
        part.points.forEach((value, contenders) -> contenders.forEach((name, samples) -> {
            String line = name + ": " + samples.note();
            if (!samples.note().isEmpty() && !all.contains(line)) {
                all.add(line);
            }
        }));
        if (!all.isEmpty()) {
            html.raw("<ul class=\"notes\">");
            all.forEach(line -> html.element("li", line));
            html.raw("</ul>");
        }
    }

    private void commands(LabResults.Part part) {
        if (!part.command.isEmpty()) {
            html.raw("<p class=\"command\">" + (part.stories.isEmpty() ? "Asked" : "Shown") + " as by <code>")
                    .text(part.command);
            html.raw("</code></p>");
        }
        if (!part.servers.isEmpty()) {
            html.raw("<details><summary>How the servers were started</summary><dl>");
            part.servers.forEach((name, command) -> html.element("dt", name)
                    .raw("<dd>")
                    .element("code", command)
                    .raw("</dd>"));
            html.raw("</dl></details>\n");
        }
    }

    private void table(LabResults.Part part, int value, Map<String, Samples> contenders) {
        Set<Metric> there = EnumSet.noneOf(Metric.class);
        contenders.values().forEach(samples -> there.addAll(samples.metrics()));
        List<Metric> columns = COLUMNS.stream().filter(there::contains).toList();
        if (columns.isEmpty()) {
            return;
        }
        html.raw("<details><summary>")
                .text(
                        part.points.size() > 1
                                ? String.format(
                                        Locale.ROOT,
                                        "All figures at %,d %s",
                                        value,
                                        part.scenario.sweep().field().title())
                                : "All figures")
                .raw("</summary><div class=\"scroll\"><table><thead><tr><th></th>");
        columns.forEach(metric -> html.element("th", metric.title()));
        html.raw("</tr></thead><tbody>");
        contenders.forEach((name, samples) -> row(name, samples, columns));
        html.raw("</tbody></table></div></details>\n");
    }

    private void row(String name, Samples samples, List<Metric> columns) {
        if (samples.isEmpty()) {
            return;
        }
        html.raw("<tr>").element("th", name);
        for (Metric metric : columns) {
            String rounds = samples.has(metric)
                    ? "rounds from " + metric.format(samples.least(metric)) + " to "
                            + metric.format(samples.most(metric))
                    : "";
            html.element("td", "title=\"" + Html.escape(rounds) + "\"", metric.format(samples.median(metric)));
        }
        html.raw("</tr>");
    }

    // ---- what it was made on, and of

    private void machine() {
        html.raw("<section>").element("h2", "The machine and the method").raw("<dl>");
        results.header.forEach((name, value) -> html.element("dt", name).element("dd", value));
        html.raw("</dl>");
        html.element(
                "p",
                "Bars and lines show medians of the rounds, marks the rounds themselves. Where the rounds of two contenders overlap, their "
                        + "order is noise. Processor time is that of the server's processes, children that have ended included; a request's "
                        + "share of it says more on a shared machine than the time on the clock.");
        html.raw("</section>\n");
    }

    private void data() throws IOException {
        html.raw("<section>").element("h2", "The data");
        html.raw("<p><button id=\"save\" type=\"button\">Save as JSON</button></p>");
        // Inside a script nothing is markup but its end.
        html.raw("<script type=\"application/json\" id=\"data\">")
                .raw(LabJson.text(results).replace("</", "<\\/"));
        html.raw("</script></section>\n");
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Report.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("the page's " + name + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
