// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.http.Filter;
import io.millrace.http.Handler;
import io.millrace.http.Headers;
import io.millrace.http.HttpException;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stands before handlers and compresses what they answer, as the client accepts it. Handlers see the request as if they
 * were asked for the content without a coding: conditions name the tags that they gave.
 *
 * <p>On the loop a content is compressed in pieces of 64 KiB, a turn each, so that other connections have their turns.
 * Elsewhere it is compressed where it is written. Contents of files, and arrays that are sent again and again with a
 * strong entity tag, are kept compressed.
 */
public final class CompressionFilter implements Filter {
    private final Compression compression;
    private final EncodedContents contents;
    private final AtomicInteger openEncoders = new AtomicInteger();

    private CompressionFilter(Compression compression) {
        this.compression = compression;
        this.contents = new EncodedContents(compression.cache());
    }

    /** Returns a filter that does what {@code compression} says, with a cache of its own. */
    public static CompressionFilter of(Compression compression) {
        return new CompressionFilter(compression);
    }

    /** Returns the number of contents that are being compressed. Any thread may ask. */
    public int openEncoders() {
        return openEncoders.get();
    }

    /** Returns how many bytes of compressed contents are kept, about. Any thread may ask. */
    public long keptBytes() {
        return contents.held();
    }

    @Override
    public void filter(Request request, Response response, Handler next) throws Exception {
        Headers headers = request.headers();
        boolean inflate = hasCoding(headers) && inflates(headers, response);
        AcceptedCodings accepted = AcceptedCodings.of(headers.joined("Accept-Encoding"), compression.codings());
        EncodedResponse encoded = new EncodedResponse(request, response, accepted, this);
        Request seen = inflate || needsEditing(headers, accepted)
                ? new DecodedRequest(request, response, accepted, inflate ? compression.inflateLimit() : 0)
                : request;
        encoded.seen(seen);
        try {
            next.handle(seen, encoded);
        } catch (IOException e) {
            throw UndecodableBodyException.answer(e) instanceof HttpException answer ? answer : e;
        }
        encoded.returned();
    }

    private boolean hasCoding(Headers headers) {
        return !compression.takesCodedRequests() && headers.has("Content-Encoding");
    }

    /** Whether the body is to be decompressed. */
    private boolean inflates(Headers headers, Response response) throws HttpException {
        String field = headers.joined("Content-Encoding");
        String coding = field == null ? "" : field.trim();
        if (coding.equalsIgnoreCase("identity") || coding.isEmpty()) {
            return false;
        }
        boolean known = coding.equalsIgnoreCase("gzip") || coding.equalsIgnoreCase("x-gzip");
        if (known && compression.inflateLimit() > 0) {
            return true;
        }
        // What would be taken (RFC 9110 section 12.5.3).
        response.setHeader("Accept-Encoding", compression.inflateLimit() > 0 ? "gzip" : "identity");
        throw new HttpException(415, "the coding of the body is not accepted");
    }

    private static boolean needsEditing(Headers headers, AcceptedCodings accepted) {
        return accepted.coding() != null
                && (accepted.refusesPlain() || headers.has("If-None-Match") || headers.has("If-Match"));
    }

    Compression compression() {
        return compression;
    }

    EncodedContents contents() {
        return contents;
    }

    /** Opens an encoder, or returns {@code null} where there are too many. */
    @Nullable
    EncoderHold open(ContentCoding coding) {
        return EncoderHold.open(coding, openEncoders, compression.mostEncoders());
    }
}
