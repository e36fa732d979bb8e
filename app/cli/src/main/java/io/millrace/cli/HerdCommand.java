// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.number;

import io.millrace.lab.Herd;
import io.millrace.lab.HerdWay;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
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
}
