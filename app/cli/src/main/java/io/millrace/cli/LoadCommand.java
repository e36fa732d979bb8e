// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.core.Printable;
import io.millrace.load.Coordinator;
import io.millrace.load.Load;
import io.millrace.load.LoadAgent;
import io.millrace.load.LoadJson;
import io.millrace.load.LoadPlan;
import io.millrace.load.LoadProgress;
import io.millrace.load.LoadResult;
import io.millrace.load.LoadText;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code millrace load}: asks a server many times and says how long that took. */
final class LoadCommand {
    static final String NAME = "load";

    private static final String CLEAR_LINE = "\r\u001b[K";

    private final Terminal terminal;
    private final LoadOptions options;

    private LoadCommand(Terminal terminal, LoadOptions options) {
        this.terminal = terminal;
        this.options = options;
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Asks a server over HTTP/1.1, HTTP/2 or a WebSocket, or a TCP service that sends everything back, many times, "
                                + "and says how long that took.",
                        "",
                        "At a fixed --rate a request's time counts from when it was due, so that a server that stalls is charged "
                                + "with all the requests it kept from being asked. Without a rate each connection asks again as soon "
                                + "as it has its answer.")
                .footer(
                        "",
                        "Only load servers of your own: others take it for an attack.",
                        "Exit codes: 0 after a run, 1 if not one request was answered, 2 for a command line that cannot be",
                        "understood.",
                        "",
                        "Examples:",
                        "",
                        "  millrace load http://127.0.0.1:8000/            as fast as it answers, 10 s",
                        "  millrace load -c 256 -t 2 -d 30 127.0.0.1:8000  more of everything",
                        "  millrace load --new-connections https://example.org/",
                        "                                                  a handshake for each request",
                        "  millrace load --rate 5000 127.0.0.1:8000/page   how long at 5,000 requests a second?",
                        "  millrace load --http2 --streams 32 127.0.0.1:8000\n"
                                + "                                                  HTTP/2, 32 streams on each connection",
                        "  millrace load --websocket --size 1024 127.0.0.1:7777/",
                        "                                                  a WebSocket that sends messages back",
                        "  millrace load --new-connections tcp://127.0.0.1:7777",
                        "                                                  an echo server, a connection for each message",
                        "  millrace load --agent 0.0.0.0:7000 --token-file secret",
                        "                                                  on each of several machines, then on one:",
                        "  millrace load --coordinate a:7000,b:7000 --token-file secret http://server/");
        Options.addHelp(spec);
        LoadOptions.declare(spec);
        return spec;
    }

    static int run(Terminal terminal, ParseResult parsed) {
        return new LoadCommand(terminal, new LoadOptions(parsed)).run();
    }

    private int run() {
        try {
            return options.isAgent() ? serve() : load();
        } catch (UnknownHostException e) {
            return terminal.fail("unknown host: " + e.getMessage());
        } catch (IOException | IllegalArgumentException e) {
            return terminal.fail(StartFailure.message(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }

    // ---- an agent

    private int serve() throws IOException, InterruptedException {
        InetSocketAddress address = options.agent();
        Shutdown shutdown = Shutdown.onSignal();
        try (LoadAgent agent = LoadAgent.listen(address, options.token())) {
            terminal.out().println("Waiting for a coordinator on " + AddressFormat.text(agent.address()));
            terminal.out().flush();
            shutdown.await();
            return ExitCode.OK;
        }
    }

    // ---- a run

    private int load() throws IOException, InterruptedException {
        LoadPlan plan = options.plan();
        PrintStream messages = options.json() == null || !options.json().equals("-") ? terminal.out() : terminal.err();
        LoadResult result = options.agents().isEmpty() ? alone(plan, messages) : together(plan, messages);
        messages.print(Printable.lines(LoadText.of(result)));
        messages.flush();
        writeJson(result);
        return result.requests() > 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private LoadResult alone(LoadPlan plan, PrintStream messages) throws IOException, InterruptedException {
        Load load = new Load(plan, options.tls(plan));
        Shutdown.onSignal(load::stop);
        return load.run(progress(messages));
    }

    private LoadResult together(LoadPlan plan, PrintStream messages) throws IOException, InterruptedException {
        List<InetSocketAddress> agents = new ArrayList<>();
        for (String agent : options.agents()) {
            agents.add(LoadOptions.address(agent));
        }
        Coordinator coordinator = new Coordinator(agents, options.token());
        Shutdown.onSignal(coordinator::stop);
        return coordinator.run(plan, progress(messages));
    }

    /** One line that is written over, on a terminal only. */
    private Consumer<LoadProgress> progress(PrintStream messages) {
        if (options.quiet() || !terminal.interactive()) {
            return progress -> {};
        }
        LoadProgress[] before = new LoadProgress[1];
        return now -> {
            messages.print(CLEAR_LINE + Printable.text(LoadText.of(now, before[0])));
            messages.flush();
            before[0] = now;
        };
    }

    private void writeJson(LoadResult result) throws IOException {
        if (options.json() == null) {
            return;
        }
        String text = LoadJson.text(result) + "\n";
        if (options.json().equals("-")) {
            terminal.out().print(Printable.json(text));
            terminal.out().flush();
        } else {
            Files.writeString(Path.of(options.json()), text);
        }
    }
}
