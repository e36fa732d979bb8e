// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.flag;

import com.fasterxml.jackson.jr.ob.JSON;
import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.LineEnd;
import io.millrace.core.Link;
import io.millrace.core.Printable;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.socket.Kernel;
import io.millrace.socket.UnixAddress;
import io.millrace.transport.Connections;
import io.millrace.transport.Engine;
import io.millrace.web.StatusSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code millrace top}: a running server, looked at once a second. */
final class TopCommand {
    static final String NAME = "top";

    private static final String ENDING = ".sock";
    private static final String HOME = "\u001b[H\u001b[J";

    /** Comes after the last line: the server has gone. */
    private static final String END = "";

    private final Terminal terminal;
    private final ParseResult parsed;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private TopCommand(Terminal terminal, ParseResult parsed) {
        this.terminal = terminal;
        this.parsed = parsed;
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Shows how a running millrace serve is: requests, latencies, connections, and what its loops do. It asks through a "
                                + "Unix socket that only the server's owner can open.")
                .footer(
                        "",
                        "Examples:",
                        "",
                        "  millrace top              the only server, or a list of them",
                        "  millrace top 1234         the one with that process id",
                        "  millrace top --json | jq .requests");
        Options.addHelp(spec);
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel("PID|SOCKET")
                .type(String.class)
                .arity("0..1")
                .description("Which server. Default: the only one that runs.")
                .build());
        spec.addOption(flag("--once", "Show one second, and end.").build());
        spec.addOption(
                flag("--json", "The server's own words, a line each second.").build());
        return spec;
    }

    static int run(Terminal terminal, ParseResult parsed) {
        return new TopCommand(terminal, parsed).run();
    }

    private int run() {
        try {
            List<Path> sockets = sockets();
            if (sockets.size() > 1) {
                terminal.out().println("Several servers run; name one:");
                sockets.forEach(socket -> terminal.out().println("  millrace top " + Printable.text(pid(socket))));
                return ExitCode.OK;
            }
            if (sockets.isEmpty()) {
                return terminal.fail("no millrace serve of this user runs here");
            }
            return watch(sockets.getFirst());
        } catch (IOException e) {
            return terminal.fail(StartFailure.message(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }

    private static String pid(Path socket) {
        return socket.getFileName().toString().replace(ENDING, "");
    }

    private List<Path> sockets() throws IOException {
        String which = parsed.matchedPositionalValue(0, null);
        if (which != null) {
            return List.of(
                    which.contains("/") ? Path.of(which) : StatusSocket.folder().resolve(which + ENDING));
        }
        try (Stream<Path> all = Files.list(StatusSocket.folder())) {
            return all.filter(TopCommand::isRunning).sorted().toList();
        }
    }

    /** A server that was killed has left its socket behind. */
    private static boolean isRunning(Path socket) {
        try {
            return socket.toString().endsWith(ENDING)
                    && ProcessHandle.of(Long.parseLong(pid(socket)))
                            .map(ProcessHandle::isAlive)
                            .orElse(false);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private int watch(Path socket) throws IOException, InterruptedException {
        EventLoop loop = new EventLoop(Kernel.host(), "millrace-top", Engine.READINESS);
        Connections.of(loop).connect(UnixAddress.of(socket), null, attempt -> {
            if (attempt.result() == 0) {
                attempt.open(new Listener());
            } else {
                lines.add(END);
            }
        });
        loop.start();
        try {
            return show(socket);
        } finally {
            loop.stop();
        }
    }

    private int show(Path socket) throws IOException, InterruptedException {
        String first = lines.take();
        if (first.equals(END)) {
            return terminal.fail("nobody answers at " + socket + "; is the server running, and yours?");
        }
        TopScreen screen = new TopScreen(JSON.std.mapFrom(first));
        for (String line = lines.take(); !line.equals(END); line = lines.take()) {
            if (parsed.hasMatchedOption("--json")) {
                terminal.out().println(Printable.json(line));
            } else {
                terminal.out()
                        .print((terminal.interactive() && !parsed.hasMatchedOption("--once") ? HOME : "")
                                + shown(JSON.std.mapFrom(line), screen));
            }
            terminal.out().flush();
            if (parsed.hasMatchedOption("--once")) {
                return ExitCode.OK;
            }
        }
        terminal.out().println("The server has ended.");
        return ExitCode.OK;
    }

    /** The screen for a line of a server, which another user may have named, by a path that is given. */
    static String shown(Map<String, Object> line, TopScreen screen) {
        return Printable.lines(screen.next(line));
    }

    /** Cuts what comes into lines. */
    private final class Listener implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            for (String line = next(in); line != null; line = next(in)) {
                lines.add(line);
            }
        }

        private static String next(Buffer in) {
            return in.readLine(LineEnd.LF, StandardCharsets.UTF_8);
        }

        @Override
        public void closed(CloseCause why) {
            lines.add(END);
        }
    }
}
