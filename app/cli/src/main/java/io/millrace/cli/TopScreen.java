// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.load.LoadText;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What {@code millrace top} shows: the difference between two lines that a server has told. */
final class TopScreen {
    private Map<String, Object> before;

    TopScreen(Map<String, Object> first) {
        this.before = first;
    }

    /** The screen for what has happened since the last line. */
    String next(Map<String, Object> now) {
        double seconds = Math.max(1e-3, (number(now, "nanos") - number(before, "nanos")) / 1e9);
        StringBuilder text = new StringBuilder();
        line(
                text,
                "millrace serve %s, process %s, up %s",
                now.get("address"),
                now.get("pid"),
                Summary.time(Duration.ofNanos(number(now, "nanos"))));
        line(text, "%s%n", now.get("engine"));
        line(text, "requests     %,14d   %,12.0f a second", number(now, "requests"), rate(now, "requests", seconds));
        line(
                text,
                "bytes        %14s   %12s a second",
                Summary.bytes(number(now, "bytes")),
                Summary.bytes(Math.round(rate(now, "bytes", seconds))));
        line(text, "connections  %,14d", number(now, "connections"));
        line(
                text,
                "latency      p50 %s, p99 %s, longest %s in the last second",
                LoadText.nanos(number(now, "p50")),
                LoadText.nanos(number(now, "p99")),
                LoadText.nanos(number(now, "max")));
        line(
                text,
                "errors       %,d client (4xx), %,d server (5xx), %,d broken off",
                number(now, "clientErrors"),
                number(now, "serverErrors"),
                number(now, "aborted"));
        if (now.get("tls") instanceof Map<?, ?> tls) {
            tls(text, tls);
        }
        if (now.get("workers") instanceof Map<?, ?> workers) {
            workers(text, workers);
        }
        loops(text, now, seconds);
        before = now;
        return text.toString();
    }

    private static void tls(StringBuilder text, Map<?, ?> now) {
        line(
                text,
                "handshakes   %,14d   %,d resumed, %,d failed%s; certificate until %s",
                ((Number) now.get("handshakes")).longValue(),
                ((Number) now.get("resumptions")).longValue(),
                ((Number) now.get("failures")).longValue(),
                each(now.get("failuresByAlert"), " (", ")"),
                now.get("expires"));
        text.append(each(now.get("handshakesBySuite"), "sessions     ", "\n"));
    }

    /** Names and their counts; nothing where there are none. */
    private static String each(Object named, String begin, String end) {
        if (!(named instanceof Map<?, ?> counts) || counts.isEmpty()) {
            return "";
        }
        return counts.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", ", begin, end));
    }

    private static void workers(StringBuilder text, Map<?, ?> now) {
        double pause = ((Number) now.get("pauseNanos")).doubleValue();
        line(
                text,
                "workers      %,14d   of %s started; %s ended, %s died, %s restarted%s",
                now.get("alive"),
                now.get("spawned"),
                now.get("ended"),
                now.get("died"),
                now.get("restarted"),
                pause == 0 ? "" : ", the next " + LoadText.nanos((long) pause) + " after the last");
    }

    private void loops(StringBuilder text, Map<String, Object> now, double seconds) {
        List<?> loops = (List<?>) now.get("loops");
        List<?> old = (List<?>) before.get("loops");
        if (loops.isEmpty() || old.size() != loops.size()) {
            return;
        }
        line(
                text,
                "%n%-6s %10s %12s %12s %10s %12s   %s",
                "loop",
                "turns/s",
                "events/turn",
                "callbacks/s",
                "waiting",
                "in callbacks",
                "longest callback");
        for (int i = 0; i < loops.size(); i++) {
            loop(text, i, object(old.get(i)), object(loops.get(i)), seconds);
        }
    }

    private static void loop(StringBuilder text, int index, Map<?, ?> old, Map<?, ?> now, double seconds) {
        double turns = more(old, now, "turns");
        double longest = ((Number) now.get("longestNanos")).doubleValue();
        line(
                text,
                "%-6d %,10.0f %12.1f %,12.0f %9.0f%% %11.0f%%   %s",
                index,
                turns / seconds,
                turns == 0 ? 0 : more(old, now, "events") / turns,
                more(old, now, "callbacks") / seconds,
                percent(more(old, now, "kernelNanos"), seconds),
                percent(more(old, now, "callbackNanos"), seconds),
                longest == 0 ? "-" : LoadText.nanos((long) longest) + " " + now.get("longest"));
    }

    private static double percent(double nanos, double seconds) {
        return Math.min(100, 100 * nanos / 1e9 / seconds);
    }

    private static double more(Map<?, ?> old, Map<?, ?> now, String name) {
        return ((Number) now.get(name)).doubleValue() - ((Number) old.get(name)).doubleValue();
    }

    private double rate(Map<String, Object> now, String name, double seconds) {
        return (number(now, name) - number(before, name)) / seconds;
    }

    private static Map<?, ?> object(Object json) {
        return (Map<?, ?>) json;
    }

    private static long number(Map<String, Object> json, String name) {
        return ((Number) json.get(name)).longValue();
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
