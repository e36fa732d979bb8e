// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.choice;
import static io.millrace.cli.Options.flag;
import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.number;
import static io.millrace.cli.Options.value;

import io.millrace.cli.Terminal.Color;
import io.millrace.fileserver.FileOptions;
import io.millrace.http.Limits;
import io.millrace.models.IoModel;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.UnixAddress;
import io.millrace.transport.AcceptDistribution;
import io.millrace.transport.OverloadPolicy;
import io.millrace.web.LogFormat;
import io.millrace.web.WebServer;
import java.net.SocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/** The options of {@code millrace serve}: the table, and what was asked for in the terms of the library. */
final class ServeOptions {

    /** What jwebserver calls its output. */
    enum Output {
        NONE,
        INFO,
        VERBOSE
    }

    private final Arguments arguments;

    /** Reads what was given; {@link ParameterException} for what picocli cannot see to be wrong. */
    ServeOptions(Arguments arguments) {
        this.arguments = arguments;
    }

    static void declare(CommandSpec spec) {
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel("DIR")
                .type(String.class)
                .arity("0..1")
                .description("The folder to serve. Default: the current one.")
                .build());
        Options.addSection(
                spec,
                "Where:",
                value(
                        "ADDR",
                        String.class,
                        names("-b", "--bind-address"),
                        "Address to listen on. Default: 127.0.0.1, this machine only. 0.0.0.0 opens the server to the "
                                + "network, :: to IPv6 as well."),
                value(
                                "PORT",
                                Integer.class,
                                names("-p", "--port"),
                                "Port to listen on. Default: 8000. 0 picks one that is free.")
                        .converters(Options.number(0, 65535)),
                value(
                        "WHERE",
                        String.class,
                        names("--listen"),
                        "Listen on a Unix socket, unix:PATH or unix:@NAME (abstract), or on one that was inherited, "
                                + "fd:NAME (systemd's FileDescriptorName) or fd:NUMBER."),
                value(
                        "MODE",
                        String.class,
                        names("--socket-mode"),
                        "Permissions of the Unix socket, such as 660: who may write to it may connect."),
                value(
                                "NAME",
                                List.class,
                                names("--allow-host"),
                                "Answer requests for this host beside localhost and addresses: a name, *.NAME for those "
                                        + "below it, * for any. On a loopback address no other host is answered, on "
                                        + "any other address all are, unless this is said. May be repeated.")
                        .auxiliaryTypes(String.class),
                value(
                        "DIR",
                        String.class,
                        names("-d", "--directory"),
                        "The folder to serve, as jwebserver spells it."));
        Options.addSection(
                spec,
                "What:",
                flag("--no-listing", "Answer 403 for a folder without index.html instead of listing it."),
                flag("--listing").hidden(true),
                flag("--hidden", "Serve and list names that begin with a dot."),
                flag("--follow-links", "Follow symbolic links that lead out of the folder. Links inside always work."),
                flag(
                        "--no-precompressed",
                        "Leave file.br, file.zst and file.gz alone instead of sending them for file."),
                value("PAGE", String.class, names("--spa"), "Answer unknown paths with this page. Default: index.html.")
                        .arity("0..1")
                        .preprocessor(optional("index.html")),
                value(
                                "ORIGIN",
                                String.class,
                                names("--cors"),
                                "Let pages of that origin read the answers. Default: all.")
                        .arity("0..1")
                        .preprocessor(optional("*")),
                value(
                        "SECONDS|none|VALUE",
                        String.class,
                        names("--cache"),
                        "Cache-Control of files: max-age=SECONDS, no-store, or VALUE as it is. Default: not sent."),
                value(
                                "'NAME: VALUE'",
                                List.class,
                                names("--header"),
                                "Add this header field to every answer. May be repeated.")
                        .auxiliaryTypes(String.class));
        Options.addSection(
                spec,
                "What you see:",
                choice(
                        LogFormat.class,
                        names("--log"),
                        "What to write for each request, on standard output. Default: common."),
                choice(
                        Output.class,
                        names("-o", "--output"),
                        "The same in jwebserver's words: none, info (common), verbose (with the request's header "
                                + "fields). --log goes before it."),
                choice(
                        Color.class,
                        names("--color"),
                        "Color what is written. Default: auto, on a terminal unless NO_COLOR is set."),
                flag("--no-status", "No Unix socket for millrace top."),
                flag("--hello").hidden(true),
                flag("-q", "Neither banner nor summary, and no log unless --log asks for one.")
                        .names("-q", "--quiet"));
        Options.addSection(
                spec,
                "How much:",
                Models.option(),
                Models.trace(),
                number(
                        "N",
                        1,
                        names("--loops"),
                        "Event loops, threads or processes, where the model has several. Default: one per processor."),
                number(
                        "N",
                        1,
                        names("--max-connections"),
                        "Connections open at once. Default: as many as descriptors allow."),
                choice(
                        OverloadPolicy.class,
                        names("--overload"),
                        "Beyond --max-connections: let them wait in the kernel's queue, or refuse them with 503. "
                                + "Default: wait."),
                choice(
                        AcceptDistribution.class,
                        names("--spread"),
                        "How connections spread over the loops. Default: reuse-port, with --listen shared."),
                flag(
                        "--no-http2",
                        "Speak HTTP/1.1 alone. Else clients that begin with HTTP/2 (prior knowledge) are answered in it."),
                number(
                        "BYTES",
                        256,
                        names("--max-head"),
                        "Bytes of a request's head. Default: " + Limits.DEFAULT.head() + "."),
                number(
                        "SECONDS",
                        1,
                        names("--head-time"),
                        "Time for a request's head. Default: "
                                + Limits.DEFAULT.headTime().toSeconds() + "."),
                number(
                        "SECONDS",
                        1,
                        names("--body-time"),
                        "Time in which a request's body may come as slowly as it likes, and be silent afterwards. "
                                + "Default: " + Limits.DEFAULT.bodyTime().toSeconds() + "."),
                number(
                        "BYTES",
                        1,
                        names("--body-rate"),
                        "Bytes a second at which a request's body must come after that. Default: "
                                + Limits.DEFAULT.bodyRate() + "."),
                number(
                        "SECONDS",
                        1,
                        names("--idle-time"),
                        "Time between two requests of a connection. Default: "
                                + Limits.DEFAULT.idleTime().toSeconds() + "."),
                number(
                        "SECONDS",
                        1,
                        names("--write-time"),
                        "Time in which a client must take something of its answer. Default: "
                                + Limits.DEFAULT.writeTime().toSeconds() + "."),
                number(
                        "SECONDS",
                        0,
                        names("--grace"),
                        "Time that requests in flight get at a stop by SIGTERM or Ctrl-C. Default: 10."),
                number(
                        "SECONDS",
                        0,
                        names("--reload-grace"),
                        "Time that the workers of --model prefork get for their connections when SIGHUP has replaced "
                                + "them. Default: 3600."));
    }

    /** A value that is there only when joined by "=": a folder that follows the option is not taken for it. */
    private static IParameterPreprocessor optional(String otherwise) {
        return (Stack<String> rest, CommandSpec command, ArgSpec option, Map<String, Object> facts) -> {
            if (!"=".equals(facts.get("separator"))) {
                rest.push(otherwise);
            }
            return false;
        };
    }

    private <T> T read(String name, T otherwise) {
        return arguments.read(name, otherwise);
    }

    private boolean has(String name) {
        return arguments.has(name);
    }

    private RuntimeException wrong(String message) {
        return arguments.wrong(message);
    }

    Path directory() {
        String positional = arguments.positional();
        String option = read("--directory", null);
        if (positional != null && option != null && !positional.equals(option)) {
            throw wrong("two folders to serve: " + positional + " and --directory " + option);
        }
        try {
            return Path.of(positional != null ? positional : option != null ? option : "");
        } catch (InvalidPathException e) {
            throw wrong("not a path: " + e.getInput());
        }
    }

    String host() {
        return read("--bind-address", "127.0.0.1");
    }

    int port() {
        return read("--port", 8000);
    }

    /** Where else than on a TCP port to listen, or {@code null}. */
    SocketAddress listen() {
        String where = read("--listen", null);
        if (where == null) {
            return null;
        }
        if (has("--port") || has("--bind-address")) {
            throw wrong("--listen " + where + " stands in place of --port and --bind-address");
        }
        if (spread() == AcceptDistribution.REUSE_PORT && has("--spread")) {
            throw wrong("--spread reuse-port is for TCP ports; --listen takes shared or hand-over");
        }
        try {
            SocketAddress unix = UnixAddress.parse(where);
            SocketAddress address = unix != null ? unix : InheritedSocket.parse(where);
            if (address == null) {
                throw wrong("--listen takes unix:PATH, unix:@NAME, fd:NAME or fd:NUMBER, not '" + where + "'");
            }
            return address;
        } catch (IllegalArgumentException e) {
            throw wrong("--listen: " + e.getMessage());
        }
    }

    /** The hosts that are answered for; none where nothing was said. */
    List<String> hosts() {
        List<String> hosts = arguments.all("--allow-host");
        try {
            WebServer.on(0).hosts(hosts.toArray(String[]::new));
            return hosts;
        } catch (IllegalArgumentException e) {
            throw wrong("--allow-host: " + e.getMessage());
        }
    }

    ListenFlags listenFlags() {
        String mode = read("--socket-mode", null);
        if (mode == null) {
            return ListenFlags.USUAL;
        }
        if (!mode.matches("0?[0-7]{3}") || !read("--listen", "").startsWith("unix:")) {
            throw wrong("--socket-mode takes permissions in octal, such as 660, for --listen unix:PATH");
        }
        return ListenFlags.USUAL.withMode(Integer.parseInt(mode, 8));
    }

    /** Whether the way to spread was chosen: what is usual depends on where the server listens. */
    boolean spreads() {
        return has("--spread");
    }

    int loops() {
        return read("--loops", Runtime.getRuntime().availableProcessors());
    }

    /** The model that was asked for, or none for the best there is. */
    Optional<IoModel> model() {
        return Optional.ofNullable(arguments.model());
    }

    /**
     * The command of a worker that need not parse the command line again; empty if this program's own is to be used.
     */
    List<String> workerCommand() {
        return arguments.model() == IoModel.PROCESS
                ? WorkerMain.command(ServeCommand.NAME, arguments.words())
                : List.of();
    }

    boolean trace() {
        return has("--trace");
    }

    int maxConnections() {
        return read("--max-connections", Integer.MAX_VALUE);
    }

    OverloadPolicy overload() {
        return read("--overload", OverloadPolicy.WAIT);
    }

    AcceptDistribution spread() {
        return read("--spread", AcceptDistribution.REUSE_PORT);
    }

    Duration grace() {
        return Duration.ofSeconds(read("--grace", 10));
    }

    Duration reloadGrace() {
        return Duration.ofSeconds(read("--reload-grace", 3600));
    }

    boolean followLinks() {
        return has("--follow-links");
    }

    /** Whether {@code millrace top} may look. */
    boolean status() {
        return !has("--no-status");
    }

    /** A short text at the root, made on the loop: for the lab. */
    boolean hello() {
        return has("--hello");
    }

    boolean quiet() {
        return has("--quiet");
    }

    Color color() {
        return read("--color", Color.AUTO);
    }

    LogFormat log() {
        return read("--log", quiet() || output() == Output.NONE ? LogFormat.NONE : LogFormat.COMMON);
    }

    /** Whether each request is written with its header fields, in place of the log. */
    boolean verbose() {
        return output() == Output.VERBOSE && !has("--log") && !quiet();
    }

    private Output output() {
        return read("--output", Output.INFO);
    }

    boolean http2() {
        return !has("--no-http2");
    }

    Limits limits() {
        return Limits.DEFAULT
                .withHead(read("--max-head", Limits.DEFAULT.head()))
                .withHeadTime(seconds("--head-time", Limits.DEFAULT.headTime()))
                .withBodyTime(seconds("--body-time", Limits.DEFAULT.bodyTime()))
                .withBodyRate(read("--body-rate", Limits.DEFAULT.bodyRate()))
                .withIdleTime(seconds("--idle-time", Limits.DEFAULT.idleTime()))
                .withWriteTime(seconds("--write-time", Limits.DEFAULT.writeTime()));
    }

    private Duration seconds(String name, Duration otherwise) {
        Integer seconds = arguments.number(name);
        return seconds == null ? otherwise : Duration.ofSeconds(seconds);
    }

    FileOptions files() {
        try {
            FileOptions files = FileOptions.DEFAULT
                    .listing(!has("--no-listing"))
                    .hidden(has("--hidden"))
                    .precompressed(!has("--no-precompressed"))
                    .spa(read("--spa", null))
                    .cors(read("--cors", null))
                    .cacheControl(cacheControl());
            for (String header : arguments.all("--header")) {
                files = withHeader(files, header);
            }
            return files;
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    private FileOptions withHeader(FileOptions files, String header) {
        int colon = header.indexOf(':');
        if (colon < 1) {
            throw wrong("--header takes 'Name: value', not '" + header + "'");
        }
        return files.header(
                header.substring(0, colon).trim(), header.substring(colon + 1).trim());
    }

    private String cacheControl() {
        String value = read("--cache", null);
        if (value == null || !value.matches("none|[0-9]+")) {
            return value;
        }
        return value.equals("none") ? "no-store" : "max-age=" + value;
    }
}
