// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.choice;
import static io.millrace.cli.Options.flag;
import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.number;
import static io.millrace.cli.Options.value;

import io.millrace.cli.Terminal.Color;
import io.millrace.http.Limits;
import io.millrace.transport.AcceptDistribution;
import io.millrace.transport.OverloadPolicy;
import io.millrace.web.ContentCodings;
import io.millrace.web.LogFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The options of {@code millrace serve} as a table, section by section as {@code --help} prints them. */
final class ServeOptionTable {
    private static final int HSTS_SECONDS = 180 * 24 * 3600;

    private ServeOptionTable() {}

    static void declare(CommandSpec spec) {
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel("DIR")
                .type(String.class)
                .arity("0..1")
                .description("The folder to serve. Default: the current one.")
                .build());
        where(spec);
        Options.addSection(spec, "TLS:", tls());
        what(spec);
        output(spec);
        limits(spec);
    }

    private static void where(CommandSpec spec) {
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
                                "Port to listen on. Default: 8000, with --tls 8443. 0 picks one that is free.")
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
                                "from=CIDR",
                                List.class,
                                names("--proxy-protocol"),
                                "Expect the PROXY protocol, version 1 or 2, from proxies at these addresses, such as "
                                        + "from=10.0.0.0/8, or from=unix, and from nobody else. May be repeated.")
                        .auxiliaryTypes(String.class),
                value(
                                "CIDR",
                                List.class,
                                names("--trust"),
                                "Believe the proxies at these addresses who their client is, by X-Forwarded-For. May be "
                                        + "repeated.")
                        .auxiliaryTypes(String.class),
                value(
                        "DIR",
                        String.class,
                        names("-d", "--directory"),
                        "The folder to serve, as jwebserver spells it."));
    }

    private static OptionSpec.Builder[] tls() {
        List<OptionSpec.Builder> all = new ArrayList<>(List.of(TlsCommandLine.options()));
        all.add(value(
                        "PORT",
                        Integer.class,
                        names("--redirect"),
                        "Listen on this port, too, in the clear, and send its clients to the https URL.")
                .converters(Options.number(0, 65535)));
        all.add(value(
                        "SECONDS",
                        Integer.class,
                        names("--hsts"),
                        "Tell browsers to use https alone for so long (Strict-Transport-Security). Default: 15552000, "
                                + "180 days.")
                .converters(Options.number(0, Integer.MAX_VALUE))
                .arity("0..1")
                .preprocessor(optional(Integer.toString(HSTS_SECONDS))));
        all.addAll(List.of(AcmeCommandLine.options()));
        return all.toArray(OptionSpec.Builder[]::new);
    }

    private static void what(CommandSpec spec) {
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
                value(
                                "CODING,...",
                                String.class,
                                names("--compress"),
                                "Compress what is answered for clients that accept it: gzip, zstd or both, the "
                                        + "preferred one first. Default: zstd where this machine has it, and gzip.")
                        .arity("0..1")
                        .preprocessor(optional(ContentCodings.ALL)),
                flag(
                        "--live-reload",
                        "For development: pages reload themselves in the browser when a file has changed. Adds a script "
                                + "to each page; Cache-Control of other files is no-cache unless --cache says otherwise."),
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
    }

    private static void output(CommandSpec spec) {
        Options.addSection(
                spec,
                "What you see:",
                choice(
                        LogFormat.class,
                        names("--log"),
                        "What to write for each request, on standard output. Default: common."),
                choice(
                        ServeOptions.Output.class,
                        names("-o", "--output"),
                        "The same in jwebserver's words: none, info (common), verbose (with the request's header "
                                + "fields). --log goes before it."),
                choice(
                        Color.class,
                        names("--color"),
                        "Color what is written. Default: auto, on a terminal unless NO_COLOR is set."),
                value(
                        "WHERE",
                        String.class,
                        names("--admin"),
                        "Answer /livez, /readyz and /metrics at HOST:PORT, PORT of this machine alone, or unix:PATH."),
                flag("--no-status", "No Unix socket for millrace top."),
                flag("--hello").hidden(true),
                flag("-q", "Neither banner nor summary, and no log unless --log asks for one.")
                        .names("-q", "--quiet"));
    }

    private static void limits(CommandSpec spec) {
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
                        names("--drain"),
                        "Time before that in which the port stays open, /readyz says 503, and each answer is the last "
                                + "of its connection, until the balancer has seen it. Default: 0, under Kubernetes "
                                + "and systemd 5."),
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
}
