// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.cli.Terminal.Color;
import io.millrace.compress.Compression;
import io.millrace.fileserver.FileOptions;
import io.millrace.http.Limits;
import io.millrace.models.IoModel;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.UnixAddress;
import io.millrace.transport.AcceptDistribution;
import io.millrace.transport.OverloadPolicy;
import io.millrace.web.ContentCodings;
import io.millrace.web.LogFormat;
import io.millrace.web.TrustedProxies;
import io.millrace.web.WebServer;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ParameterException;

/** What the options of {@code millrace serve} ask for, in the terms of the library ({@link ServeOptionTable}). */
final class ServeOptions {

    /** What jwebserver calls its output. */
    enum Output {
        NONE,
        INFO,
        VERBOSE
    }

    private final Arguments arguments;
    private final TlsCommandLine tls;

    /** Reads what was given; {@link ParameterException} for what picocli cannot see to be wrong. */
    ServeOptions(Arguments arguments) {
        this.arguments = arguments;
        this.tls = new TlsCommandLine(arguments);
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
        return read("--port", tls().wanted() ? 8443 : 8000);
    }

    TlsCommandLine tls() {
        return tls;
    }

    /** The port in the clear that sends its clients to the https URL; none where nothing was said. */
    Optional<Integer> redirect() {
        return Optional.ofNullable(forTls("--redirect"));
    }

    /** How long browsers are to use https alone; none where nothing was said. */
    Optional<Duration> hsts() {
        Integer seconds = forTls("--hsts");
        return seconds == null ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds));
    }

    private Integer forTls(String name) {
        Integer number = arguments.number(name);
        if (number != null && !tls().wanted()) {
            throw wrong(name + " is for HTTPS: say --tls, or --tls-cert and --tls-key");
        }
        if (number != null && name.equals("--redirect") && has("--listen")) {
            throw wrong("--redirect leads to a TCP port, --listen has none");
        }
        return number;
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

    /** Tells a server which proxies it may believe, and in what. */
    void proxies(WebServer server) {
        List<String> trusted = arguments.all("--trust");
        try {
            if (!trusted.isEmpty()) {
                server.trustedProxies(TrustedProxies.byXForwardedFor(trusted.toArray(String[]::new)));
            }
        } catch (IllegalArgumentException e) {
            throw wrong("--trust: " + e.getMessage());
        }
        List<String> from = arguments.all("--proxy-protocol");
        if (from.stream().anyMatch(one -> !one.startsWith("from="))) {
            throw wrong("--proxy-protocol takes from=CIDR, not '" + from.getFirst() + "'");
        }
        try {
            if (!from.isEmpty()) {
                server.proxyProtocol(from.stream().map(one -> one.substring(5)).toArray(String[]::new));
            }
        } catch (IllegalArgumentException e) {
            throw wrong("--proxy-protocol: " + e.getMessage());
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

    /**
     * How long the server goes on after the signal. Only where a balancer has to see it is that longer than nothing.
     */
    Duration drain() {
        boolean balanced = System.getenv("KUBERNETES_SERVICE_HOST") != null || System.getenv("NOTIFY_SOCKET") != null;
        return Duration.ofSeconds(read("--drain", balanced ? 5 : 0));
    }

    /** Where probes and Prometheus are answered; none where nothing was said. */
    Optional<SocketAddress> admin() {
        String where = read("--admin", null);
        if (where == null) {
            return Optional.empty();
        }
        try {
            SocketAddress unix = UnixAddress.parse(where);
            return Optional.of(unix != null ? unix : hostAndPort(where));
        } catch (IllegalArgumentException | UnknownHostException e) {
            throw wrong("--admin takes HOST:PORT, PORT or unix:PATH, not '" + where + "'");
        }
    }

    private static SocketAddress hostAndPort(String where) throws UnknownHostException {
        int colon = where.lastIndexOf(':');
        int port = Integer.parseInt(where.substring(colon + 1));
        return AddressFormat.resolve(colon <= 0 ? "127.0.0.1" : where.substring(0, colon), port);
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

    /** Whether pages reload themselves when a file has changed. */
    boolean liveReload() {
        boolean on = has("--live-reload");
        IoModel model = model().orElseGet(IoModel::auto);
        if (on && (model.inProcesses() || model.clientsAtOnce() == 1)) {
            throw wrong("--live-reload holds a connection for each page, which --model " + model.id() + " cannot");
        }
        return on;
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

    /** The names by which TLS agrees upon what is spoken above it. */
    String[] applicationProtocols() {
        return http2() ? new String[] {"h2", "http/1.1"} : new String[] {"http/1.1"};
    }

    /** What is compressed on the fly, or {@code null} for nothing. */
    Compression compression() {
        String codings = read("--compress", null);
        try {
            return codings == null ? null : Compression.DEFAULT.withCodings(ContentCodings.read(codings));
        } catch (IllegalArgumentException | UnsupportedOperationException e) {
            throw wrong("--compress: " + e.getMessage());
        }
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
        String value = read("--cache", liveReload() ? "no-cache" : null);
        if (value == null || !value.matches("none|[0-9]+")) {
            return value;
        }
        return value.equals("none") ? "no-store" : "max-age=" + value;
    }
}
