// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A run as JSON: header, contenders, and for each scenario every figure of every round. */
final class LabJson {
    static final String FORMAT = "millrace-lab-1";

    private LabJson() {}

    static String text(LabResults results) throws IOException {
        return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(of(results));
    }

    private static Map<String, Object> of(LabResults results) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("format", FORMAT);
        json.put("header", results.header);
        json.put("interrupted", results.interrupted);
        json.put("contenders", results.contenders);
        List<Object> parts = new ArrayList<>();
        results.parts.forEach(part -> parts.add(of(part)));
        json.put("scenarios", parts);
        return json;
    }

    private static Map<String, Object> of(LabResults.Part part) {
        Scenario scenario = part.scenario;
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", scenario.name());
        json.put("title", scenario.title());
        json.put("question", scenario.question());
        json.put("service", scenario.service().name().toLowerCase(Locale.ROOT));
        json.put("measured", scenario.measured().key());
        json.put("sweep", scenario.sweep().field().key());
        json.put("load", part.command);
        json.put("servers", part.servers);
        json.put("stories", part.stories);
        List<Object> points = new ArrayList<>();
        part.points.forEach((value, contenders) -> points.add(of(value, contenders)));
        json.put("points", points);
        return json;
    }

    private static Map<String, Object> of(int value, Map<String, Samples> contenders) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("value", value);
        Map<String, Object> all = new LinkedHashMap<>();
        contenders.forEach((name, samples) -> all.put(name, of(samples)));
        json.put("contenders", all);
        return json;
    }

    private static Map<String, Object> of(Samples samples) {
        Map<String, Object> json = new LinkedHashMap<>();
        if (!samples.note().isEmpty()) {
            json.put("note", samples.note());
        }
        Map<String, Object> rounds = new LinkedHashMap<>();
        samples.metrics().forEach(metric -> rounds.put(metric.key(), samples.values(metric)));
        json.put("rounds", rounds);
        return json;
    }

    /**
     * What {@link #text} wrote.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static LabResults read(String text) throws IOException {
        Map<String, Object> json = JSON.std.mapFrom(text);
        if (!FORMAT.equals(json.get("format"))) {
            throw new IllegalArgumentException("not the result of a run of the lab");
        }
        try {
            LabResults results = new LabResults();
            object(json.get("header")).forEach((name, value) -> results.header.put(name, (String) value));
            object(json.get("contenders")).forEach((name, value) -> results.contenders.put(name, (String) value));
            results.interrupted = (Boolean) json.get("interrupted");
            for (Object part : (List<?>) json.get("scenarios")) {
                results.parts.add(part(object(part)));
            }
            return results;
        } catch (NullPointerException | ClassCastException e) {
            throw new IllegalArgumentException("the result of a run of the lab, but damaged", e);
        }
    }

    private static LabResults.Part part(Map<String, Object> json) {
        List<Integer> values = new ArrayList<>();
        for (Object point : (List<?>) json.get("points")) {
            values.add(((Number) object(point).get("value")).intValue());
        }
        LabResults.Part part = new LabResults.Part(scenario(json, values));
        part.command = (String) json.get("load");
        fill(part.servers, json.get("servers"));
        fill(part.stories, json.get("stories"));
        for (Object each : (List<?>) json.get("points")) {
            Map<String, Object> point = object(each);
            int value = ((Number) point.get("value")).intValue();
            object(point.get("contenders")).forEach((name, samples) -> fill(part.at(value, name), object(samples)));
        }
        return part;
    }

    private static void fill(Map<String, String> texts, Object json) {
        if (json != null) {
            object(json).forEach((name, value) -> texts.put(name, (String) value));
        }
    }

    private static Scenario scenario(Map<String, Object> json, List<Integer> values) {
        StringBuilder text = new StringBuilder();
        for (String name : List.of("title", "question", "service", "measured")) {
            text.append(name).append('=').append(json.get(name)).append('\n');
        }
        String sweep = (String) json.get("sweep");
        if (!sweep.isEmpty()) {
            text.append("sweep=").append(sweep).append(':');
            text.append(String.join(",", values.stream().map(String::valueOf).toList()));
        }
        return ScenarioFile.read((String) json.get("name"), text.toString());
    }

    private static void fill(Samples samples, Map<String, Object> json) {
        samples.note((String) json.getOrDefault("note", ""));
        object(json.get("rounds")).forEach((key, values) -> {
            Metric metric = Metric.of(key);
            if (metric != null) {
                ((List<?>) values).forEach(value -> samples.add(metric, ((Number) value).doubleValue()));
            }
        });
    }

    private static Map<String, Object> object(Object json) {
        Map<String, Object> object = new LinkedHashMap<>();
        ((Map<?, ?>) json).forEach((key, value) -> object.put((String) key, value));
        return object;
    }
}
