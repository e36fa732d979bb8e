// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.OpenFile;
import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.io.IOException;
import java.util.List;

/**
 * The answer to a request for a file: conditions, header fields, ranges (RFC 9110 sections 13 to 15). {@code facts} are
 * those of the variant that is sent, {@code original} those of the file that was asked for: the same, unless a
 * compressed sibling was chosen.
 */
final class FileAnswer {
    private final FileOptions options;
    private final SharedHeaders shared;

    FileAnswer(FileOptions options, SharedHeaders shared) {
        this.options = options;
        this.shared = shared;
    }

    /** Judges the conditions of the request; true if they settled it: 304 or 412 has been sent. */
    boolean settled(Request request, Response response, FileFacts facts) {
        switch (Conditional.judge(request.headers(), facts.etag(), facts.modified())) {
            case PROCEED -> {
                return false;
            }
            case NOT_MODIFIED -> notModified(response, facts);
            case FAILED -> shared.refuse(response, 412);
        }
        return true;
    }

    /** What a 200 would have said about the caching, and nothing else (RFC 9110 section 15.4.5). */
    private void notModified(Response response, FileFacts facts) {
        validators(response, facts);
        shared.apply(response);
        response.status(304).send();
    }

    private void validators(Response response, FileFacts facts) {
        response.header("ETag", facts.etag());
        response.header("Last-Modified", facts.lastModified());
        if (options.cacheControl() != null) {
            response.header("Cache-Control", options.cacheControl());
        }
    }

    /** Sends the file or the pieces asked for: from its content where the facts hold it, else from {@code file}. */
    void send(Request request, Response response, FileFacts original, FileFacts facts, OpenFile file)
            throws IOException {
        ByteRanges ranges = ranges(request, facts);
        if (ranges != null && ranges.verdict() == ByteRanges.Verdict.UNSATISFIABLE) {
            response.header("Content-Range", "bytes */" + facts.size());
            response.header("Accept-Ranges", "bytes");
            shared.refuse(response, 416);
            return;
        }
        String coding = coding(request, original, facts);
        MediaType type = coding == null && original.type().coding() != null ? MediaTypes.GZIP : original.type();
        head(response, type, coding, facts);
        if (ranges == null || ranges.verdict() == ByteRanges.Verdict.WHOLE) {
            piece(response, facts, file, 0, facts.size());
        } else {
            partial(response, type, facts, file, ranges.pieces());
        }
    }

    /** The ranges asked for; {@code null} without. Only GET has them (RFC 9110 section 14.2). */
    private ByteRanges ranges(Request request, FileFacts facts) {
        Headers headers = request.headers();
        if (!headers.has("Range") || !request.method().equals("GET")) {
            return null;
        }
        boolean holds = Conditional.rangeHolds(headers, facts.etag(), facts.modified());
        return holds ? ByteRanges.read(headers.joined("Range"), facts.size()) : null;
    }

    /**
     * The coding of what is sent. A file that is stored in one goes without to a client that does not take it: as what
     * it then is, a compressed file (RFC 9110 section 12.5.3). Both have the same bytes, so one tag is enough.
     */
    private static String coding(Request request, FileFacts original, FileFacts facts) {
        if (!facts.name().equals(original.name())) {
            return Siblings.coding(facts);
        }
        String stored = original.type().coding();
        String accept = stored == null ? null : request.headers().joined("Accept-Encoding");
        return accept == null || Preference.ofCoding(accept, stored) > 0 ? stored : null;
    }

    private void head(Response response, MediaType type, String coding, FileFacts facts) {
        response.type(type.value());
        validators(response, facts);
        if (coding != null) {
            response.header("Content-Encoding", coding);
        }
        response.header("Accept-Ranges", "bytes");
        response.header("X-Content-Type-Options", "nosniff");
    }

    private void partial(
            Response response, MediaType type, FileFacts facts, OpenFile file, List<ByteRanges.Piece> pieces)
            throws IOException {
        response.status(206);
        if (pieces.size() > 1) {
            Multipart multipart = new Multipart(type.value(), facts.size(), pieces);
            response.type(multipart.type());
            shared.apply(response);
            multipart.send(response, facts.content(), file);
            return;
        }
        ByteRanges.Piece piece = pieces.get(0);
        response.header("Content-Range", Multipart.contentRange(piece, facts.size()));
        piece(response, facts, file, piece.first(), piece.length());
    }

    private void piece(Response response, FileFacts facts, OpenFile file, long from, long count) {
        shared.apply(response);
        if (facts.content() != null) {
            response.send(facts.content(), (int) from, (int) count);
        } else {
            response.send(file.hold(), from, count);
        }
    }
}
