// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.flag;
import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.number;
import static io.millrace.cli.Options.value;

import io.millrace.load.LoadPlan;
import io.millrace.load.LoadTarget;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/** The options of {@code millrace load}: the table, and what was asked for as a plan. */
final class LoadOptions {
    private static final int DEFAULT_CONNECTIONS = 64;

    private final ParseResult parsed;

    LoadOptions(ParseResult parsed) {
        this.parsed = parsed;
    }

    static void declare(CommandSpec spec) {
        spec.addPositional(PositionalParamSpec.builder()
                .paramLabel("URL")
                .type(String.class)
                .arity("0..1")
                .description("What to ask: http://HOST:PORT/PATH, https:, ws: or wss:, or tcp://HOST:PORT.")
                .build());
        Options.addSection(
                spec,
                "Who asks:",
                number("N", 1, names("-c", "--connections"), "Connections. Default: " + DEFAULT_CONNECTIONS + "."),
                number("N", 1, names("-t", "--threads"), "Event loops that share them, each a thread. Default: 1."),
                number(
                        "N",
                        1,
                        names("--pipeline", "--streams"),
                        "Requests under way on each connection; over HTTP/2 each is a stream. Default: 1."),
                flag("--http2", "HTTP/2 instead of HTTP/1.1: over TLS by ALPN, in clear without asking first."),
                flag("--websocket", "Messages of a WebSocket that are expected back. Said by ws:// and wss:// too."),
                flag("--new-connections", "A new connection for each request."),
                decimal("SECONDS", "--ramp", "Time over which the connections are opened. Default: 0."));
        Options.addSection(
                spec,
                "When:",
                decimal("N", "--rate", "Requests a second, whatever the server does. Default: as fast as it answers."),
                decimal("SECONDS", "-d", "How long it is measured. Default: 10.")
                        .names("-d", "--duration"),
                decimal("SECONDS", "--warmup", "Time before that does not count. Default: 0."),
                decimal("SECONDS", "--timeout", "How long an answer is waited for. Default: 5."));
        Options.addSection(
                spec,
                "What is said:",
                value("METHOD", String.class, names("-X", "--method"), "Default: GET, with a body POST."),
                value("'NAME: VALUE'", List.class, names("-H", "--header"), "One more header field. May be repeated.")
                        .auxiliaryTypes(String.class),
                value(
                        "TEXT|@FILE",
                        String.class,
                        names("--body"),
                        "The body of each request, or the message of a WebSocket."),
                number("BYTES", 1, names("--size"), "Length of a message, over TCP or a WebSocket. Default: 64."));
        Options.addSection(
                spec,
                "Who is in the way besides:",
                number("N", 0, names("--idle"), "Connections that say nothing. Default: 0."),
                number("N", 0, names("--slow-readers"), "Connections that read their answer slowly. Default: 0."),
                number("N", 0, names("--slow-writers"), "Connections that send a request byte by byte. Default: 0."));
        Options.addSection(
                spec,
                "What you see:",
                value(
                        "FILE",
                        String.class,
                        names("--cacert"),
                        "Authorities, in PEM, by which an https or wss server is verified. Default: those of the JDK."),
                value("FILE", String.class, names("--json"), "Write the result as JSON, with - on standard output."),
                flag("-q", "No progress on the terminal.").names("-q", "--quiet"));
        Options.addSection(
                spec,
                "Several machines:",
                value(
                        "[ADDR:]PORT",
                        String.class,
                        names("--agent"),
                        "Wait for a coordinator and run what it says. Address by default: 127.0.0.1; any other wants a token."),
                value("HOST:PORT", List.class, names("--coordinate"), "Run on these agents, separated by commas.")
                        .auxiliaryTypes(String.class)
                        .splitRegex(","),
                value(
                        "FILE",
                        String.class,
                        names("--token-file"),
                        "A file with what agents and coordinators both know: 16 characters or more, and random."));
    }

    private static OptionSpec.Builder decimal(String label, String name, String description) {
        ITypeConverter<Double> converter = text -> {
            try {
                double number = Double.parseDouble(text);
                if (number >= 0 && number <= 1e9) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Said below, in the same words as for a number out of range.
            }
            throw new TypeConversionException("'" + text + "' is not a number from 0 to 10^9");
        };
        return value(label, Double.class, names(name), description).converters(converter);
    }

    private <T> T read(String name, T otherwise) {
        return parsed.matchedOptionValue(name, otherwise);
    }

    private ParameterException wrong(String message) {
        return new ParameterException(parsed.commandSpec().commandLine(), message);
    }

    boolean isAgent() {
        return parsed.hasMatchedOption("--agent");
    }

    /** Where an agent listens. */
    InetSocketAddress agent() throws UnknownHostException {
        String text = read("--agent", "");
        return address(text.contains(":") ? text : "127.0.0.1:" + text);
    }

    List<String> agents() {
        return read("--coordinate", List.of());
    }

    /** {@code host:port}; brackets around an IPv6 address. */
    static InetSocketAddress address(String text) throws UnknownHostException {
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (colon > 0 && port >= 0 && port <= 65535) {
                return AddressFormat.resolve(text.substring(0, colon), port);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new UnknownHostException("'" + text + "' is not HOST:PORT");
    }

    String token() throws IOException {
        String file = read("--token-file", null);
        if (file == null) {
            return "";
        }
        String token = Files.readString(Path.of(file)).strip();
        if (token.isEmpty()) {
            throw new IOException("there is no token in " + file);
        }
        return token;
    }

    /**
     * The context for a target over TLS, {@code null} for the JDK's authorities.
     *
     * @throws IOException if the file has no certificates, saying why
     */
    TlsContext tls(LoadPlan plan) throws IOException {
        String file = read("--cacert", null);
        if (file == null) {
            return null;
        }
        if (!agents().isEmpty()) {
            throw new IllegalArgumentException(
                    "--cacert is for one machine: agents believe the authorities of their JDK");
        }
        String alpn = plan.target().kind().alpn();
        TlsOptions options = TlsOptions.DEFAULT.withApplicationProtocols(alpn);
        return TlsContext.client(options.withTrusted(Credentials.certificates(Path.of(file))));
    }

    String json() {
        return read("--json", null);
    }

    boolean quiet() {
        return parsed.hasMatchedOption("--quiet");
    }

    LoadPlan plan() throws IOException {
        String url = parsed.matchedPositionalValue(0, null);
        if (url == null) {
            throw wrong("what is to be asked? Say a URL, such as http://127.0.0.1:8000/");
        }
        try {
            LoadTarget named = LoadTarget.parse(url);
            LoadTarget target = spoken(named);
            return new LoadPlan(target, clients(), pace(), message(target), beside());
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
    }

    private LoadTarget spoken(LoadTarget named) {
        LoadTarget target = parsed.hasMatchedOption("--websocket") ? named.overWebSocket() : named;
        return parsed.hasMatchedOption("--http2") ? target.overHttp2() : target;
    }

    private LoadPlan.Clients clients() {
        return new LoadPlan.Clients(
                read("--connections", DEFAULT_CONNECTIONS),
                read("--threads", 1),
                read("--pipeline", 1),
                !parsed.hasMatchedOption("--new-connections"),
                seconds("--ramp", 0));
    }

    private LoadPlan.Pace pace() {
        return new LoadPlan.Pace(
                read("--rate", 0.0), seconds("--warmup", 0), seconds("--duration", 10), seconds("--timeout", 5));
    }

    private LoadPlan.Message message(LoadTarget target) throws IOException {
        byte[] body = body();
        boolean echo = target.kind().isEcho();
        if (echo && body.length == 0 && !parsed.hasMatchedOption("--body")) {
            body = "0123456789abcdef"
                    .repeat(read("--size", 64) / 16 + 1)
                    .substring(0, read("--size", 64))
                    .getBytes(StandardCharsets.US_ASCII);
        }
        String method = read("--method", body.length > 0 && !echo ? "POST" : "GET");
        return new LoadPlan.Message(method, read("--header", List.of()), body);
    }

    private byte[] body() throws IOException {
        String body = read("--body", "");
        return body.startsWith("@")
                ? Files.readAllBytes(Path.of(body.substring(1)))
                : body.getBytes(StandardCharsets.UTF_8);
    }

    private LoadPlan.Beside beside() {
        return new LoadPlan.Beside(read("--idle", 0), read("--slow-readers", 0), read("--slow-writers", 0));
    }

    private Duration seconds(String name, double otherwise) {
        return Duration.ofNanos((long) (read(name, otherwise) * 1e9));
    }
}
