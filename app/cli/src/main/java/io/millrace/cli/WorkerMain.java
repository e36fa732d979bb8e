// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.workers.WorkerCommand;
import io.millrace.workers.WorkerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The {@code main} of a process that serves one client ({@code --model process}). It does what {@link Main} does, on a
 * command line that was parsed by the parent ({@link Arguments}), and with a start-up cache of its own, for it lives no
 * longer than its client.
 */
public final class WorkerMain {
    /** Names the start-up cache; the launcher says it. */
    static final String CACHE = "millrace.worker.cache";

    /** Whether this is the run that the start-up cache is made of. */
    private static final String TRAINING = "millrace.worker.training";

    private WorkerMain() {}

    /**
     * The command of such a process: the name of the subcommand, and what was given to it. It maps the cache to the
     * address that it was made for, a sixth of the start less than moving it to another: {@link WorkerAotTraining} has
     * chosen that by chance, and all workers share it, as children of fork(2) share their parent's.
     */
    static List<String> command(String name, List<String> given) {
        List<String> arguments = new ArrayList<>();
        arguments.add(name);
        arguments.addAll(given);
        String cache = System.getProperty(CACHE);
        List<String> command =
                new ArrayList<>(WorkerCommand.of(WorkerMain.class, arguments, cache == null ? null : Path.of(cache)));
        if (cache != null && !command.isEmpty()) {
            command.addAll(1, List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0"));
        }
        return command;
    }

    /** Serves the client that is descriptor 0. */
    public static void main(String[] args) throws ClassNotFoundException {
        if (!WorkerProcess.isForOneClient()) {
            System.err.println("millrace: started by hand what serve and echo start for a client");
            System.exit(ExitCode.USAGE);
        }
        if (Boolean.getBoolean(TRAINING)) {
            // One run makes the cache for both commands.
            Class.forName(EchoCommand.class.getName());
            Class.forName(EchoProtocol.class.getName());
        }
        // Nothing here links Main, for its methods name picocli.
        Terminal.formatLog();
        Arguments given = Arguments.words(Arrays.asList(args).subList(1, args.length));
        Terminal terminal = Terminal.system();
        int code =
                args[0].equals(EchoCommand.NAME) ? EchoCommand.run(terminal, given) : ServeCommand.run(terminal, given);
        if (code != ExitCode.OK) {
            // Otherwise the process ends with this thread: System.exit would load a logging system first, to offer it a
            // line about the exit.
            System.exit(code);
        }
    }
}
