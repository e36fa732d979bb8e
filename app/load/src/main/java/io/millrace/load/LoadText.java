// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** A result for people. */
public final class LoadText {
    private static final double[] PERCENTILES = {50, 75, 90, 99, 99.9, 99.99, 100};

    /** Beyond this share of a processor the generator's own speed may be what was measured. */
    private static final double BUSY = 0.9;

    private LoadText() {}

    /** All of it, in lines. */
    public static String of(LoadResult result) {
        StringBuilder text = new StringBuilder();
        text.append(plan(result.plan())).append('\n');
        text.append(throughput(result)).append("\n\n");
        latency(text, result);
        statuses(text, result);
        handshakes(text, result);
        failures(text, result);
        beside(text, result);
        warnings(text, result);
        return text.toString();
    }

    private static String plan(LoadPlan plan) {
        LoadPlan.Clients clients = plan.clients();
        StringBuilder text = new StringBuilder(plan.target().toString());
        text.append(": ").append(count(clients.connections(), "connection"));
        text.append(", ").append(count(clients.threads(), "thread"));
        text.append(clients.pipeline() > 1 ? ", " + clients.pipeline() + " requests under way on each" : "");
        text.append(clients.keepAlive() ? "" : ", a new connection for each request");
        double rate = plan.pace().rate();
        text.append(
                rate > 0 ? String.format(Locale.ROOT, ", %,.0f requests a second", rate) : ", as fast as answers come");
        return text.toString();
    }

    private static String throughput(LoadResult result) {
        double seconds = result.duration().toNanos() / 1e9;
        return String.format(
                Locale.ROOT,
                "%,d answers in %.2f s: %,.0f a second, %s/s in, %s/s out",
                result.requests(),
                seconds,
                result.throughput(),
                bytes(result.bytesIn() / seconds),
                bytes(result.bytesOut() / seconds));
    }

    private static void latency(StringBuilder text, LoadResult result) {
        boolean paced = result.plan().pace().rate() > 0;
        text.append(paced ? "  latency        from when it was due     from when it was sent\n" : "  latency\n");
        for (double percentile : PERCENTILES) {
            String name = percentile == 100 ? "max" : "p" + trimmed(percentile);
            text.append(String.format(Locale.ROOT, "  %-7s %15s", name, time(result.latency(), percentile)));
            text.append(paced ? String.format(Locale.ROOT, "%25s", time(result.service(), percentile)) : "")
                    .append('\n');
        }
        text.append('\n');
    }

    private static String trimmed(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    private static String time(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0 ? "-" : nanos(histogram.getValueAtPercentile(percentile));
    }

    private static void statuses(StringBuilder text, LoadResult result) {
        if (result.plan().target().kind().isEcho()) {
            return;
        }
        text.append("  status ");
        for (int digit = 1; digit <= 5; digit++) {
            if (result.statuses(digit) > 0) {
                text.append(String.format(Locale.ROOT, " %dxx: %,d ", digit, result.statuses(digit)));
            }
        }
        text.append('\n');
    }

    private static void handshakes(StringBuilder text, LoadResult result) {
        if (result.plan().target().kind().isSecure()) {
            text.append(String.format(
                    Locale.ROOT,
                    "  TLS      %,d handshakes, %,d resumed%n",
                    result.handshakes(),
                    result.resumptions()));
        }
    }

    private static void failures(StringBuilder text, LoadResult result) {
        if (result.failed() == 0 && result.unsent() == 0) {
            text.append("  failures none\n");
            return;
        }
        text.append("  failures");
        for (Map.Entry<Failure, Long> failure : result.failures().entrySet()) {
            text.append(String.format(Locale.ROOT, " %s: %,d ", failure.getKey().words(), failure.getValue()));
        }
        if (result.unsent() > 0) {
            text.append(String.format(Locale.ROOT, " due but not sent: %,d", result.unsent()));
        }
        text.append('\n');
    }

    private static void beside(StringBuilder text, LoadResult result) {
        LoadPlan.Beside beside = result.plan().beside();
        int planned = beside.idle() + beside.slowReaders() + beside.slowWriters();
        if (planned > 0) {
            text.append(String.format(
                    Locale.ROOT,
                    "  beside   %,d of %,d connections stood at the end; the server refused or ended %,d%n",
                    result.besideHeld(),
                    planned,
                    result.besideLost()));
        }
    }

    private static void warnings(StringBuilder text, LoadResult result) {
        if (result.busy() > BUSY) {
            text.append(String.format(
                    Locale.ROOT,
                    "%nA thread of the generator was busy %.0f %% of the time: it may have been the limit. Try more --threads.%n",
                    100 * result.busy()));
        }
    }

    /** {@code 1 thread}, {@code 2 threads}. */
    private static String count(long number, String noun) {
        return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
    }

    /** A time in the unit that suits it: {@code "85 us"}, {@code "1.25 ms"}, {@code "2.50 s"}. */
    public static String nanos(long nanos) {
        if (nanos < 1_000_000) {
            return String.format(Locale.ROOT, "%.0f us", nanos / 1e3);
        }
        return nanos < 1_000_000_000
                ? String.format(Locale.ROOT, "%.2f ms", nanos / 1e6)
                : String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }

    /** A number of bytes in decimal units: {@code "1.50 MB"}. */
    public static String bytes(double bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB"};
        int unit = 0;
        double value = bytes;
        while (value >= 1000 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.2f %s", value, units[unit]);
    }

    /** One line while it goes on. */
    public static String of(LoadProgress progress, LoadProgress before) {
        long since = progress.requests() - (before == null ? 0 : before.requests());
        Histogram recent = progress.recent();
        return String.format(
                Locale.ROOT,
                "%,d answers, %,d/s, p50 %s, p99 %s, max %s, %,d failures",
                progress.requests(),
                since,
                time(recent, 50),
                time(recent, 99),
                time(recent, 100),
                progress.failures());
    }
}
