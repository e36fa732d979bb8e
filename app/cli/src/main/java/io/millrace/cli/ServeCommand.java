// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.compress.Compression;
import io.millrace.core.Clock;
import io.millrace.core.DirectoryRoot;
import io.millrace.fileserver.FileOptions;
import io.millrace.http.ExchangeLog;
import io.millrace.models.IoModel;
import io.millrace.tls.TlsContext;
import io.millrace.web.AccessLog;
import io.millrace.web.AdminRoutes;
import io.millrace.web.CredentialsReloader;
import io.millrace.web.ExchangeLogs;
import io.millrace.web.LiveReload;
import io.millrace.web.LogFormat;
import io.millrace.web.ServerStats;
import io.millrace.web.ServiceManager;
import io.millrace.web.StatusSocket;
import io.millrace.web.WebServer;
import io.millrace.workers.WorkerCounters;
import io.millrace.workers.WorkerProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code millrace serve}: a folder over HTTP, from the banner to the summary. */
final class ServeCommand {
    static final String NAME = "serve";

    /** Routes that have figures of their own: a file server has few. */
    private static final int MOST_ROUTES = 64;

    private final Terminal terminal;

    /** Where a trace goes, whole: who asks for it waits for it. */
    private final PrintStream trace;

    private final ServeOptions options;
    private final ServerStats stats;

    /** What started this process and wants to know how it is, such as systemd; {@code null} for none. */
    private ServiceManager manager;

    /** How changes of files are seen; {@code null} where they are not looked for. */
    private String reloadLine;

    private ServeCommand(Terminal terminal, PrintStream trace, ServeOptions options) {
        this.terminal = terminal;
        this.trace = trace;
        this.options = options;
        this.stats = options.admin().isPresent() ? ServerStats.byRoute(MOST_ROUTES) : new ServerStats();
    }

    static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name(NAME);
        spec.usageMessage()
                .description(
                        "Serves a folder over HTTP/1.1: listings, ranges, conditional requests, precompressed files, "
                                + "single-page applications.")
                .footer(
                        "",
                        "An argument @FILE stands for the arguments in that file.",
                        "Exit codes: 0 after a stop by SIGTERM or Ctrl-C, 1 if something failed or requests were",
                        "cut off at the stop, 2 for a command line that cannot be understood, 128 + signal for a",
                        "second signal.",
                        "",
                        "Examples:",
                        "",
                        "  millrace serve                        this folder, at http://127.0.0.1:8000/",
                        "  millrace serve -b 0.0.0.0 -p 80 /srv  a folder for everybody",
                        "  millrace serve --spa --cache none dist",
                        "                                        a single-page application under development",
                        "  millrace serve --live-reload site     pages that reload when a file changes",
                        "  millrace serve --cors --header 'Cross-Origin-Resource-Policy: cross-origin' media",
                        "                                        files for the pages of other sites",
                        "  millrace serve --tls --redirect 8080  https://127.0.0.1:8443/, for development",
                        "  millrace serve --listen unix:/run/site.sock --socket-mode 660 /srv",
                        "                                        for a proxy on this machine, without a port",
                        "  millrace serve -p 0 -q                only the URL on standard output, for scripts",
                        "  millrace serve --log json | jq .ms    one object for each request");
        Options.addHelp(spec);
        ServeOptionTable.declare(spec);
        return spec;
    }

    static int run(Terminal terminal, Arguments given) {
        try (QueuedStreams streams = QueuedStreams.over(terminal.out(), terminal.err())) {
            return new ServeCommand(
                            terminal.speakingTo(streams.out(), streams.err()), terminal.err(), new ServeOptions(given))
                    .run();
        }
    }

    private int run() {
        // What is wrong with the command line is said before anything is touched.
        FileOptions files = options.files();
        Path directory = options.directory();
        options.listenFlags();
        options.proxies(WebServer.on(0));
        options.compression();
        options.hosts();
        options.tls().check();
        options.redirect();
        options.hsts();
        SocketAddress address = options.listen();
        try {
            address = address != null ? address : AddressFormat.resolve(options.host(), options.port());
        } catch (UnknownHostException e) {
            return terminal.fail(StartFailure.unknown(options.host()));
        }
        DirectoryRoot folder;
        try {
            folder = WebServer.openFolder(directory, options.followLinks());
        } catch (IOException e) {
            return terminal.fail(cannotServe(directory, e));
        }
        return serve(address, directory, folder, files);
    }

    private int serve(SocketAddress address, Path directory, DirectoryRoot folder, FileOptions files) {
        AccessLog access = AccessLog.to(terminal.log(), log(), terminal.colors(options.color()), Clock.SYSTEM);
        ExchangeLog log = ExchangeLogs.all(stats, options.verbose() ? new HeaderLog(terminal.out()) : access);
        TlsContext tls;
        try {
            tls = options.tls().wanted() ? options.tls().context(options.applicationProtocols()) : null;
        } catch (IOException e) {
            folder.close();
            return terminal.fail("TLS: " + TlsCommandLine.why(e));
        }
        try (access;
                LiveReload reload = options.liveReload() ? LiveReload.of(directory) : null;
                WebServer server = server(address, log)
                        .tls(tls)
                        .files("/", folder, reload == null ? files : reload.pages(files))) {
            if (reload != null) {
                reload.addTo(server);
                reloadLine = "pages reload when a file changes" + (reload.isPolling() ? " (seen by polling)" : "");
            }
            // Before the port answers: a caller that sees it answer may send a signal.
            Shutdown shutdown = WorkerProcess.isWorker() ? null : Shutdown.onSignal();
            ServerFailure failure = shutdown == null ? ServerFailure.atOnce() : ServerFailure.then(shutdown::ask);
            server.onFailure(failure).start();
            if (shutdown == null) {
                server.await();
                return ExitCode.OK;
            }
            CredentialsReloader reloader = options.tls().reloadOnHangup(shutdown, tls, server.model(), server::reload);
            WebServer admin = openAdmin(server);
            manager = ServiceManager.inform(server);
            if (manager != null) {
                shutdown.onReload(manager::reloading, manager::ready);
            }
            int code = untilSignal(server, real(directory), access, shutdown, failure);
            if (manager != null) {
                manager.close();
            }
            if (admin != null) {
                admin.close();
            }
            if (reloader != null) {
                reloader.close();
            }
            return failure.isThere() ? ExitCode.FAILED : code;
        } catch (UnsupportedOperationException e) {
            return terminal.fail(StartFailure.message(e));
        } catch (IOException e) {
            return terminal.fail(StartFailure.line(e, address));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILED;
        }
    }

    /** On a loop of its own, in the process that the user has started; {@code null} where it was not asked for. */
    private WebServer openAdmin(WebServer server) throws IOException {
        if (options.admin().isEmpty()) {
            return null;
        }
        // The busy share of loops takes times.
        server.timing(true);
        try {
            return AdminRoutes.of(server, stats).listen(options.admin().get());
        } catch (IOException e) {
            throw new IOException("--admin " + options.admin().get() + ": " + e.getMessage(), e);
        }
    }

    /**
     * For the banner: a folder that is served, but has gone again or is beyond Java's charset, is no reason to stop.
     */
    private static Path real(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException e) {
            return directory.toAbsolutePath();
        }
    }

    private LogFormat log() {
        return options.verbose() ? LogFormat.NONE : options.log();
    }

    private WebServer server(SocketAddress address, ExchangeLog log) {
        WebServer server = WebServer.on(0)
                .listen(address)
                .listenFlags(options.listenFlags())
                .loops(options.loops())
                .model(options.model().orElseGet(IoModel::auto))
                .workerCommand(WorkerProcess.isWorker() ? List.of() : options.workerCommand())
                .reloadGrace(options.reloadGrace())
                .limits(options.limits())
                .maxConnections(options.maxConnections(), options.overload())
                .log(log);
        if (!options.hosts().isEmpty()) {
            server.hosts(options.hosts().toArray(String[]::new));
        }
        Compression compression = options.compression();
        if (compression != null) {
            server.compress(compression);
        }
        if (!options.http2()) {
            server.http2(null);
        }
        options.proxies(server);
        options.redirect().ifPresent(server::redirectFrom);
        options.hsts().ifPresent(server::hsts);
        if (options.tls().acme().wanted()) {
            server.challenges(options.tls().acme().challenges());
        }
        if (options.trace()) {
            server.trace(trace);
        }
        if (options.hello()) {
            server.get("/", (request, response) -> response.send("Hello, World!\n"));
        }
        return options.spreads() ? server.spread(options.spread()) : server;
    }

    private int untilSignal(WebServer server, Path root, AccessLog access, Shutdown shutdown, ServerFailure failure)
            throws InterruptedException {
        long start = System.nanoTime();
        greet(server, root);
        StatusSocket status = options.status()
                ? ServeStatus.open(server, stats, options.admin().isPresent())
                : null;
        shutdown.await();
        if (failure.isThere()) {
            if (status != null) {
                status.close();
            }
            // It has said why, and what is left is closed by the caller.
            return ExitCode.FAILED;
        }
        int open = server.connections();
        // What is stopped is not asked any more; those that end now have been started.
        Optional<WorkerCounters> workers = server.workers();
        boolean inTime;
        if (manager != null) {
            manager.stopping(options.drain(), options.grace());
        }
        try {
            inTime = server.stop(options.drain(), options.grace());
        } finally {
            if (status != null) {
                status.close();
            }
        }
        access.close();
        if (!options.quiet()) {
            Duration running = Duration.ofNanos(System.nanoTime() - start);
            messages()
                    .println(workers.map(counted -> Summary.text(counted, running))
                            .orElseGet(() -> Summary.text(stats, running, access.dropped())));
            messages().flush();
        }
        if (inTime) {
            return ExitCode.OK;
        }
        return terminal.fail("not all of " + Banner.count(open, "connection") + " came to an end within "
                + options.grace().toSeconds() + " s; the rest was cut off (--grace gives more time)");
    }

    private void greet(WebServer server, Path root) {
        if (!options.quiet()) {
            Banner banner = new Banner(terminal.colors(options.color()));
            banner.print(
                    messages(),
                    root,
                    server.local(),
                    Models.engine(server.engine(), options.model()),
                    tlsLines(server),
                    reloadLine);
        } else if (options.port() == 0 && server.local() instanceof InetSocketAddress) {
            terminal.out()
                    .println(AddressFormat.urls(server.address(), server.tls() != null)
                            .getFirst());
            terminal.out().flush();
        }
    }

    private List<String> tlsLines(WebServer server) {
        if (server.tls() == null) {
            return List.of();
        }
        Path development = options.tls().isDevelopment() ? options.tls().files().getFirst() : null;
        List<String> lines = new ArrayList<>(Banner.tls(server.tls(), development, Instant.now()));
        if (options.tls().acme().wanted()) {
            lines.add(options.tls().acme().line());
        }
        lines.add(TlsCommandLine.engineLine(server.tls()));
        if (options.redirect().isPresent()) {
            lines.add("clients of port " + server.redirectPort() + ", in the clear, are sent here");
        }
        return lines;
    }

    /** Standard output, but for JSON: a parser wants nothing else there. */
    private PrintStream messages() {
        return options.log() == LogFormat.JSON ? terminal.err() : terminal.out();
    }

    private static String cannotServe(Path directory, IOException failure) {
        String name = directory.toString().isEmpty() ? "the current folder" : directory.toString();
        return "cannot serve " + name + ": "
                + switch (failure) {
                    case NoSuchFileException none -> "no such folder";
                    case NotDirectoryException file -> "not a folder; name the folder that it is in";
                    case AccessDeniedException denied -> "no permission to read it";
                    default -> StartFailure.message(failure);
                };
    }
}
