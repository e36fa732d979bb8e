// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.Clock;
import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends one file as the request wants it: which variant, whether at all (304, 412), and which bytes of it.
 *
 * <p>What is said about a file and what is sent of it must belong together. Facts come from a look; when the file has
 * then to be opened, the open file's own facts count, and if they differ the request is judged once more.
 */
final class FileSender {

    /**
     * Files up to this size are sent from memory: one call with the head, where a file of its own would be a second.
     */
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

    private final DirectoryRoot folder;
    private final FileOptions options;
    private final SharedHeaders shared;
    private final FileAnswer answer;
    private final Clock clock;
    private final FileCache cache;
    private final PrecompressedVariants variants;

    FileSender(DirectoryRoot folder, FileOptions options, SharedHeaders shared, Clock clock) {
        this.folder = folder;
        this.options = options;
        this.shared = shared;
        this.answer = new FileAnswer(options, shared);
        this.clock = clock;
        this.cache = new FileCache(options.cacheFiles(), options.cacheBytes(), clock.nanos());
        this.variants = new PrecompressedVariants(new PrecompressedVariants.Files() {
            @Override
            public @Nullable FileMetadata metadata(String name, long nanos) {
                return sibling(name, nanos);
            }

            @Override
            public OpenFile open(FileMetadata metadata) throws IOException {
                OpenFile kept = metadata.borrow();
                return kept != null ? kept : folder.open(metadata.name());
            }
        });
    }

    void forget() {
        cache.clear();
    }

    /** The facts of a file that is known and has not changed, {@code null} for any other; one look, and a cheap one. */
    @Nullable
    FileMetadata known(String name, long now) {
        FileMetadata known = cache.get(name);
        if (known == null) {
            return null;
        }
        boolean same = known.isTrusted(now) ? folder.unchanged(name, known.info()) : isStillTrue(known, now);
        return same ? known : null;
    }

    /** Whether a full look finds the same. Without a time of change nothing tells that, and the file is read anew. */
    private boolean isStillTrue(FileMetadata known, long now) {
        boolean same = known.info().changed() != null && folder.reaches(known.name(), known.info());
        if (same) {
            known.trust(now + TRUST);
        }
        return same;
    }

    /** Answers with the file of that name, which {@code info} describes as of a moment ago. */
    void send(Request request, Response response, String name, FileInfo info, long now) throws IOException {
        send(request, response, metadata(name, info, now), now);
    }

    /** Answers with the file that these facts describe as of a moment ago. */
    void send(Request request, Response response, FileMetadata original, long now) throws IOException {
        cache.sweep(now);
        FileMetadata chosen = original;
        if (options.precompressed() && original.type().compressible() && !answer.isWithSuffix(original)) {
            response.header("Vary", "Accept-Encoding");
            chosen = variants.choose(original, codings(request.headers()), now);
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

    private void send(Request request, Response response, FileMetadata original, FileMetadata metadata, long now)
            throws IOException {
        if (metadata.content() != null) {
            answer.send(request, response, original, metadata, null);
            return;
        }
        try (OpenFile kept = metadata.borrow()) {
            if (kept != null) {
                answer.send(request, response, original, metadata, kept);
                return;
            }
        }
        open(request, response, original, metadata, now);
    }

    /** The facts of a file that may not be there, in which case {@code null}. */
    private @Nullable FileMetadata sibling(String name, long now) {
        FileMetadata known = known(name, now);
        if (known != null) {
            return known;
        }
        FileInfo info = folder.look(name);
        return info.isFile() ? metadata(name, info, now) : null;
    }

    private static @Nullable String codings(Headers headers) {
        return headers.has("Accept-Encoding") ? headers.joined("Accept-Encoding") : null;
    }

    private void open(Request request, Response response, FileMetadata original, FileMetadata seen, long now)
            throws IOException {
        try (OpenFile file = folder.open(seen.name())) {
            boolean same = file.info().sameAs(seen.info());
            FileMetadata metadata = same ? seen : metadata(seen.name(), file.info(), now);
            boolean judged = same && seen.isReadable();
            metadata.opened();
            if (!judged && answer.settled(request, response, metadata)) {
                return;
            }
            FileMetadata held = metadata.size() > SMALL ? kept(metadata, file) : load(metadata, file);
            if (held == null) {
                shared.refuse(response, 403);
            } else {
                answer.send(request, response, original, held, file);
            }
        }
    }

    private FileMetadata kept(FileMetadata metadata, OpenFile file) {
        cache.keep(metadata, file);
        return metadata;
    }

    /** What is known of a file, worked out anew if it is no longer the same. */
    private FileMetadata metadata(String name, FileInfo info, long now) {
        FileMetadata known = cache.get(name);
        if (known != null && known.isTrusted(now) && known.info().sameAs(info)) {
            return known;
        }
        FileMetadata fresh = new FileMetadata(name, info, clock.millis());
        fresh.trust(now + TRUST);
        remember(fresh);
        return fresh;
    }

    private void remember(FileMetadata metadata) {
        if (isSettled(metadata.info())) {
            cache.put(metadata);
        }
    }

    /** The time of modification can be set to anything, and is asked only where there is no other. */
    private boolean isSettled(FileInfo info) {
        Instant last = info.changed() == null ? info.modified() : info.changed();
        return last.isBefore(Instant.ofEpochMilli(clock.millis()).minus(SETTLED));
    }

    /**
     * Takes a small file into memory. One that yields less or more than its size is just being changed and is left
     * alone; or its size is none, as in /proc (always 0) and /sys (always 4096), and it cannot be said how long the
     * answer is: {@code null}.
     */
    private @Nullable FileMetadata load(FileMetadata metadata, OpenFile file) throws IOException {
        if (metadata.content() != null) {
            return metadata;
        }
        byte[] bytes = new byte[(int) metadata.size()];
        if (!yields(file, bytes)) {
            return folder.look(metadata.name()).size() == metadata.size() ? null : metadata;
        }
        FileMetadata loaded = metadata.with(bytes);
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
