// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.DirectoryRoot;
import io.millrace.http.Dispatch;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers with listings of folders, whatever their size.
 *
 * <pre>
 *   up to 100 entries        looked at, sorted and sent whole, on the loop
 *   more                     beside the loop, on a virtual thread: packed into an {@link EntryTable}, sorted, and written
 *                            piece by piece as the client reads
 *   more than memory takes   likewise, but in no order: each entry is written when it is found
 * </pre>
 *
 * A client that reads slowly holds its table, and a little output, for as long as it likes. All tables together take
 * what {@link ListingMemory} allows; who comes when that is used up gets the last form, which needs none.
 */
final class Listings {

    /** Entries that may be looked at on the loop: a few system calls each, below a millisecond together. */
    static final int ON_THE_LOOP = 100;

    /** Folders that are read at the same time. Reading takes a processor, not the client's patience. */
    static final int READERS = 4;

    /** How long a request waits to be one of them. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Entries that are read before other virtual threads may go first. */
    private static final int TURN = 64;

    private static final int PIECE = 8 * 1024;

    private final DirectoryRoot folder;
    private final FileOptions options;
    private final SharedHeaders shared;
    private final ListingMemory memory;
    private final Duration patience;
    private final Semaphore readers = new Semaphore(READERS);

    Listings(DirectoryRoot folder, FileOptions options, SharedHeaders shared) {
        this(folder, options, shared, ListingMemory.SHARED, PATIENCE);
    }

    /** With memory and patience of the caller's. */
    Listings(DirectoryRoot folder, FileOptions options, SharedHeaders shared, ListingMemory memory, Duration patience) {
        this.folder = folder;
        this.options = options;
        this.shared = shared;
        this.memory = memory;
        this.patience = patience;
    }

    /** What is asked for. */
    private record Wish(String name, ListingOrder order, boolean json, boolean head) {}

    /** Answers with the listing of a folder, named without a slash at its end. */
    void answer(Request request, Response response, String name) throws IOException {
        boolean json = AcceptHeader.prefers(request.headers().joined("Accept"), "application/json", "text/html");
        Wish wish =
                new Wish(name, ListingOrder.of(request), json, request.method().equals("HEAD"));
        if (sendSmall(response, wish)) {
            return;
        }
        if (request.dispatch().isInline()) {
            response.defer();
            Dispatch.VIRTUAL.execute(() -> aside(response, wish));
        } else {
            aside(response, wish);
        }
    }

    /** Answers at once if the folder is small. Names that are not shown count: looking at them costs as much. */
    private boolean sendSmall(Response response, Wish wish) throws IOException {
        try (EntryTable entries = new EntryTable(ListingMemory.FREE)) {
            int[] seen = {0};
            folder.list(wish.name, entry -> {
                if (FolderListing.shows(entry, options.hidden())) {
                    entries.add(entry);
                }
                return ++seen[0] <= ON_THE_LOOP;
            });
            if (seen[0] > ON_THE_LOOP) {
                return false;
            }
            entries.sort(wish.order);
            sendWhole(response, wish, entries);
            return true;
        }
    }

    private void sendWhole(Response response, Wish wish, EntryTable entries) {
        FolderListing.Form form = head(response, wish, entries);
        StringBuilder text = new StringBuilder(PIECE);
        form.begin(text);
        for (int i = 0; i < entries.count(); i++) {
            form.entry(text, entries.entry(i));
        }
        form.end(text);
        response.send(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Sets the fields of the answer and returns the form of its body. */
    private FolderListing.Form head(Response response, Wish wish, @Nullable EntryTable entries) {
        FolderListing listing = new FolderListing(options, wish.name, wish.order, entries);
        FolderListing.Form form = wish.json ? new ListingJson() : new ListingPage(listing);
        response.type(form.type());
        response.header("Vary", "Accept");
        response.header("Cache-Control", "no-cache");
        response.header("Content-Security-Policy", ListingPage.POLICY);
        response.header("X-Content-Type-Options", "nosniff");
        shared.apply(response);
        return form;
    }

    // ---- beside the loop

    private void aside(Response response, Wish wish) {
        try {
            stream(response, wish);
        } catch (RejectedExecutionException e) {
            // The loop has been closed meanwhile: no client is there to be answered.
        } catch (IOException | UncheckedIOException e) {
            // The folder cannot be read, or the client has gone: which, does not matter once the answer has begun.
            giveUp(response, () -> shared.unavailable(response));
        } catch (Throwable e) {
            // Nothing behind this thread answers for it, an OutOfMemoryError included.
            System.getLogger("io.millrace.fileserver").log(System.Logger.Level.ERROR, "a listing failed", e);
            giveUp(response, () -> shared.refuse(response, 500));
        }
    }

    /**
     * Breaks an answer off that has begun: what is cut must not look whole. Gives another in place of one that has not.
     */
    private static void giveUp(Response response, Runnable answer) {
        try {
            if (response.committed()) {
                response.abort();
            } else {
                answer.run();
            }
        } catch (RejectedExecutionException e) {
            // As above.
        }
    }

    private void stream(Response response, Wish wish) throws IOException {
        if (wish.head) {
            // The length of a listing is not read beforehand: it is not worth the reading of the folder.
            head(response, wish, null);
            response.stream().close();
            return;
        }
        try (EntryTable entries = new EntryTable(memory)) {
            switch (read(entries, wish)) {
                case SORTED -> write(response, wish, entries);
                case UNSORTED -> {
                    entries.clear();
                    write(response, wish, null);
                }
                case BUSY -> shared.unavailable(response);
            }
        }
    }

    /** What has become of reading a folder into memory. */
    private enum Outcome {
        SORTED,
        UNSORTED,
        BUSY
    }

    private Outcome read(EntryTable entries, Wish wish) throws IOException {
        if (!admitted()) {
            return Outcome.BUSY;
        }
        try {
            boolean[] whole = {true};
            int[] seen = {0};
            folder.list(wish.name, entry -> {
                yieldNowAndThen(++seen[0]);
                whole[0] = !FolderListing.shows(entry, options.hidden()) || entries.add(entry);
                return whole[0];
            });
            if (whole[0]) {
                entries.sort(wish.order);
            }
            return whole[0] ? Outcome.SORTED : Outcome.UNSORTED;
        } finally {
            readers.release();
        }
    }

    private boolean admitted() {
        try {
            return readers.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** System calls hold the carrier of a virtual thread, and nothing takes it from one that goes on and on. */
    private static void yieldNowAndThen(int seen) {
        if (seen % TURN == 0) {
            Thread.yield();
        }
    }

    /** Writes the entries in order, or as the folder has them if there are none; waits for the client to read. */
    private void write(Response response, Wish wish, @Nullable EntryTable entries) throws IOException {
        FolderListing.Form form = head(response, wish, entries);
        // Closed at the end alone: what is cut must not look whole.
        ResponseStream stream = response.stream();
        StringBuilder text = new StringBuilder(2 * PIECE);
        form.begin(text);
        if (entries == null) {
            writeUnsorted(stream, form, text, wish.name);
        } else {
            for (int i = 0; i < entries.count(); i++) {
                form.entry(text, entries.entry(i));
                writePiece(stream, text, PIECE);
            }
        }
        form.end(text);
        writePiece(stream, text, 0);
        stream.close();
    }

    private void writeUnsorted(ResponseStream stream, FolderListing.Form form, StringBuilder text, String name)
            throws IOException {
        int[] seen = {0};
        folder.list(name, entry -> {
            yieldNowAndThen(++seen[0]);
            if (FolderListing.shows(entry, options.hidden())) {
                form.entry(text, entry);
                writePiece(stream, text, PIECE);
            }
            return true;
        });
    }

    private static void writePiece(ResponseStream stream, StringBuilder text, int least) throws IOException {
        if (text.length() > least) {
            stream.write(text.toString().getBytes(StandardCharsets.UTF_8));
            text.setLength(0);
        }
    }
}
