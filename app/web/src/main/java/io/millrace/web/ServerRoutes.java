// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.DirectoryRoot;
import io.millrace.fileserver.FileOptions;
import io.millrace.fs.Directories;
import io.millrace.fs.NioDirectory;
import io.millrace.http.BodyMapper;
import io.millrace.http.Dispatch;
import io.millrace.http.ErrorHandlers.ErrorHandler;
import io.millrace.http.Filter;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.RouteGroup;
import io.millrace.http.Routes;
import io.millrace.sse.EventStream;
import io.millrace.websocket.WebSocketOptions;
import io.millrace.websocket.WebSocketUpgrade;
import io.millrace.workers.WorkerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What a {@link WebServer} answers: routes, filters, files, and what becomes of errors. */
abstract class ServerRoutes extends ServerView implements Routes<WebServer> {
    ServerRoutes(ServerLife life) {
        super(life);
    }

    abstract WebServer self();

    @Override
    public WebServer route(String method, String pattern, Handler handler) {
        life.beforeStart().router.route(method, pattern, handler);
        return self();
    }

    @Override
    public WebServer group(String prefix, Consumer<? super RouteGroup> routes) {
        life.beforeStart().router.group(prefix, routes);
        return self();
    }

    @Override
    public WebServer filter(String prefix, Filter filter) {
        life.beforeStart().router.filter(prefix, filter);
        return self();
    }

    @Override
    public WebServer defaultDispatch(Dispatch dispatch) {
        life.beforeStart().router.defaultDispatch(dispatch);
        return self();
    }

    /**
     * Answers errors of a class and of those below it, wherever they are thrown: by handlers, filters, readers of
     * bodies and asynchronous answers. They are not logged. The nearest class decides.
     *
     * @throws IllegalArgumentException if the class has an error handler
     */
    public <E extends Throwable> WebServer error(Class<E> type, ErrorHandler<? super E> handler) {
        life.beforeStart().errors.on(type, handler);
        return self();
    }

    /**
     * Answers errors that come to a status and have no error handler for their class: those of an
     * {@link io.millrace.http.HttpException}, of the router (404, 405) and of static files, and 500 for every other
     * exception. The status is set when {@code handler} is called. An answer for which a handler has set the status
     * itself is no error.
     *
     * @param status 400 to 599
     * @throws IllegalArgumentException if it is none of these, or has an error handler
     */
    public WebServer error(int status, Handler handler) {
        life.beforeStart().errors.on(status, handler);
        return self();
    }

    /**
     * Answers for balancers and orchestrators: {@code path/live} with 200 while the server answers at all, and
     * {@code path/ready} with 200 while it {@linkplain WebServer#isReady is ready} and all checks say yes, else 503.
     * Who asks sees a line for each check.
     */
    public WebServer health(String path, HealthChecks checks) {
        Objects.requireNonNull(checks, "checks");
        return get(path + "/live", Dispatch.INLINE, (request, response) -> response.send("live: up\n"))
                .get(path + "/ready", Dispatch.VIRTUAL, (request, response) -> {
                    SequencedMap<String, Boolean> said = checks.ask();
                    said.putFirst("server", isReady());
                    boolean well = !said.containsValue(false);
                    response.status(well ? 200 : 503).setHeader("Cache-Control", "no-store");
                    response.send(HealthChecks.text(said));
                });
    }

    /** Sets what turns bodies into objects and back, for {@code request.body().as(type)} and {@code response.json}. */
    public WebServer bodyMapper(BodyMapper mapper) {
        life.beforeStart().bodyMapper = Objects.requireNonNull(mapper);
        return self();
    }

    @Override
    public WebServer route(String method, String pattern, Dispatch dispatch, Handler handler) {
        life.beforeStart().router.route(method, pattern, dispatch, handler);
        return self();
    }

    /** Opens WebSockets for a pattern such as {@code /chat}, with {@link WebSocketOptions#DEFAULT}. */
    public WebServer webSocket(String pattern, WebSocketUpgrade.ListenerFactory factory) {
        return webSocket(pattern, WebSocketOptions.DEFAULT, factory);
    }

    /**
     * Opens WebSockets for a pattern such as {@code /chat}. What happens on each is told to a listener of its own, on
     * the loop. {@link WebSocketUpgrade#accept} is for handlers that block.
     */
    public WebServer webSocket(String pattern, WebSocketOptions options, WebSocketUpgrade.ListenerFactory factory) {
        return route("*", pattern, Dispatch.INLINE, WebSocketUpgrade.of(options).handler(factory));
    }

    /**
     * Answers GET for a pattern such as {@code /news} with server-sent events, on the loop: {@code opened} is told the
     * request and the stream, which stays open.
     */
    public WebServer events(String pattern, BiConsumer<? super Request, ? super EventStream> opened) {
        Objects.requireNonNull(opened);
        return get(
                pattern,
                Dispatch.INLINE,
                (request, response) -> opened.accept(request, EventStream.open(request, response)));
    }

    /** Answers everything that has no route of its own. */
    public WebServer handler(Handler handler) {
        return route("*", "/*", handler);
    }

    @Override
    public WebServer filter(Dispatch dispatch, Filter filter) {
        life.beforeStart().router.filter(dispatch, filter);
        return self();
    }

    /** Serves a folder as {@link #files(String, Path, FileOptions)} with {@link FileOptions#DEFAULT}. */
    public WebServer files(String path, Path folder) throws IOException {
        return files(path, folder, FileOptions.DEFAULT);
    }

    /**
     * Serves a folder under a path such as {@code /static} or {@code /}. Symbolic links do not lead out of it. Another
     * directory that takes its place is served from then on; while there is none, its files are 404.
     *
     * @throws IOException if the folder does not exist or may not be read
     */
    public WebServer files(String path, Path folder, FileOptions options) throws IOException {
        life.beforeStart();
        return files(path, openFolder(folder, false), options);
    }

    /** Serves a folder that the caller opened, see {@link #openFolder}; it is closed when the server has stopped. */
    public WebServer files(String path, DirectoryRoot folder, FileOptions options) {
        life.beforeStart().serve(path, folder, options);
        return self();
    }

    /**
     * Opens a folder in the safest way that this machine has: by the kernel's own check (openat2) or else by name.
     *
     * @param followOutside whether symbolic links may lead out of it
     * @throws IOException if it does not exist, is no directory or may not be read; for a worker process, which may
     *     start while the folder is away, that is no error
     */
    public static DirectoryRoot openFolder(Path path, boolean followOutside) throws IOException {
        if (WorkerProcess.isForOneClient()) {
            // Linking the kernel's calls would take longer than all that this process is for.
            return NioDirectory.at(path, followOutside);
        }
        return WorkerProcess.isWorker() ? Directories.at(path, followOutside) : Directories.open(path, followOutside);
    }
}
