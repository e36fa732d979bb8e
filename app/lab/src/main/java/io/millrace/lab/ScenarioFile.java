// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.lab.Scenario.Asking;
import io.millrace.lab.Scenario.Service;
import io.millrace.lab.Scenario.Sweep;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

/**
 * Scenarios as small files of {@code name = value} lines (java.util.Properties):
 *
 * <pre>
 * title       = Plain text over kept connections
 * question    = What does the shortest answer cost?
 * service     = plaintext            echo, websocket, plaintext, file, http2; or herd, with a sweep of workers
 * measured    = perCpuSecond         the figure that the chart shows
 * connections = 64
 * pipeline    = 1
 * keep-alive  = true
 * rate        = 0                    requests a second; 0: as fast as answers come
 * idle        = 0                    silent connections besides
 * slow-readers = 0
 * message     = 64                   bytes, for echo and websocket
 * seconds     = 2                    length of a round, instead of the run's
 * sweep       = idle: 100, 1000      what changes from point to point
 * quick       = true
 * only        = select, poll         the contenders that take part
 * </pre>
 *
 * Only title and service are needed. A name that is not known is refused: a misspelt one would silently measure
 * something else.
 */
final class ScenarioFile {
    private static final Set<String> NAMES = Set.of(
            "title",
            "question",
            "service",
            "measured",
            "connections",
            "pipeline",
            "keep-alive",
            "rate",
            "idle",
            "slow-readers",
            "message",
            "seconds",
            "sweep",
            "quick",
            "only");

    private final String name;
    private final Properties lines = new Properties();

    private ScenarioFile(String name) {
        this.name = name;
    }

    /**
     * Reads a scenario.
     *
     * @throws IllegalArgumentException naming the file, the line's name and what is wrong with its value
     */
    static Scenario read(String name, Reader text) throws IOException {
        ScenarioFile file = new ScenarioFile(name);
        file.lines.load(text);
        return file.scenario();
    }

    /** As {@link #read(String, Reader)}, from a text. */
    static Scenario read(String name, String text) {
        try {
            return read(name, new StringReader(text));
        } catch (IOException e) {
            throw new AssertionError("text in memory", e);
        }
    }

    private Scenario scenario() {
        Set<String> unknown = new TreeSet<>(lines.stringPropertyNames());
        unknown.removeAll(NAMES);
        if (!unknown.isEmpty()) {
            throw wrong("has unknown lines: " + String.join(", ", unknown));
        }
        Asking load = new Asking(
                number("connections", 64, 1),
                number("pipeline", 1, 1),
                flag("keep-alive", true),
                decimal("rate"),
                number("idle", 0, 0),
                number("slow-readers", 0, 0),
                number("message", 64, 1),
                Duration.ofNanos((long) (decimal("seconds") * 1e9)));
        Sweep sweep = sweep();
        if ((service() == Service.HERD) != (sweep.field() == Sweep.Field.WORKERS)) {
            throw wrong("service herd goes with a sweep of workers, and neither without the other");
        }
        return new Scenario(
                name,
                required("title"),
                text("question", ""),
                service(),
                load,
                sweep,
                measured(),
                flag("quick", false),
                list("only"));
    }

    private Service service() {
        try {
            return Service.valueOf(required("service").toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw wrong("service is echo, websocket, plaintext, file, http2 or herd, not " + required("service"));
        }
    }

    private Metric measured() {
        String key = text("measured", Metric.PER_CPU_SECOND.key());
        Metric metric = Metric.of(key);
        if (metric == null) {
            throw wrong("measured: there is no figure named " + key);
        }
        return metric;
    }

    private Sweep sweep() {
        String text = text("sweep", "");
        if (text.isEmpty()) {
            return Sweep.NONE;
        }
        int colon = text.indexOf(':');
        for (Sweep.Field field : Sweep.Field.values()) {
            if (colon > 0 && field.key().equals(text.substring(0, colon).strip())) {
                return new Sweep(field, numbers(text.substring(colon + 1)));
            }
        }
        throw wrong("sweep is one of idle, connections, message, slow-readers and workers, a colon and numbers, not "
                + text);
    }

    private List<Integer> numbers(String text) {
        List<Integer> all = new ArrayList<>();
        for (String number : text.split(",")) {
            all.add(parse("sweep", number.strip(), 0));
        }
        return List.copyOf(all);
    }

    private List<String> list(String key) {
        String text = text(key, "");
        return text.isEmpty() ? List.of() : List.of(text.split("\\s*,\\s*"));
    }

    private String required(String key) {
        String value = text(key, "");
        if (value.isEmpty()) {
            throw wrong("has no " + key);
        }
        return value;
    }

    private String text(String key, String otherwise) {
        return lines.getProperty(key, otherwise).strip();
    }

    private boolean flag(String key, boolean otherwise) {
        String value = text(key, String.valueOf(otherwise));
        if (!value.equals("true") && !value.equals("false")) {
            throw wrong(key + " is true or false, not " + value);
        }
        return value.equals("true");
    }

    private int number(String key, int otherwise, int least) {
        return parse(key, text(key, String.valueOf(otherwise)), least);
    }

    private int parse(String key, String value, int least) {
        try {
            int number = Integer.parseInt(value);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong(key + " is a number of at least " + least + ", not '" + value + "'");
    }

    private double decimal(String key) {
        String value = text(key, "0");
        try {
            double number = Double.parseDouble(value);
            if (number >= 0 && number <= 1e9) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong(key + " is a number that is not negative, not '" + value + "'");
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("scenario " + name + " " + what);
    }
}
