// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.core.Printable;
import io.millrace.workers.WorkerProcess;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code millrace} command: finds the subcommand and turns what comes of it into an exit code.
 *
 * <p>The options are declared as tables ({@link CommandSpec}) and not as annotated fields: picocli's reflection over
 * annotations costs a tenth of a second at each start, and its classes are too old a format to be kept in the JVM's
 * start-up cache.
 */
public final class Main {
    /** In the order of the help. */
    private static final List<String> COMMANDS = List.of(
            ServeCommand.NAME,
            EchoCommand.NAME,
            Models.NAME,
            HerdCommand.NAME,
            LoadCommand.NAME,
            LabCommand.NAME,
            TopCommand.NAME);

    private Main() {}

    /** Runs the command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        Terminal.formatLog();
        if (Arrays.asList(args).contains(ServeCommand.NAME) && !WorkerProcess.isForOneClient()) {
            ClassPreload.begin();
        }
        int code = ExitCode.FAILED;
        try {
            code = run(Terminal.system(), args);
        } catch (Throwable t) {
            t.printStackTrace();
        } finally {
            // Whatever was thrown: what other threads there are would go on as half a server.
            System.exit(code);
        }
    }

    /** Runs the command and returns its exit code. */
    static int run(Terminal terminal, String... args) {
        CommandLine line = new CommandLine(spec(args));
        for (String arg : args) {
            // What could not be decoded is gone, and would be taken for the name of something else.
            if (arg.indexOf('\uFFFD') >= 0) {
                return undecodable(terminal, arg);
            }
        }
        try {
            ParseResult parsed = line.parseArgs(args);
            while (parsed.hasSubcommand()) {
                parsed = parsed.subcommand();
            }
            return run(terminal, parsed);
        } catch (ParameterException e) {
            return explain(terminal, e);
        }
    }

    private static int undecodable(Terminal terminal, String arg) {
        String charset = System.getProperty("sun.jnu.encoding");
        terminal.err()
                .println("millrace: an argument is not in " + charset + ", the charset of the locale: '"
                        + arg.replace('\uFFFD', '?') + "'");
        if (!charset.equals("UTF-8")) {
            terminal.err().println("Start Java with LC_ALL=C.UTF-8, as the millrace script does.");
        }
        return ExitCode.USAGE;
    }

    private static int run(Terminal terminal, ParseResult parsed) {
        CommandLine command = parsed.commandSpec().commandLine();
        if (parsed.isUsageHelpRequested()) {
            command.usage(terminal.out(), terminal.colorsHelp() ? Ansi.ON : Ansi.OFF);
            return ExitCode.OK;
        }
        if (parsed.isVersionHelpRequested()) {
            terminal.out().println(Version.text());
            return ExitCode.OK;
        }
        return switch (parsed.commandSpec().name()) {
            case ServeCommand.NAME -> ServeCommand.run(terminal, new ParsedArguments(parsed));
            case EchoCommand.NAME -> EchoCommand.run(terminal, new ParsedArguments(parsed));
            case LoadCommand.NAME -> LoadCommand.run(terminal, parsed);
            case LabCommand.NAME -> LabCommand.run(terminal, parsed, Main.class);
            case TopCommand.NAME -> TopCommand.run(terminal, parsed);
            case Models.NAME -> Models.run(terminal);
            case HerdCommand.NAME -> HerdCommand.run(terminal, parsed);
            default -> {
                command.usage(terminal.err(), Ansi.OFF);
                yield ExitCode.USAGE;
            }
        };
    }

    /** Two lines: what is wrong, and where to read on. The whole help would push what is wrong off the screen. */
    private static int explain(Terminal terminal, ParameterException wrong) {
        CommandLine command = wrong.getCommandLine();
        String text = "millrace: " + Printable.text(firstLine(wrong.getMessage()));
        if (wrong instanceof UnmatchedArgumentException unmatched
                && !unmatched.getSuggestions().isEmpty()) {
            text += " (did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?)";
        }
        terminal.err().println(text);
        terminal.err().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE;
    }

    private static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    /**
     * Declares the command that the first argument names, and all of them where it names none. To declare the options
     * of seven for each start of one takes longer than to parse them.
     */
    private static CommandSpec spec(String[] args) {
        boolean named = args.length > 0 && COMMANDS.contains(args[0]);
        return spec(named ? List.of(args[0]) : COMMANDS);
    }

    static CommandSpec spec() {
        return spec(COMMANDS);
    }

    private static CommandSpec spec(List<String> commands) {
        CommandSpec spec = CommandSpec.create().name("millrace");
        spec.usageMessage()
                .description(
                        "A web server and network toolbox for the JVM, event-driven, in Java alone.",
                        "",
                        "  millrace serve            serves the current folder at http://127.0.0.1:8000/",
                        "  millrace serve --help     its options, with examples")
                .synopsisSubcommandLabel("COMMAND")
                .commandListHeading("%nCommands:%n");
        Options.addHelp(spec);
        commands.forEach(name -> spec.addSubcommand(name, subcommand(name)));
        return spec;
    }

    private static CommandSpec subcommand(String name) {
        return switch (name) {
            case ServeCommand.NAME -> ServeCommand.spec();
            case EchoCommand.NAME -> EchoCommand.spec();
            case Models.NAME -> Models.spec();
            case HerdCommand.NAME -> HerdCommand.spec();
            case LoadCommand.NAME -> LoadCommand.spec();
            case LabCommand.NAME -> LabCommand.spec();
            case TopCommand.NAME -> TopCommand.spec();
            default -> throw new IllegalArgumentException("no command: " + name);
        };
    }
}
