// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

/**
 * Writes figures as Prometheus reads them, text format 0.0.4: a family at a time, its samples in one group.
 *
 * <pre>
 *   # HELP millrace_connections Connections that are open.
 *   # TYPE millrace_connections gauge
 *   millrace_connections 12
 * </pre>
 */
final class MetricsText {
    static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final StringBuilder text = new StringBuilder(4096);
    private String family = "";

    /** Begins a family that only grows; its name ends with {@code _total}. */
    MetricsText counter(String name, String help) {
        return family(name, "counter", help);
    }

    /** Begins a family that goes up and down. */
    MetricsText gauge(String name, String help) {
        return family(name, "gauge", help);
    }

    private MetricsText family(String name, String type, String help) {
        family = name;
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        return this;
    }

    /** Writes a sample; {@code labels} are names and values in turns. */
    MetricsText sample(long value, String... labels) {
        return sample("", Long.toString(value), labels);
    }

    /** Writes a sample in seconds. */
    MetricsText seconds(long nanos, String... labels) {
        return sample("", seconds(nanos), labels);
    }

    /** Writes a family of histograms in seconds, whose samples {@link #histogram} writes. */
    MetricsText histograms(String name, String help) {
        return family(name, "histogram", help);
    }

    /** Writes one histogram: its buckets, its sum and its count, which belong together. */
    MetricsText histogram(LatencyHistogram histogram, long[] bounds, String label, String value) {
        LatencyHistogram copy = histogram.copy();
        long[] counts = copy.upTo(bounds);
        for (int i = 0; i < bounds.length; i++) {
            sample("_bucket", Long.toString(counts[i]), label, value, "le", seconds(bounds[i]));
        }
        String count = Long.toString(copy.count());
        sample("_bucket", count, label, value, "le", "+Inf");
        sample("_sum", seconds(copy.sum()), label, value);
        return sample("_count", count, label, value);
    }

    private MetricsText sample(String suffix, String value, String... labels) {
        text.append(family).append(suffix);
        for (int i = 0; i < labels.length; i += 2) {
            text.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
            escape(labels[i + 1]);
            text.append('"');
        }
        text.append(labels.length == 0 ? " " : "} ").append(value).append('\n');
        return this;
    }

    private void escape(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\n' -> text.append("\\n");
                case '"', '\\' -> text.append('\\').append(c);
                default -> text.append(c);
            }
        }
    }

    private static String seconds(long nanos) {
        return Double.toString(nanos / 1e9);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
