// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.util.Locale;

/** What is measured in each round. */
public enum Metric {
    /** Answers for each second of the server's processor time: what a request costs, whatever else the machine does. */
    PER_CPU_SECOND("perCpuSecond", "answers per CPU second", "/s", false),

    /** Answers a second on the clock. */
    PER_SECOND("perSecond", "answers a second", "/s", false),

    /** New connections a second of the server's processor time. */
    CONNECTS_PER_CPU_SECOND("connectsPerCpuSecond", "connections per CPU second", "/s", false),

    USER_MICROS("userMicros", "CPU in user space, a request", "µs", true),
    SYSTEM_MICROS("systemMicros", "CPU in the kernel, a request", "µs", true),
    CPU_MICROS("cpuMicros", "CPU time, a request", "µs", true),
    P50("p50", "latency, median", "µs", true),
    P90("p90", "latency, 90th percentile", "µs", true),
    P99("p99", "latency, 99th percentile", "µs", true),
    P999("p999", "latency, 99.9th percentile", "µs", true),
    MAX("max", "latency, longest", "µs", true),

    /** How often the server went to sleep, and so was woken. */
    WAKEUPS("wakeups", "wake-ups, a request", "", true),

    /** How often the scheduler took the processor away. */
    PREEMPTIONS("preemptions", "preemptions, a request", "", true),

    /** From a round of its own, under strace(1), which slows everything else down. */
    SYSTEM_CALLS("systemCalls", "system calls, a request", "", true),

    /**
     * Growth of the server's memory (PSS of all its processes) since it was warm and alone, for each connection held.
     */
    MEMORY("memoryPerConnection", "memory, a connection", "B", true),

    /** How many workers a connection wakes, in the experiment of the herd. */
    WOKEN("woken", "workers woken, a connection", "", true),

    /** Wake-ups that found nothing to do, in the experiment of the herd. */
    USELESS("useless", "wake-ups for nothing, a connection", "", true),

    /** 1 if all workers got the same; the number of workers if one got everything. */
    BUSIEST("busiest", "connections of the busiest worker, in fair shares", "", true),

    P99_ONE_SLOW("p99OneSlow", "latency, 99th percentile, one worker slow", "µs", true),

    FAILURES("failures", "requests without an answer", "", true),

    /** Idle connections that still stood at the end. */
    HELD("held", "idle connections held", "", false);

    private final String key;
    private final String title;
    private final String unit;
    private final boolean lessIsBetter;

    Metric(String key, String title, String unit, boolean lessIsBetter) {
        this.key = key;
        this.title = title;
        this.unit = unit;
        this.lessIsBetter = lessIsBetter;
    }

    /** The name in files. */
    String key() {
        return key;
    }

    /** In words, for a heading: without the unit. */
    String title() {
        return title;
    }

    String unit() {
        return unit;
    }

    boolean lessIsBetter() {
        return lessIsBetter;
    }

    /** The metric with that name in files, or {@code null}. */
    static Metric of(String key) {
        for (Metric metric : values()) {
            if (metric.key.equals(key)) {
                return metric;
            }
        }
        return null;
    }

    /** A value with its unit, three figures: {@code "1.25 ms"}, {@code "88.4 thousand/s"}. */
    String format(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        return switch (unit) {
            case "µs" -> micros(value);
            case "B" -> bytes(value);
            case "/s" -> value >= 1000 ? figures(value / 1000) + " thousand" : figures(value);
            default -> figures(value);
        };
    }

    /** The same where there is little room: {@code "88.4k"}. */
    String brief(double value) {
        return unit.equals("/s") && value >= 1000 ? figures(value / 1000) + "k" : format(value);
    }

    /** A round value, for an axis: {@code "20 µs"}, not {@code "20.0 µs"}. */
    String tick(double value) {
        return brief(value).replaceFirst("\\.0+(?=\\D|$)", "").replaceFirst("(\\.\\d*[1-9])0+(?=\\D|$)", "$1");
    }

    private static String micros(double value) {
        if (value >= 999_500) {
            return figures(value / 1e6) + " s";
        }
        return value >= 999.5 ? figures(value / 1e3) + " ms" : figures(value) + " µs";
    }

    private static String bytes(double value) {
        if (Math.abs(value) >= 999_500) {
            return figures(value / 1e6) + " MB";
        }
        return Math.abs(value) >= 999.5 ? figures(value / 1e3) + " kB" : figures(value) + " B";
    }

    /** Three figures, and no more. */
    static String figures(double value) {
        double size = Math.abs(value);
        String pattern = size >= 99.95 || size == 0 ? "%,.0f" : size >= 9.995 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, pattern, value);
    }
}
