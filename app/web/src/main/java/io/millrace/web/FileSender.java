// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Clock;
import io.millrace.core.FileInfo;
import io.millrace.core.Folder;
import io.millrace.core.OpenFile;
import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * Sends one file as the request wants it: which variant, whether at all (304, 412), and which bytes of it.
 *
 * <p>What is said about a file and what is sent of it must belong together. Facts come from a look; when the file has
 * then to be opened, the open file's own facts count, and if they differ the request is judged once more.
 */
final class FileSender {

    /** Files up to this size are sent from memory: one send(2) with the head, where sendfile(2) would be a second. */
    static final int SMALL = 16 * 1024;

    /**
     * A file changed more lately than this is not remembered: a second change within the resolution of its time (2 s on
     * the coarsest file systems) would go unnoticed.
     */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    /**
     * For so long the check of the whole way to a file holds, and what a request looks at is whether the file at the
     * end of it is the same. A folder that was moved out, with a link in its place, would not show by that.
     */
    private static final long TRUST = TimeUnit.SECONDS.toNanos(1);

    private final Folder folder;
    private final FileOptions options;
    private final SharedHeaders shared;
    private final FileAnswer answer;
    private final Clock clock;
    private final FileCache cache;
    private final Siblings siblings;

    FileSender(Folder folder, FileOptions options, SharedHeaders shared, Clock clock) {
        this.folder = folder;
        this.options = options;
        this.shared = shared;
        this.answer = new FileAnswer(options, shared);
        this.clock = clock;
        this.cache = new FileCache(options.cacheFiles(), options.cacheBytes(), clock.nanos());
        this.siblings = new Siblings(new Siblings.Files() {
            @Override
            public FileFacts facts(String name, long nanos) {
                return sibling(name, nanos);
            }

            @Override
            public OpenFile open(FileFacts facts) throws IOException {
                OpenFile kept = facts.borrow();
                return kept != null ? kept : folder.open(facts.name());
            }
        });
    }

    void forget() {
        cache.clear();
    }

    /** The facts of a file that is known and has not changed, {@code null} for any other; one look, and a cheap one. */
    FileFacts known(String name, long now) {
        FileFacts known = cache.get(name);
        if (known == null) {
            return null;
        }
        boolean same = known.isTrusted(now) ? folder.unchanged(name, known.info()) : isStillTrue(known, now);
        return same ? known : null;
    }

    /** Whether a full look finds the same. Without a time of change nothing tells that, and the file is read anew. */
    private boolean isStillTrue(FileFacts known, long now) {
        boolean same = known.info().changed() != null && folder.reaches(known.name(), known.info());
        if (same) {
            known.trust(now + TRUST);
        }
        return same;
    }

    /** Answers with the file of that name, which {@code info} describes as of a moment ago. */
    void send(Request request, Response response, String name, FileInfo info, long now) throws IOException {
        send(request, response, facts(name, info, now), now);
    }

    /** Answers with the file that these facts describe as of a moment ago. */
    void send(Request request, Response response, FileFacts original, long now) throws IOException {
        cache.sweep(now);
        FileFacts chosen = original;
        if (options.precompressed() && original.type().compressible()) {
            response.header("Vary", "Accept-Encoding");
            chosen = siblings.choose(original, codings(request.headers()), now);
        } else if (original.type().coding() != null) {
            response.header("Vary", "Accept-Encoding");
        }
        if (chosen == null) {
            shared.refuse(response, 406);
            return;
        }
        // Not even that a file is unchanged may be said of one that cannot be opened.
        if (!chosen.isReadable() || !answer.settled(request, response, chosen)) {
            send(request, response, original, chosen, now);
        }
    }

    private void send(Request request, Response response, FileFacts original, FileFacts facts, long now)
            throws IOException {
        if (facts.content() != null) {
            answer.send(request, response, original, facts, null);
            return;
        }
        try (OpenFile kept = facts.borrow()) {
            if (kept != null) {
                answer.send(request, response, original, facts, kept);
                return;
            }
        }
        open(request, response, original, facts, now);
    }

    /** The facts of a file that may not be there, in which case {@code null}. */
    private FileFacts sibling(String name, long now) {
        FileFacts known = known(name, now);
        if (known != null) {
            return known;
        }
        FileInfo info = folder.look(name);
        return info.isFile() ? facts(name, info, now) : null;
    }

    private static String codings(Headers headers) {
        return headers.has("Accept-Encoding") ? headers.joined("Accept-Encoding") : null;
    }

    private void open(Request request, Response response, FileFacts original, FileFacts seen, long now)
            throws IOException {
        try (OpenFile file = folder.open(seen.name())) {
            boolean same = file.info().sameAs(seen.info());
            FileFacts facts = same ? seen : facts(seen.name(), file.info(), now);
            boolean judged = same && seen.isReadable();
            facts.opened();
            if (!judged && answer.settled(request, response, facts)) {
                return;
            }
            FileFacts held = facts.size() > SMALL ? kept(facts, file) : load(facts, file);
            if (held == null) {
                shared.refuse(response, 403);
            } else {
                answer.send(request, response, original, held, file);
            }
        }
    }

    private FileFacts kept(FileFacts facts, OpenFile file) {
        cache.keep(facts, file);
        return facts;
    }

    /** What is known of a file, worked out anew if it is no longer the same. */
    private FileFacts facts(String name, FileInfo info, long now) {
        FileFacts known = cache.get(name);
        if (known != null && known.isTrusted(now) && known.info().sameAs(info)) {
            return known;
        }
        FileFacts fresh = new FileFacts(name, info, clock.millis());
        fresh.trust(now + TRUST);
        remember(fresh);
        return fresh;
    }

    private void remember(FileFacts facts) {
        if (isSettled(facts.info())) {
            cache.put(facts);
        }
    }

    /** The time of modification can be set to anything, and is asked only where there is no other. */
    private boolean isSettled(FileInfo info) {
        Instant last = info.changed() == null ? info.modified() : info.changed();
        return last.isBefore(Instant.ofEpochMilli(clock.millis()).minus(SETTLED));
    }

    /**
     * Takes a small file into memory. One that yields less or more than its size is just being changed and is left
     * alone; or its size is none, as in /proc (always 0) and /sys (always 4096), and nobody can say how long the answer
     * is: {@code null}.
     */
    private FileFacts load(FileFacts facts, OpenFile file) throws IOException {
        if (facts.content() != null) {
            return facts;
        }
        byte[] bytes = new byte[(int) facts.size()];
        if (!yields(file, bytes)) {
            return folder.look(facts.name()).size() == facts.size() ? null : facts;
        }
        FileFacts loaded = facts.with(bytes);
        remember(loaded);
        return loaded;
    }

    /** Whether the file is what its size says; an empty one that cannot be read (/proc/self/mem) is not. */
    private static boolean yields(OpenFile file, byte[] bytes) throws IOException {
        try {
            return fill(file, bytes) && file.read(bytes.length, new byte[1], 0, 1) <= 0;
        } catch (IOException e) {
            if (bytes.length == 0) {
                return false;
            }
            throw e;
        }
    }

    private static boolean fill(OpenFile file, byte[] bytes) throws IOException {
        for (int done = 0; done < bytes.length; ) {
            int count = file.read(done, bytes, done, bytes.length - done);
            if (count <= 0) {
                return false;
            }
            done += count;
        }
        return true;
    }
}
