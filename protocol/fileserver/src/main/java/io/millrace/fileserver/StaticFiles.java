// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.Clock;
import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.http.ErrorHandlers;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;

/**
 * Serves a {@link DirectoryRoot}: GET and HEAD with conditions, ranges and precompressed siblings, index files,
 * listings for people and programs, redirects, CORS (RFC 9110 sections 8, 9, 12 to 15).
 *
 * <p>One instance serves any number of loops and threads. It touches the disk for each request, at least to see whether
 * what it remembers still holds, and so an edited file shows at once, and one that may not be read any more. Another
 * directory at the path of the folder shows within a tenth of a second; as long as there is none, everything is 404.
 * Errors are answered in plain text, or as the application says: 403 for what may not be read, 404 for what is not
 * there or hidden, 405 for other methods, 503 when the system is out of descriptors.
 */
public final class StaticFiles implements Handler, AutoCloseable {
    /** So often, at most, it is asked whether another directory stands at the folder's path. */
    private static final long REFRESH = TimeUnit.MILLISECONDS.toNanos(100);

    private final DirectoryRoot folder;
    private final FileOptions options;
    private final SharedHeaders shared;
    private final FileSender sender;
    private final Clock clock;
    private final AtomicLong refreshed;
    private final RecentNames names = new RecentNames();
    private final Listings listings;

    private StaticFiles(DirectoryRoot folder, FileOptions options, Clock clock, IntPredicate failed) {
        this.folder = folder;
        this.options = options;
        this.shared = new SharedHeaders(options, failed);
        this.sender = new FileSender(folder, options, shared, clock);
        this.listings = new Listings(folder, options, shared);
        this.clock = clock;
        this.refreshed = new AtomicLong(clock.nanos());
    }

    /** Serves a folder, which is closed with this. */
    public static StaticFiles of(DirectoryRoot folder, FileOptions options) {
        return of(folder, options, Clock.SYSTEM);
    }

    /** Serves a folder, which is closed with this, by a clock of the caller's: for tests that set the time. */
    public static StaticFiles of(DirectoryRoot folder, FileOptions options, Clock clock) {
        return new StaticFiles(folder, options, clock, status -> false);
    }

    /**
     * Serves a folder, which is closed with this, and leaves the errors that there are error handlers for to these. The
     * header fields that all answers carry are set when they are called.
     */
    public static StaticFiles of(DirectoryRoot folder, FileOptions options, ErrorHandlers errors) {
        return new StaticFiles(folder, options, Clock.SYSTEM, errors::handles);
    }

    /**
     * Answers with a file that the caller has opened, by conditions and ranges of the request. Its type is that of its
     * name, and whether it is kept in caches is as the response says. The hold on the file stays the caller's.
     *
     * @throws IOException if the file cannot be read
     */
    public static void send(Request request, Response response, OpenFile file) throws IOException {
        FileMetadata metadata = new FileMetadata(file.info().name(), file.info(), Clock.SYSTEM.millis());
        FileAnswer answer = new FileAnswer(FileOptions.DEFAULT, new SharedHeaders(FileOptions.DEFAULT));
        if (!answer.settled(request, response, metadata)) {
            answer.send(request, response, metadata, metadata, file);
        }
    }

    /**
     * Returns the header fields that every answer carries, names and values: CORS and what {@link FileOptions#header}
     * added. They suit answers to requests that no handler saw.
     */
    public List<Map.Entry<String, String>> sharedFields() {
        return shared.fields();
    }

    /** Forgets what is cached and closes the folder. No request may come in any more. */
    @Override
    public void close() {
        sender.forget();
        folder.close();
    }

    @Override
    public void handle(Request request, Response response) {
        try {
            String method = request.method();
            if (method.equals("GET") || method.equals("HEAD")) {
                read(request, response);
            } else {
                other(method, request, response);
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            notFound(request, response);
        } catch (AccessDeniedException e) {
            refuse(response, 403);
        } catch (IOException | UncheckedIOException e) {
            shared.unavailable(response);
        }
    }

    private void other(String method, Request request, Response response) {
        response.header("Allow", SharedHeaders.METHODS);
        if (!method.equals("OPTIONS")) {
            refuse(response, 405);
            return;
        }
        shared.preflight(request, response);
        shared.apply(response);
        response.status(204).send();
    }

    private void read(Request request, Response response) throws IOException {
        String path = request.path();
        String name = names.below(options.mount(), path);
        if (name == null) {
            outside(request, response, path);
        } else if (!RequestedName.servable(name, options.hidden())) {
            unservable(request, response, name);
        } else if (name.isEmpty() || name.endsWith("/")) {
            folder(request, response, name, refresh());
        } else {
            file(request, response, name, refresh());
        }
    }

    /**
     * Turns to the directory that stands at the folder's path by now, and returns the present nanoseconds. One thread
     * of all that serve the folder looks, ten times a second.
     */
    private long refresh() {
        long now = clock.nanos();
        long last = refreshed.get();
        if (now - last >= REFRESH && refreshed.compareAndSet(last, now) && folder.refresh()) {
            sender.forget();
        }
        return now;
    }

    /** The mount path itself lacks only its slash. */
    private void outside(Request request, Response response, String path) {
        if (!path.isEmpty() && path.equals(options.mount())) {
            redirect(request, response);
        } else {
            notFound(request, response);
        }
    }

    private void file(Request request, Response response, String name, long now) throws IOException {
        FileInfo info = sent(request, response, name, now);
        switch (info.kind()) {
            case FILE -> {}
            case FOLDER -> redirect(request, response);
            case ABSENT -> absent(request, response, name, now);
            case OTHER, FORBIDDEN -> refuse(response, 403);
        }
    }

    /** Looks at a name, and answers with it if it is a file. */
    private FileInfo sent(Request request, Response response, String name, long now) throws IOException {
        FileMetadata known = sender.known(name, now);
        if (known != null) {
            sender.send(request, response, known, now);
            return known.info();
        }
        FileInfo info = folder.look(name);
        if (info.isFile()) {
            sender.send(request, response, name, info, now);
        }
        return info;
    }

    /** {@code name} is empty or ends with a slash. */
    private void folder(Request request, Response response, String name, long now) throws IOException {
        for (String index : options.indexes()) {
            if (sent(request, response, name + index, now).isFile()) {
                return;
            }
        }
        String plain = name.isEmpty() ? name : name.substring(0, name.length() - 1);
        FileInfo info = folder.look(plain);
        switch (info.kind()) {
            case FOLDER -> listing(request, response, plain);
            case FILE, ABSENT -> absent(request, response, name, now);
            case OTHER, FORBIDDEN -> refuse(response, 403);
        }
    }

    private void listing(Request request, Response response, String name) throws IOException {
        if (options.listing()) {
            listings.answer(request, response, name);
        } else {
            refuse(response, 403);
        }
    }

    /** Nothing of that name: a single-page application answers for what may be one of its routes. */
    private void absent(Request request, Response response, String name, long now) throws IOException {
        String spa = options.spa();
        if (spa != null) {
            response.header("Vary", "Accept");
        }
        if (spa == null
                || !isRoute(request, name)
                || !sent(request, response, spa, now).isFile()) {
            notFound(request, response);
        }
    }

    /**
     * Whether the client may mean a page. A name with a dot ({@code /users/john.doe}) may be one or a file that is
     * missing: a browser that goes to a page names text/html, one that loads a script, a style or a picture does not.
     */
    private static boolean isRoute(Request request, String name) {
        String accept = request.headers().joined("Accept");
        return MediaTypes.extension(name).isEmpty()
                ? AcceptHeader.ofType(accept, "text/html") > 0
                : AcceptHeader.names(accept, "text/html");
    }

    /**
     * To the same path with a slash behind, relative to what the client asked for: a proxy in between may have taken a
     * prefix off. Of the path only its last part as it was sent is needed, which is not empty, has no slash and no
     * colon, and so never leads to another host (RFC 3986 section 4.2).
     */
    private void redirect(Request request, Response response) {
        String path = request.rawPath();
        String last = UrlEncoding.sent(path, path.lastIndexOf('/') + 1);
        response.header("Location", last + "/" + UrlEncoding.query(request.query()));
        shared.apply(response);
        response.status(301).send();
    }

    private void unservable(Request request, Response response, String name) {
        if (name.indexOf('\0') >= 0) {
            refuse(response, 400);
        } else {
            notFound(request, response);
        }
    }

    private void notFound(Request request, Response response) {
        Handler own = options.notFound();
        if (own == null) {
            refuse(response, 404);
            return;
        }
        response.status(404);
        shared.apply(response);
        try {
            own.handle(request, response);
        } catch (Exception e) {
            response.fail(e);
        }
    }

    private void refuse(Response response, int status) {
        shared.refuse(response, status);
    }
}
