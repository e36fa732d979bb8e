// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.fileserver.FileOptions;
import io.millrace.fs.FolderPoll;
import io.millrace.fs.FolderWatch;
import io.millrace.sse.EventGroup;
import io.millrace.sse.EventStream;
import io.millrace.sse.ServerSentEvent;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Lets the pages of a folder reload themselves in the browser when one of its files has changed. For development: it
 * adds a script to each page.
 *
 * <pre>{@code
 * LiveReload reload = LiveReload.of(Path.of("site"));
 * WebServer server = WebServer.on(8000).files("/", folder, reload.pages(FileOptions.DEFAULT));
 * reload.addTo(server);
 * }</pre>
 *
 * <p>The script is linked and comes from the same origin, and so do the events: a page whose Content-Security-Policy
 * says {@code script-src 'self'; connect-src 'self'} runs it. A change of styles alone does not reload the page, only
 * its styles.
 *
 * <p>Watches by inotify on a loop of its own where there is one, else by looking at all files twice a second.
 */
public final class LiveReload implements AutoCloseable {
    private static final String EVENTS = "/.millrace/live-reload";
    private static final String SCRIPT = EVENTS + ".js";
    private static final String TAG = "\n<script src=\"" + SCRIPT + "\"></script>\n";
    private static final Duration PERIOD = Duration.ofMillis(500);

    private final EventGroup pages = new EventGroup();
    private final String start = Long.toString(System.currentTimeMillis(), Character.MAX_RADIX);
    private final byte[] script;
    private LoopGroup loops;
    private AutoCloseable watch;
    private volatile long changes;

    private LiveReload(byte[] script) {
        this.script = script;
    }

    /**
     * Begins to watch a folder. Names that begin with a dot and {@code node_modules} are passed over.
     *
     * @throws IOException if it is no folder
     */
    public static LiveReload of(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + " is no folder");
        }
        LiveReload reload = new LiveReload(script());
        if (!reload.watch(folder)) {
            reload.watch = FolderPoll.open(folder, PERIOD, reload::changed);
        }
        return reload;
    }

    private static byte[] script() throws IOException {
        try (InputStream in = LiveReload.class.getResourceAsStream("live-reload.js")) {
            return Objects.requireNonNull(in, "the script").readAllBytes();
        }
    }

    // By inotify: not there on other systems, without native access, or when the user's watches are used up.
    private boolean watch(Path folder) {
        try {
            loops = LoopGroup.open(1);
            FutureTask<AutoCloseable> opening =
                    new FutureTask<>(() -> FolderWatch.open(loops.loop(0), folder, this::changed));
            loops.loop(0).execute(opening);
            watch = opening.get();
            return true;
        } catch (IOException | ExecutionException | UnsupportedOperationException e) {
            closeLoops();
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closeLoops();
            return false;
        }
    }

    /** Returns whether it has to look at all files again and again. */
    public boolean isPolling() {
        return watch instanceof FolderPoll;
    }

    /** Returns the same options, with the script in each page. */
    public FileOptions pages(FileOptions options) {
        return options.pageSuffix(TAG);
    }

    /** Adds the script and its events to a server, which is not started. */
    public void addTo(WebServer server) {
        server.get(
                        SCRIPT,
                        (request, response) -> response.type("text/javascript; charset=utf-8")
                                .header("Cache-Control", "no-store")
                                .send(script))
                .events(EVENTS, (request, events) -> join(events));
    }

    private void join(EventStream events) {
        pages.add(events);
        try {
            events.send(event("version"));
        } catch (IOException e) {
            assert !events.isOpen() : e; // the browser has gone, and leaves with the next event
        }
    }

    // One thread tells: that of the loop, or the one that looks.
    private void changed(Collection<String> names) {
        changes = changes + 1;
        pages.send(event(names.stream().allMatch(name -> name.endsWith(".css")) ? "style" : "page"));
    }

    private ServerSentEvent event(String name) {
        return ServerSentEvent.of(start + "-" + changes).withName(name);
    }

    /** Watches no longer. */
    @Override
    public void close() {
        if (watch instanceof FolderWatch watching) {
            watching.close();
        } else if (watch instanceof FolderPoll polling) {
            polling.close();
        }
        closeLoops();
    }

    private void closeLoops() {
        if (loops != null) {
            loops.close();
        }
    }
}
