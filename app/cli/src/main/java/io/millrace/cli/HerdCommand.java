// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.number;

import io.millrace.lab.Experiment;
import io.millrace.lab.Herd;
import io.millrace.lab.HerdWay;
import io.millrace.lab.Metric;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code millrace herd}: who is woken for a connection, in each way to share an address. */
final class HerdCommand {
    static final String NAME = "herd";

    /** What the workers are. */
    enum Kind {
        THREADS,
        PROCESSES
    }

    private HerdCommand() {}

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Shows the thundering herd: workers wait for connections to one address of the loopback interface in each of the "
                                + "ways there are. Counted for each connection: workers woken, woken for nothing, who got it, and how long "
                                + "clients waited, without and with a slow worker.")
                .footer("", "docs/models.md explains what is to be seen.");
        Options.addHelp(spec);
        spec.addOption(number("N", 1, names("--workers"), "Workers that wait. Default: 4.")
                .build());
        spec.addOption(Options.choice(
                        Kind.class,
                        names("--as"),
                        "What they are, each with an epoll of its own. Default: first the one, " + "then the other.")
                .build());
        spec.addOption(number("N", 1, names("--connections"), "Connections in each run. Default: 1000.")
                .build());
        spec.addOption(number(
                        "MS",
                        0,
                        names("--slow"),
                        "What the slow worker takes for each of its connections, in milliseconds. Default: 5.")
                .build());
        return spec;
    }

    static int run(Terminal terminal, ParseResult parsed) {
        int workers = parsed.matchedOptionValue("--workers", 4);
        int connections = parsed.matchedOptionValue("--connections", 1000);
        Duration slow = Duration.ofMillis(parsed.matchedOptionValue("--slow", 5));
        PrintStream out = terminal.out();
        Kind only = parsed.matchedOptionValue("--as", null);
        out.printf("%d workers, %d connections a run, 4 clients; for each connection%n", workers, connections);
        try {
            for (Kind kind : only == null ? Kind.values() : new Kind[] {only}) {
                out.printf(
                        "%n%-31s %7s %8s %9s %9s  %-22s %s%n",
                        Choice.label(kind), "woken", "useless", "p50", "p99", "spread", "p99, one slow");
                for (HerdWay way : HerdWay.values()) {
                    out.println(line(
                            way,
                            run(kind, way, workers, connections, Duration.ZERO),
                            run(kind, way, workers, connections, slow)));
                    out.flush();
                }
            }
            return ExitCode.OK;
        } catch (IOException | UnsupportedOperationException e) {
            return terminal.fail(StartFailure.message(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }

    private static Herd.Result run(Kind kind, HerdWay way, int workers, int connections, Duration slow)
            throws IOException, InterruptedException {
        if (kind == Kind.PROCESSES) {
            return Herd.runProcesses(way, workers, connections, slow, List.of());
        }
        if (slow.isZero()) {
            // Once for nothing: what is compiled during the first run should not count against the first way.
            Herd.run(way, workers, Math.min(connections, 200), Duration.ZERO);
        }
        return Herd.run(way, workers, connections, slow);
    }

    private static String line(HerdWay way, Herd.Result even, Herd.Result uneven) {
        String spread = even.spread().stream().map(String::valueOf).collect(Collectors.joining("/"));
        return String.format(
                Locale.ROOT,
                "%-31s %7.2f %8.2f %6.2f ms %6.2f ms  %-22s %6.2f ms",
                way.text(),
                (double) even.wakeups() / even.accepted(),
                (double) even.useless() / even.accepted(),
                even.medianNanos() / 1e6,
                even.p99Nanos() / 1e6,
                spread,
                uneven.p99Nanos() / 1e6);
    }

    /** What {@code millrace herd} measures, as rounds of the lab. */
    static final class Rounds implements Experiment {
        private static final Duration SLOW = Duration.ofMillis(5);

        /** With a slow worker a run takes long: fewer connections show as much. */
        private static final int PART = 4;

        private final Set<HerdWay> warm = EnumSet.noneOf(HerdWay.class);

        @Override
        public Map<String, String> ways() {
            Map<String, String> all = new LinkedHashMap<>();
            for (HerdWay way : HerdWay.values()) {
                all.put(Choice.label(way), way.text());
            }
            return all;
        }

        @Override
        public Map<Metric, Double> round(String name, int workers, int connections)
                throws IOException, InterruptedException {
            HerdWay way = HerdWay.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
            try {
                if (warm.add(way)) {
                    // What is compiled during the first run should not count against the first way.
                    Herd.run(way, workers, connections, Duration.ZERO);
                }
                return figures(
                        Herd.run(way, workers, connections, Duration.ZERO),
                        Herd.run(way, workers, Math.max(1, connections / PART), SLOW));
            } catch (UnsupportedOperationException e) {
                throw new IOException(StartFailure.message(e), e);
            }
        }

        private static Map<Metric, Double> figures(Herd.Result even, Herd.Result oneSlow) {
            Map<Metric, Double> figures = new EnumMap<>(Metric.class);
            double served = even.accepted();
            figures.put(Metric.WOKEN, even.wakeups() / served);
            figures.put(Metric.USELESS, even.useless() / served);
            figures.put(
                    Metric.BUSIEST,
                    Collections.max(even.spread()) * even.spread().size() / served);
            figures.put(Metric.P50, even.medianNanos() / 1e3);
            figures.put(Metric.P99, even.p99Nanos() / 1e3);
            figures.put(Metric.P99_ONE_SLOW, oneSlow.p99Nanos() / 1e3);
            return figures;
        }

        @Override
        public String command(int workers, int connections) {
            return "millrace herd --as threads --workers " + workers + " --connections " + connections;
        }
    }
}
