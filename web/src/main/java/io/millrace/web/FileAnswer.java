// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.OpenFile;
import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.io.IOException;
import java.util.List;

/** The answer to one request for one file: conditions, header fields, ranges (RFC 9110 sections 13 to 15). */
final class FileAnswer {
    private final Request request;
    private final Response response;
    private final MediaType type;
    private final String coding;
    private final FileOptions options;
    private final SharedHeaders shared;

    /**
     * An answer to be.
     *
     * @param type what the file is, whatever it is compressed with
     * @param coding how the variant chosen is compressed, or {@code null}
     */
    FileAnswer(
            Request request,
            Response response,
            MediaType type,
            String coding,
            FileOptions options,
            SharedHeaders shared) {
        this.request = request;
        this.response = response;
        this.type = type;
        this.coding = coding;
        this.options = options;
        this.shared = shared;
    }

    /** Judges the conditions of the request; true if they settled it: 304 or 412 has been sent. */
    boolean settled(FileFacts facts) {
        switch (Conditional.judge(request.headers(), facts.etag(), facts.modified())) {
            case PROCEED -> {
                return false;
            }
            case NOT_MODIFIED -> notModified(facts);
            case FAILED -> StaticFiles.refuse(response, 412, shared);
        }
        return true;
    }

    /** What a 200 would have said about the caching, and nothing else (RFC 9110 section 15.4.5). */
    private void notModified(FileFacts facts) {
        validators(facts);
        shared.apply(response);
        response.status(304).send();
    }

    private void validators(FileFacts facts) {
        response.header("ETag", facts.etag());
        response.header("Last-Modified", facts.lastModified());
        if (options.cacheControl() != null) {
            response.header("Cache-Control", options.cacheControl());
        }
    }

    /** Sends the file or the pieces asked for: from its content where the facts hold it, else from {@code file}. */
    void send(FileFacts facts, OpenFile file) throws IOException {
        ByteRanges ranges = ranges(facts);
        if (ranges != null && ranges.verdict() == ByteRanges.Verdict.UNSATISFIABLE) {
            response.header("Content-Range", "bytes */" + facts.size());
            response.header("Accept-Ranges", "bytes");
            StaticFiles.refuse(response, 416, shared);
            return;
        }
        head(facts);
        if (ranges == null || ranges.verdict() == ByteRanges.Verdict.WHOLE) {
            piece(facts, file, 0, facts.size());
        } else {
            partial(facts, file, ranges.pieces());
        }
    }

    /** The ranges asked for; {@code null} without. Only GET has them (RFC 9110 section 14.2). */
    private ByteRanges ranges(FileFacts facts) {
        Headers headers = request.headers();
        if (!headers.has("Range") || !request.method().equals("GET")) {
            return null;
        }
        boolean holds = Conditional.rangeHolds(headers, facts.etag(), facts.modified());
        return holds ? ByteRanges.read(headers.joined("Range"), facts.size()) : null;
    }

    private void head(FileFacts facts) {
        response.type(type.value());
        validators(facts);
        if (coding != null) {
            response.header("Content-Encoding", coding);
        }
        response.header("Accept-Ranges", "bytes");
        response.header("X-Content-Type-Options", "nosniff");
    }

    private void partial(FileFacts facts, OpenFile file, List<ByteRanges.Piece> pieces) throws IOException {
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
        piece(facts, file, piece.first(), piece.length());
    }

    private void piece(FileFacts facts, OpenFile file, long from, long count) {
        shared.apply(response);
        if (facts.content() != null) {
            response.send(facts.content(), (int) from, (int) count);
        } else {
            response.send(file.hold(), from, count);
        }
    }
}
