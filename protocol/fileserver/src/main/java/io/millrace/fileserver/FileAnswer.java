// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.OpenFile;
import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request for a file: conditions, header fields, ranges (RFC 9110 sections 13 to 15). {@code facts} are
 * those of the variant that is sent, {@code original} those of the file that was asked for: the same, unless a
 * compressed sibling was chosen.
 */
final class FileAnswer {
    private static final int LARGEST_PAGE = 8 << 20;

    private final FileOptions options;
    private final SharedHeaders shared;

    FileAnswer(FileOptions options, SharedHeaders shared) {
        this.options = options;
        this.shared = shared;
    }

    /** Returns whether something is sent after the file, which then is sent whole whatever the request says. */
    boolean isWithSuffix(FileMetadata metadata) {
        return options.pageSuffix() != null
                && metadata.size() <= LARGEST_PAGE
                && metadata.type().coding() == null
                && metadata.type().value().startsWith("text/html");
    }

    /** Judges the conditions of the request; true if they settled it: 304 or 412 has been sent. */
    boolean settled(Request request, Response response, FileMetadata metadata) {
        if (isWithSuffix(metadata)) {
            return false;
        }
        switch (Preconditions.judge(request.headers(), metadata.etag(), metadata.modified())) {
            case PROCEED -> {
                return false;
            }
            case NOT_MODIFIED -> notModified(response, metadata);
            case FAILED -> shared.refuse(response, 412);
        }
        return true;
    }

    /** What a 200 would have said about the caching, and nothing else (RFC 9110 section 15.4.5). */
    private void notModified(Response response, FileMetadata metadata) {
        validators(response, metadata);
        shared.apply(response);
        response.status(304).send();
    }

    private void validators(Response response, FileMetadata metadata) {
        response.header("ETag", metadata.etag());
        response.header("Last-Modified", metadata.lastModified());
        if (options.cacheControl() != null) {
            response.header("Cache-Control", options.cacheControl());
        }
    }

    /** Sends the file or the pieces asked for: from its content where the facts hold it, else from {@code file}. */
    void send(Request request, Response response, FileMetadata original, FileMetadata metadata, @Nullable OpenFile file)
            throws IOException {
        if (isWithSuffix(metadata)) {
            page(response, metadata, file);
            return;
        }
        ByteRanges ranges = ranges(request, metadata);
        if (ranges != null && ranges.verdict() == ByteRanges.Verdict.UNSATISFIABLE) {
            response.header("Content-Range", "bytes */" + metadata.size());
            response.header("Accept-Ranges", "bytes");
            shared.refuse(response, 416);
            return;
        }
        String coding = coding(request, original, metadata);
        MediaType type = coding == null && original.type().coding() != null ? MediaTypes.GZIP : original.type();
        head(response, type, coding, metadata);
        if (ranges == null || ranges.verdict() == ByteRanges.Verdict.WHOLE) {
            piece(response, metadata, file, 0, metadata.size());
        } else {
            partial(response, type, metadata, file, ranges.pieces());
        }
    }

    private void page(Response response, FileMetadata metadata, @Nullable OpenFile file) throws IOException {
        byte[] suffix = Objects.requireNonNull(options.pageSuffix(), "a page has a suffix");
        byte[] page = Arrays.copyOf(content(metadata, file), (int) metadata.size() + suffix.length);
        System.arraycopy(suffix, 0, page, page.length - suffix.length, suffix.length);
        response.type(metadata.type().value());
        response.header("Cache-Control", "no-store");
        response.header("X-Content-Type-Options", "nosniff");
        shared.apply(response);
        response.send(page);
    }

    private static byte[] content(FileMetadata metadata, @Nullable OpenFile file) throws IOException {
        byte[] kept = metadata.content();
        if (kept != null) {
            return kept;
        }
        OpenFile from = Objects.requireNonNull(file, "what is not kept is read");
        byte[] content = new byte[(int) metadata.size()];
        for (int done = 0; done < content.length; ) {
            int count = from.read(done, content, done, content.length - done);
            if (count <= 0) {
                throw new EOFException(metadata.name() + " has become shorter");
            }
            done += count;
        }
        return content;
    }

    /** The ranges asked for; {@code null} without. Only GET has them (RFC 9110 section 14.2). */
    private @Nullable ByteRanges ranges(Request request, FileMetadata metadata) {
        Headers headers = request.headers();
        if (!headers.has("Range") || !request.method().equals("GET")) {
            return null;
        }
        boolean holds = Preconditions.rangeHolds(headers, metadata.etag(), metadata.modified());
        return holds ? ByteRanges.read(headers.joined("Range"), metadata.size()) : null;
    }

    /**
     * The coding of what is sent. A file that is stored in one goes without to a client that does not take it: as what
     * it then is, a compressed file (RFC 9110 section 12.5.3). Both have the same bytes, so one tag is enough.
     */
    private static @Nullable String coding(Request request, FileMetadata original, FileMetadata metadata) {
        if (!metadata.name().equals(original.name())) {
            return PrecompressedVariants.coding(metadata);
        }
        String stored = original.type().coding();
        if (stored == null) {
            return null;
        }
        String accept = request.headers().joined("Accept-Encoding");
        return accept == null || AcceptHeader.ofCoding(accept, stored) > 0 ? stored : null;
    }

    private void head(Response response, MediaType type, @Nullable String coding, FileMetadata metadata) {
        response.type(type.value());
        validators(response, metadata);
        if (coding != null) {
            response.header("Content-Encoding", coding);
        }
        response.header("Accept-Ranges", "bytes");
        response.header("X-Content-Type-Options", "nosniff");
    }

    private void partial(
            Response response,
            MediaType type,
            FileMetadata metadata,
            @Nullable OpenFile file,
            List<ByteRanges.Piece> pieces)
            throws IOException {
        response.status(206);
        if (pieces.size() > 1) {
            Multipart multipart = new Multipart(type.value(), metadata.size(), pieces);
            response.type(multipart.type());
            shared.apply(response);
            multipart.send(response, metadata.content(), file);
            return;
        }
        ByteRanges.Piece piece = pieces.get(0);
        response.header("Content-Range", Multipart.contentRange(piece, metadata.size()));
        piece(response, metadata, file, piece.first(), piece.length());
    }

    private void piece(Response response, FileMetadata metadata, @Nullable OpenFile file, long from, long count) {
        shared.apply(response);
        byte[] kept = metadata.content();
        if (kept != null) {
            response.send(kept, (int) from, (int) count);
        } else {
            response.send(
                    Objects.requireNonNull(file, "what is not kept is read").hold(), from, count);
        }
    }
}
