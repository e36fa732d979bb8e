// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.flag;
import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.number;
import static io.millrace.cli.Options.value;

import io.millrace.core.ProtocolFactory;
import io.millrace.models.IoModel;
import io.millrace.models.ModelOptions;
import io.millrace.models.Server;
import io.millrace.tls.TlsContext;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.web.WebServer;
import io.millrace.workers.WorkerProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code millrace echo}: every byte back, over the loop that serves the web as well. */
final class EchoCommand {
    static final String NAME = "echo";

    private EchoCommand() {}

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Sends back every byte that comes over TCP (RFC 862): to try a network, or to see the bare "
                                + "loop.")
                .footer(
                        "",
                        "Example:",
                        "",
                        "  millrace echo -p 7777 &",
                        "  echo hello | nc -N 127.0.0.1 7777",
                        "  millrace echo --tls -p 7778 &",
                        "  openssl s_client -quiet -connect 127.0.0.1:7778");
        Options.addHelp(spec);
        spec.addOption(value(
                        "ADDR",
                        String.class,
                        names("-b", "--bind-address"),
                        "Address to listen on. Default: 127.0.0.1, this machine only.")
                .build());
        spec.addOption(value(
                        "PORT",
                        Integer.class,
                        names("-p", "--port"),
                        "Port to listen on. Default: 7777. 0 picks one that is free.")
                .converters(Options.number(0, 65535))
                .build());
        spec.addOption(Models.option().build());
        spec.addOption(Models.trace().build());
        spec.addOption(number(
                        "N",
                        1,
                        names("--loops"),
                        "Event loops, threads or processes, where the model has several. Default: one per processor.")
                .build());
        spec.addOption(number(
                        "SECONDS",
                        0,
                        names("--grace"),
                        "Time that connections get to end by themselves at a stop. Default: 1.")
                .build());
        spec.addOption(flag(
                        "--websocket",
                        "Echoes WebSocket messages instead of bytes: on any path, up to 32 MiB, compressed where the "
                                + "client offers it.")
                .names("--websocket")
                .build());
        for (OptionSpec.Builder option : TlsCommandLine.options()) {
            spec.addOption(option.build());
        }
        spec.addOption(flag("-q", "No banner.").names("-q", "--quiet").build());
        return spec;
    }

    static int run(Terminal terminal, Arguments arguments) {
        try (QueuedStreams streams = QueuedStreams.over(terminal.out(), terminal.err())) {
            return run(terminal.speakingTo(streams.out(), streams.err()), terminal.err(), arguments);
        }
    }

    /** A trace goes to {@code trace}, whole: who asks for it waits for it. */
    private static int run(Terminal terminal, PrintStream trace, Arguments arguments) {
        TlsCommandLine tls = new TlsCommandLine(arguments);
        tls.check();
        String host = arguments.read("--bind-address", "127.0.0.1");
        InetSocketAddress address;
        try {
            address = AddressFormat.resolve(host, arguments.read("--port", 7777));
        } catch (UnknownHostException e) {
            return terminal.fail(StartFailure.unknown(host));
        }
        int count = arguments.read("--loops", Runtime.getRuntime().availableProcessors());
        Duration grace = Duration.ofSeconds(arguments.read("--grace", 1));
        boolean quiet = arguments.has("--quiet");
        Optional<IoModel> chosen = Optional.ofNullable(arguments.model());
        IoModel model = chosen.orElseGet(IoModel::auto);
        boolean lean = model == IoModel.PROCESS && !WorkerProcess.isWorker();
        List<String> worker = lean ? WorkerMain.command(NAME, arguments.words()) : List.of();
        TlsContext context;
        try {
            context = tls.wanted() ? tls.context() : null;
        } catch (IOException e) {
            return terminal.fail("TLS: " + TlsCommandLine.why(e));
        }
        if (context != null && model == IoModel.PROCESS && context.whyNotByProcesses() != null) {
            return terminal.fail(context.whyNotByProcesses());
        }
        if (arguments.has("--websocket")) {
            WebServer server = WebSocketEcho.server(address)
                    .model(model)
                    .loops(count)
                    .workerCommand(worker)
                    .tls(context);
            if (arguments.has("--trace")) {
                server.trace(trace);
            }
            return messages(terminal, arguments, server, address, chosen, grace, quiet);
        }
        ModelOptions options = ModelOptions.DEFAULT
                .withCarriers(count)
                .withWorkerCommand(worker)
                .withTrace(arguments.has("--trace") ? trace : null);
        Shutdown shutdown = WorkerProcess.isWorker() ? null : Shutdown.onSignal();
        ServerFailure failure = shutdown == null ? ServerFailure.atOnce() : ServerFailure.then(shutdown::ask);
        try (Server server = model.open(options.withFailure(failure))) {
            Listener listening = server.listen(ListenOptions.on(address), () -> protocol(context));
            if (shutdown == null) {
                server.await();
                return ExitCode.OK;
            }
            tls.reloadOnHangup(shutdown, context, model, server::reload);
            greet(terminal.out(), listening.address(), Models.engine(server.engine(), chosen), quiet);
            shutdown.await();
            // Echo clients have no end of their own: those that are still there after the grace are cut off, as
            // announced.
            server.stop(grace);
            return failure.isThere() ? ExitCode.FAILED : ExitCode.OK;
        } catch (UnsupportedOperationException e) {
            return terminal.fail(StartFailure.message(e));
        } catch (IOException e) {
            return terminal.fail(StartFailure.line(e, address));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }

    private static ProtocolFactory protocol(TlsContext context) {
        return context == null ? EchoProtocol::new : context.over(EchoProtocol::new);
    }

    private static int messages(
            Terminal terminal,
            Arguments arguments,
            WebServer echo,
            InetSocketAddress address,
            Optional<IoModel> chosen,
            Duration grace,
            boolean quiet) {
        Shutdown shutdown = WorkerProcess.isWorker() ? null : Shutdown.onSignal();
        ServerFailure failure = shutdown == null ? ServerFailure.atOnce() : ServerFailure.then(shutdown::ask);
        try (WebServer server = echo.onFailure(failure).start()) {
            if (shutdown == null) {
                server.await();
                return ExitCode.OK;
            }
            new TlsCommandLine(arguments).reloadOnHangup(shutdown, server.tls(), server.model(), server::reload);
            greet(terminal.out(), server.address(), Models.engine(server.engine(), chosen), quiet);
            shutdown.await();
            server.stop(grace);
            return failure.isThere() ? ExitCode.FAILED : ExitCode.OK;
        } catch (UnsupportedOperationException e) {
            return terminal.fail(StartFailure.message(e));
        } catch (IOException e) {
            return terminal.fail(StartFailure.line(e, address));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }

    private static void greet(PrintStream out, InetSocketAddress address, String engine, boolean quiet) {
        if (!quiet) {
            out.println("Echoing on " + AddressFormat.text(address) + " (" + engine + "). Ctrl-C stops.");
        }
        out.flush();
    }
}
