// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.flag;
import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.number;
import static io.millrace.cli.Options.value;

import io.millrace.core.Printable;
import io.millrace.lab.Lab;
import io.millrace.lab.Machine;
import io.millrace.lab.RunFolder;
import io.millrace.lab.Scenario;
import io.millrace.lab.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** {@code millrace lab}: the same work over every I/O model, measured here, as a page. */
final class LabCommand {
    static final String NAME = "lab";

    private static final String CLEAR_LINE = "\r\u001b[K";

    private final Terminal terminal;
    private final ParseResult parsed;

    /** The class whose {@code main} the processes that are measured run. */
    private final Class<?> main;

    private LabCommand(Terminal terminal, ParseResult parsed, Class<?> main) {
        this.terminal = terminal;
        this.parsed = parsed;
        this.main = main;
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Runs the same work over every I/O model on this machine and draws what each of them costs, as one HTML page "
                                + "that needs nothing else.",
                        "",
                        "Every server is a process of its own, warmed up first; all of a scenario stand at once and are asked in turn, "
                                + "round by round. Ctrl-C ends the run and keeps what was measured.")
                .footer(
                        "",
                        "Scenarios are small files; docs/lab.md says how to write one.",
                        "",
                        "Examples:",
                        "",
                        "  millrace lab --quick --out lab.html        a first look, in a few minutes",
                        "  millrace lab                               everything, in about 25 minutes",
                        "  millrace lab --models epoll-et,io_uring --scenarios plaintext,idle --rounds 9",
                        "  millrace lab --peers nginx --peer 'caddy=caddy respond --listen 127.0.0.1:{port} hello'",
                        "  millrace lab --compare before.json after.json");
        Options.addHelp(spec);
        declare(spec);
        return spec;
    }

    private static void declare(CommandSpec spec) {
        Options.addSection(
                spec,
                "What:",
                flag("--quick", "The quick scenarios, few rounds, short ones."),
                list("NAME", names("--models"), "Only these models. Default: all that this machine has."),
                list("NAME", names("--scenarios"), "Only these scenarios. Default: all, or the quick ones."),
                value(
                        "DIR",
                        Path.class,
                        names("--scenario-dir"),
                        "Your own scenarios, instead of those that come with the command."),
                list("NAME", names("--peers"), "Other servers that the lab knows: nginx, netty."),
                value(
                                "NAME=COMMAND",
                                List.class,
                                names("--peer"),
                                "Any other server over HTTP; {port} in the command is replaced. May be repeated.")
                        .auxiliaryTypes(String.class),
                flag("--list", "Say what there is, and do nothing."));
        Options.addSection(
                spec,
                "How much:",
                number("N", 1, names("--rounds"), "Rounds at each point. Default: 5, quick: 3."),
                value("SECONDS", Double.class, names("--seconds"), "Length of a round. Default: 0.8, quick: 0.5."),
                flag("--no-system-calls", "Do not count system calls with strace. A quick run never does."));
        Options.addSection(
                spec,
                "Where to:",
                value(
                        "FILE",
                        Path.class,
                        names("-o", "--out"),
                        "The page. Default: millrace-lab.html. The data goes beside it, as .json."),
                flag("-q", "Say nothing while it goes on.").names("-q", "--quiet"));
        Options.addSection(
                spec,
                "Instead of a run:",
                value(
                                "FILE",
                                List.class,
                                names("--compare"),
                                "Two data files: what changed, and whether it is more than noise.")
                        .auxiliaryTypes(Path.class)
                        .arity("2"),
                value("FILE", Path.class, names("--draw"), "A data file: draw its page again."));
    }

    private static OptionSpec.Builder list(String label, String[] names, String description) {
        return value(label, List.class, names, description)
                .auxiliaryTypes(String.class)
                .splitRegex(",");
    }

    static int run(Terminal terminal, ParseResult parsed, Class<?> main) {
        return new LabCommand(terminal, parsed, main).run();
    }

    private int run() {
        try {
            if (parsed.hasMatchedOption("--compare")) {
                List<Path> files = parsed.matchedOptionValue("--compare", List.of());
                terminal.out().print(Printable.lines(Lab.compare(files.get(0), files.get(1))));
                return ExitCode.OK;
            }
            if (parsed.hasMatchedOption("--draw")) {
                Lab.draw(parsed.matchedOptionValue("--draw", null), page());
                return ExitCode.OK;
            }
            return measure();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(parsed.commandSpec().commandLine(), e.getMessage());
        } catch (NoSuchFileException e) {
            return terminal.fail("there is no " + e.getFile());
        } catch (IOException e) {
            return terminal.fail(StartFailure.message(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }

    private Path page() {
        return parsed.matchedOptionValue("--out", Path.of("millrace-lab.html"));
    }

    private static Path beside(Path page) {
        String name = page.getFileName().toString();
        String stem = name.endsWith(".html") ? name.substring(0, name.length() - ".html".length()) : name;
        return page.resolveSibling(stem + ".json");
    }

    private boolean quick() {
        return parsed.hasMatchedOption("--quick");
    }

    // ---- a run

    private int measure() throws IOException, InterruptedException {
        List<Scenario> scenarios = scenarios();
        Path folder = page().toAbsolutePath().getParent();
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString());
        }
        if (parsed.hasMatchedOption("--list")) {
            return tell(scenarios);
        }
        try (RunFolder own = RunFolder.open()) {
            LabContenders contenders = contenders(own.path(), parsed.matchedOptionValue("--peers", List.of()));
            missing(contenders).forEach(notice -> terminal.err().println("millrace: " + Printable.text(notice)));
            return measure(scenarios, contenders, own);
        }
    }

    private LabContenders contenders(Path files, List<String> peers) throws IOException, InterruptedException {
        return new LabContenders(
                main,
                files,
                parsed.matchedOptionValue("--models", List.of()),
                peers,
                parsed.matchedOptionValue("--peer", List.of()),
                notice -> terminal.err().println(Printable.lines(notice)));
    }

    private List<Scenario> scenarios() throws IOException {
        Path folder = parsed.matchedOptionValue("--scenario-dir", null);
        List<Scenario> all = folder == null ? Lab.scenarios() : Lab.scenarios(folder);
        List<String> names = parsed.matchedOptionValue("--scenarios", List.of());
        for (String name : names) {
            if (all.stream().noneMatch(scenario -> scenario.name().equals(name))) {
                throw new IllegalArgumentException("there is no scenario '" + name + "'; there are "
                        + String.join(", ", all.stream().map(Scenario::name).toList()));
            }
        }
        return all.stream()
                .filter(scenario -> names.isEmpty() ? !quick() || scenario.quick() : names.contains(scenario.name()))
                // The long form of a scenario says all that its quick form says.
                .filter(scenario ->
                        quick() || !names.isEmpty() || !scenario.name().endsWith("-quick"))
                .toList();
    }

    private int tell(List<Scenario> scenarios) throws IOException, InterruptedException {
        try (RunFolder folder = RunFolder.open()) {
            LabContenders contenders = contenders(folder.path(), List.of());
            contenders.notices().forEach(notice -> terminal.err().println("millrace: " + Printable.text(notice)));
            tell(scenarios, contenders);
        }
        return ExitCode.OK;
    }

    private void tell(List<Scenario> scenarios, LabContenders contenders) {
        contenders
                .all()
                .forEach(each ->
                        terminal.out().printf("%-14s %s%n", Printable.text(each.name()), Printable.text(each.story())));
        terminal.out().println();
        scenarios.forEach(
                each -> terminal.out().printf("%-16s %s%n", Printable.text(each.name()), Printable.text(each.title())));
    }

    private Settings settings(Path folder) {
        int rounds = parsed.matchedOptionValue("--rounds", quick() ? 3 : 5);
        double seconds = parsed.matchedOptionValue("--seconds", quick() ? 0.5 : 0.8);
        if (!(seconds >= 0.1 && seconds <= 3600)) {
            throw new IllegalArgumentException("--seconds is from 0.1 to 3600");
        }
        boolean systemCalls = !quick() && !parsed.hasMatchedOption("--no-system-calls") && Machine.has("strace");
        return new Settings(
                        rounds,
                        Duration.ofMillis((long) (seconds * 1000)),
                        Duration.ofMillis(quick() ? 800 : 1500),
                        systemCalls,
                        -1,
                        -1,
                        folder,
                        LabContenders.ourselves(main, LoadCommand.NAME, "--agent", "0"))
                .pinned();
    }

    private int measure(List<Scenario> scenarios, LabContenders contenders, RunFolder folder)
            throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Lab lab = new Lab(settings(folder.path()), contenders.all(), new HerdCommand.Rounds(), progress());
        lab.note(
                "command",
                "millrace lab "
                        + String.join(
                                " ", parsed.originalArgs().stream().skip(1).toList()));
        lab.note("version", LabContenders.revision());
        contenders.versions().forEach(lab::note);
        if (!missing(contenders).isEmpty()) {
            lab.note("missing", String.join("; ", missing(contenders)));
        }
        Shutdown.onSignal(lab::stop, () -> endAtOnce(folder));
        boolean whole = lab.run(scenarios, page(), beside(page()));
        if (terminal.interactive() && !parsed.hasMatchedOption("--quiet")) {
            terminal.out().print(CLEAR_LINE);
        }
        lab.findings().forEach((title, sentences) -> {
            if (!sentences.isEmpty()) {
                terminal.out().println(Printable.lines(title + "\n  " + String.join("\n  ", sentences) + "\n"));
            }
        });
        terminal.out()
                .println((whole ? "" : "Broken off. ") + "The page is " + Printable.text(page().toString())
                        + ", the data " + Printable.text(beside(page()).toString()) + "; it took "
                        + Summary.time(Duration.ofNanos(System.nanoTime() - begin)) + ".");
        return whole ? ExitCode.OK : ExitCode.FAILED;
    }

    private List<String> missing(LabContenders contenders) {
        List<String> all = new ArrayList<>(contenders.notices());
        if (!quick() && !parsed.hasMatchedOption("--no-system-calls") && !Machine.has("strace")) {
            all.add("without system calls: strace is not on the path (Debian: apt install strace)");
        }
        return all;
    }

    /** Before this process is ended: nothing that it started, and no file, is to stay. */
    private static void endAtOnce(RunFolder folder) {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        folder.close();
    }

    private Consumer<String> progress() {
        if (parsed.hasMatchedOption("--quiet")) {
            return line -> {};
        }
        return line -> {
            String shown = Printable.text(line);
            terminal.err().print(terminal.interactive() ? CLEAR_LINE + shown : shown + "\n");
            terminal.err().flush();
        };
    }
}
