// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.web.ServerStats;
import io.millrace.workers.WorkerCounters;
import java.time.Duration;
import java.util.Locale;

/** What {@code millrace serve} says at the end: how much, how fast, what went wrong. */
final class Summary {
    private static final String[] UNITS = {"bytes", "kB", "MB", "GB", "TB", "PB"};

    private Summary() {}

    static String text(ServerStats stats, Duration running, long droppedLines) {
        StringBuilder text = new StringBuilder("Served ")
                .append(count(stats.requests(), "request"))
                .append(", ");
        text.append(bytes(stats.bytes())).append(" in ").append(time(running));
        if (stats.latency().count() > 0) {
            text.append("; p50 ").append(millis(stats.p50())).append(", p99 ").append(millis(stats.p99()));
        }
        if (stats.requests() > 0) {
            text.append("; errors: ").append(errors(stats));
        }
        if (droppedLines > 0) {
            text.append("; ").append(count(droppedLines, "log line")).append(" dropped");
        }
        return text.append('.').toString();
    }

    /** The parent of worker processes has served no client itself. */
    static String text(WorkerCounters workers, Duration running) {
        StringBuilder text = new StringBuilder("Served by ").append(count(workers.spawned(), "worker process", "es"));
        text.append(" in ").append(time(running));
        if (workers.died() > 0) {
            text.append("; ").append(grouped(workers.died())).append(" died");
            text.append(", ").append(grouped(workers.restarted())).append(" restarted");
        }
        if (workers.failed() > 0) {
            text.append("; ").append(grouped(workers.failed())).append(" could not be started");
        }
        return text.append('.').toString();
    }

    private static String errors(ServerStats stats) {
        if (stats.clientErrors() + stats.serverErrors() + stats.aborted() == 0) {
            return "none";
        }
        return grouped(stats.clientErrors()) + " client (4xx), " + grouped(stats.serverErrors()) + " server (5xx), "
                + grouped(stats.aborted()) + " broken off";
    }

    private static String count(long number, String noun) {
        return count(number, noun, "s");
    }

    private static String count(long number, String noun, String plural) {
        return grouped(number) + " " + noun + (number == 1 ? "" : plural);
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** Decimal units (1 kB = 1000 bytes), three figures. */
    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 999.5 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        if (unit == 0) {
            return bytes == 1 ? "1 byte" : bytes + " bytes";
        }
        String pattern = value < 9.995 ? "%.2f %s" : value < 99.95 ? "%.1f %s" : "%.0f %s";
        return String.format(Locale.ROOT, pattern, value, UNITS[unit]);
    }

    private static String millis(long nanos) {
        double millis = nanos / 1e6;
        return String.format(Locale.ROOT, millis < 0.1 ? "%.3f ms" : millis < 10 ? "%.2f ms" : "%.0f ms", millis);
    }

    static String time(Duration time) {
        if (time.toMinutes() == 0) {
            return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1e3);
        }
        String seconds = time.toSecondsPart() + " s";
        return time.toHours() == 0
                ? time.toMinutes() + " min " + seconds
                : time.toHours() + " h " + time.toMinutesPart() + " min " + seconds;
    }
}
